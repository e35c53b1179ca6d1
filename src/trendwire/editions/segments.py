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
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from threading import Lock
from typing import Any

import msgspec

from trendwire.domain.records import PostRecord
from trendwire.editions import blocks
from trendwire.editions.blocks import Counted, Listed, PostRow, SubjectRow
from trendwire.editions.catalog import Segment
from trendwire.editions.document import SQL as FILE_SQL
from trendwire.editions.document import open_finished
from trendwire.errors import Corrupt
from trendwire.statements import named

SQL = named("trendwire.editions", "segments.sql")

CHUNK = 500
"""Posts read in one step: about a millisecond, in which nobody else reads the segment."""

LAST = chr(sys.maxunicode)
"""After every text that anything is called."""

DocumentRow = tuple[str, str, bytes | None, bytes | None]
"""Section, key, SHA-256 of the document, document as it is stored."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What goes into a segment: posts ascending by number, subjects by kind and identity.

    `packed`: made as small as it can be, which takes a while.
    """

    posts: Iterable[PostRow] = ()
    subjects: Iterable[SubjectRow] = ()
    documents: Iterable[DocumentRow] = ()
    packed: bool = False


def write(path: Path, name: str, rows: Rows) -> Segment:
    """Write a segment to an empty file, read-only and on the disk when this returns; what it is.

    Corrupt where rows do not ascend, or SQLite finds fault with the file.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(FILE_SQL["prepare"])
            connection.executescript(SQL["create"])
            written = _fill(connection, rows)
        with closing(open_finished(path)) as connection:
            whole = connection.execute(SQL["quick_check"]).fetchall()
    except sqlite3.IntegrityError as error:
        raise Corrupt("documents of a segment must have a key of their own", path=str(path)) from error
    if whole != [("ok",)]:
        raise Corrupt("the segment read back is not the segment written", path=str(path))
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

    def __init__(self, path: Path, segment: Segment) -> None:
        self._path = path
        self._segment = segment
        self._lock = Lock()
        self._file = path.open("rb")
        weakref.finalize(self, self._file.close)
        self._connection = open_finished(path)
        weakref.finalize(self, self._connection.close)
        self._all("mapped")

    def is_sound(self) -> bool:
        """Whether every byte is what was written."""
        with self._lock:
            self._file.seek(0)
            return hashlib.file_digest(self._file, "sha256").hexdigest() == self._segment.sha256

    def subject(self, kind: str, identity: str) -> Listed | None:
        """A subject, if this segment tells of it."""
        found = self._block(kind, identity)
        place = bisect_left(found, identity, key=lambda one: one.identity)
        return found[place] if place < len(found) and found[place].identity == identity else None

    def records(self, listed: Listed) -> Iterator[PostRecord]:
        """The posts of a subject here."""
        numbers = blocks.numbers_of(listed)
        for start in range(0, len(numbers), CHUNK):
            chunk = numbers[start : start + CHUNK]
            yield from blocks.wanted(self._all("post_blocks", msgspec.json.encode(chunk).decode()), chunk)

    def identities(self, kind: str, first: str, end: str) -> Iterator[str]:
        """Subjects from `first` on and before `end`, ascending."""
        block = self._block(kind, first)
        while block:
            yield from (one.identity for one in block if first <= one.identity < end)
            found = self._all("next_block", kind, block[-1].identity, end)
            block = blocks.subjects(found[0][0]) if found else []

    def document(self, section: str, key: str) -> tuple[bytes | None] | None:
        """The document as it is stored, (None,) where it went; None where this segment does not say."""
        found = self._all("document", section, key)
        return (found[0][0],) if found else None

    def digest(self, section: str, key: str) -> tuple[bytes | None] | None:
        """The same for the digest of a document."""
        found = self._all("digest", section, key)
        return (found[0][0],) if found else None

    def keys(self, section: str, first: str = "", end: str = LAST) -> dict[str, bool]:
        """Keys of a section from `first` on and before `end`: whether they are there, or went."""
        return {key: bool(there) for key, there in self._all("keys", section, first, end)}

    def all_posts(self) -> Iterator[tuple[int, bytes]]:
        """All posts by number. SQLite serialises the steps of many readers by itself, here and below."""
        for numbers, records in self._connection.execute(SQL["all_posts"]):
            yield from ((number, bytes(record)) for number, record in blocks.records(numbers, records))

    def all_subjects(self) -> Iterator[tuple[str, Listed]]:
        """All subjects by kind and identity."""
        for kind, block in self._connection.execute(SQL["all_subjects"]):
            yield from ((kind, listed) for listed in blocks.subjects(block))

    def all_documents(self) -> Iterator[DocumentRow]:
        """All documents by section and key."""
        return self._connection.execute(SQL["all_documents"])

    def _block(self, kind: str, identity: str) -> list[Listed]:
        """The block that holds the subject if any does; the first where it would stand before all."""
        found = self._all("subject_block", kind, identity) or self._all("next_block", kind, "", LAST)
        return blocks.subjects(found[0][0]) if found else []

    def _all(self, statement: str, *values: object) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(SQL[statement], values).fetchall()
        except sqlite3.DatabaseError as error:
            raise Corrupt("a segment cannot be read", path=str(self._path)) from error


def _fill(connection: Connection, rows: Rows) -> tuple[int, int, int]:
    """How many posts, subjects and documents went in."""
    posts, subjects, documents = Counted(rows.posts), Counted(rows.subjects), Counted(rows.documents)
    connection.execute("BEGIN")
    connection.executemany(SQL["add_posts"], blocks.post_blocks(posts, packed=rows.packed))
    connection.executemany(SQL["add_subjects"], blocks.subject_blocks(subjects, packed=rows.packed))
    connection.executemany(SQL["add_document"], documents)
    for statement in SQL["index"].split(";"):
        connection.execute(statement)
    connection.execute("COMMIT")
    return posts.count, subjects.count, documents.count


def _synced_digest(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
