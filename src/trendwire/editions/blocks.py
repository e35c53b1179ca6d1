"""Owns how a segment keeps rows: many in one block, because a row of its own costs more than what is in it.

A block of posts is a JSON list of records beside their numbers; a block of subjects is MessagePack, in which
who looks for one subject skips the others.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import msgspec

from trendwire.domain.records import PostRecord
from trendwire.editions.document import pack, unpack
from trendwire.errors import Corrupt

POSTS = 8
"""Records in a block: who wants one reads past the others."""

SUBJECTS = 64
NUMBERS = 4096
"""A block of subjects is full with so many, or with so many numbers of posts."""

PostRow = tuple[int, str]
"""Number, record."""

SubjectRow = tuple[str, str, str | None, Sequence[int]]
"""Kind, identity, facts, numbers of posts."""

PostBlock = tuple[int, bytes, bytes]
"""The first number, all numbers, records."""

SubjectBlock = tuple[str, str, bytes]
"""Kind, the first identity, subjects."""


class Listed(msgspec.Struct, frozen=True, array_like=True):
    """A subject in its block. `posts`: the numbers of its posts, still packed."""

    identity: str
    facts: str | None
    posts: msgspec.Raw


_RAW = msgspec.json.Decoder(list[msgspec.Raw])
_LISTED = msgspec.msgpack.Decoder(list[Listed])
_NUMBERS = msgspec.msgpack.Decoder(list[int])
_PACKER = msgspec.msgpack.Encoder()
_RECORD = msgspec.json.Decoder(PostRecord)

_Row = TypeVar("_Row")


class Counted(Iterable[_Row]):
    """Rows, and how many went by."""

    def __init__(self, rows: Iterable[_Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[_Row]:
        for row in self._rows:
            self.count += 1
            yield row


def post_blocks(rows: Iterable[PostRow], *, packed: bool) -> Iterator[PostBlock]:
    """Blocks of posts. Corrupt where numbers do not ascend."""
    coming, last = iter(rows), -1
    while block := list(islice(coming, POSTS)):
        numbers = [number for number, _ in block]
        if numbers[0] <= last or sorted(set(numbers)) != numbers:
            raise Corrupt("posts of a segment must ascend, each once", number=numbers[0])
        last = numbers[-1]
        records = f"[{','.join([record for _, record in block])}]".encode()
        yield numbers[0], _PACKER.encode(numbers), pack(records) if packed else records


def subject_blocks(rows: Iterable[SubjectRow], *, packed: bool) -> Iterator[SubjectBlock]:
    """Blocks of subjects, each of one kind. Corrupt where they do not ascend."""
    block: list[tuple[str, str | None, Sequence[int]]] = []
    kind, last, numbers = "", "", 0
    for own_kind, identity, facts, posts in rows:
        if (own_kind, identity) <= (kind, last):
            raise Corrupt("subjects of a segment must ascend, each once", kind=own_kind, identity=identity)
        if block and (len(block) == SUBJECTS or numbers > NUMBERS or own_kind != kind):
            yield _closed(kind, block, packed)
            block, numbers = [], 0
        block.append((identity, facts, posts))
        kind, last, numbers = own_kind, identity, numbers + len(posts)
    if block:
        yield _closed(kind, block, packed)


def records(numbers: bytes, stored: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
    """The numbers and records of a block of posts."""
    return zip(_NUMBERS.decode(numbers), _RAW.decode(unpack(stored)), strict=True)


def subjects(stored: bytes) -> list[Listed]:
    """The subjects of a block."""
    return _LISTED.decode(unpack(stored))


def numbers_of(listed: Listed) -> list[int]:
    """The numbers of a subject's posts."""
    return _NUMBERS.decode(listed.posts)


def wanted(blocks: Iterable[tuple[bytes, bytes]], numbers: Iterable[int]) -> Iterator[PostRecord]:
    """Of blocks of posts those with these numbers."""
    asked = set(numbers)
    for own, stored in blocks:
        for number, record in records(own, stored):
            if number in asked:
                yield _RECORD.decode(record)


def _closed(kind: str, block: list[tuple[str, str | None, Sequence[int]]], packed: bool) -> SubjectBlock:
    document = _PACKER.encode(block)
    return kind, block[0][0], pack(document) if packed else document
