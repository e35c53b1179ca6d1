"""Owns what is counted of every subject that can be in a chart: a record for each place, found by subject
and place.

Who can be: subjects with enough posts in the days that charts look at, and of these each region with
enough. A record that nobody charts costs nothing but room, so records are only added. The first `PLACES`
records are of all posts together, which heat is measured against.
"""

from typing import Any, NamedTuple

import numpy as np

from trendwire.domain.charts import MIN_CREATORS
from trendwire.domain.periods import CHART_PERIODS
from trendwire.engine.columns import Column, Columns, Posts
from trendwire.engine.compiled import I32, I64, i64, inlined, jit
from trendwire.engine.counts import (
    CHARTS,
    END_OF,
    ENDS,
    PERIODS,
    PLACES,
    Hot,
    Parameters,
    Room,
    add_creator,
    creator_end,
    measure,
)
from trendwire.engine.views import gains_until, last_seen

ALL_POSTS = -1
"""Instead of a subject."""

NO_RECORD = -1
FREE = -1
RECENT = 2 * max(CHART_PERIODS)
"""Days that charts look at: the longest window, and the one before."""

_FIRST_DAYS = PERIODS + ENDS[END_OF]
EDGES = np.unique(np.concatenate([ENDS, _FIRST_DAYS]))
"""Days back to where any window ends or begins: what is gained up to two of them tells a window."""

UNTIL, SINCE = np.searchsorted(EDGES, ENDS[END_OF]), np.searchsorted(EDGES, _FIRST_DAYS)


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


class Gains(NamedTuple):
    """What a post adds to the records of its subjects, where it is looked at: by chart 1 if it was created
    in the window, and the views gained in it; views until each of `EDGES`; bits of the ends that it was
    created by.
    """

    created: I64
    views: I64
    edges: I64
    days: I64


def gains() -> Gains:
    """Room for them."""
    return Gains(*(np.zeros(size, np.int64) for size in (CHARTS, CHARTS, len(EDGES), len(EDGES))))


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


@jit
def region_slot(subject: int, region: int, slots: Slots, into: Room) -> int:
    """`slot_of` in a region, which is mostly asked for of the subject that it was asked for before."""
    if into.slot_subject[region] != subject:
        into.slot_subject[region] = subject
        into.slot[region] = slot_of(subject, region, slots)
    return i64(into.slot[region])


@inlined
def select(group: I32, first: int, region: int, hot: Hot, selected: I32) -> int:
    """Those of some posts, from one on, that are from a region; how many."""
    count = 0
    for post in group[first:]:
        if hot[post]["region"] == region:
            selected[count] = post
            count += 1
    return count


@jit
def tally(
    sign: int, found: I32, subject: int, hot: Hot, slots: Slots, by: Parameters, into: Room, creators: I64
) -> None:
    """Count creators under one subject in the world and in each region they are from, or take them out.
    `found`: their posts, sorted by creator, all that each has of the subject.
    """
    last_day, floors, covers, cuts = by
    windows, balance, most, selected, met, _, _ = into
    start, world = 0, slot_of(subject, 0, slots)
    while start < len(found) and world != NO_RECORD:
        end = creator_end(found, start, hot)
        group, start = found[start:end], end
        if hot[group[0]]["creator"] < 0:
            continue
        measure(group, hot, last_day, floors, windows, balance, most)
        record = creators[world]
        add_creator(sign, group, hot, 0, last_day, floors, covers, cuts, windows, balance, most, record)
        met[PLACES] += 1
        for i in range(len(group)):
            region = i64(hot[group[i]]["region"])
            if region == 0 or met[region] == met[PLACES]:
                continue
            met[region] = met[PLACES]
            slot = region_slot(subject, region, slots, into)
            if slot == NO_RECORD:
                continue
            here = selected[: select(group, i, region, hot, selected)]
            if len(here) < len(group):
                measure(here, hot, last_day, floors, windows, balance, most)
            record = creators[slot]
            add_creator(
                sign, here, hot, region, last_day, floors, covers, cuts, windows, balance, most, record
            )


@jit
def tally_lists(
    subjects: I64, start: I64, listed: I32, hot: Hot, slots: Slots, by: Parameters, into: Room, creators: I64
) -> None:
    """The same of many subjects, whose posts lie one after the other."""
    for i in range(len(subjects)):
        found = listed[start[subjects[i]] : start[subjects[i] + 1]]
        tally(1, found, subjects[i], hot, slots, by, into, creators)


