"""Owns how an edition becomes current: written aside, checked, its membership recorded, the pointer flipped.

    editions/.<number>.sqlite.part   being written; nothing reads it
    editions/<number>.sqlite         complete and checked, read-only, on the disk
    editions/<number>.details.sqlite later, where a state tells the details: those of its charts, kept
    facts/memberships                then who stood in which chart is a fact
    editions/catalog.json            then the pointer flips, unless an edition is held (see hold.py)

A crash before the membership leaves the edition before; the leftovers go with the next publish. A crash after
it is rolled forward at the next publish: the flip is made up for.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from pathlib import Path
from sqlite3 import Connection, DatabaseError

import msgspec

from trendwire.domain.charts import WORLD
from trendwire.domain.provenance import Provenance
from trendwire.editions.catalog import Catalog, Held, Record
from trendwire.editions.document import (
    SQL,
    Hasher,
    Meta,
    open_finished,
    open_new,
    pack,
    stored_hash,
    stored_meta,
)
from trendwire.errors import Corrupt, NotReady, TrendwireError
from trendwire.facts.checksums import sha256_of
from trendwire.facts.durable import exclusive, make_private, sweep, sync
from trendwire.facts.memberships import Memberships


@dataclass(frozen=True, slots=True)
class Content:
    """What an edition serves, as JSON.

    `charts`: (`ChartKey.text`, list of entries) ascending by key. `subjects`: (kind, identity, `Detail`)
    ascending by both. `memberships`: a Parquet file of MEMBERSHIP_COLUMNS. `provenance`: by region; it is
    told; the hash covers the sizes of its samples where a state tells the details, and else nothing of it.
    `state`: the name of that state; `subjects` holds what no state tells then. `more_subjects`: how many the
    state alone tells of.
    """

    as_of: date
    charts: Iterable[tuple[str, str]]
    subjects: Iterable[tuple[str, str, str]]
    memberships: Path
    provenance: Mapping[str, Provenance] = field(default_factory=dict)
    state: str = ""
    more_subjects: int = 0


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes and prunes the editions of one home, while it holds the lock: see `publishing`.

    `releases`: the hold that ends with the next edition; any other keeps its edition current. `check`: raises
    where an edition that is written must not become one.
    """

    catalog: Catalog
    memberships: Memberships
    releases: Held | None = None
    check: Callable[[Record], None] | None = None

    def next_number(self) -> int:
        """Numbers ascend for ever, also past one that a crash or a pruning left without a file."""
        return max(self._newest_flipped(), self._newest_recorded()) + 1

    def newest(self) -> Record:
        """The newest edition that is kept. Raises NotReady without any."""
        kept = [record for record in self.catalog.records() if record.kept]
        if not kept:
            raise NotReady("no edition is published yet: run `trendwire publish`")
        return kept[-1]

    def publish(self, content: Content, at: datetime, seconds: float, engine: str) -> Record:
        """Make an edition of the content and make it current; the record of it.

        `at`: this moment. `seconds`: what building took. Corrupt if what is read back is not what was
        written.
        """
        number = self.next_number()
        aside = self._aside(number)
        record = _write(aside, content, number, at, seconds, engine)
        _check(aside, record)
        return self._made_current(aside, record, content.memberships)

    def keep_details(self, record: Record, details: Iterable[tuple[str, str, str]]) -> None:
        """Put a file with details beside an edition, before the state that told them goes on.

        `details`: as in `Content.subjects`. Nothing happens to an edition that has such a file.
        """
        if record.details_sha256:
            return
        aside, path = self._aside(record.number), self.catalog.details_file(record.number)
        with closing(open_new(aside)) as connection:
            connection.execute("BEGIN")
            for *key, text in details:
                connection.execute(SQL["add_subject"], (*key, pack(text.encode())))
            _finish(connection, Meta(record, ()))
        sha256 = _placed(aside, path)
        self._changed(
            lambda records: tuple(
                msgspec.structs.replace(one, details_sha256=sha256) if one.number == record.number else one
                for one in records
            )
        )

    def seal(self) -> int:
        """Give kept editions of before there were checksums theirs, where they are what was published; how
        many.
        """
        before = self.catalog.records()
        records = tuple(self._sealed(record) for record in before)
        made = sum(one != old for one, old in zip(records, before, strict=True))
        if made:
            self._changed(lambda _: records)
        return made

    def _sealed(self, record: Record) -> Record:
        path = self.catalog.edition(record.number)
        found = None if record.sha256 or not record.kept else _complete(self.catalog, record.number)
        if found is None or found.content_hash != record.content_hash:
            return record
        return msgspec.structs.replace(record, sha256=sha256_of(path))

    def recover(self) -> None:
        """Finish or undo what a crash left: make up for the flip of a recorded edition, remove leftovers."""
        newest = self._newest_recorded()
        found = _complete(self.catalog, newest) if newest > self._newest_flipped() else None
        if found is not None:
            self._changed(lambda records: (*records, found))
        self._remove_leftovers()

    def prune(self, keep: int) -> tuple[int, ...]:
        """Remove all edition files but the newest `keep` (at least one) and the current one; the numbers
        removed.
        """
        with self.catalog.changing() as listing:
            current = listing.current()
            old = [record for record in listing.editions[: -max(keep, 1)] if record.kept]
            doomed = {record.number for record in old if record != current}
            if doomed:
                records = _without(listing.editions, doomed)
                self.catalog.replace(msgspec.structs.replace(listing, editions=records))
        if doomed:
            self._remove_leftovers()
        return tuple(sorted(doomed))

    def remove(self, numbers: Collection[int]) -> None:
        """Remove these edition files, the current one too: the newest that is kept takes its place."""
        if numbers:
            self._changed(lambda records: _without(records, set(numbers)))
            self._remove_leftovers()

    def _aside(self, number: int) -> Path:
        return self.catalog.folder / f".{number}.sqlite.part"

    def _made_current(self, aside: Path, record: Record, memberships: Path) -> Record:
        if self.check is not None:
            try:
                self.check(record)
            except TrendwireError:
                self._remove_leftovers()
                raise
        sha256 = _placed(aside, self.catalog.edition(record.number))
        record = msgspec.structs.replace(record, sha256=sha256)
        self.memberships.adopt(record.as_of, record.number, memberships)
        with self.catalog.changing() as listing:
            held = None if listing.held == self.releases else listing.held
            records = (*listing.editions, record)
            self.catalog.replace(msgspec.structs.replace(listing, editions=records, held=held))
        return record

    def _changed(self, step: Callable[[tuple[Record, ...]], tuple[Record, ...]]) -> None:
        with self.catalog.changing() as listing:
            self.catalog.replace(msgspec.structs.replace(listing, editions=step(listing.editions)))

    def _newest_flipped(self) -> int:
        return max((record.number for record in self.catalog.records()), default=0)

    def _newest_recorded(self) -> int:
        return max((published.number for published in self.memberships.records()), default=0)

    def _remove_leftovers(self) -> None:
        records = [record for record in self.catalog.records() if record.kept]
        kept = {path for record in records for path in self.catalog.files(record)}
        sweep(self.catalog.folder)
        sweep(self.catalog.segments)
        for path in self.catalog.folder.glob(".*.sqlite.part"):
            path.unlink()
        for path in (*self.catalog.folder.glob("*.sqlite"), *self.catalog.segments.glob("*.sqlite")):
            if path not in kept:
                path.unlink()


