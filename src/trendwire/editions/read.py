"""Owns reading: which edition is current, which can be pinned, and look-ups in one of them.

A reader holds one `Edition` from the first look-up to the last. It stays readable while it is held, also when
a newer one is published or its file is pruned meanwhile; but for details that it does not hold itself, which
the state of the engine tells (details.py): who must have them reads with `Editions.read`.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, partial
from pathlib import Path
from threading import Lock, Thread
from types import GenericAlias
from typing import Any, Protocol, TypeVar

import msgspec
import structlog

from trendwire.domain.charts import ENTRY_TYPES, ChartKey, Entry, Kind
from trendwire.domain.details import Detail
from trendwire.domain.provenance import COMPUTED, Provenance
from trendwire.editions.catalog import Catalog, Listed, Listing, Record, Stamp
from trendwire.editions.details import DetailSource, NoSource, StateDetails
from trendwire.editions.document import Meta
from trendwire.editions.whole import DocumentFile
from trendwire.errors import Corrupt, Gone, NotFound, NotReady, TrendwireError

_log = structlog.get_logger()

_OPEN = 8
"""Editions kept open: the current one and those pinned last."""

_CHECKED_AT_ONCE = 64 << 20
"""Bytes of an edition that are checked while nobody is answered: about 40 ms."""

_DECODED = 64
"""Charts kept decoded: the pages of one chart, in both dialects, are cut from the same rows."""


Found = TypeVar("Found")


class _Content(Protocol):
    """An edition's file, or that file and a state."""

    def chart(self, key: str) -> bytes | None:
        """The JSON of a chart; None where there is none."""
        ...

    def detail(self, kind: Kind, identity: str, region: str | None) -> Detail | None:
        """See `Edition.detail`."""
        ...

    def identities(self, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """See `Edition.identities`."""
        ...

    def says(self, record: Record) -> bool:
        """Whether it holds what the record tells; reads all of it."""
        ...


class Edition:
    """One edition, immutable; any thread may use it. A file that cannot be read raises Corrupt.

    `record`: as the catalog has it. `content`: charts and details, where the `file` does not hold them all.
    """

    def __init__(
        self, file: DocumentFile, meta: Meta, record: Record, content: _Content | None = None
    ) -> None:
        self._file = file
        self._content = content or file
        self._lock = Lock()
        self._charts: OrderedDict[ChartKey, tuple[Entry, ...] | None] = OrderedDict()
        self.record = record
        self.regions: tuple[str, ...] = meta.regions
        """ISO codes with charts, ascending."""
        self.provenance: Mapping[str, Provenance] = meta.provenance
        """Where the numbers of each region come from, the world too; empty in older editions."""
        self.has_details = content is None
        """Whether every detail is in the file; else asking for one may take a while."""

    @property
    def number(self) -> int:
        return self.record.number

    @property
    def as_of(self) -> date:
        return self.record.as_of

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything served, in hex."""
        return self.record.content_hash

    def data_source(self, region: str) -> str:
        """`computed` or `recorded:<source>`: where everything about a region comes from."""
        known = self.provenance.get(region)
        return COMPUTED if known is None else known.data_source

    def chart(self, key: ChartKey) -> tuple[Entry, ...] | None:
        """The rows of a chart by rank; None where there is no such chart."""
        with self._lock:
            if key in self._charts:
                self._charts.move_to_end(key)
                return self._charts[key]
        document = self._content.chart(key.text)
        entries = None if document is None else _entries(key.kind).decode(document)
        with self._lock:
            self._charts[key] = entries
            if len(self._charts) > _DECODED:
                self._charts.popitem(last=False)
        return entries

    def detail(self, kind: Kind, identity: str, region: str | None = None) -> Detail | None:
        """What is known of a subject, None if nothing; with `region`, of that one alone (cheaper).

        Gone where it is no longer kept, NotReady while the state that tells it cannot be asked.
        """
        return self._content.detail(kind, identity, region)

    def identities(self, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """Subjects whose identity begins so, ascending by code point. Gone and NotReady as above."""
        return self._content.identities(kind, beginning, most)

    def verify(self) -> bool:
        """Whether everything in the files is still what was published; reads all of it."""
        try:
            return self._file.is_sound() and self._content.says(self.record)
        except (sqlite3.DatabaseError, msgspec.DecodeError, Corrupt, UnicodeDecodeError):
            return False


class Editions:
    """The editions of a home; follows every flip by itself. Any thread may use it.

    Files are held against their checksums before they are read first; where nobody may wait (not `patient`),
    large ones meanwhile: until that is done they are answered from, and no longer if they are damaged.
    """

    def __init__(self, home: Path, source: DetailSource | None = None, *, patient: bool = True) -> None:
        self._catalog, self._patient = Catalog(home), patient
        self._damaged: dict[int, Corrupt] = {}
        self._source = source or NoSource()
        self._lock = Lock()
        self._stamp: Stamp | None = None
        self._listing = Listing()
        self._current: Record | None = None
        self._records: dict[int, Record] = {}
        self._open: OrderedDict[tuple[object, ...], Edition] = OrderedDict()

    def current(self) -> Edition:
        """The edition that is held, else the newest that is kept. Raises NotReady while there is none."""
        return self._found(None)

    def at(self, number: int) -> Edition:
        """The edition of that number. NotFound if there never was one, Gone if it is no longer kept."""
        return self._found(number)

    def read(self, number: int | None, reader: Callable[[Edition], Found]) -> Found:
        """What `reader` finds in the edition of a number, or in the current one.

        Where its details went meanwhile, because the state that tells them went on, it is read again as it is
        then; that is another edition, if none was named. Raises as `at` and `current` do.
        """
        edition = self._found(number)
        while True:
            try:
                return reader(edition)
            except (Gone, NotReady):
                before, edition = edition.record, self._found(number)
                if edition.record == before:
                    raise

    def records(self) -> tuple[Record, ...]:
        """All editions ever published, ascending by number."""
        with self._lock:
            self._follow()
            return tuple(self._records.values())

    def stamp(self) -> Stamp | None:
        """Changes with every edition that comes or goes; None before the first. At the price of one stat."""
        return self._catalog.stamp()

    def listed(self) -> tuple[Listed, ...]:
        """The same, and which of them is current."""
        with self._lock:
            self._follow()
            listing, current = self._listing, self._current
        held = listing.held
        return tuple(
            Listed(
                **msgspec.structs.asdict(one),
                current=one == current,
                held_since=held.since if held and one.number == held.number else None,
            )
            for one in listing.editions
        )

    def _found(self, number: int | None) -> Edition:
        """The edition of a number, or the current one; looks again where it was pruned between two steps."""
        with self._lock:
            while True:
                self._follow()
                try:
                    return self._opened(self._record(number))
                except Corrupt:
                    if self._catalog.stamp() == self._stamp:
                        raise

    def _follow(self) -> None:
        """Take over the catalog if it was replaced; that is one stat where it was not."""
        stamp = self._catalog.stamp()
        if stamp != self._stamp:
            self._listing = self._catalog.listing()
            self._current = self._listing.current()
            self._records = {record.number: record for record in self._listing.editions}
            self._stamp = stamp

    def _record(self, number: int | None) -> Record:
        if number is None:
            if not self._records:
                raise NotReady("no edition is published yet: run `trendwire publish`")
            if self._current is None:
                raise NotReady("no edition is kept: run `trendwire publish`")
            return self._current
        record = self._records.get(number)
        if record is None and not 0 < number < max(self._records, default=0):
            raise NotFound("edition", number=number)
        if record is None or not record.kept:
            raise Gone(f"edition {number} {_why_gone(record)}")
        return record

    def _opened(self, record: Record) -> Edition:
        if record.number in self._damaged:
            raise self._damaged[record.number]
        # A file of details may come.
        key = record.number, record.content_hash, record.published_at, record.details_sha256
        edition = self._open.get(key) or self._open_file(record)
        self._open[key] = edition
        self._open.move_to_end(key)
        if len(self._open) > _OPEN:
            self._open.popitem(last=False)
        return edition

    def _open_file(self, record: Record) -> Edition:
        path = self._catalog.edition(record.number)
        self._check(record)
        try:
            file = DocumentFile(path)
            meta = file.meta()
            return Edition(file, meta, record, self._content(file, meta, record))
        except (sqlite3.DatabaseError, msgspec.DecodeError, FileNotFoundError, Corrupt) as error:
            raise Corrupt(f"edition {record.number} cannot be read", path=str(path)) from error

    def _content(self, file: DocumentFile, meta: Meta, record: Record) -> _Content | None:
        """What is read where the file does not hold everything."""
        if not record.state:
            return None
        kept = DocumentFile(self._catalog.details_file(record.number)) if record.details_sha256 else None
        return StateDetails(file, record, meta, kept, self._source, partial(self._refused, record))

    def _refused(self, record: Record) -> TrendwireError:
        """Why details cannot be told, and what can be asked instead."""
        kept = [one for one in self._listing.editions if one.kept]
        number, newest = record.number, max((one.number for one in kept), default=record.number)
        if number == newest:
            return NotReady(
                f"the details of edition {number} are being made: ask again in a moment, or run"
                " `trendwire publish`"
            )
        last = max((one.number for one in kept if one.as_of == record.as_of), default=number)
        why = (
            f"edition {number} keeps the details of subjects in its charts alone"
            if record.details_sha256
            else f"the details of edition {number} are no longer kept"
        )
        other = f", or edition {last}, the last of {record.as_of}" if last not in (number, newest) else ""
        return Gone(f"{why}: ask for edition {newest}, the newest{other}")

    def _check(self, record: Record) -> None:
        """Corrupt where a file is not what was written. A server checks large ones while it answers."""
        size = sum(path.stat().st_size for path in self._catalog.files(record) if path.exists())
        if self._patient or size <= _CHECKED_AT_ONCE:
            self._judge(record)
        else:
            Thread(target=self._judge_later, args=(record,), daemon=True).start()

    def _judge(self, record: Record) -> None:
        reason = self._catalog.fault(record)
        if reason is not None:
            raise Corrupt(
                f"edition {record.number} is damaged ({reason}): publish again", number=record.number
            )

    def _judge_later(self, record: Record) -> None:
        try:
            self._judge(record)
        except Corrupt as error:
            if self._catalog.stamp() == self._stamp:  # else its files may have been pruned
                self._damaged[record.number] = error
        except OSError as error:
            _log.error("an edition cannot be checked", edition=record.number, reason=str(error))


def _why_gone(record: Record | None) -> str:
    if record is not None and record.segments:
        return "was made by an older version: run `trendwire publish`"
    return "is no longer kept"


def sample_folder() -> Path:
    """The home, without facts, of the edition that comes with the program."""
    return Path(__file__).with_name("sample")


def sample_editions() -> Editions:
    """The edition that answers test keys."""
    return Editions(sample_folder())


@cache
def _entries(kind: Kind) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(GenericAlias(tuple, (ENTRY_TYPES[kind], ...)))
