"""Owns a state: everything that charts and details of one day are made from, counted from all posts."""

from collections.abc import Callable, Sequence
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
from trendwire.engine.records import ALL_POSTS, RECENT, Candidates
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
        columns, every = self.columns, np.arange(len(self.columns), dtype=np.int32)
        self.widen()
        count_days(1, every, columns.posts, self.surroundings.created)
        creators = np.arange(len(columns.creators), dtype=np.int32)
        self.count_creators(1, creators)
        self.surroundings.settle(len(columns.regions) + 1)
        self.candidates.note(1, columns, every, self.since)
        self.candidates.promote(np.arange(len(columns.subjects)), self.candidates.pairs())
        self._tally()
        slots, by = self.candidates.slots, self.surroundings.parameters
        add_posts(1, every, columns.posts, slots, by, gains(), self.candidates.records)
        self.given.put(columns, every, self.as_of)
        self.audiences.add(1, columns, every, self.as_of)
        self.leaders.make(columns, self.as_of)

    def widen(self) -> None:
        """Make room for new texts."""
        self.surroundings.widen(len(self.columns.regions) + 1)
        for part in (self.lists, self.candidates, self.given, self.audiences, self.revisions):
            part.widen(self.columns)

    def _tally(self) -> None:
        posts, lists, slots = self.columns.posts, self.lists.lists, self.candidates.slots
        by, creators = self.surroundings.parameters, self.candidates.records.creators
        into = room(len(self.columns))
        tally(1, lists.creator_posts, ALL_POSTS, posts.hot, slots, by, into, creators)
        subjects = np.flatnonzero(slots.world >= 0)
        tally_lists(subjects, lists.subject_start, lists.subject_posts, posts.hot, slots, by, into, creators)

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
