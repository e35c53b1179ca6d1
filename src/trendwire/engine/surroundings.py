"""Owns what all subjects are counted by: floors from the first posts of creators, and how far back places
reach.
"""

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
from trendwire.engine.names import Table
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


@jit
def count_debuts(
    sign: int, creators: I32, posts: Posts, lists: Lists, text_ids: Table, ends: I64, debuts: I32, found: I32
) -> None:
    """Count the first post with views known of each creator and region ('none' too), by the bucket of its
    floor, for each end, or take it out.
    """
    first_in, met = np.empty(PLACES, np.int64), np.empty(PLACES, np.int64)
    first_in[:] = -1
    for x in range(len(creators)):
        count, regions = posts_of_creator(creators[x], posts, lists, found), 0
        for i in range(count):
            post, region = found[i], i64(posts.hot[found[i]]["region"])
            if posts.hot[post]["peak"] < 0:
                continue
            if first_in[region] < 0:
                met[regions] = region
                regions += 1
                first_in[region] = post
            elif earlier(post, first_in[region], posts, text_ids):
                first_in[region] = post
        for i in range(regions):
            first = posts.hot[first_in[met[i]]]
            bucket = bucket_of(floor_of(first["peak"]))
            for end in range(len(ends)):
                if i64(first["day"]) <= ends[end]:
                    debuts[end, met[i], bucket] += sign
            first_in[met[i]] = -1


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
    """Posts of each day and place, first posts of creators, and the parameters they give for `as_of`."""

    def __init__(self, as_of: int) -> None:
        self.as_of = as_of
        self.created = np.zeros((PLACES, LAST_DAY), np.int32)
        self.debuts = np.zeros((len(ENDS), PLACES, BUCKETS), np.int32)
        self.parameters = _unset()

    @property
    def ends(self) -> I64:
        """The last days of all windows."""
        return self.as_of - ENDS

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