@inlined
def gain(post: int, posts: Posts, by: Parameters, found: Gains) -> bool:
    """Find what a post adds to the records of its subjects; whether that is anything."""
    day, as_of = i64(posts.hot[post]["day"]), by.last_day[0]
    found.created[:], found.views[:] = 0, 0
    if day > as_of:
        return False
    for i in range(len(EDGES)):
        found.days[i] = as_of - EDGES[i]
    oldest, some = found.days[len(EDGES) - 1], False
    if last_seen(post, posts) > oldest:
        gains_until(post, posts, found.days, found.edges)
    else:
        found.edges[:] = 0
    for j in range(CHARTS):
        found.created[j] = 1 if by.last_day[j] - PERIODS[j] < day <= by.last_day[j] else 0
        found.views[j] = found.edges[UNTIL[j]] - found.edges[SINCE[j]]
        some |= found.created[j] != 0 or found.views[j] != 0
    return some


@inlined
def add_gains(sign: int, found: Gains, slot: int, records: Records) -> None:
    """Add what a post adds to one record, or take it out."""
    for j in range(CHARTS):
        records.posts[slot, j] += sign * found.created[j]
        records.views[slot, j] += sign * found.views[j]


@inlined
def add_industry(sign: int, post: Any, slot: int, by: Parameters, records: Records) -> None:
    """Count a post's industry under a subject for all ends that it was created by, or take it out."""
    if post["industry"] > 0:
        for end in range(len(ENDS)):
            if i64(post["day"]) <= by.last_day[0] - ENDS[end]:
                records.industries[records.industry_row[slot], end, post["industry"]] += sign


@jit
def add_posts(
    sign: int, chosen: I32, posts: Posts, slots: Slots, by: Parameters, found: Gains, records: Records
) -> None:
    """Add what rows show beside creators, of some posts, to the records of their subjects, or take it out."""
    for i in range(len(chosen)):
        post = posts.hot[chosen[i]]
        some = gain(chosen[i], posts, by, found)
        if not some and post["industry"] == 0:
            continue
        start = posts.use_start[chosen[i]]
        for use in range(start, start + posts.use_count[chosen[i]]):
            subject = posts.use_subject[use]
            world = slot_of(subject, 0, slots)
            if world == NO_RECORD:
                continue
            add_industry(sign, post, world, by, records)
            if some:
                add_gains(sign, found, world, records)
                region = slot_of(subject, post["region"], slots) if post["region"] > 0 else NO_RECORD
                if region != NO_RECORD:
                    add_gains(sign, found, region, records)


@jit
def differ(old: Gains, new: Gains) -> bool:
    """Make of new gains what they are more than old ones; whether that is anything."""
    some = False
    for j in range(CHARTS):
        new.created[j] -= old.created[j]
        new.views[j] -= old.views[j]
        some |= new.created[j] != 0 or new.views[j] != 0
    return some


@jit
def reached(day: int, old: Parameters, new: Parameters) -> bool:
    """Whether a day is not after an end any more that it was after."""
    for j in range(CHARTS):  # noqa: SIM110 - compiled
        if (day <= new.last_day[j]) != (day <= old.last_day[j]):
            return True
    return False


@jit
def shift_posts(
    posts: Posts,
    slots: Slots,
    old: Parameters,
    new: Parameters,
    before: Gains,
    after: Gains,
    records: Records,
) -> None:
    """`add_posts` of all posts, taken out by old days and put in by new ones; most do not differ."""
    for number in range(len(posts.hot)):
        post = posts.hot[number]
        gain(number, posts, old, before)
        gain(number, posts, new, after)
        some = differ(before, after)
        enters = post["industry"] > 0 and reached(i64(post["day"]), old, new)
        if not (some or enters):
            continue
        for use in range(posts.use_start[number], posts.use_start[number] + posts.use_count[number]):
            world = slot_of(posts.use_subject[use], 0, slots)
            if world == NO_RECORD:
                continue
            if enters:
                add_industry(-1, post, world, old, records)
                add_industry(1, post, world, new, records)
            add_gains(1, after, world, records)
            region = NO_RECORD
            if post["region"] > 0:
                region = slot_of(posts.use_subject[use], post["region"], slots)
            if region != NO_RECORD:
                add_gains(1, after, region, records)


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
