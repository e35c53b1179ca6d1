"""Recorded charts made by hand, and homes that hold nothing else."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.small_world import settings_of, silent
from trendwire import pipeline
from trendwire.domain.charts import Kind
from trendwire.domain.periods import midnight
from trendwire.editions import Edition, Editions
from trendwire.facts.recorded import Recorded, RecordedChart, RecordedDay, RecordedRow

DAY = date(2025, 5, 14)


def row(identity: str, rank: int, **told: Any) -> RecordedRow:
    return RecordedRow(rank=rank, identity=identity, **told)


def rows(*names: str, **told: Any) -> tuple[RecordedRow, ...]:
    return tuple(row(name, rank, **told) for rank, name in enumerate(names, 1))


def days(last: date, *views: int | None) -> tuple[RecordedDay, ...]:
    """Views of the days up to `last`."""
    first = last - timedelta(days=len(views) - 1)
    return tuple(RecordedDay(first + timedelta(days=number), count) for number, count in enumerate(views))


def chart(told: Iterable[RecordedRow], as_of: date = DAY, **changes: Any) -> RecordedChart:
    """A 7-day chart of hashtags in the US, fetched at noon of the day after; `changes` win."""
    values: dict[str, Any] = {
        "source": "acme",
        "connector": "keyapi",
        "fetched_at": midnight(as_of) + 36 * 3600,
        "as_of": as_of,
        "kind": Kind.HASHTAG,
        "period": 7,
        "region": "US",
    }
    return RecordedChart(rows=tuple(told), **(values | changes))


def append(home: Path, *charts: RecordedChart) -> None:
    for one in charts:
        Recorded(home).append(one)


def published(home: Path, as_of: date = DAY, **markets: str) -> Edition:
    """The edition of a day made through the pipeline."""
    pipeline.publish(settings_of(home), as_of, silent, markets, allow_empty=True)
    return Editions(home).current()
