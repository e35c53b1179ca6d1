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
from trendwire.trends import details, ranking, rollups
from trendwire.trends.execution import run

_SQL = named(__package__, "counts.sql")
_WINDOWED = {name: (rollups.SQL | ranking.SQL)[name] for name in ("created", "post_views", "subject_windows")}
_AUDIENCES = ("weights", "audience_posts", "audience_days", "weight_days")
_MERGES = (
    "merge_post_views",
    "merge_created",
    "more_windows",
    "merge_windows",
    "merge_audience_days",
    "merge_weight_days",
)


def forget(connection: DuckDBPyConnection) -> None:
    """Drop what was kept of another day."""
    run(connection, _SQL["forget"], {})


def count_all(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Count all posts for a day."""
    run(connection, _SQL["look_at_main"], {})
    run(connection, ranking.SQL["windows"], values)
    for statement in _WINDOWED.values():
        run(connection, statement, values)
    run(connection, _SQL["look_at_work"], {})


def count_audiences(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Count the audiences of all posts."""
    run(connection, _SQL["look_at_main"], {})
    for name in ("known", *_AUDIENCES):
        run(connection, details.SQL[name], values)
    for name in ("forget_weights", "look_at_work"):
        run(connection, _SQL[name], {})


def count_touched(connection: DuckDBPyConnection, values: Mapping[str, Any], *, rolled: bool) -> None:
    """Count what the touched posts change. `work.more_windows` tells what subject_windows gained.

    `rolled`: only what does not depend on the day; for the rest, see `count_all`.
    """
    windowed = () if rolled else _WINDOWED.values()
    for side in ("look_at_before", "look_at_after"):
        run(connection, _SQL[side], {})
        for statement in (*windowed, *(details.SQL[name] for name in _AUDIENCES)):
            run(connection, statement, values)
    run(connection, _SQL["look_at_work"], {})
    for name in _MERGES[-2:] if rolled else _MERGES:
        run(connection, _SQL[name], {})
