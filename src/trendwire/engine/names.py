"""Owns numbers for texts: 0, 1, 2 ... in the order in which texts come, without a Python string for each.

An open hash table over bytes. The hash is ours, so that what is stored holds on every machine and version.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from trendwire.engine.compiled import I32, I64, U8, U32, i64, inlined, jit

_BITS = 0xFFFFFFFF


class Table(NamedTuple):
    """Text n is `data[offsets[n]:offsets[n + 1]]`; `places` holds numbers by hash, -1 where none is."""

    data: U8
    offsets: I64
    hashes: U32
    places: I32


@inlined
def hash_of(data: U8, start: int, end: int) -> int:
    """FNV-1a in 32 bits over three bytes at a time, then mixed; no step leaves 64 bits, so that it is the
    same uncompiled.
    """
    h, at = 0x811C9DC5, start
    while at < end:
        word = i64(data[at])
        if at + 2 < end:
            word |= i64(data[at + 1]) << 8 | i64(data[at + 2]) << 16
        elif at + 1 < end:
            word |= i64(data[at + 1]) << 8
        h = ((h ^ word) * 0x01000193) & _BITS
        at += 3
    h = ((h ^ (h >> 15)) * 0x2C1B3C6D) & _BITS
    return h ^ (h >> 13)


@inlined
def same(data: U8, start: int, size: int, texts: U8, offsets: I64, number: int) -> bool:
    """Whether these bytes are the text of that number."""
    own, equal = offsets[number], offsets[number + 1] - offsets[number] == size
    i = 0
    while equal and i < size:
        equal = texts[own + i] == data[start + i]
        i += 1
    return bool(equal)


@inlined
def place_of(
    data: U8, start: int, end: int, h: int, texts: U8, offsets: I64, hashes: U32, places: I32
) -> int:
    """Where the number of a text is, or the free place where it would be."""
    mask = len(places) - 1
    at = h & mask
    while places[at] >= 0 and not (
        hashes[places[at]] == h and same(data, start, end - start, texts, offsets, places[at])
    ):
        at = (at + 1) & mask
    return at


@jit
def intern(data: U8, offsets: I64, rows: I64, table: Table, known: int, out: I32) -> int:
    """Number the texts of some rows (-1: none); how many numbers there are then. The table has room."""
    texts, starts, hashes, places = table
    for i in range(len(rows)):
        if rows[i] < 0:
            out[i] = -1
            continue
        start, end = offsets[rows[i]], offsets[rows[i] + 1]
        h = hash_of(data, start, end)
        at = place_of(data, start, end, h, texts, starts, hashes, places)
        if places[at] < 0:
            places[at], hashes[known] = known, h
            for at_byte in range(start, end):
                texts[starts[known] + at_byte - start] = data[at_byte]
            starts[known + 1] = starts[known] + end - start
            known += 1
        out[i] = places[at]
    return known


@jit
def found(data: U8, table: Table) -> int:
    """The number of one text, -1 where there is none."""
    texts, starts, hashes, places = table
    h = hash_of(data, 0, len(data))
    return i64(places[place_of(data, 0, len(data), h, texts, starts, hashes, places)])


@jit
def fill(hashes: U32, known: int, places: I32) -> None:
    """Put the numbers into an empty table of places."""
    mask = len(places) - 1
    for number in range(known):
        at = i64(hashes[number]) & mask
        while places[at] >= 0:
            at = (at + 1) & mask
        places[at] = number


@jit
def text_less(a: int, b: int, table: Table) -> bool:
    """Whether text a sorts before text b: by bytes, which is by code points."""
    i, j = table.offsets[a], table.offsets[b]
    end_i, end_j = table.offsets[a + 1], table.offsets[b + 1]
    while i < end_i and j < end_j:
        if table.data[i] != table.data[j]:
            return bool(table.data[i] < table.data[j])
        i += 1
        j += 1
    return bool(end_i - i < end_j - j)


def joined(texts: Iterable[bytes]) -> tuple[U8, I64]:
    """Texts one after the other, and where each begins."""
    pieces = list(texts)
    offsets = np.cumsum([0, *map(len, pieces)], dtype=np.int64)
    return np.frombuffer(bytearray(b"".join(pieces)), np.uint8), offsets


class Names:
    """Texts with their numbers. `known`: how many there are."""

    def __init__(self) -> None:
        self.known = 0
        self.table = Table(
            np.zeros(256, np.uint8),
            np.zeros(17, np.int64),
            np.zeros(16, np.uint32),
            np.full(32, -1, np.int32),
        )

    def __len__(self) -> int:
        return self.known

    def __getitem__(self, number: int) -> str:
        return self.raw(number).decode()

    def raw(self, number: int) -> bytes:
        """The bytes of one."""
        return self.table.data[self.table.offsets[number] : self.table.offsets[number + 1]].tobytes()

    def find(self, text: str | bytes) -> int:
        """The number of a text, -1 where there is none."""
        data = np.frombuffer(bytearray(text.encode() if isinstance(text, str) else text), np.uint8)
        return int(found(data, self.table))

    def numbers(self, data: U8, offsets: I64, rows: I64) -> I32:
        """The numbers of the texts of some rows, new ones among them; -1 for a row below 0."""
        taken = rows[rows >= 0]
        self._make_room(len(taken), int((offsets[taken + 1] - offsets[taken]).sum()))
        out = np.empty(len(rows), np.int32)
        self.known = intern(data, offsets, rows, self.table, self.known, out)
        return out

    def of(self, texts: Iterable[bytes]) -> I32:
        """The same of a few texts."""
        data, offsets = joined(texts)
        return self.numbers(data, offsets, np.arange(len(offsets) - 1))

    def _make_room(self, more: int, size: int) -> None:
        data, offsets, hashes, places = self.table
        need = self.known + more + 1
        if need > len(hashes):
            offsets, hashes = grown(offsets, need * 5 // 4 + 1), grown(hashes, need * 5 // 4)
        if offsets[self.known] + size > len(data):
            data = grown(data, int(offsets[self.known] + size) * 5 // 4)
        if need * 3 > len(places) * 2:
            places = np.full(1 << (need * 2 - 1).bit_length(), -1, np.int32)
            fill(hashes, self.known, places)
        self.table = Table(data, offsets, hashes, places)


def grown(array: Any, size: int) -> Any:
    """The same array with room for `size` rows."""
    room = np.zeros((size, *array.shape[1:]), array.dtype)
    room[: len(array)] = array
    return room
