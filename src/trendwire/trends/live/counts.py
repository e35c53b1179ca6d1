"""Owns what is summed over posts: it is kept, and of a batch only what the touched posts add and take away.

windows                                                    of the day
created(region, day, posts)
post_views(post, period, back, views)
subject_windows(subject, region, period, back, posts, views)
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.statements import named
from trendwire.trends import ranking, rollups
from trendwire.trends.execution import run

_SQL = named(__package__, "counts.sql")
_STATEMENTS = {
    name: (rollups.SQL | ranking.SQL)[name] for name in ("created", "post_views", "subject_windows")
}


def forget(connection: DuckDBPyConnection) -> None:
    """Drop what was kept of another day."""
    run(connection, _SQL["forget"], {})


def count_all(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Count all posts."""
    run(connection, _SQL["look_at_main"], {})
    run(connection, ranking.SQL["windows"], values)
    _count(connection, values)
    run(connection, _SQL["look_at_work"], {})


def count_touched(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Count what the touched posts change. `work.more_windows` tells what subject_windows gained."""
    for side in ("look_at_before", "look_at_after"):
        run(connection, _SQL[side], {})
        _count(connection, values)
    run(connection, _SQL["look_at_work"], {})
    for name in ("merge_post_views", "merge_created", "more_windows", "merge_windows"):
        run(connection, _SQL[name], {})


def _count(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    for statement in _STATEMENTS.values():
        run(connection, statement, values)
