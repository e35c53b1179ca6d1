"""Owns the audit: an edition, however it came about, must be what the facts alone give."""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path

import msgspec

from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.domain.taxonomy import industries
from trendwire.editions import Edition, Editions, Record
from trendwire.editions.publish import Publisher, publishing
from trendwire.publishing import lean, whole
from trendwire.publishing.day import Day, scratch
from trendwire.trends.build import build

MOST_TOLD = 20
"""Differences told by name."""


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit found: the hash of the edition, and of what the facts give.

    `seconds`: what making it anew took. `differences`: the charts that differ, the first of them by name.
    """

    edition: int
    as_of: date
    content_hash: str
    anew: str
    same: bool
    seconds: float
    differences: tuple[str, ...] = ()


def audit(day: Day, record: Record) -> Audit:
    """Make the edition of `record`, one of that day and of the same facts, anew from the facts alone."""
    with scratch(day.home) as folder, publishing(folder) as aside:
        again = _again(day, aside, folder, record)
        same = again.content_hash == record.content_hash
        pair = Editions(day.home).at(record.number), Editions(folder).current()
        return Audit(
            edition=record.number,
            as_of=record.as_of,
            content_hash=record.content_hash,
            anew=again.content_hash,
            same=same,
            seconds=again.seconds,
            differences=() if same else tuple(islice(_differences(*pair), MOST_TOLD)),
        )


def _again(day: Day, aside: Publisher, folder: Path, record: Record) -> Record:
    if record.segments:
        return lean.publish(day, aside, folder / "engine.duckdb")
    return whole.publish(day, aside, build)


def _differences(one: Edition, other: Edition) -> Iterator[str]:
    named = False
    for key in _keys(sorted({WORLD, *one.regions, *other.regions})):
        if one.chart(key) != other.chart(key):
            named = True
            yield f"chart {key.text}"
    if not named:
        yield "details"


def _keys(regions: list[str]) -> Iterator[ChartKey]:
    for region in regions:
        for period in CHART_PERIODS:
            for kind in Kind:
                charted = kind in (Kind.HASHTAG, Kind.SOUND)
                for industry in (NO_INDUSTRY, *industries()) if charted else (NO_INDUSTRY,):
                    yield ChartKey(kind, period, region, industry)
