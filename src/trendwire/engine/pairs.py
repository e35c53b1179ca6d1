"""Owns the pairs of a creator and a subject, by which creators are taken out of records and put in again."""

from typing import Any, NamedTuple

import numpy as np

from trendwire.engine.columns import Posts
from trendwire.engine.compiled import I32, I64, U8, i64, jit
from trendwire.engine.counts import (
    CHARTS,
    NO_CHART,
    OUTSIDE,
    PERIODS,
    Parameters,
    Room,
    count_subject,
    seen,
    window_of,
)
from trendwire.engine.gains import Gains, add_gains, add_industry, gain
from trendwire.engine.lists import Lists, posts_of_creator, posts_of_subject
from trendwire.engine.records import ALL_POSTS, NO_RECORD, Records, Slots
from trendwire.engine.scoring import BASELINES
from trendwire.engine.tallies import tally

_SUBJECT = 0xFFFFFFFF
_NOWHERE, _PAST, _OBSERVED = -1, 100, 101


class Among(NamedTuple):
    """Where pairs are counted."""

    posts: Posts
    lists: Lists
    slots: Slots
    records: Records


@jit
def pairs_of(creators: I32, counts: I32, subjects: I32, out: I64) -> int:
    """The pairs of posts as creator << 32 | subject + 1, and for all posts of the creator 0; how many."""
    found, use = 0, 0
    for post in range(len(creators)):
        if creators[post] >= 0:
            out[found] = i64(creators[post]) << 32
            found += 1
            for i in range(use, use + counts[post]):
                out[found] = (i64(creators[post]) << 32) | (i64(subjects[i]) + 1)
                found += 1
        use += counts[post]
    return found


@jit
def uses_subject(post: int, subject: int, posts: Posts) -> bool:
    """Whether a post is of a subject; all are of `ALL_POSTS`."""
    if subject == ALL_POSTS:
        return True
    for use in range(posts.use_start[post], posts.use_start[post] + posts.use_count[post]):
        if posts.use_subject[use] == subject:
            return True
    return False


@jit
def tally_pairs(
    sign: int, pairs: I64, among: Among, by: Parameters, into: Room, own: I32, group: I32
) -> None:
    """Count pairs, which ascend, as their creators' posts are now, or take them out."""
    creator, count = -1, 0
    for one in pairs:
        if one >> 32 != creator:
            creator = one >> 32
            count = posts_of_creator(creator, among.posts, among.lists, own)
        subject, size = (one & _SUBJECT) - 1, 0
        if subject != ALL_POSTS and among.slots.world[subject] == NO_RECORD:
            continue
        for post in own[:count]:
            if uses_subject(post, subject, among.posts):
                group[size] = post
                size += 1
        if size > 0:
            tally(sign, group[:size], subject, among.posts.hot, among.slots, by, into, among.records.creators)


@jit
def mark(post: Any, place: int, j: int, by: Parameters) -> int:
    """What a post counts as in one chart of a place, as a number."""
    window, covered = window_of(post, j, by.last_day), by.covered[place, j]
    if covered == NO_CHART or window == OUTSIDE or window > max(covered, 0):
        return _NOWHERE
    if covered < 1:
        window = _PAST if i64(post["day"]) < by.cuts[place, j] else _OBSERVED
    return 2 * window + (1 if seen(post, j, by.floors) > 0 else 0)


@jit
def moved(posts: Posts, days: U8, places: U8, old: Parameters, new: Parameters, out: I32) -> int:
    """The posts that count as something else by new parameters, which can only be on some days or in some
    places.
    """
    found = 0
    for number in range(len(posts.hot)):
        post = posts.hot[number]
        if post["creator"] < 0 or not (days[post["day"]] or places[0] or places[post["region"]]):
            continue
        for j in range(CHARTS):
            region = i64(post["region"])
            if mark(post, 0, j, old) != mark(post, 0, j, new) or (
                region > 0 and mark(post, region, j, old) != mark(post, region, j, new)
            ):
                out[found] = number
                found += 1
                break
    return found


@jit
def count_records(first: int, among: Among, by: Parameters, into: Room, found: I32, shown: Gains) -> None:
    """Count new records, each from the list of its subject."""
    for slot in range(first, len(among.records.key)):
        subject, place = among.records.key[slot] >> 8, among.records.key[slot] & 0xFF
        count = posts_of_subject(subject, place, among.posts, among.lists, found)
        count_subject(found[:count], among.posts.hot, place, by, into, among.records.creators[slot])
        for post in found[:count]:
            if gain(post, among.posts, by, shown):
                add_gains(1, shown, slot, among.records)
            if place == 0:
                add_industry(1, among.posts.hot[post], slot, by, among.records)


def unequal(old: Parameters, new: Parameters) -> tuple[U8, U8]:
    """The days on which, and the places in which posts may count as something else."""
    days = np.zeros(1 << 16, np.uint8)
    for j in np.flatnonzero(old.last_day != new.last_day):
        days[_windows(int(old.last_day[j]), int(j)) != _windows(int(new.last_day[j]), int(j))] = 1
    places = (old.floors != new.floors) | (old.covered != new.covered) | (old.cuts != new.cuts)
    return days, places.any(axis=1).astype(np.uint8)


def _windows(last_day: int, j: int) -> I64:
    """The window of each day, `OUTSIDE` of all."""
    window: I64 = (last_day - np.arange(1 << 16)) // PERIODS[j]
    return np.where((window < 0) | (window > BASELINES), OUTSIDE, window)
