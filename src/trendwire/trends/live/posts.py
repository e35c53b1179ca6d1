"""Owns the posts of a state: what is resolved of each, and how those that a batch touches are resolved anew.

The statements are those of rollups.sql; only the view `facts` that they read shows less.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from duckdb import DuckDBPyConnection

from trendwire.statements import named
from trendwire.trends import rollups
from trendwire.trends.execution import run, run_all

_SQL = named(__package__, "posts.sql")

_ROWS_AT_ONCE = 2_000_000
"""Rows of facts resolved at once: a few gigabytes."""


def resolve_all(
    connection: DuckDBPyConnection, parts: Sequence[Path], as_of: date, told: Callable[[float], None]
) -> None:
    """Resolve every post, in an empty state."""
    rollups.resolve(connection, parts, as_of, told, _ROWS_AT_ONCE)
    run(connection, _SQL["later_of_all"], {})


def touch(
    connection: DuckDBPyConnection, parts: Sequence[Path], new: Sequence[Path], *, rolled: bool
) -> None:
    """Name in `work.touched` what `new`, some of `parts`, tell of, and if the day `rolled` what was too new.

    `before` gets what is known of these posts: posts, uses, spans, given_ids.
    """
    run(connection, rollups.SQL["set_parts"], {"parts": list(map(str, parts))})
    run(connection, _SQL["touched"], {})
    if new:
        run(connection, _SQL["touch_new"], {"new": list(map(str, new))})
    if rolled:
        run(connection, _SQL["touch_later"], {})
    run(connection, _SQL["before"], {})


def resolve_touched(connection: DuckDBPyConnection, as_of: date) -> None:
    """Resolve them anew: `after` gets what is known now, and it takes the place of what was."""
    run(connection, _SQL["last_post"], {})
    run(connection, _SQL["resolve"], {})
    run(connection, rollups.SQL["empty_posts"], {})
    run(connection, _SQL["keep_numbers"], {})
    run_all(connection, rollups.SQL, rollups.SLICE, rollups.values(as_of, ()), lambda _: None)
    for name in ("replace", "later"):
        run(connection, _SQL[name], {})
