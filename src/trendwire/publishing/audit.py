"""Owns the audit: an edition, however it came about, must be what the facts alone give."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from trendwire import clock
from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.domain.taxonomy import industries
from trendwire.editions import Edition, Editions, Record
from trendwire.editions.publish import Publisher, publishing
from trendwire.editions.told import Subject
from trendwire.errors import Gone, NotReady
from trendwire.facts.store import FactStore
from trendwire.publishing import whole
from trendwire.publishing.day import Day, scratch

if TYPE_CHECKING:
    from trendwire.publishing.resident import Resident

MOST_TOLD = 20
"""Differences told by name."""


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit found: the hash of the edition, and of what the facts give.

    `seconds`: what making it anew took. `differences`: the charts that differ, else details of subjects in
    them; the first of them by name.
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
    """The edition of a day made anew from the facts of `home` alone, in a folder aside. `details`: hashes of
    those that a state tells of the subjects in its charts.
    """

    home: Path
    folder: Path
    record: Record
    details: Mapping[Subject, bytes]

    def against(self, record: Record, state: "Resident | None") -> Audit:
        """What differs from an edition of the home, one of the same day. `state`: tells its details."""
        same = self.record.content_hash == record.content_hash
        pair = Editions(self.home).at(record.number), Editions(self.folder).current()
        differences = [] if same else list(islice(_differences(*pair), MOST_TOLD))
        if same and state is not None:
            told = _hashed_details(self.home, record, state)
            differ = sorted(name for name, digest in told.items() if self.details.get(name) != digest)
            differences = [f"detail {'/'.join(name)}" for name in differ[:MOST_TOLD]]
        return Audit(
            edition=record.number,
            as_of=record.as_of,
            content_hash=record.content_hash,
            anew=self.record.content_hash,
            same=same and not differences,
            seconds=self.record.seconds,
            differences=tuple(differences),
        )


@contextmanager
def rebuilt(day: Day, like: Record) -> Iterator[Rebuilt]:
    """The day made anew, as an edition of the same kind; gone at the end."""
    with scratch(day.home) as folder, publishing(folder) as aside:
        if like.state:
            yield Rebuilt(day.home, folder, *_from_a_new_state(day, aside, folder))
        else:
            yield Rebuilt(day.home, folder, whole.publish(day, aside, whole.embedded), {})


def _from_a_new_state(day: Day, aside: Publisher, folder: Path) -> tuple[Record, Mapping[Subject, bytes]]:
    from trendwire.publishing import large
    from trendwire.publishing.resident import Resident

    begun, state = clock.monotonic(), Resident(day.home, day.resources())
    with FactStore(day.home).opened():
        state.rebuild(day.as_of, day.progress)
        record = large.publish_as_it_is(day, aside, state, begun)
    return record, _hashed_details(folder, record, state)


def _hashed_details(home: Path, record: Record, state: "Resident") -> dict[Subject, bytes]:
    """Nothing where the state is not the one that the edition names."""
    from trendwire.publishing import large

    try:
        found = large.details(home, record, state)
        return {(kind, identity): sha256(text.encode()).digest() for kind, identity, text in found}
    except (Gone, NotReady):
        return {}


def facts_changed(home: Path, record: Record) -> bool:
    """Whether facts were stored, or removed, since the edition was begun."""
    begun = record.published_at.timestamp() - record.seconds
    facts = home / "facts"
    changed = [facts / "manifest.json", *(facts / "recorded").glob("*/")]
    return any(path.stat().st_mtime >= begun for path in changed if path.exists())


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
