"""Owns how many creators all posts, and the hashtags with many posts, have reached over the detail periods.

    totals(subject, posts)                       of hashtags
    reaches(subject, region, place, creators)    creators by the place of their newest post; 0: all posts

Kept as crowds.py keeps the creators of charts, from the same sides.
"""

from collections.abc import Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.periods import DETAIL_PERIODS
from trendwire.statements import named
from trendwire.trends import details, records
from trendwire.trends.execution import fetched, run

_SQL = named(__package__, "reach.sql")


def count_all(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Count all posts."""
    run(connection, _SQL["look_at_main"], {})
    for name in ("totals", "all_many", "reaches", "forget_many", "look_at_work"):
        run(connection, _SQL[name], _with_limit(values))


def count_touched(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Count what changed posts change, after `crowds.count_touched`."""
    for name in (
        *("more_totals", "merge_totals", "many"),
        *("look_at_then", "reaches", "look_at_now", "reaches", "look_at_work", "merge_reaches"),
        *("fresh_many", "look_at_fresh", "reaches", "look_at_work", "merge_fresh"),
    ):
        run(connection, _SQL[name], _with_limit(values))


def grounds(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Make the tables that `records.factors_of` reads, in `work`."""
    for name in ("nested", "overall"):
        run(connection, details.SQL[name], _of_details(values))
    run(connection, _SQL["audience_size"], {})


def documents(connection: DuckDBPyConnection) -> list[tuple[str, str]]:
    """See `records.reach`."""
    return fetched(connection, _SQL["documents"], {})


def _of_details(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "periods": list(DETAIL_PERIODS)}


def _with_limit(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "reach_from": records.REACH_FROM}