@contextmanager
def publishing(
    home: Path, *, release: bool = False, check: Callable[[Record], None] | None = None
) -> Iterator[Publisher]:
    """The publisher of a home, recovered, for one process at a time; hold it from before the build.

    `release`: what is published becomes current also where an edition is held now; one that is held while
    the new one is made stays. `check`: see `Publisher`. Raises Conflict, which names the process that is
    publishing.
    """
    catalog = Catalog(home)
    with exclusive(catalog.folder / "publish.lock", "publishing"):
        make_private(catalog.folder)
        held = catalog.listing().held if release else None
        publisher = Publisher(catalog, Memberships(home), held, check)
        publisher.recover()
        yield publisher


def _placed(aside: Path, path: Path) -> str:
    """Put a finished file in its place, for good: its SHA-256, in hex."""
    aside.chmod(0o444)
    sync(aside)
    sha256 = sha256_of(aside, again=True)
    aside.replace(path)
    sync(path.parent)
    return sha256


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
        provenance = dict(sorted(content.provenance.items()))
        if content.state:
            hasher.samples(provenance)
        record = Record(
            number=number,
            as_of=content.as_of,
            content_hash=hasher.hexdigest(),
            charts=next(counts[0]),
            subjects=next(counts[1]) + content.more_subjects,
            published_at=at,
            seconds=seconds,
            engine=engine,
            state=content.state,
        )
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


def _complete(catalog: Catalog, number: int) -> Record | None:
    """The record of a complete edition; None if a file is not there or not what it says."""
    path = catalog.edition(number)
    if not path.exists():
        return None
    try:
        with closing(open_finished(path)) as connection:
            record = stored_meta(connection).record
        _check(path, record)
    except (Corrupt, DatabaseError, msgspec.DecodeError):
        return None
    return msgspec.structs.replace(record, sha256=sha256_of(path))


def _without(records: Sequence[Record], doomed: set[int]) -> tuple[Record, ...]:
    """The records of which some are kept no longer. One whose details a state told, and that a newer one of
    its day replaced, goes whole: there may be one every minute.
    """
    last = {record.as_of: record.number for record in records}
    left = []
    for record in records:
        if record.number not in doomed:
            left.append(record)
        elif not record.state or last[record.as_of] == record.number:
            left.append(msgspec.structs.replace(record, kept=False, segments=(), details_sha256=""))
    return tuple(left)
