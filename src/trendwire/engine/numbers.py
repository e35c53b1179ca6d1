"""Owns the numbers of one subject in one place, from its posts there: what chart rows and details show of
it.
"""

from typing import NamedTuple

import numpy as np

from trendwire.domain.periods import CHART_PERIODS, DETAIL_PERIODS, LONGEST
from trendwire.engine.columns import Posts
from trendwire.engine.compiled import I32, I64, U8, i64, inlined, jit
from trendwire.engine.counts import PLACES
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


class Chosen(NamedTuple):
    """Posts created by the day, sorted by creator, with what is read of them more than once: the columns of
    a post lie far apart. `age`: the place of its day. `gained`: all views, then those of each span.
    """

    post: I32
    creator: I32
    day: I32
    region: U8
    age: U8
    gained: I64


class Room(NamedTuple):
    """Where one post or creator is counted, used again and again: views until each of `days`, views of a
    creator in each chart period; views from which on a creator or a post comes into a list.
    """

    days: I64
    until: I64
    gained: I64
    enough: I64


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
    room: Room


def numbers() -> Numbers:
    """Room for them, to be cleared before each use."""
    views, created = np.empty((2, LONGEST), np.int64)
    reach, sums = np.empty(OLDER, np.int64), np.empty(4, np.int64)
    days, until = np.empty((2, OLDER + 1), np.int64)
    room = Room(days, until, np.empty(CHARTED, np.int64), np.empty((2, OLDER), np.int64))
    return Numbers(views, created, reach, tops(OLDER, TOP_POSTS), tops(CHARTED, SAMPLE_SIZE), sums, room)


@jit
def clear(found: Numbers) -> None:
    """Nothing is counted yet."""
    found.views[:], found.created[:], found.reach[:], found.sums[:] = 0, 0, 0, 0
    found.top_posts.counts[:], found.top_creators.counts[:] = 0, 0
    found.sums[FIRST_DAY], found.sums[PROMOTED] = 1 << 30, OLDER
    found.room.gained[:], found.room.enough[:] = 0, 1


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


@jit
def room_for(posts: int) -> Chosen:
    """For so many posts."""
    return Chosen(
        np.empty(posts, np.int32),
        np.empty(posts, np.int32),
        np.empty(posts, np.int32),
        np.empty(posts, np.uint8),
        np.empty(posts, np.uint8),
        np.empty((posts, OLDER + 1), np.int64),
    )


@jit
def choose(found: I32, posts: Posts, as_of: int, room: Room, into: Chosen) -> int:
    """Choose the posts that were created by the day; how many."""
    count = 0
    for post in found:
        hot = posts.hot[post]
        if i64(hot["day"]) <= as_of:
            into.post[count], into.creator[count] = post, hot["creator"]
            into.day[count], into.region[count] = hot["day"], hot["region"]
            into.age[count] = place_of(as_of - i64(hot["day"]))
            count += 1
    days, until = room.days, room.until
    for span in range(OLDER + 1):
        days[span] = as_of - (SPANS[span - 1] if span > 0 else 0)
    for i in range(count):
        gains_until(into.post[i], posts, days, until)
        into.gained[i, 0] = until[0]
        for span in range(OLDER):
            into.gained[i, span + 1] = until[0] - until[span + 1]
    return count


@jit
def split(count: int, into: Chosen, starts: I64) -> None:
    """Put the posts of regions after all posts, one region after the other: those of region r then are from
    `starts[r]` until `starts[r + 1]`, all posts from `starts[0]`.
    """
    starts[:] = 0
    for i in range(count):
        starts[i64(into.region[i]) + 2] += 1
    starts[1], starts[2] = count, count
    for region in range(1, PLACES):
        starts[region + 2] += starts[region + 1]
    for i in range(count):
        at = starts[i64(into.region[i]) + 1]
        if into.region[i] > 0:
            copy_post(i, at, into)
            starts[i64(into.region[i]) + 1] += 1


@jit
def copy_post(i: int, at: int, into: Chosen) -> None:
    """Put a post in a second place."""
    into.post[at], into.creator[at], into.day[at] = into.post[i], into.creator[i], into.day[i]
    into.region[at], into.age[at] = into.region[i], into.age[i]
    for span in range(OLDER + 1):
        into.gained[at, span] = into.gained[i, span]


@inlined
def count_post(day: int, place: int, promoted: bool, as_of: int, created: I64, sums: I64) -> None:
    """Count a post whose day has this place."""
    sums[POSTS] += 1
    sums[FIRST_DAY] = min(sums[FIRST_DAY], day)
    if place < OLDER:
        created[day - as_of + LONGEST - 1] += 1
        if promoted:
            sums[PROMOTED] = min(sums[PROMOTED], place)


@inlined
def offer_creator(creator: int, gained: I64, enough: I64, names: Table, samples: Tops) -> None:
    """Offer a creator's views to the samples of the chart periods, where they are enough, and forget them."""
    for span in range(CHARTED):
        if creator >= 0 and gained[span] >= enough[span]:
            offer(samples, span, creator, code_of(creator), gained[span], names)
            enough[span] = least(samples, span)
        gained[span] = 0


@jit
def count(
    first: int,
    last: int,
    chosen: Chosen,
    posts: Posts,
    as_of: int,
    text_ids: Table,
    creators: Table,
    into: Numbers,
) -> None:
    """Count the posts of a subject in a place: those chosen from `first` until `last`."""
    clear(into)
    views, created, reach, top_posts, samples, sums, room = into
    gained, enough = room.gained, room.enough
    creator, newest = -1, OLDER
    for i in range(first, last):
        post, age = chosen.post[i], i64(chosen.age[i])
        if chosen.creator[i] != creator:
            offer_creator(creator, gained, enough[0], creators, samples)
            add_reach(newest, reach)
            creator, newest = i64(chosen.creator[i]), OLDER
        newest = min(newest, age) if creator >= 0 else OLDER
        count_post(i64(chosen.day[i]), age, posts.promoted[post] != 0, as_of, created, sums)
        sums[VIEWS] += chosen.gained[i, 0]
        if chosen.gained[i, OLDER] == 0:
            continue
        add_daily(post, posts, as_of - LONGEST + 1, as_of, views)
        for span in range(CHARTED):
            gained[span] += chosen.gained[i, span + 1]
        for span in range(OLDER if posts.ids[post] >= 0 else 0):
            more = chosen.gained[i, span + 1]
            if more >= enough[1, span]:
                offer(top_posts, span, post, posts.ids[post], more, text_ids)
                enough[1, span] = least(top_posts, span)
    offer_creator(creator, gained, enough[0], creators, samples)
    add_reach(newest, reach)
