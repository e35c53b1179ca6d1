"""Owns the audit: an edition, however it came about, must be what the facts alone give."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The edition of a day made anew from the facts of `home` alone, in a folder aside."""

    home: Path
    folder: Path
    record: Record

    def against(self, record: Record) -> Audit:
        """What differs from an edition of the home, one of the same day."""
        same = self.record.content_hash == record.content_hash
        pair = Editions(self.home).at(record.number), Editions(self.folder).current()
        return Audit(
            edition=record.number,
            as_of=record.as_of,
            content_hash=record.content_hash,
            anew=self.record.content_hash,
            same=same,
            seconds=self.record.seconds,
            differences=() if same else tuple(islice(_differences(*pair), MOST_TOLD)),
        )


@contextmanager
def rebuilt(day: Day, like: Record) -> Iterator[Rebuilt]:
    """The day made anew, as an edition of the same kind; gone at the end."""
    with scratch(day.home) as folder, publishing(folder) as aside:
        yield Rebuilt(day.home, folder, _again(day, aside, folder, like))


def facts_changed(home: Path, record: Record) -> bool:
    """Whether facts were stored, or removed, since the edition was begun."""
    begun = record.published_at.timestamp() - record.seconds
    facts = home / "facts"
    changed = [facts / "manifest.json", *(facts / "recorded").glob("*/")]
    return any(path.stat().st_mtime >= begun for path in changed if path.exists())


def _again(day: Day, aside: Publisher, folder: Path, record: Record) -> Record:
    if record.segments:
        return lean.publish(day, aside, folder / "engine.duckdb")
    return whole.publish(day, aside, whole.embedded)


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
