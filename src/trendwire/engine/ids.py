"""Owns the ids of posts as numbers: one that is a whole number is itself, any other a number below -1."""

from collections.abc import Iterable

import numpy as np

from trendwire.engine.arrow import Texts
from trendwire.engine.compiled import I64, U8, i64, jit
from trendwire.engine.names import Names, Table, joined, text_less

_DIGITS = 19
_ZERO, _NINE = 48, 57
_HIGHEST = 9223372036854775807
NO_NUMBER = -1
EMPTY = np.int32(-1)


@jit
def numeric(data: U8, start: int, end: int) -> int:
    """The number that a text is, as it would be written; -1 where it is none that 63 bits hold."""
    if end == start or end - start > _DIGITS or (data[start] == _ZERO and end - start > 1):
        return NO_NUMBER
    value = 0
    for i in range(start, end):
        if data[i] < _ZERO or data[i] > _NINE:
            return NO_NUMBER
        digit = i64(data[i]) - _ZERO
        if value > (_HIGHEST - digit) // 10:
            return NO_NUMBER
        value = value * 10 + digit
    return value


@jit
def numeric_all(offsets: I64, data: U8, out: I64) -> None:
    """The same of all texts of a column."""
    for i in range(len(out)):
        out[i] = numeric(data, offsets[i], offsets[i + 1])


@jit
def digits_of(number: int) -> int:
    """How many digits a number is written with."""
    count = 1
    while number >= 10:
        number //= 10
        count += 1
    return count


@jit
def number_less(a: int, b: int) -> bool:
    """Whether the text of number a sorts before that of number b."""
    more = digits_of(a) - digits_of(b)
    short, long = (b, a) if more > 0 else (a, b)
    for _ in range(abs(more)):
        long //= 10
    if short != long:
        return bool((short > long) == (more > 0))
    return more < 0


@jit
def mixed_less(number: int, text: int, table: Table) -> bool:
    """Whether the text of a number sorts before a text that is none."""
    count = digits_of(number)
    start, end = table.offsets[text], table.offsets[text + 1]
    for i in range(min(count, end - start)):
        rest = number
        for _ in range(count - 1 - i):
            rest //= 10
        digit = _ZERO + rest % 10
        if digit != table.data[start + i]:
            return bool(digit < table.data[start + i])
    return bool(count < end - start)


@jit
def id_less(a: int, b: int, table: Table) -> bool:
    """Whether id a sorts before id b, as texts. `table`: of the ids that are no numbers."""
    if a >= 0 and b >= 0:
        return number_less(a, b)
    if a >= 0:
        return mixed_less(a, -2 - b, table)
    if b >= 0:
        return not mixed_less(b, -2 - a, table)
    return text_less(-2 - a, -2 - b, table)


@jit
def slot_of(id_: int, ids: I64, places: np.ndarray) -> int:
    """Where the post of an id is among `places`, or the free place where it would be."""
    mask = len(places) - 1
    h = ((id_ & 0x7FFFFFFF) * 0x1E3779B1) ^ (id_ >> 32) * 0x2C1B3C6D
    at = (h ^ (h >> 29)) & mask
    while places[at] >= 0 and ids[places[at]] != id_:
        at = (at + 1) & mask
    return at


@jit
def place_all(first: int, until: int, ids: I64, places: np.ndarray) -> None:
    """Let posts be found by their ids; a later one instead of an earlier of the same id."""
    for post in range(first, until):
        places[slot_of(ids[post], ids, places)] = post


@jit
def find_all(wanted: I64, ids: I64, places: np.ndarray, out: np.ndarray) -> None:
    """The posts of ids, -1 where there is none."""
    for i in range(len(wanted)):
        out[i] = places[slot_of(wanted[i], ids, places)]


@jit
def number_all(ids: I64, first_of: I64, places: np.ndarray, out: I64) -> int:
    """Number ids 0, 1, 2 ... in the order in which they come; how many. `first_of`: each one's id."""
    known = 0
    for i in range(len(ids)):
        at = slot_of(ids[i], first_of, places)
        if places[at] < 0:
            places[at] = known
            first_of[known] = ids[i]
            known += 1
        out[i] = places[at]
    return known


def places_for(count: int) -> np.ndarray:
    """An empty table for so many ids."""
    return np.full(1 << max(4, (count * 2).bit_length()), EMPTY, np.int32)


class Ids:
    """Ids that are no numbers, and where the post of each id is."""

    def __init__(self) -> None:
        self.texts = Names()
        self.places = places_for(0)

    def of(self, column: Texts) -> I64:
        """The ids of a column as numbers."""
        out = np.empty(len(column.valid), np.int64)
        numeric_all(column.offsets, column.data, out)
        others = np.flatnonzero(out < 0)
        out[others] = -2 - self.texts.numbers(column.data, column.offsets, others).astype(np.int64)
        return out

    def numbers_in(self, other: "Ids", numbers: I64) -> I64:
        """The numbers that `other` gives ids that have these numbers here."""
        found, others = numbers.copy(), np.flatnonzero(numbers < 0)
        table = self.texts.table
        found[others] = -2 - other.texts.numbers(table.data, table.offsets, -2 - numbers[others]).astype(
            np.int64
        )
        return found

    def known(self, texts: Iterable[str]) -> I64:
        """The ids of a few texts as numbers."""
        data, offsets = joined(text.encode() for text in texts)
        return self.of(Texts(offsets, data, np.ones(len(offsets) - 1, np.uint8)))

    def text(self, id_: int) -> str:
        """An id as it was."""
        return str(id_) if id_ >= 0 else self.texts[-2 - id_]

    def find(self, wanted: I64, ids: I64) -> np.ndarray:
        """The post of each id, -1 where there is none."""
        out = np.empty(len(wanted), np.int32)
        find_all(wanted, ids, self.places, out)
        return out

    def place(self, first: int, until: int, ids: I64) -> None:
        """Let the posts from `first` until `until` be found."""
        if until * 3 > len(self.places) * 2:
            self.places, first = places_for(until), 0
        place_all(first, until, ids, self.places)
