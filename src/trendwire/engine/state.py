"""Owns a state: everything that charts and details of one day are made from, counted from all posts."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from duckdb import DuckDBPyConnection

from trendwire.engine.audiences import AllAudiences
from trendwire.engine.columns import Columns
from trendwire.engine.counts import room
from trendwire.engine.gains import add_posts, gains
from trendwire.engine.given import GivenIds
from trendwire.engine.leaders import Leaders
from trendwire.engine.lists import PostLists
from trendwire.engine.parallel import in_threads
from trendwire.engine.records import ALL_POSTS, RECENT, Candidates
from trendwire.engine.resolve import load
from trendwire.engine.revisions import Revisions
from trendwire.engine.surroundings import Surroundings, count_creators, count_days, met
from trendwire.engine.tallies import tally_lists

__all__ = ["State", "rebuilt"]

_POSTS_AT_ONCE = 500_000
"""Of lists of posts that one thread counts before it takes the next ones."""


class State:
    """Posts, their lists, and what is counted of them for `as_of` (an epoch day)."""

    def __init__(self, columns: Columns, as_of: int, threads: int = 1) -> None:
        self.columns = columns
        self.lists = PostLists(columns)
        self.surroundings = Surroundings(as_of)
        self.candidates = Candidates()
        self.given, self.leaders, self.audiences = GivenIds(), Leaders(), AllAudiences()
        self.revisions = Revisions()
        self._count(threads)

    @property
    def as_of(self) -> int:
        return self.surroundings.as_of

    @property
    def since(self) -> int:
        """The first day that makes candidates."""
        return self.as_of - RECENT + 1

    def _count(self, threads: int) -> None:
        columns, every = self.columns, np.arange(len(self.columns), dtype=np.int32)
        self.widen()
        count_days(1, every, columns.posts, self.surroundings.created)
        creators = np.arange(len(columns.creators), dtype=np.int32)
        self.count_creators(1, creators)
        self.surroundings.settle(len(columns.regions) + 1)
        self.candidates.note(1, columns, every, self.since)
        self.candidates.promote(np.arange(len(columns.subjects)), self.candidates.pairs())
        slots, records = self.candidates.slots, self.candidates.records
        by = self.surroundings.parameters
        tasks: list[Callable[[], object]] = [
            partial(add_posts, 1, every, columns.posts, slots, by, gains(), records),
            *self._tallies(),
            partial(self.leaders.make, columns, self.as_of),
            partial(self.given.put, columns, every, self.as_of),
            partial(self.audiences.add, 1, columns, every, self.as_of),
        ]
        in_threads(tasks, threads)

    def widen(self) -> None:
        """Make room for new texts."""
        self.surroundings.widen(len(self.columns.regions) + 1)
        for part in (self.lists, self.candidates, self.given, self.audiences, self.revisions):
            part.widen(self.columns)

    def _tallies(self) -> Iterator[Callable[[], None]]:
        """Subjects have records of their own, so that some can be counted beside others."""
        posts, lists, slots = self.columns.posts, self.lists.lists, self.candidates.slots
        subjects, listed = np.flatnonzero(slots.world >= 0), lists.subject_posts
        starts, ends = lists.subject_start[subjects], lists.subject_start[subjects + 1]
        every = np.array([len(lists.creator_posts)])
        pieces = [(np.array([ALL_POSTS]), np.zeros(1, np.int64), every, lists.creator_posts)]
        cuts = np.searchsorted(
            np.cumsum(ends - starts), np.arange(_POSTS_AT_ONCE, len(listed), _POSTS_AT_ONCE)
        )
        for first, last in pairwise([0, *cuts.tolist(), len(subjects)]):
            pieces.append((subjects[first:last], starts[first:last], ends[first:last], listed))
        by, creators = self.surroundings.parameters, self.candidates.records.creators
        for piece in pieces:
            into = room(len(self.columns))
            yield partial(tally_lists, *piece, posts.hot, slots, by, into, creators)

    def count_creators(self, sign: int, creators: np.ndarray) -> None:
        """Count the first and the newest posts of creators, or take them out."""
        around, columns, lists = self.surroundings, self.columns, self.lists.lists
        found, texts = np.empty(len(columns) + 1, np.int32), columns.ids.texts.table
        debuts, newest = around.debuts, around.newest
        count_creators(sign, creators, columns.posts, lists, texts, around.ends, debuts, newest, found, met())


def rebuilt(
    connection: DuckDBPyConnection,
    months: Sequence[Sequence[Path]],
    as_of: int,
    progress: Callable[[float], None] = lambda _done: None,
    threads: int = 1,
) -> State:
    """The state of a day from all parts of the facts, given by month. `progress`: told the share that is
    read. It is the same for any number of `threads`; each holds a month of rows.
    """
    columns = Columns()
    load(connection, [[str(part) for part in parts] for parts in months], columns, progress, threads)
    return State(columns, as_of, threads)
