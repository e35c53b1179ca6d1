"""Owns the detail documents: everything an edition knows about each hashtag and sound, as JSON.

`write_tables` makes detail_documents(kind, identity, document VARCHAR), one row per subject in the facts;
each document is a `domain.details.Detail`. It reads the tables of `rollups`, and of `ranking` the tables
heat(subject, region, period, score, components) and listed(subject, region, days).

A post has a place: the number of the smallest detail period whose window holds its day. Places are disjoint,
so counts are made once per place and summed over the windows that hold it; distinct creators count from their
smallest place. Sums of shares are whole numbers, so that no order of rows or threads can be seen in them.
"""

from datetime import date
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import DETAIL_PERIODS, epoch_day
from trendwire.domain.taxonomy import countries, interests
from trendwire.statements import named
from trendwire.trends import affinity
from trendwire.trends.execution import Progress, run_all

SQL = named("trendwire.trends", "details.sql")

MOST_INTERESTS = 5
MOST_COUNTRIES = 11
MOST_POSTS = 50

SHARE_UNIT = 10**12
"""A share of 1 in fixed point."""

GUARD = 1e-9
"""Added before an index is rounded: a half that fixed point made a little less is still a half."""

AGE_LEVELS = (18, 25, 35)
"""The youngest age of the levels 3, 4 and 5 of the wire."""

_GROUNDS = ("recent", "nested", "spots", "spot_uses", "reach", "audience_size")
_PARTS = (
    "promotions",
    "ages",
    "ages_text",
    "known",
    "weights",
    "audience_posts",
    "audience_days",
    "weight_days",
    "overall",
    "audiences_text",
    "tops",
    "tops_text",
    "covers_text",
    "heat_text",
    "cells",
    "windows_text",
    "forget_parts",
    "counts_text",
    "regions_text",
    "forget_spots",
    "totals",
    "subject_facts",
    "detail_documents",
    "forget",
)


def write_tables(connection: DuckDBPyConnection, as_of: date, progress: Progress) -> None:
    """Make detail_documents for the edition of `as_of`; what only led to it is dropped again."""
    given = values(as_of)
    run_all(connection, SQL, _GROUNDS, given, lambda done: progress("details", 0.2 * done))
    affinity.write_table(connection, lambda done: progress("details", 0.2 + 0.1 * done))
    run_all(connection, SQL, _PARTS, given, lambda done: progress("details", 0.3 + 0.7 * done))


def values(as_of: date) -> dict[str, Any]:
    """What the statements of details.sql name."""
    return {
        "as_of": epoch_day(as_of),
        "world": WORLD,
        "periods": list(DETAIL_PERIODS),
        "unit": float(SHARE_UNIT),
        "guard": GUARD,
        "levels": list(AGE_LEVELS),
        "interests": list(interests()),
        "countries": list(countries()),
        "most_interests": MOST_INTERESTS,
        "most_countries": MOST_COUNTRIES,
        "most_posts": MOST_POSTS,
    }
