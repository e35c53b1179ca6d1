"""Owns how an edition becomes current: written aside, checked, its membership recorded, the pointer flipped.

    editions/.<number>.sqlite.part   being written; nothing reads it
    editions/<number>.sqlite         complete and checked, read-only, on the disk
    facts/memberships                then who stood in which chart is a fact
    editions/catalog.json            then the pointer flips

A crash before the membership leaves the edition before; the leftovers go with the next publish. A crash after
it is rolled forward at the next publish: the flip is made up for.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from pathlib import Path
from sqlite3 import Connection, DatabaseError

import msgspec

from trendwire.domain.charts import WORLD
from trendwire.domain.provenance import Provenance
from trendwire.editions.catalog import Catalog, Record
from trendwire.editions.document import SQL, Hasher, open_finished, open_new, pack, stored_hash
from trendwire.errors import Corrupt
from trendwire.facts.durable import exclusive, sweep, sync
from trendwire.facts.memberships import Memberships


@dataclass(frozen=True, slots=True)
class Content:
    """What an edition serves, as JSON.

    `charts`: (`ChartKey.text`, list of entries) ascending by key. `subjects`: (kind, identity, `Detail`)
    ascending by both. `memberships`: a Parquet file of MEMBERSHIP_COLUMNS. `provenance`: by region; it is
    told, but no part of what the hash covers.
    """

    as_of: date
    charts: Iterable[tuple[str, str]]
    subjects: Iterable[tuple[str, str, str]]
    memberships: Path
    provenance: Mapping[str, Provenance] = field(default_factory=dict)


class Meta(msgspec.Struct, frozen=True):
    """What an edition says of itself. `regions`: ISO codes with charts, ascending. `provenance`: by region,
    the world too; empty in editions made before there was any.
    """

    record: Record
    regions: tuple[str, ...]
    provenance: dict[str, Provenance] = {}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes and prunes the editions of one home, while it holds the lock: see `publishing`."""

    catalog: Catalog
    memberships: Memberships

    def next_number(self) -> int:
        """Numbers ascend for ever, also past one that a crash or a pruning left without a file."""
        return max(self._newest_flipped(), self._newest_recorded()) + 1

    def publish(self, content: Content, at: datetime, seconds: float, engine: str) -> Record:
        """Make an edition of the content and make it current; the record of it.

        `at`: this moment. `seconds`: what building took. Corrupt if what is read back is not what was
        written.
        """
        number = self.next_number()
        aside = self.catalog.folder / f".{number}.sqlite.part"
        record = _write(aside, content, number, at, seconds, engine)
        _check(aside, record)
        aside.chmod(0o444)
        sync(aside)
        aside.replace(self.catalog.edition(number))
        sync(self.catalog.folder)
        self.memberships.adopt(content.as_of, number, content.memberships)
        self.catalog.replace((*self.catalog.records(), record))
        return record

    def recover(self) -> None:
        """Finish or undo what a crash left: make up for the flip of a recorded edition, remove leftovers."""
        newest = self._newest_recorded()
        found = _complete(self.catalog.edition(newest)) if newest > self._newest_flipped() else None
        if found is not None:
            self.catalog.replace((*self.catalog.records(), found))
        self._remove_leftovers()

    def prune(self, keep: int) -> tuple[int, ...]:
        """Remove all edition files but the newest `keep` (at least the current one); the numbers removed."""
        records = self.catalog.records()
        doomed = {record.number for record in records[: -max(keep, 1)] if record.kept}
        if doomed:
            self.catalog.replace(tuple(_without(record, doomed) for record in records))
            self._remove_leftovers()
        return tuple(sorted(doomed))

    def remove(self, numbers: Collection[int]) -> None:
        """Remove these edition files, the current one too: the newest that is kept takes its place."""
        if numbers:
            self.catalog.replace(tuple(_without(record, set(numbers)) for record in self.catalog.records()))
            self._remove_leftovers()

    def _newest_flipped(self) -> int:
        return max((record.number for record in self.catalog.records()), default=0)

    def _newest_recorded(self) -> int:
        return max((published.number for published in self.memberships.records()), default=0)

    def _remove_leftovers(self) -> None:
        kept = {self.catalog.edition(record.number) for record in self.catalog.records() if record.kept}
        sweep(self.catalog.folder)
        for path in self.catalog.folder.glob(".*.sqlite.part"):
            path.unlink()
        for path in self.catalog.folder.glob("*.sqlite"):
            if path not in kept:
                path.unlink()


@contextmanager
def publishing(home: Path) -> Iterator[Publisher]:
    """The publisher of a home, recovered, for one process at a time; hold it from before the build.

    Raises Conflict, which names the process that is publishing.
    """
    catalog = Catalog(home)
    with exclusive(catalog.folder / "publish.lock", "publishing"):
        publisher = Publisher(catalog, Memberships(home))
        publisher.recover()
        yield publisher


def _write(path: Path, content: Content, number: int, at: datetime, seconds: float, engine: str) -> Record:
    hasher, counts, regions = Hasher(content.as_of), (count(), count()), set[str]()
    with closing(open_new(path)) as connection:
        connection.execute("BEGIN")
        for key, document in hasher.section("charts", content.charts):
            connection.execute(SQL["add_chart"], (*key, pack(document)))
            regions.add(key[0].split("/")[2])
            next(counts[0])
        for key, document in hasher.section("subjects", content.subjects):
            connection.execute(SQL["add_subject"], (*key, pack(document)))
            next(counts[1])
        record = Record(
            number=number,
            as_of=content.as_of,
            content_hash=hasher.hexdigest(),
            charts=next(counts[0]),
            subjects=next(counts[1]),
            published_at=at,
            seconds=seconds,
            engine=engine,
        )
        provenance = dict(sorted(content.provenance.items()))
        _finish(connection, Meta(record, tuple(sorted(regions - {WORLD})), provenance))
    return record


def _finish(connection: Connection, meta: Meta) -> None:
    connection.execute(SQL["add_meta"], (msgspec.json.encode(meta),))
    for statement in SQL["index"].split(";"):
        connection.execute(statement)
    connection.execute("COMMIT")


def _check(path: Path, record: Record) -> None:
    with closing(open_finished(path)) as connection:
        whole: Sequence[tuple[str]] = connection.execute(SQL["integrity"]).fetchall()
        found = stored_hash(connection, record.as_of)
    if whole != [("ok",)] or found != (record.content_hash, record.charts, record.subjects):
        raise Corrupt("the edition read back is not the edition written", path=str(path), found=found)


def _complete(path: Path) -> Record | None:
    """The record of a complete file; None if it is not there or not what it says."""
    if not path.exists():
        return None
    try:
        with closing(open_finished(path)) as connection:
            stored = connection.execute(SQL["meta"]).fetchall()
        record = msgspec.json.decode(stored[0][0], type=Meta).record
        _check(path, record)
    except (Corrupt, DatabaseError, IndexError, msgspec.DecodeError):
        return None
    return record


def _without(record: Record, doomed: set[int]) -> Record:
    return msgspec.structs.replace(record, kept=False) if record.number in doomed else record
