"""Owns what is summed over posts: it is kept, and of a batch only what the touched posts add and take away.

windows                                                    of the day
created(region, day, posts)
post_views(post, period, back, views)
subject_windows(subject, region, period, back, posts, views)
"""

from collections.abc import Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.periods import DETAIL_PERIODS
from trendwire.statements import named
from trendwire.trends import details, ranking, rollups
from trendwire.trends.execution import run

_SQL = named(__package__, "counts.sql")
_WINDOWED = ("post_views", "subject_windows")
_DAILY = ("weights", "audience_posts", "audience_days", "weight_days")
_MERGE_WINDOWED = ("merge_post_views", "more_windows", "merge_windows")
_MERGE_DAILY = ("merge_created", "merge_audience_days", "merge_weight_days")


def count_all(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Count all posts."""
    run(connection, _SQL["look_at_main"], {})
    run(connection, rollups.SQL["created"], values)
    for name in ("known", *_DAILY):
        run(connection, details.SQL[name], values)
    run(connection, _SQL["forget_weights"], {})
    _count_windowed(connection, values)


def count_touched(connection: DuckDBPyConnection, values: Mapping[str, Any], *, rolled: bool) -> None:
    """Count what the touched posts change, and if the day rolled what depends on it.

    `work.more_windows` tells which subjects gained or lost posts in which windows, and `work.windows_then`
    and `work.recent_then` the days before.
    """
    run(connection, _SQL["then"], {})
    for side in ("look_at_before", "look_at_after"):
        run(connection, _SQL[side], {})
        run(connection, rollups.SQL["created"], values)
        for name in _DAILY:
            run(connection, details.SQL[name], values)
        for name in () if rolled else _WINDOWED:
            run(connection, ranking.SQL[name], values)
    run(connection, _SQL["look_at_work"], {})
    for name in (*_MERGE_DAILY, *(() if rolled else _MERGE_WINDOWED)):
        run(connection, _SQL[name], {})
    if rolled:
        _roll(connection, values)


def _roll(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    for name in ("posts_then", "forget", "look_at_main"):
        run(connection, _SQL[name], {})
    _count_windowed(connection, values)
    run(connection, _SQL["rolled_windows"], values)


def _count_windowed(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    run(connection, details.SQL["recent"], {**values, "periods": list(DETAIL_PERIODS)})
    for name in ("windows", *_WINDOWED):
        run(connection, ranking.SQL[name], values)
    run(connection, _SQL["look_at_work"], {})
