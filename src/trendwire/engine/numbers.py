"""Owns the numbers of one subject in one place, from its posts there: what chart rows and details show of
it.
"""

from typing import NamedTuple

import numpy as np

from trendwire.domain.periods import CHART_PERIODS, DETAIL_PERIODS, LONGEST
from trendwire.engine.columns import Posts
from trendwire.engine.compiled import I32, I64, i64, inlined, jit
from trendwire.engine.names import Table
from trendwire.engine.tops import Tops, code_of, least, offer, tops
from trendwire.engine.views import add_daily, gains_until

SPANS = np.array(DETAIL_PERIODS, np.int64)
OLDER = len(SPANS)
"""The place of a day before the longest span; others have the number of the shortest span that holds them."""

CHARTED = len(CHART_PERIODS)
"""The first spans are those of charts."""

SAMPLE_SIZE = 3
TOP_POSTS = 50
POSTS, VIEWS, FIRST_DAY, PROMOTED = range(4)


class Numbers(NamedTuple):
    """`views` gained and posts `created` on each day of the longest span; creators over each span
    (`reach`); the posts with most views gained in each span whose id is a number; the creators with most in
    each chart period; in `sums` posts, all views, the first day, and the span from which on a promoted post
    is in it.
    """

    views: I64
    created: I64
    reach: I64
    top_posts: Tops
    top_creators: Tops
    sums: I64


def numbers() -> Numbers:
    """Room for them."""
    sums = np.zeros(4, np.int64)
    sums[FIRST_DAY], sums[PROMOTED] = 1 << 30, OLDER
    views, created = np.zeros((2, LONGEST), np.int64)
    return Numbers(
        views, created, np.zeros(OLDER, np.int64), tops(OLDER, TOP_POSTS), tops(CHARTED, SAMPLE_SIZE), sums
    )


@jit
def place_of(back: int) -> int:
    """The place of the day so many days before the last."""
    place = 0
    while place < OLDER and back >= SPANS[place]:
        place += 1
    return place


@jit
def add_reach(place: int, reach: I64) -> None:
    """A creator whose newest post has this place is in its span and all longer ones."""
    for span in range(place, OLDER):
        reach[span] += 1


@inlined
def count_post(day: int, promoted: bool, as_of: int, created: I64, sums: I64) -> int:
    """Count a post created by `as_of`; the place of its day."""
    place = place_of(as_of - day)
    sums[POSTS] += 1
    sums[FIRST_DAY] = min(sums[FIRST_DAY], day)
    if place < OLDER:
        created[day - as_of + LONGEST - 1] += 1
        if promoted:
            sums[PROMOTED] = min(sums[PROMOTED], place)
    return place


@inlined
def offer_creator(creator: int, gained: I64, enough: I64, names: Table, samples: Tops) -> None:
    """Offer a creator's views to the samples of the chart periods, where they are enough, and forget them."""
    for span in range(CHARTED):
        if creator >= 0 and gained[span] >= enough[span]:
            offer(samples, span, creator, code_of(creator), gained[span], names)
            enough[span] = least(samples, span)
        gained[span] = 0


@jit
def count(found: I32, posts: Posts, as_of: int, text_ids: Table, creators: Table, into: Numbers) -> None:
    """Count the posts of a subject in a place, sorted by creator."""
    hot, ids, promoted = posts.hot, posts.ids, posts.promoted
    views, created, reach, top_posts, samples, sums = into
    until, gained = np.zeros(OLDER + 1, np.int64), np.zeros(OLDER, np.int64)
    days, enough = np.append(as_of, as_of - SPANS), np.ones((2, OLDER), np.int64)
    creator, newest = -1, OLDER
    for post in found:
        day = i64(hot[post]["day"])
        if day > as_of:
            continue
        if hot[post]["creator"] != creator:
            offer_creator(creator, gained, enough[0], creators, samples)
            add_reach(newest, reach)
            creator, newest = i64(hot[post]["creator"]), OLDER
        place = count_post(day, promoted[post] != 0, as_of, created, sums)
        newest = min(newest, place) if creator >= 0 else OLDER
        add_daily(post, posts, as_of - LONGEST + 1, as_of, views)
        gains_until(post, posts, days, until)
        sums[VIEWS] += until[0]
        for span in range(OLDER):
            more = until[0] - until[span + 1]
            gained[span] += more
            if ids[post] >= 0 and more >= enough[1, span]:
                offer(top_posts, span, post, ids[post], more, text_ids)
                enough[1, span] = least(top_posts, span)
    offer_creator(creator, gained, enough[0], creators, samples)
    add_reach(newest, reach)
