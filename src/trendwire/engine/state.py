"""Owns a state: everything that charts and details of one day are made from, counted from all posts."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from duckdb import DuckDBPyConnection

from trendwire.engine.audiences import AllAudiences
from trendwire.engine.columns import Columns
from trendwire.engine.compiled import I32, I64
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
        self.widen()
        self.count_surroundings()
        self.surroundings.settle(len(self.columns.regions) + 1)
        self._promote(np.arange(len(self.columns.subjects)))
        tasks: list[Callable[[], object]] = [
            *self._subject_tasks(),
            self.count_all_posts,
            partial(self.leaders.make, self.columns, self.as_of),
            partial(self.given.put, self.columns, self._every, self.as_of),
        ]
        in_threads(tasks, threads)

    def widen(self) -> None:
        """Make room for new texts."""
        self.surroundings.widen(len(self.columns.regions) + 1)
        for part in (self.lists, self.candidates, self.given, self.audiences, self.revisions):
            part.widen(self.columns)

    def count_surroundings(self) -> None:
        """Count days, the first and the newest posts of creators, and audiences."""
        count_days(1, self._every, self.columns.posts, self.surroundings.created)
        self.count_creators(1, np.arange(len(self.columns.creators), dtype=np.int32))
        self.audiences.add(1, self.columns, self._every, self.as_of)

    def count_all_posts(self) -> None:
        """Count the records of all posts together."""
        posts = self.lists.lists.creator_posts
        self._tally(np.array([ALL_POSTS]), np.zeros(1, np.int64), np.array([len(posts)]), posts)

    def count_subjects(self, subjects: I64) -> None:
        """Count the records of those of some subjects that have enough posts."""
        self._promote(subjects)
        in_threads(self._subject_tasks(), 1)

    def _promote(self, subjects: I64) -> None:
        """Give records to those of some subjects that have enough posts."""
        self.candidates.note(1, self.columns, self._every, self.since)
        pairs, own = self.candidates.pairs(), np.zeros(len(self.columns.subjects), np.bool_)
        own[subjects] = True
        self.candidates.promote(subjects, pairs[own[pairs >> 8]])

    def _subject_tasks(self) -> Iterator[Callable[[], object]]:
        """Counts of records: subjects have their own, so that some can be counted beside others."""
        columns, slots, records = self.columns, self.candidates.slots, self.candidates.records
        by, lists = self.surroundings.parameters, self.lists.lists
        yield partial(add_posts, 1, self._every, columns.posts, slots, by, gains(), records)
        subjects = np.flatnonzero(slots.world >= 0)
        starts, ends = lists.subject_start[subjects], lists.subject_start[subjects + 1]
        steps = np.arange(_POSTS_AT_ONCE, len(lists.subject_posts), _POSTS_AT_ONCE)
        cuts = np.searchsorted(np.cumsum(ends - starts), steps).tolist()
        for first, last in pairwise([0, *cuts, len(subjects)]):
            piece = subjects[first:last], starts[first:last], ends[first:last]
            yield partial(self._tally, *piece, lists.subject_posts)

    def _tally(self, subjects: I64, starts: I64, ends: I64, listed: I32) -> None:
        candidates, by = self.candidates, self.surroundings.parameters
        hot, into = self.columns.posts.hot, room(len(self.columns))
        tally_lists(
            subjects, starts, ends, listed, hot, candidates.slots, by, into, candidates.records.creators
        )

    @property
    def _every(self) -> I32:
        return np.arange(len(self.columns), dtype=np.int32)

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
