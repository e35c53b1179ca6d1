"""Owns the file of one edition: SQLite tables of packed JSON documents, and the hash over what they say.

The hash covers as_of, chart keys and documents, subjects and documents, in ascending order; where a state of
the engine tells the details, how many posts and creators each region has in each period instead. It does not
cover the number, the time of making or the layout of the file. A document is packed with zstd where that
makes it smaller.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from urllib.parse import quote

import msgspec

from trendwire.domain.charts import Kind
from trendwire.domain.provenance import Provenance
from trendwire.editions.catalog import Record
from trendwire.errors import Corrupt
from trendwire.facts.zstd import zstd
from trendwire.statements import named

SQL = named("trendwire.editions", "edition.sql")

_LEVEL = 1
"""Real worlds shrink to a fifth at this level and to little less at any other, which take longer."""

_SMALL = 100
"""Bytes that no packing makes smaller."""

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

Row = tuple[str, ...]
"""The parts of a key, then the document."""


class Meta(msgspec.Struct, frozen=True):
    """What an edition says of itself. `regions`: ISO codes with charts, ascending. `provenance`: by region,
    the world too; empty in editions made before there was any.
    """

    record: Record
    regions: tuple[str, ...]
    provenance: dict[str, Provenance] = {}


_META = msgspec.json.Decoder(Meta)


class Hasher:
    """The content hash, fed part by part: keys and documents, each with its length before it."""

    def __init__(self, as_of: date) -> None:
        self._sha = hashlib.sha256(f"trendwire edition 1 {as_of}".encode())

    def section(self, name: str, rows: Iterable[Row]) -> Iterator[tuple[Row, bytes]]:
        """Pass rows through as (key, document bytes). Corrupt where keys do not ascend."""
        self._sha.update(f"\n{name}\n".encode())
        before: Row = ()
        for *parts, text in rows:
            key, document = tuple(parts), text.encode()
            if key <= before:
                raise Corrupt("documents must come in ascending order, each once", section=name, key=key)
            before = key
            for part in (*(part.encode() for part in key), document):
                self._sha.update(b"%d:" % len(part))
                self._sha.update(part)
            yield key, document

    def samples(self, provenance: Mapping[str, Provenance]) -> None:
        """What the numbers of each computed region are counted from."""
        rows = (
            (region, f"{period:04}", f"{sample.posts} {sample.creators}")
            for region, known in sorted(provenance.items())
            for period, sample in sorted(known.samples.items())
        )
        for _ in self.section("samples", rows):
            pass

    def hexdigest(self) -> str:
        return self._sha.hexdigest()


def pack(document: bytes) -> bytes:
    """The document as it is stored."""
    if len(document) < _SMALL:
        return document
    packed = zstd.compress(document, level=_LEVEL)
    return packed if len(packed) < len(document) else document


def unpack(stored: bytes) -> bytes:
    """The document as it was before `pack`; JSON never starts like a zstd frame. Corrupt if it cannot be."""
    try:
        return zstd.decompress(stored) if stored.startswith(_ZSTD_MAGIC) else stored
    except zstd.ZstdError as error:
        raise Corrupt("a document of an edition cannot be unpacked") from error


def open_new(path: Path) -> sqlite3.Connection:
    """A new file to write an edition to, not safe against a crash: write aside, then sync and rename."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(SQL["prepare"])
    connection.executescript(SQL["create"])
    return connection


def open_finished(path: Path) -> sqlite3.Connection:
    """A finished file to read from, by any thread; stays readable when the file is unlinked meanwhile."""
    address = f"file:{quote(str(path))}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, check_same_thread=False)


def stored_meta(connection: sqlite3.Connection) -> Meta:
    """What a finished file says of itself. Corrupt if it does not say."""
    stored = connection.execute(SQL["meta"]).fetchall()
    if not stored:
        raise Corrupt("an edition does not say what it is")
    return _META.decode(unpack(stored[0][0]))


def stored_hash(connection: sqlite3.Connection, as_of: date) -> tuple[str, int, int]:
    """The content hash of a finished file, and its numbers of charts and subjects, read from every row.

    Subjects that a state tells of are as many as the file says.
    """
    hasher, meta = Hasher(as_of), stored_meta(connection)
    charts = sum(1 for _ in hasher.section("charts", _unpacked(connection, "all_charts")))
    subjects = sum(1 for _ in hasher.section("subjects", _unpacked(connection, "all_subjects")))
    if meta.record.state:
        subjects = meta.record.subjects
        hasher.samples(meta.provenance)
    return hasher.hexdigest(), charts, subjects


class _Charted(msgspec.Struct, frozen=True):
    """What names the subject of a row."""

    name: str = ""
    clip_id: str = ""


_ROWS = msgspec.json.Decoder(list[_Charted])


def charted(path: Path) -> list[tuple[str, str]]:
    """Kind and identity of the hashtags and sounds in the charts of a finished file, ascending."""
    found = set[tuple[str, str]]()
    with closing(open_finished(path)) as connection:
        for key, document in _unpacked(connection, "all_charts"):
            kind = key.partition("/")[0]
            if kind in (Kind.HASHTAG, Kind.SOUND):
                found.update((kind, row.clip_id or row.name) for row in _ROWS.decode(document))
    return sorted(found)


def _unpacked(connection: sqlite3.Connection, statement: str) -> Iterator[Row]:
    for *key, stored in connection.execute(SQL[statement]):
        yield (*key, unpack(stored).decode())
