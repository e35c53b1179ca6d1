"""Owns what rows show beside creators: posts created and views gained in each window, and posts by
industry; counted in records, or taken out of them.
"""

from typing import Any, NamedTuple

import numpy as np

from trendwire.engine.columns import Posts
from trendwire.engine.compiled import I32, I64, i64, inlined, jit
from trendwire.engine.counts import CHARTS, END_OF, ENDS, PERIODS, Parameters
from trendwire.engine.records import NO_RECORD, Records, Slots, slot_of
from trendwire.engine.views import gains_until, last_seen

_FIRST_DAYS = PERIODS + ENDS[END_OF]
EDGES = np.unique(np.concatenate([ENDS, _FIRST_DAYS]))
"""Days back to where any window ends or begins: what is gained up to two of them tells a window."""

UNTIL, SINCE = np.searchsorted(EDGES, ENDS[END_OF]), np.searchsorted(EDGES, _FIRST_DAYS)


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
    """`add_posts` of all posts, taken out by old days and put in by new ones; most do not differ.
    What lies before the oldest edge need not be looked at.
    """
    oldest, newest = old.last_day[0] - EDGES[len(EDGES) - 1], new.last_day[0]
    for number in range(len(posts.hot)):
        post = posts.hot[number]
        day = i64(post["day"])
        if day > newest or (day <= oldest and last_seen(number, posts) <= oldest):
            continue
        gain(number, posts, old, before)
        gain(number, posts, new, after)
        some = differ(before, after)
        enters = post["industry"] > 0 and reached(day, old, new)
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
