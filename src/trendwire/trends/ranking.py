"""Owns the order of the charts: components and score of heat, ranks, moves, what is new, who is listed.

Makes, from the tables of `rollups` (all for one as_of, regions including the world):

    heat(subject, region, period, score, components)      every subject used in the window
    charted(kind, subject, region, period, industry, score, posts, views, rank, move, steps, first_time)
    videos(region, period, post, views, rank), stars(region, period, creator, views, rank)
    post_views(post, period, back, views)                 views gained in the window, above 0
    listed(subject, region, days)                         popular_days of DESIGN, above 0
    memberships(chart_key, kind, period, region, industry, subject, rank)
    windows(period, back, last_day, first_day)            back 0: the charts', 1: those before

The components count creators; their definitions: how-a-rank-is-made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import CHART_SIZE, MIN_CREATORS, WORLD
from trendwire.domain.periods import CHART_PERIODS, Window, epoch_day
from trendwire.statements import named
from trendwire.trends import scoring
from trendwire.trends.execution import Progress, run, run_all

SQL = named("trendwire.trends", "ranking.sql")

LISTED_PERIOD = 7
"""Days on a chart are counted on the chart of this period."""

_SCORES = (
    "windows",
    "post_views",
    "subject_windows",
    "scopes",
    "debuts",
    "debut_counts",
    "floors",
    "marks",
    "wanted",
    "tallies",
    "counts",
    "scored",
    "heat",
    "ranks",
)
_CHARTS = ("listed", "charted", "videos", "stars", "memberships")


@dataclass(frozen=True, slots=True)
class Published:
    """The chart membership of an edition published before: a Parquet file of the rows of `memberships`."""

    as_of: date
    path: Path


def ends(as_of: date) -> tuple[date, ...]:
    """The last days of all windows that are charted for `as_of`: its own and the preceding ones."""
    return (as_of, *(Window.of(period, as_of).before().last for period in CHART_PERIODS))


def create(
    connection: DuckDBPyConnection, as_of: date, published: Sequence[Published], progress: Progress
) -> None:
    """Make the tables above. Of `published` only editions of days before `as_of` count."""
    scoring.install(connection)
    names = (*_SCORES, history(as_of, published), *_CHARTS)
    run_all(connection, SQL, names, values(as_of, published), partial(progress, "ranking"))


def forget(connection: DuckDBPyConnection) -> None:
    """Drop what only led to the tables above."""
    run(connection, SQL["forget"], {})


def history(as_of: date, published: Sequence[Published]) -> str:
    """The statement that makes the table `published`."""
    return "published" if _earlier(as_of, published) else "nothing_published"


def values(as_of: date, published: Sequence[Published]) -> dict[str, Any]:
    """What the statements of ranking.sql name."""
    earlier = _earlier(as_of, published)
    return {
        "as_of": epoch_day(as_of),
        "periods": CHART_PERIODS,
        "world": WORLD,
        "baselines": scoring.BASELINES,
        "floor_quantile": scoring.FLOOR_QUANTILE,
        "told_from": 1,
        "min_creators": MIN_CREATORS,
        "chart_size": CHART_SIZE,
        "listed_period": LISTED_PERIOD,
        "memberships": [str(edition.path) for edition in earlier],
        "published_days": [epoch_day(edition.as_of) for edition in earlier],
    }


def _earlier(as_of: date, published: Sequence[Published]) -> list[Published]:
    return [edition for edition in published if edition.as_of < as_of]
