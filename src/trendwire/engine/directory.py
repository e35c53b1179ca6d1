"""Owns which subjects a state has, counted and found by how they begin."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from trendwire.domain.charts import Kind
from trendwire.engine.columns import Posts
from trendwire.engine.compiled import U8, i64, jit
from trendwire.engine.kinds import text_of
from trendwire.engine.names import Names
from trendwire.engine.state import State


@jit
def note_used(posts: Posts, as_of: int, out: U8) -> None:
    """Set 1 for each subject that a post created until the day uses."""
    for post in range(len(posts.hot)):
        if i64(posts.hot[post]["day"]) > as_of:
            continue
        for use in range(posts.use_start[post], posts.use_start[post] + posts.use_count[post]):
            out[posts.use_subject[use]] = 1


class Order:
    """Subjects in the order of their names. Names never change, so only new ones are put in."""

    def __init__(self) -> None:
        self._numbers: list[int] = []

    def beginning(self, names: Names, start: bytes) -> Iterator[int]:
        """All that are not before that name."""
        new = range(len(self._numbers), len(names))
        if len(new) > len(self._numbers):
            self._numbers = sorted(range(len(names)), key=names.raw)
        else:
            for number in new:
                insort(self._numbers, number, key=names.raw)
        first = bisect_left(self._numbers, start, key=names.raw)
        return (self._numbers[place] for place in range(first, len(self._numbers)))


class Directory:
    """The subjects of one state as it is. `order`: kept from one state to the next."""

    def __init__(self, state: State, order: Order) -> None:
        self._state, self._order = state, order

    @cached_property
    def _used(self) -> U8:
        columns = self._state.columns
        used = np.zeros(len(columns.subjects), np.uint8)
        note_used(columns.posts, self._state.as_of, used)
        return used

    def __len__(self) -> int:
        return int(self._used.sum())

    def has(self, kind: Kind, identity: str) -> bool:
        """Whether a post created until the day uses it."""
        number = self._state.columns.subjects.find(text_of(kind, identity))
        return number >= 0 and bool(self._used[number])

    def identities(self, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """Subjects whose identity begins so, ascending by code point."""
        names, start, found = self._state.columns.subjects, text_of(kind, beginning), list[str]()
        for number in self._order.beginning(names, start):
            name = names.raw(number)
            if len(found) == most or not name.startswith(start):
                break
            if self._used[number]:
                found.append(name[1:].decode())
        return tuple(found)
