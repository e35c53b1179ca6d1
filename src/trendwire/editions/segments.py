"""Owns the file of one segment: posts, subjects and documents that lean editions share, written once.

    posts       number -> record (`PostRecord` as JSON); the numbers mean nothing outside the segment
    subjects    kind, identity -> what it is (None: nothing new), and the numbers of its posts in this segment
    documents   section, key -> JSON (charts and what is known of all), None where it went

A *base* holds everything; an *overlay* what changed since. Which segments make an edition, and what they say
together, is chain.py's.
"""

import hashlib
import os
import sqlite3
import sys
import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from threading import Lock
from typing import Any, TypeAlias

import msgspec

from trendwire.domain.records import PostRecord
from trendwire.editions.catalog import Segment
from trendwire.editions.document import SQL as FILE_SQL
from trendwire.editions.document import open_finished
from trendwire.errors import Corrupt
from trendwire.statements import named

SQL = named("trendwire.editions", "segments.sql")

CHUNK = 500
"""Posts read in one step: about a millisecond, in which nobody else reads the segment."""

_PAGE = 100
"""Identities read in one step."""

PostRow = tuple[int, str | bytes]
"""Number, record."""

SubjectRow = tuple[str, str, str | bytes | None, Sequence[int]]
"""Kind, identity, facts, numbers of posts."""

Numbers: TypeAlias = "array[int]"
"""Of posts, in one segment."""

DocumentRow = tuple[str, str, bytes | None, bytes | None]
"""Section, key, SHA-256 of the document, document as it is stored."""

_RECORDS = msgspec.json.Decoder(list[PostRecord])


@dataclass(frozen=True, slots=True)
class Rows:
    """What goes into a segment: posts ascending by number, subjects by kind and identity."""

    posts: Iterable[PostRow] = ()
    subjects: Iterable[SubjectRow] = ()
    documents: Iterable[DocumentRow] = ()


def write(path: Path, name: str, rows: Rows) -> Segment:
    """Write a segment to an empty file, read-only and on the disk when this returns; what it is.

    Corrupt where rows do not ascend, or what is read back is not what was written.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(FILE_SQL["prepare"])
            connection.executescript(SQL["create"])
            written = _fill(connection, rows)
        with closing(open_finished(path)) as connection:
            whole = connection.execute(SQL["quick_check"]).fetchall()
            found = connection.execute(SQL["sizes"]).fetchone()
    except sqlite3.IntegrityError as error:
        raise Corrupt("rows of a segment must ascend, each once", path=str(path)) from error
    if whole != [("ok",)] or found != written:
        raise Corrupt("the segment read back is not the segment written", path=str(path), found=found)
    path.chmod(0o444)
    return Segment(name, *written, size=path.stat().st_size, sha256=_synced_digest(path))


def is_whole(path: Path, segment: Segment) -> bool:
    """Whether the file is there and says what was written; reads all of it."""
    try:
        return _synced_digest(path) == segment.sha256
    except FileNotFoundError:
        return False


class OpenSegment:
    """One segment to read from; any thread may. Stays readable when the file is unlinked meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._connection = open_finished(path)
        weakref.finalize(self, self._connection.close)
        self._all("mapped")

    def subject(self, kind: str, identity: str) -> tuple[bytes | None, Numbers] | None:
        """The facts of a subject, if they are here, and the numbers of its posts here."""
        row = self._one("subject", kind, identity)
        return None if row is None else (row[0], _unpacked(row[1]))

    def records(self, numbers: Numbers) -> Iterator[PostRecord]:
        """The posts of these numbers."""
        for start in range(0, len(numbers), CHUNK):
            wanted = msgspec.json.encode(numbers[start : start + CHUNK].tolist()).decode()
            yield from _RECORDS.decode(b"[%b]" % b",".join(row[0] for row in self._all("records", wanted)))

    def identities(self, kind: str, first: str, end: str) -> Iterator[str]:
        """Subjects from `first` on and before `end`, ascending."""
        while True:
            found = [identity for (identity,) in self._all("identities", kind, first, end, _PAGE)]
            yield from found
            if len(found) < _PAGE:
                return
            first = f"{found[-1]}\0"

    def document(self, section: str, key: str) -> tuple[bytes | None] | None:
        """The document as it is stored, (None,) where it went; None where this segment does not say."""
        row = self._one("document", section, key)
        return None if row is None else (row[0],)

    def digest(self, section: str, key: str) -> tuple[bytes | None] | None:
        """The same for the digest of a document."""
        row = self._one("digest", section, key)
        return None if row is None else (row[0],)

    def keys(self, section: str, first: str = "", end: str = chr(sys.maxunicode)) -> dict[str, bool]:
        """Keys of a section from `first` on and before `end`: whether they are there, or went."""
        return {key: bool(there) for key, there in self._all("keys", section, first, end)}

    def all_posts(self) -> Iterator[tuple[int, bytes]]:
        """All posts by number. For one reader at a time, who locks out nobody."""
        return self._stream("all_posts")

    def all_subjects(self) -> Iterator[tuple[str, str, bytes | None, Numbers]]:
        """All subjects by kind and identity."""
        for kind, identity, facts, posts in self._stream("all_subjects"):
            yield kind, identity, facts, _unpacked(posts)

    def all_documents(self) -> Iterator[DocumentRow]:
        """All documents by section and key."""
        return self._stream("all_documents")

    def _stream(self, statement: str) -> Iterator[Any]:
        """Many rows, over a while: SQLite serialises steps by itself."""
        return self._connection.execute(SQL[statement])

    def _one(self, statement: str, *key: object) -> Any:
        found = self._all(statement, *key)
        return found[0] if found else None

    def _all(self, statement: str, *values: object) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(SQL[statement], values).fetchall()
        except sqlite3.DatabaseError as error:
            raise Corrupt("a segment cannot be read", path=str(self._path)) from error


def _fill(connection: Connection, rows: Rows) -> tuple[int, int, int]:
    connection.execute("BEGIN")
    posts = connection.executemany(SQL["add_post"], rows.posts).rowcount
    subjects = connection.executemany(
        SQL["add_subject"],
        ((kind, identity, facts, _packed(numbers)) for kind, identity, facts, numbers in rows.subjects),
    ).rowcount
    documents = connection.executemany(SQL["add_document"], rows.documents).rowcount
    connection.execute(SQL["index"])
    connection.execute("COMMIT")
    return max(posts, 0), max(subjects, 0), max(documents, 0)


def _packed(numbers: Sequence[int]) -> bytes:
    """Little-endian, 4 bytes each."""
    packed = array("I", numbers)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _unpacked(stored: bytes) -> Numbers:
    numbers = array("I", stored)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _synced_digest(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
