"""Owns reading from a file of documents: that of an edition, or of the details beside it."""

import sqlite3
import sys
import weakref
from contextlib import closing
from pathlib import Path
from threading import Lock

import msgspec

from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail, HashtagFacts, RegionDetail, SoundFacts
from trendwire.editions.catalog import Record
from trendwire.editions.document import SQL, Meta, open_finished, stored_hash, stored_meta, unpack
from trendwire.errors import Corrupt


class _Closed(msgspec.Struct, frozen=True):
    """A `Detail` whose regions are still text, because a reader mostly wants one of them."""

    facts: HashtagFacts | SoundFacts
    posts_all: int
    views_all: int
    regions: dict[str, msgspec.Raw]


_DETAIL = msgspec.json.Decoder(Detail)
_CLOSED = msgspec.json.Decoder(_Closed)
_REGION = msgspec.json.Decoder(RegionDetail)


class DocumentFile:
    """A finished file; any thread may read. One that cannot be read raises Corrupt."""

    def __init__(self, path: Path) -> None:
        self._connection = open_finished(path)
        weakref.finalize(self, self._connection.close)
        self._lock = Lock()

    def meta(self) -> Meta:
        """What an edition says of itself."""
        return stored_meta(self._connection)

    def chart(self, key: str) -> bytes | None:
        """The JSON of a chart; None where there is none."""
        return self._look_up("chart", key)

    def detail(self, kind: Kind, identity: str, region: str | None) -> Detail | None:
        """See `Edition.detail`."""
        document = self._look_up("subject", kind, identity)
        if document is None:
            return None
        return _DETAIL.decode(document) if region is None else _opened(_CLOSED.decode(document), region)

    def identities(self, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """See `Edition.identities`."""
        try:
            with self._lock:
                rows = self._connection.execute(
                    SQL["identities"], (kind, beginning, f"{beginning}{chr(sys.maxunicode)}", most)
                ).fetchall()
        except sqlite3.DatabaseError as error:
            raise Corrupt("an edition cannot be read", statement="identities") from error
        return tuple(identity for (identity,) in rows)

    def says(self, record: Record) -> bool:
        """Whether an edition's file holds what the record tells; reads all of it."""
        with self._lock:
            content_hash, charts, subjects = stored_hash(self._connection, record.as_of)
        if (content_hash, charts) != (record.content_hash, record.charts):
            return False
        return bool(record.state) or subjects == record.subjects

    def is_sound(self) -> bool:
        """What SQLite says of every page."""
        with self._lock:
            found: list[tuple[str]] = self._connection.execute(SQL["integrity"]).fetchall()
        return found == [("ok",)]

    def _look_up(self, statement: str, *key: str) -> bytes | None:
        try:
            with self._lock, closing(self._connection.execute(SQL[statement], key)) as cursor:
                row = cursor.fetchone()
        except sqlite3.DatabaseError as error:
            raise Corrupt("an edition cannot be read", statement=statement) from error
        return None if row is None else unpack(row[0])


def _opened(closed: _Closed, region: str) -> Detail:
    found = closed.regions.get(region)
    return Detail(
        facts=closed.facts,
        posts_all=closed.posts_all,
        views_all=closed.views_all,
        regions={} if found is None else {region: _REGION.decode(found)},
    )
