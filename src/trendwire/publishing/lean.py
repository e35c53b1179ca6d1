"""Owns lean editions as a job: a state of the engine follows the facts, and what changed is published.

    state     facts -> trends.live            what came is resolved and counted; the rest stays as it is
    publish   trends.live -> editions.lean    what changed since the edition before, or everything
    absorb    segments -> fewer segments      beside all that goes on

A state can be deleted at any time: it is made anew from the facts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from trendwire import __version__, clock
from trendwire.domain.provenance import Provenance
from trendwire.domain.records import Factors
from trendwire.editions import Record
from trendwire.editions.absorbing import absorbing
from trendwire.editions.catalog import Catalog
from trendwire.editions.lean import LeanContent, continuable
from trendwire.editions.publish import Publisher, publishing
from trendwire.editions.recorded import RecordedContent
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore
from trendwire.publishing.day import Day, scratch
from trendwire.trends.live import DAMAGED, Facts, Live, discard, opened
from trendwire.trends.ranking import Published

Row = TypeVar("Row")

_POSTS_SHARE = 0.7
"""Of the time that writing takes."""

_TOLD_EVERY = 10_000
"""Rows."""


def state_of(home: Path) -> Path:
    """Where a home keeps the state."""
    return home / "state" / "engine.duckdb"


def publish(day: Day, publisher: Publisher, state: Path) -> Record:
    """Bring the state to the facts and the day, and make what changed what is served.

    A state that is damaged is made anew. Raises NotReady without posts, Conflict while another process has
    the state.
    """
    try:
        return _followed(day, publisher, state)
    except DAMAGED:
        discard(state)
        return _followed(day, publisher, state)


def _followed(day: Day, publisher: Publisher, state: Path) -> Record:
    begun, store = clock.monotonic(), FactStore(day.home)
    with opened(state, day.resources()) as live, store.opened() as manifest, scratch(day.home) as folder:
        published = [Published(as_of, path) for as_of, path in day.published().items()]
        live.refresh(Facts(store.parts_folder, manifest), day.as_of, published, day.progress)
        day.progress("publish", 0.0)
        beside = _beside(day, live, folder)
        record = _published(day, publisher, live, beside, begun)
    day.progress("publish", 1.0)
    return record


def absorb(home: Path) -> bool:
    """Write the newest segments as one where they are many; whether they were.

    Nobody waits for it: what it takes seconds for is written aside, while others publish.
    """
    with absorbing(Catalog(home)) as absorbed:
        if absorbed is None:
            return False
        with publishing(home) as publisher:
            publisher.adopt(absorbed)
    return True


@dataclass(frozen=True, slots=True)
class _Beside:
    """What an edition has beside charts and details. `memberships`: a Parquet file."""

    memberships: Path
    provenance: Mapping[str, Provenance]
    recorded: RecordedContent


def _beside(day: Day, live: Live, folder: Path) -> _Beside:
    memberships = folder / "memberships.parquet"
    live.write_memberships(memberships)
    computed = live.provenance(__version__)
    markets = day.markets(computed)
    if not markets:
        return _Beside(memberships, computed, RecordedContent())
    recorded, everybody = day.recorded(markets), folder / "all-memberships.parquet"
    Memberships(day.home).write(everybody, recorded.members(), memberships, markets)
    return _Beside(everybody, computed, recorded)


def _published(day: Day, publisher: Publisher, live: Live, beside: _Beside, begun: float) -> Record:
    live.continuing(continuable(publisher.catalog, beside.recorded))
    with live.news() as news:
        content = LeanContent(
            as_of=day.as_of,
            after=news.after,
            posts=_watched(day, news.posts, 0.0, _POSTS_SHARE),
            subjects=_watched(day, news.subjects, _POSTS_SHARE, 1 - _POSTS_SHARE),
            posts_sum=lambda: news.total,
            subject_count=lambda: news.subject_count,
            charts=news.charts,
            listed=[(*_subject(name), document) for name, document in news.listed],
            reach=news.reach,
            factors=msgspec.json.decode(news.factors, type=Factors),
            memberships=beside.memberships,
            provenance=beside.provenance,
            recorded=beside.recorded,
        )
        record = publisher.publish_lean(content, clock.now(), clock.monotonic() - begun, __version__)
        total = news.total
    live.told(record.number, total)
    return record


def _watched(day: Day, rows: Iterator[Row], begun: float, share: float) -> Iterator[Row]:
    """The same rows, telling how far the writing is; there are about as many subjects as posts, or fewer."""
    total = max(1, FactStore(day.home).snapshot().posts)
    for number, row in enumerate(rows, 1):
        if number % _TOLD_EVERY == 0:
            day.progress("publish", begun + share * min(1.0, number / total))
        yield row


def _subject(name: str) -> tuple[str, str]:
    kind, _, identity = name.partition("/")
    return kind, identity
