"""Owns what all subjects are counted by: floors from the first posts of creators, and how far back places
reach.
"""

from typing import NamedTuple

import numpy as np

from trendwire.engine.columns import Posts
from trendwire.engine.compiled import I32, I64, i64, jit
from trendwire.engine.counts import (
    CHARTS,
    END_OF,
    ENDS,
    NO_CHART,
    NO_CUT,
    NO_FLOOR,
    PERIODS,
    PLACES,
    Parameters,
)
from trendwire.engine.ids import id_less
from trendwire.engine.lists import Lists, posts_of_creator
from trendwire.engine.names import Table, grown
from trendwire.engine.scoring import BASELINES, bucket_of, floor_at, floor_of, reaches_quantile

BUCKETS = 256
LAST_DAY = 1 << 15
"""Days counted from 1970: until 2059."""


@jit
def earlier(a: int, b: int, posts: Posts, text_ids: Table) -> bool:
    """Whether post a comes before post b, by day and id."""
    if posts.hot[a]["day"] != posts.hot[b]["day"]:
        return bool(posts.hot[a]["day"] < posts.hot[b]["day"])
    return id_less(posts.ids[a], posts.ids[b], text_ids)


class Met(NamedTuple):
    """Where the posts of one creator are in, used again and again: by place the first post with views known
    and the day of the newest one, -1 for none; and the places.
    """

    first: I64
    newest: I64
    places: I64


def met() -> Met:
    """Room for any creator."""
    return Met(np.full(PLACES, -1), np.full(PLACES, -1), np.zeros(PLACES, np.int64))


@jit
def meet(found: I32, posts: Posts, text_ids: Table, as_of: int, into: Met) -> int:
    """Find the first and the newest posts of a creator, in the world and in each region; the places. Posts
    without region are first in place 0, as if it were one.
    """
    count = 1
    for post in found:
        hot = posts.hot[post]
        region, day = i64(hot["region"]), i64(hot["day"])
        if hot["peak"] < 0 and day > as_of:
            continue
        if region > 0 and into.first[region] < 0 and into.newest[region] < 0:
            into.places[count] = region
            count += 1
        if hot["peak"] >= 0 and (
            into.first[region] < 0 or earlier(post, into.first[region], posts, text_ids)
        ):
            into.first[region] = post
        if day <= as_of:
            into.newest[0] = max(into.newest[0], day)
            into.newest[region] = max(into.newest[region], day)
    return count


@jit
def count_creators(
    sign: int,
    creators: I32,
    posts: Posts,
    lists: Lists,
    text_ids: Table,
    ends: I64,
    debuts: I32,
    newest: I32,
    found: I32,
    into: Met,
) -> None:
    """Count creators by place, or take them out: by the bucket of the floor of their first post, for each
    end, and by the day of their newest post.
    """
    for creator in creators:
        own = found[: posts_of_creator(creator, posts, lists, found)]
        for place in into.places[: meet(own, posts, text_ids, ends[0], into)]:
            if into.newest[place] >= 0:
                newest[place, into.newest[place]] += sign
            if into.first[place] >= 0:
                first = posts.hot[into.first[place]]
                bucket = bucket_of(floor_of(first["peak"]))
                for end in range(len(ends)):
                    if i64(first["day"]) <= ends[end]:
                        debuts[end, place, bucket] += sign
            into.first[place], into.newest[place] = -1, -1


@jit
def count_days(sign: int, chosen: I32, posts: Posts, created: I32) -> None:
    """Count posts by place and day, or take them out."""
    for i in range(len(chosen)):
        day, region = i64(posts.hot[chosen[i]]["day"]), posts.hot[chosen[i]]["region"]
        if day >= LAST_DAY:
            continue
        created[0, day] += sign
        if region > 0:
            created[region, day] += sign


@jit
def floor_among(debuts: I32) -> int:
    """The floor of one region and end, by the buckets of first posts; a post is not seen where there are
    none.
    """
    total, until = debuts.sum(), 0
    for bucket in range(len(debuts)):
        until += debuts[bucket]
        if total > 0 and reaches_quantile(until, total):
            return floor_at(bucket)
    return NO_FLOOR


@jit
def cut_of(created: I32, first: int, last: int) -> int:
    """The day of the median post of a window."""
    total, until = i64(created[first : last + 1].sum()), 0
    for day in range(first, last + 1):
        until += created[day]
        if until > total // 2:
            return day
    return NO_CUT


@jit
def set_parameters(as_of: int, places: int, created: I32, debuts: I32, by: Parameters) -> None:
    """Set last days, and of so many places floors, windows covered and cuts, for a day."""
    for j in range(CHARTS):
        by.last_day[j] = as_of - ENDS[END_OF[j]]
    for place in range(places):
        first = 0
        while first <= as_of and created[place, first] == 0:
            first += 1
        for j in range(CHARTS):
            last, period = by.last_day[j], PERIODS[j]
            by.floors[place, j] = floor_among(debuts[END_OF[j], place])
            if first > last:
                continue
            by.covered[place, j] = min(BASELINES, (last - first + 1) // period - 1)
            if by.covered[place, j] < 1:
                by.cuts[place, j] = cut_of(created[place], last - period + 1, last)


class Surroundings:
    """Posts of each day and place (`created`), first posts of creators (`debuts`), and the parameters they
    give for `as_of`; creators by place and the day of their newest post until then (`newest`).
    """

    def __init__(self, as_of: int) -> None:
        self.as_of = as_of
        self.created = np.zeros((0, LAST_DAY), np.int32)
        self.newest = np.zeros((0, LAST_DAY), np.int32)
        self.debuts = np.zeros((len(ENDS), PLACES, BUCKETS), np.int32)
        self.parameters = _unset()

    @property
    def ends(self) -> I64:
        """The last days of all windows."""
        return self.as_of - ENDS

    def widen(self, places: int) -> None:
        """Make room for new regions."""
        if places > len(self.created):
            self.created, self.newest = grown(self.created, places), grown(self.newest, places)

    def settle(self, places: int) -> Parameters:
        """Set the parameters of so many places anew; those that were."""
        before, self.parameters = self.parameters, _unset()
        set_parameters(self.as_of, places, self.created, self.debuts, self.parameters)
        return before


def _unset() -> Parameters:
    shape = (PLACES, CHARTS)
    return Parameters(
        np.zeros(CHARTS, np.int64),
        np.full(shape, NO_FLOOR),
        np.full(shape, NO_CHART, np.int64),
        np.full(shape, NO_CUT),
    )
