"""Owns what is counted of every subject that can be in a chart: a record for each place, found by subject
and place.

Who can be: subjects with enough posts in the days that charts look at, and of these each region with
enough. A record that nobody charts costs nothing but room, so records are only added. The first `PLACES`
records are of all posts together, which heat is measured against.
"""

from typing import NamedTuple

import numpy as np

from trendwire.domain.charts import MIN_CREATORS
from trendwire.domain.periods import CHART_PERIODS
from trendwire.engine.columns import Column, Columns, Posts
from trendwire.engine.compiled import I32, I64, i64, jit
from trendwire.engine.counts import CHARTS, ENDS, PLACES

ALL_POSTS = -1
"""Instead of a subject."""

NO_RECORD = -1
FREE = -1
RECENT = 2 * max(CHART_PERIODS)
"""Days that charts look at: the longest window, and the one before."""


class Slots(NamedTuple):
    """Where records are: `world[subject]`; `slots[i]` of the pair `keys[i]`, which has `recent[i]` posts.
    -1: none.
    """

    world: I32
    keys: I64
    slots: I32
    recent: I32


class Records(NamedTuple):
    """By record: creators (see counts.py), posts and views of each chart; the pair it is of; the row of
    `industries`, of the world's records alone: posts by industry until each of the days that windows end
    with.
    """

    creators: I64
    posts: I32
    views: I64
    key: I64
    industry_row: I32
    industries: I32


@jit
def pair(subject: int, place: int) -> int:
    """A subject in a region, as one number."""
    return (i64(subject) << 8) | i64(place)


@jit
def find(keys: I64, key: int) -> int:
    """Where a pair is, or the free place where it would be."""
    mask = len(keys) - 1
    h = (key & 0x7FFFFFFF) * 0x1E3779B1 ^ (key >> 31) * 0x2C1B3C6D
    at = (h ^ (h >> 29)) & mask
    while keys[at] != FREE and keys[at] != key:
        at = (at + 1) & mask
    return at


@jit
def refill(old: Slots, new: Slots) -> None:
    """Put all pairs into a larger table."""
    for i in range(len(old.keys)):
        if old.keys[i] != FREE:
            at = find(new.keys, old.keys[i])
            new.keys[at], new.slots[at], new.recent[at] = old.keys[i], old.slots[i], old.recent[i]


@jit
def slot_of(subject: int, place: int, slots: Slots) -> int:
    """The record of a subject (or of all posts) in a place, -1 where there is none."""
    if subject == ALL_POSTS:
        return place
    if place == 0:
        return i64(slots.world[subject])
    at = find(slots.keys, pair(subject, place))
    return i64(slots.slots[at]) if slots.keys[at] != FREE else NO_RECORD


@jit
def find_all(keys: I64, wanted: I64, out: I64) -> None:
    """Where each pair is, or would be."""
    for i in range(len(wanted)):
        out[i] = find(keys, wanted[i])


@jit
def count_recent(sign: int, chosen: I32, posts: Posts, since: int, recent: I32, slots: Slots) -> int:
    """Count posts created since a day by subject, and by subject and region, or take them out; how many
    pairs are new.
    """
    new = 0
    for post in chosen:
        hot = posts.hot[post]
        if i64(hot["day"]) < since:
            continue
        for use in range(posts.use_start[post], posts.use_start[post] + posts.use_count[post]):
            recent[posts.use_subject[use]] += sign
            if hot["region"] > 0:
                key = pair(posts.use_subject[use], hot["region"])
                at = find(slots.keys, key)
                if slots.keys[at] == FREE:
                    slots.keys[at] = key
                    new += 1
                slots.recent[at] += sign
    return new


class Candidates:
    """The records of a state, and where they are."""

    def __init__(self) -> None:
        self.recent, self._world = Column(np.zeros(0, np.int32)), Column(np.zeros(0, np.int32))
        self._pairs, self._used = _table(1 << 10), 0
        self._creators = Column(np.zeros((PLACES, CHARTS, 5), np.int64))
        self._posts = Column(np.zeros((PLACES, CHARTS), np.int32))
        self._views = Column(np.zeros((PLACES, CHARTS), np.int64))
        self._key = Column(np.arange(PLACES))
        self._industry_row = Column(np.full(PLACES, NO_RECORD, np.int32))
        self._industries = Column(np.zeros((0, len(ENDS), 1), np.int32))

    @property
    def slots(self) -> Slots:
        """As they are now; of no use once any was added."""
        return Slots(self._world.all, *self._pairs)

    @property
    def records(self) -> Records:
        """As they are now; of no use once any was added."""
        columns = (self._creators, self._posts, self._views, self._key, self._industry_row, self._industries)
        return Records(*(column.all for column in columns))

    def note(self, sign: int, columns: Columns, chosen: I32, since: int) -> None:
        """Count posts, so that their subjects can become candidates, or take them out."""
        step = 100_000
        for first in range(0, len(chosen), step):
            some = chosen[first : first + step]
            self._make_room(int(columns["use_count"][some].sum()))
            self._used += count_recent(sign, some, columns.posts, since, self.recent.all, self.slots)

    def promote(self, subjects: I64, pairs: I64) -> int:
        """Give records to those of these that have enough posts and no record yet, all empty; the first of
        them.
        """
        slots, first = self.slots, self._key.count
        worlds = subjects[(self.recent.all[subjects] >= MIN_CREATORS) & (slots.world[subjects] == NO_RECORD)]
        at = np.empty(len(pairs), np.int64)
        find_all(slots.keys, pairs, at)
        at = at[(slots.recent[at] >= MIN_CREATORS) & (slots.slots[at] == NO_RECORD)]
        slots.world[worlds] = np.arange(first, first + len(worlds))
        slots.slots[at] = np.arange(first + len(worlds), first + len(worlds) + len(at))
        for column in (self._creators, self._posts, self._views):
            column.extend(len(worlds) + len(at))
        self._key.add(np.concatenate([worlds << 8, slots.keys[at]]))
        self._industry_row.add(self._industries.count + np.arange(len(worlds), dtype=np.int32))
        self._industry_row.extend(len(at), NO_RECORD)
        self._industries.extend(len(worlds))
        return first

    def pairs(self) -> I64:
        """All pairs of a subject and a region that have recent posts, ascending."""
        keys: I64 = np.sort(self._pairs[0][self._pairs[0] != FREE])
        return keys

    def widen(self, columns: Columns) -> None:
        """Make room for new subjects and industries."""
        self._world.extend(len(columns.subjects) - self._world.count, NO_RECORD)
        self.recent.extend(len(columns.subjects) - self.recent.count)
        known = self._industries.all
        if len(columns.industries) + 1 > known.shape[2]:
            wider = np.zeros((len(known), len(ENDS), len(columns.industries) + 1), np.int32)
            wider[:, :, : known.shape[2]] = known
            self._industries = Column(wider)

    def _make_room(self, more: int) -> None:
        while (self._used + more) * 3 > len(self._pairs[0]) * 2:
            old, self._pairs = self.slots, _table(len(self._pairs[0]) * 2)
            refill(old, self.slots)


def _table(size: int) -> tuple[I64, I32, I32]:
    return np.full(size, FREE), np.full(size, NO_RECORD, np.int32), np.zeros(size, np.int32)
