"""Owns a state: everything that charts and details of one day are made from, counted from all posts."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from duckdb import DuckDBPyConnection

from trendwire.engine.audiences import AllAudiences
from trendwire.engine.columns import Columns
from trendwire.engine.compiled import I32, I64
from trendwire.engine.counts import Parameters, Room, room
from trendwire.engine.gains import add_posts, gains
from trendwire.engine.given import GivenIds
from trendwire.engine.leaders import Leaders
from trendwire.engine.lists import PostLists
from trendwire.engine.records import ALL_POSTS, RECENT, Candidates, Slots
from trendwire.engine.resolve import load
from trendwire.engine.revisions import Revisions
from trendwire.engine.surroundings import Surroundings, count_creators, count_days, met
from trendwire.engine.tallies import tally, tally_lists

__all__ = ["State", "rebuilt"]


class State:
    """Posts, their lists, and what is counted of them for `as_of` (an epoch day)."""

    def __init__(self, columns: Columns, as_of: int) -> None:
        self.columns = columns
        self.lists = PostLists(columns)
        self.surroundings = Surroundings(as_of)
        self.candidates = Candidates()
        self.given, self.leaders, self.audiences = GivenIds(), Leaders(), AllAudiences()
        self.revisions = Revisions()
        self._count()

    @property
    def as_of(self) -> int:
        return self.surroundings.as_of

    @property
    def since(self) -> int:
        """The first day that makes candidates."""
        return self.as_of - RECENT + 1

    def _count(self) -> None:
        self.widen()
        self.count_surroundings()
        self.surroundings.settle(len(self.columns.regions) + 1)
        self.count_all_posts()
        self.count_subjects(np.arange(len(self.columns.subjects)))
        self.given.put(self.columns, self._every, self.as_of)
        self.audiences.add(1, self.columns, self._every, self.as_of)
        self.leaders.make(self.columns, self.as_of)

    def widen(self) -> None:
        """Make room for new texts."""
        self.surroundings.widen(len(self.columns.regions) + 1)
        for part in (self.lists, self.candidates, self.given, self.audiences, self.revisions):
            part.widen(self.columns)

    def count_surroundings(self) -> None:
        """Count days, and the first and the newest posts of creators."""
        count_days(1, self._every, self.columns.posts, self.surroundings.created)
        self.count_creators(1, np.arange(len(self.columns.creators), dtype=np.int32))

    def count_all_posts(self) -> None:
        """Count the records of all posts together."""
        lists, hot = self.lists.lists, self.columns.posts.hot
        tally(1, lists.creator_posts, ALL_POSTS, hot, *self._into())

    def count_subjects(self, subjects: I64) -> None:
        """Count the records of those of some subjects that have enough posts."""
        columns, lists, candidates = self.columns, self.lists.lists, self.candidates
        candidates.note(1, columns, self._every, self.since)
        pairs = candidates.pairs()
        candidates.promote(subjects, pairs[np.isin(pairs >> 8, subjects)])
        counted = np.flatnonzero(candidates.slots.world >= 0)
        hot = columns.posts.hot
        tally_lists(counted, lists.subject_start, lists.subject_posts, hot, *self._into())
        slots, by = candidates.slots, self.surroundings.parameters
        add_posts(1, self._every, columns.posts, slots, by, gains(), candidates.records)

    @property
    def _every(self) -> I32:
        return np.arange(len(self.columns), dtype=np.int32)

    def _into(self) -> tuple[Slots, Parameters, Room, I64]:
        candidates, by = self.candidates, self.surroundings.parameters
        return candidates.slots, by, room(len(self.columns)), candidates.records.creators

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
) -> State:
    """The state of a day from all parts of the facts, given by month. `progress`: told the share that is
    read.
    """
    columns = Columns()
    load(connection, [[str(part) for part in parts] for parts in months], columns, progress)
    return State(columns, as_of)
