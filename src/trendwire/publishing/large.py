"""Owns editions of large homes as a job: the state of the engine follows the facts, the charts are written,
and details are told by the state.

    keep      before the state goes on to another day, the details of the subjects in the charts are written
    follow    the facts that came, removals, the next day
    publish   charts, memberships, provenance; recorded charts beside what is computed
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import msgspec

from trendwire import __version__, clock
from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail
from trendwire.domain.provenance import computed
from trendwire.editions import Editions, Record
from trendwire.editions.catalog import Catalog
from trendwire.editions.document import charted
from trendwire.editions.publish import Content, Publisher
from trendwire.engine.build import Build
from trendwire.engine.provenance import samples, spans
from trendwire.facts.store import FactStore
from trendwire.publishing.day import Day, resources, scratch
from trendwire.publishing.resident import Resident
from trendwire.publishing.whole import with_recorded
from trendwire.settings import Settings


@dataclass(frozen=True, slots=True)
class StateSource:
    """The details of editions that name the state of a resident, see `editions.DetailSource`."""

    resident: Resident

    def detail(self, record: Record, kind: Kind, identity: str, region: str | None) -> Detail | None:
        """See `Resident.detail`."""
        return self.resident.detail(record.state, kind, identity, region)

    def identities(self, record: Record, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """See `Resident.identities`."""
        return self.resident.identities(record.state, kind, beginning, most)


def opened(settings: Settings) -> Resident:
    """The state that the current edition names, else an empty one, which follows from the checkpoint or the
    facts.
    """
    limits = resources(settings)
    return Resident.opened(settings.home, limits) or Resident(settings.home, limits)


def keep(settings: Settings, resident: Resident) -> None:
    """Write the checkpoint, so that who reads the newest edition finds its state; not one that no edition
    names.
    """
    kept = [record for record in Catalog(settings.home).records() if record.kept]
    if resident.name and kept and kept[-1].state == resident.name:
        resident.save()


def publish(day: Day, publisher: Publisher, resident: Resident) -> Record:
    """Bring the state to the facts and the day, and make what it tells what is served.

    Raises NotReady without posts.
    """
    begun = clock.monotonic()
    for record in _left_behind(publisher.catalog, resident.name, day):
        publisher.keep_details(record, details(day.home, record, resident))
    with FactStore(day.home).opened(), resident.changing():
        resident.follow(day.as_of, day.progress)
        return publish_as_it_is(day, publisher, resident, begun)


def publish_as_it_is(day: Day, publisher: Publisher, resident: Resident, begun: float) -> Record:
    """Make what the state of a day tells an edition. `begun`: when making it began."""
    day.progress("publish", 0.0)
    with (
        FactStore(day.home).opened(),
        scratch(day.home) as folder,
        duckdb.connect(config=day.resources().config(folder)) as connection,
    ):
        content = _content(day, resident, folder, connection)
        record = publisher.publish(content, clock.now(), clock.monotonic() - begun, __version__)
    day.progress("publish", 1.0)
    return record


def details(home: Path, record: Record, resident: Resident) -> Iterator[tuple[str, str, str]]:
    """Of an edition that names the state: the details of the subjects in its charts, in order."""
    edition = Editions(home, StateSource(resident)).at(record.number)
    for kind, identity in charted(Catalog(home).edition(record.number)):
        detail = edition.detail(Kind(kind), identity)
        if detail is not None:
            yield kind, identity, msgspec.json.encode(detail).decode()


def _left_behind(catalog: Catalog, state: str, day: Day) -> list[Record]:
    """The editions that lose their state and are asked for all the same: the last one of its day, and one
    that is held.
    """
    listing = catalog.listing()
    told = [record for record in listing.editions if record.kept and record.state == state != ""]
    last = [record for record in told[-1:] if record.as_of != day.as_of]
    current = listing.current()
    held = [record for record in told if listing.held and record == current and record not in last]
    return last + held


def _content(day: Day, resident: Resident, folder: Path, connection: duckdb.DuckDBPyConnection) -> Content:
    shown, members = resident.shown, folder / "memberships.parquet"
    build = Build(connection, (), day.as_of, shown.state, shown.charts, day.progress)
    build.write_memberships(members)
    origins = resident.origins(connection)
    counted = spans(shown.state), samples(shown.state)
    provenance = computed(*counted, origins, day.as_of, __version__)
    content = with_recorded(day, Content(day.as_of, build.charts(), (), members, provenance), folder)
    subjects = list(content.subjects)
    twice = sum(shown.subjects.has(Kind(kind), identity) for kind, identity, _ in subjects)
    more = len(shown.subjects) - twice
    return replace(content, subjects=subjects, state=resident.name, more_subjects=more)
