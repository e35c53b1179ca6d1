"""Owns the chart documents: each chart of an edition as one JSON list of the rows of domain/charts.py.

Made in SQL from the tables of `rollups` and `ranking`, because a Python loop over the rows would take longer
than everything before it. Makes `chart_documents(key, document)`, one row per chart that is not empty,
and drops what the charts alone needed.
"""

from datetime import date
from functools import partial
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import CHART_PERIODS, buckets, epoch_day
from trendwire.statements import named
from trendwire.trends.execution import Progress, run, run_all

SQL = named("trendwire.trends", "documents.sql")

SAMPLE_SIZE = 3
"""Creators beside a hashtag, and posts beside a creator."""

TOP_POSTS = 50
"""Posts beside a sound."""

TABLES = (
    "bucket_days",
    "shown",
    "shown_posts",
    "shown_days",
    "curves",
    "sampled",
    "faces",
    "samples",
    "promotions",
    "top_posts",
    "star_posts",
    "chart_documents",
    "hashtag_charts",
    "sound_charts",
    "video_charts",
    "creator_charts",
)


def create(connection: DuckDBPyConnection, as_of: date, progress: Progress) -> None:
    """Make `chart_documents` from what `rollups` and `ranking` made for the same as_of."""
    draw(connection, as_of, progress)
    run(connection, SQL["forget"], {})


def draw(connection: DuckDBPyConnection, as_of: date, progress: Progress) -> None:
    """The same, and keep what it is made from."""
    run_all(connection, SQL, TABLES, values(as_of), partial(progress, "charts"))


def values(as_of: date) -> dict[str, Any]:
    """What the statements of documents.sql name."""
    return {
        "as_of": epoch_day(as_of),
        "world": WORLD,
        "sample_size": SAMPLE_SIZE,
        "top_posts": TOP_POSTS,
        **_points(as_of),
    }


def _points(as_of: date) -> dict[str, Any]:
    """The points of the curves of all chart periods, as parallel lists."""
    points = [
        (period, place, epoch_day(bucket.window.first), epoch_day(bucket.window.last))
        for period in CHART_PERIODS
        for place, bucket in enumerate(buckets(period, as_of))
    ]
    names = ("bucket_periods", "bucket_places", "bucket_firsts", "bucket_lasts")
    return dict(zip(names, map(list, zip(*points, strict=True)), strict=True))
