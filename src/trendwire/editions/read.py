"""Owns reading: which edition is current, which can be pinned, and look-ups in one of them.

A reader holds one `Edition` from the first look-up to the last. It stays readable while it is held, also when
a newer one is published or its file is pruned meanwhile.
"""

import sqlite3
import sys
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from functools import cache
from pathlib import Path
from threading import Lock
from types import GenericAlias
from typing import Any

import msgspec

from trendwire.domain.charts import ENTRY_TYPES, ChartKey, Entry, Kind
from trendwire.domain.details import Detail, HashtagFacts, RegionDetail, SoundFacts
from trendwire.domain.provenance import COMPUTED, Provenance
from trendwire.editions.catalog import Catalog, Record, Stamp
from trendwire.editions.document import SQL, open_finished, stored_hash, unpack
from trendwire.editions.publish import Meta
from trendwire.errors import Corrupt, Gone, NotFound, NotReady

_OPEN = 8
"""Editions kept open: the current one and those pinned last."""

_DECODED = 64
"""Charts kept decoded: the pages of one chart, in both dialects, are cut from the same rows."""


class _Closed(msgspec.Struct, frozen=True):
    """A `Detail` whose regions are still text, because a reader mostly wants one of them."""

    facts: HashtagFacts | SoundFacts
    posts_all: int
    views_all: int
    regions: dict[str, msgspec.Raw]


_DETAIL = msgspec.json.Decoder(Detail)
_CLOSED = msgspec.json.Decoder(_Closed)
_REGION = msgspec.json.Decoder(RegionDetail)
_META = msgspec.json.Decoder(Meta)


class Edition:
    """One edition, immutable; any thread may use it. A file that cannot be read raises Corrupt."""

    def __init__(self, path: Path) -> None:
        self._connection = open_finished(path)
        weakref.finalize(self, self._connection.close)
        self._lock = Lock()
        self._charts: OrderedDict[ChartKey, tuple[Entry, ...] | None] = OrderedDict()
        meta = self._look_up("meta")
        if meta is None:
            raise Corrupt("an edition does not say what it is", path=str(path))
        told = _META.decode(meta)
        self.record: Record = told.record
        self.regions: tuple[str, ...] = told.regions
        """ISO codes with charts, ascending."""
        self.provenance: Mapping[str, Provenance] = told.provenance
        """Where the numbers of each region come from, the world too; empty in older editions."""

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
        document = self._look_up("chart", key.text)
        entries = None if document is None else _entries(key.kind).decode(document)
        with self._lock:
            self._charts[key] = entries
            if len(self._charts) > _DECODED:
                self._charts.popitem(last=False)
        return entries

    def detail(self, kind: Kind, identity: str, region: str | None = None) -> Detail | None:
        """What is known of a subject, None if nothing; with `region`, of that one alone (cheaper)."""
        document = self._look_up("subject", kind, identity)
        if document is None:
            return None
        return _DETAIL.decode(document) if region is None else _opened(_CLOSED.decode(document), region)

    def identities(self, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """Subjects whose identity begins so, ascending by code point."""
        try:
            with self._lock:
                rows = self._connection.execute(
                    SQL["identities"], (kind, beginning, f"{beginning}{chr(sys.maxunicode)}", most)
                ).fetchall()
        except sqlite3.DatabaseError as error:
            raise Corrupt("an edition cannot be read", statement="identities") from error
        return tuple(identity for (identity,) in rows)

    def verify(self) -> bool:
        """Whether everything in the file is still what was published; reads all of it."""
        try:
            with self._lock:
                whole = self._connection.execute(SQL["integrity"]).fetchall()
                found = stored_hash(self._connection, self.as_of)
        except (sqlite3.DatabaseError, Corrupt, UnicodeDecodeError):
            return False
        return whole == [("ok",)] and found == (self.content_hash, self.record.charts, self.record.subjects)

    def _look_up(self, statement: str, *key: str) -> bytes | None:
        try:
            with self._lock, closing(self._connection.execute(SQL[statement], key)) as cursor:
                row = cursor.fetchone()
        except sqlite3.DatabaseError as error:
            raise Corrupt("an edition cannot be read", statement=statement) from error
        return None if row is None else unpack(row[0])


class Editions:
    """The editions of a home; follows every flip by itself. Any thread may use it."""

    def __init__(self, home: Path) -> None:
        self._catalog = Catalog(home)
        self._lock = Lock()
        self._stamp: Stamp | None = None
        self._records: dict[int, Record] = {}
        self._open: OrderedDict[Record, Edition] = OrderedDict()

    def current(self) -> Edition:
        """The newest edition that is kept. Raises NotReady while there is none."""
        return self._found(None)

    def at(self, number: int) -> Edition:
        """The edition of that number. NotFound if there never was one, Gone if it is no longer kept."""
        return self._found(number)

    def records(self) -> tuple[Record, ...]:
        """All editions ever published, ascending by number."""
        with self._lock:
            self._follow()
            return tuple(self._records.values())

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
            self._records = {record.number: record for record in self._catalog.records()}
            self._stamp = stamp

    def _record(self, number: int | None) -> Record:
        if number is None:
            if not self._records:
                raise NotReady("no edition is published yet: run `trendwire publish`")
            kept = next((record for record in reversed(self._records.values()) if record.kept), None)
            if kept is None:
                raise NotReady("no edition is kept: run `trendwire publish`")
            return kept
        record = self._records.get(number)
        if record is None:
            raise NotFound("edition", number=number)
        if not record.kept:
            raise Gone(f"edition {number} is no longer kept")
        return record

    def _opened(self, record: Record) -> Edition:
        edition = self._open.get(record) or self._open_file(record.number)
        self._open[record] = edition
        self._open.move_to_end(record)
        if len(self._open) > _OPEN:
            self._open.popitem(last=False)
        return edition

    def _open_file(self, number: int) -> Edition:
        path = self._catalog.edition(number)
        try:
            return Edition(path)
        except (sqlite3.DatabaseError, msgspec.DecodeError, Corrupt) as error:
            raise Corrupt(f"edition {number} cannot be read", path=str(path)) from error


def sample_folder() -> Path:
    """The home, without facts, of the edition that comes with the program."""
    return Path(__file__).with_name("sample")


def sample_editions() -> Editions:
    """The edition that answers test keys."""
    return Editions(sample_folder())


@cache
def _entries(kind: Kind) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(GenericAlias(tuple, (ENTRY_TYPES[kind], ...)))


def _opened(closed: _Closed, region: str) -> Detail:
    found = closed.regions.get(region)
    return Detail(
        facts=closed.facts,
        posts_all=closed.posts_all,
        views_all=closed.views_all,
        regions={} if found is None else {region: _REGION.decode(found)},
    )
