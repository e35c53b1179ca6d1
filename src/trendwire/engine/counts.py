"""Owns what a post counts for: in which windows a creator counts under a subject, and whether as a watched
one.

A place is the world (0) or a region, from 1; a chart j is one of six in a place: three periods, each for
the window that ends with the day itself (even j) and for the window before (odd j). Window 0 is the chart's
own, 1 to `BASELINES` are those before it. A place whose posts reach back over none of those is cold there:
its own window is cut in two at a day, and what is before that day is the past.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trendwire.domain.periods import CHART_PERIODS
from trendwire.engine.columns import MOST_REGIONS
from trendwire.engine.compiled import I32, I64, i64, inlined, jit
from trendwire.engine.scoring import BASELINES, counted

Hot = NDArray[Any]

PLACES = MOST_REGIONS + 1
PERIODS = np.repeat(np.array(CHART_PERIODS, np.int64), 2)
CHARTS = len(PERIODS)
ENDS = np.array([0, *CHART_PERIODS], np.int64)
"""Days back from the day itself to the last day of each window."""

END_OF = np.array([0, 1, 0, 2, 0, 3])
"""Which of `ENDS` a chart has."""

NO_FLOOR = 1 << 62
NO_CHART = -99
"""Instead of windows covered, where a place has no posts until the chart's last day."""

NO_CUT = 1 << 30
OUTSIDE, NO_SUBJECT = -1, -2

WINDOWS = np.full((CHARTS, int(PERIODS.max()) * (BASELINES + 1)), OUTSIDE, np.int8)
"""By chart, the window of a day so many days before the chart's last."""

for _j, _period in enumerate(PERIODS):
    WINDOWS[_j, : _period * (BASELINES + 1)] = np.arange(_period * (BASELINES + 1)) // _period

NOW, PAST, LAST, OBSERVED, BEST = range(5)
"""A record has these for each chart: creators << 32 | watched creators, so that one addition counts both;
and views.
"""

ONE = 1 << 32
BOTH = ONE + 1


class Parameters(NamedTuple):
    """What all subjects are counted by: by chart its last day; by place and chart from how many views on a
    post is seen, how many windows before the chart's own are covered, and where a cold window is cut.
    """

    last_day: I64
    floors: I64
    covered: I64
    cuts: I64


class Room(NamedTuple):
    """Where one creator is counted, used again and again: by chart the windows with posts as bits, by
    window the posts seen less those that are not, the most views; posts of one region; when a region was
    last met.
    """

    windows: I64
    balance: I64
    most: I64
    selected: I32
    met: I64
    slot_subject: I64
    slot: I64


def room(posts: int) -> Room:
    """For creators with at most so many posts."""
    return Room(
        np.zeros(CHARTS, np.int64),
        np.zeros((CHARTS, BASELINES + 1), np.int64),
        np.zeros(CHARTS, np.int64),
        np.empty(posts + 1, np.int32),
        np.zeros(PLACES + 1, np.int64),
        np.full(PLACES, NO_SUBJECT, np.int64),
        np.zeros(PLACES, np.int64),
    )


@inlined
def window_of(post: Any, j: int, last_day: I64) -> int:
    """The window that a post was created in, `OUTSIDE` of all of them."""
    age = last_day[j] - i64(post["day"])
    return i64(WINDOWS[j, age]) if 0 <= age < WINDOWS.shape[1] else OUTSIDE


@inlined
def seen(post: Any, j: int, floors: I64) -> int:
    """1 where the post has enough views for its region, or none are known; else -1."""
    return 1 if post["peak"] < 0 or post["peak"] >= floors[post["region"], j] else -1


@jit
def creators_of(balance: int) -> int:
    """One creator with posts, watched where most of them are seen."""
    return BOTH if balance >= 0 else ONE


@inlined
def measure(group: I32, hot: Hot, last_day: I64, floors: I64, windows: I64, balance: I64, most: I64) -> None:
    """Measure the posts of one creator under one subject in one place, for each chart; one needs no
    measure.
    """
    for j in range(CHARTS if len(group) > 1 else 0):
        used, views = 0, 0
        for post_number in group:
            post = hot[post_number]
            window = window_of(post, j, last_day)
            if window == OUTSIDE:
                continue
            if (used >> window) & 1:
                balance[j, window] += seen(post, j, floors)
            else:
                balance[j, window] = seen(post, j, floors)
                used |= 1 << window
            if window == 0:
                views = max(views, post["peak"])
        windows[j], most[j] = used, views


@inlined
def add_measured(
    sign: int, place: int, covers: I64, windows: I64, balance: I64, most: I64, record: I64
) -> bool:
    """Count the creator in a record, or out of it; whether a chart of the place is cold, which is not done
    here.
    """
    cold = False
    for j in range(CHARTS):
        covered = covers[place, j]
        if covered < 1:
            cold |= covered != NO_CHART
            continue
        used = windows[j] & ((2 << covered) - 1)
        if used & 1:
            creator = creators_of(balance[j, 0])
            record[j, NOW] += sign * creator
            record[j, BEST] += sign * most[j] if creator == BOTH else 0
        if used & 2:
            record[j, LAST] += sign * creators_of(balance[j, 1])
        past, window = 0, 1
        while used >> window:
            if (used >> window) & 1:
                past += creators_of(balance[j, window])
            window += 1
        record[j, PAST] += sign * past
    return cold


@inlined
def add_single(
    sign: int, post: Any, place: int, last_day: I64, floors: I64, covers: I64, record: I64
) -> bool:
    """`measure` and `add_measured` of a creator with one post, which most are."""
    cold = False
    for j in range(CHARTS):
        covered = covers[place, j]
        if covered < 1:
            cold |= covered != NO_CHART
            continue
        window = window_of(post, j, last_day)
        if window == OUTSIDE or window > covered:
            continue
        balance = seen(post, j, floors)
        creator = sign * creators_of(balance)
        if window == 0:
            record[j, NOW] += creator
            record[j, BEST] += sign * max(post["peak"], 0) if balance > 0 else 0
            continue
        record[j, PAST] += creator
        if window == 1:
            record[j, LAST] += creator
    return cold


@jit
def add_cold(
    sign: int,
    group: I32,
    hot: Hot,
    place: int,
    last_day: I64,
    floors: I64,
    covers: I64,
    cuts: I64,
    record: I64,
) -> None:
    """The same of one creator in the charts of a place that are cold."""
    for j in range(CHARTS):
        if covers[place, j] >= 1 or covers[place, j] == NO_CHART:
            continue
        whole, early, late, most = 0, 0, 0, 0
        used, before, after = False, False, False
        for post_number in group:
            post = hot[post_number]
            if window_of(post, j, last_day) != 0:
                continue
            balance = seen(post, j, floors)
            used, whole, most = True, whole + balance, max(most, post["peak"])
            if i64(post["day"]) < cuts[place, j]:
                before, early = True, early + balance
            else:
                after, late = True, late + balance
        if used:
            record[j, NOW] += sign * creators_of(whole)
            record[j, BEST] += sign * most if whole >= 0 else 0
        if before:
            record[j, PAST] += sign * creators_of(early)
            record[j, LAST] += sign * creators_of(early)
        if after:
            record[j, OBSERVED] += sign * creators_of(late)


@inlined
def add_creator(
    sign: int,
    group: I32,
    hot: Hot,
    place: int,
    last_day: I64,
    floors: I64,
    covers: I64,
    cuts: I64,
    windows: I64,
    balance: I64,
    most: I64,
    record: I64,
) -> None:
    """Count one creator's posts under one subject in one place, measured before, in a record or out of it."""
    if len(group) == 1:
        cold = add_single(sign, hot[group[0]], place, last_day, floors, covers, record)
    else:
        cold = add_measured(sign, place, covers, windows, balance, most, record)
    if cold:
        add_cold(sign, group, hot, place, last_day, floors, covers, cuts, record)


@jit
def creator_end(group: I32, start: int, hot: Hot) -> int:
    """Where the posts of a creator end, in posts sorted by creator."""
    end = start + 1
    while end < len(group) and hot[group[end]]["creator"] == hot[group[start]]["creator"]:
        end += 1
    return end


@jit
def count_subject(found: I32, hot: Hot, place: int, by: Parameters, into: Room, record: I64) -> None:
    """Count all creators of a subject in a place, from its posts there, sorted by creator."""
    last_day, floors, covers, cuts = by
    windows, balance, most, _, _, _, _ = into
    start = 0
    while start < len(found):
        end = creator_end(found, start, hot)
        group, start = found[start:end], end
        if hot[group[0]]["creator"] >= 0:
            measure(group, hot, last_day, floors, windows, balance, most)
            add_creator(1, group, hot, place, last_day, floors, covers, cuts, windows, balance, most, record)


@jit
def crowd(packed: int) -> int:
    """Of creators << 32 | watched, how many count."""
    return counted(packed >> 32, packed & 0xFFFFFFFF)


@jit
def crowds(record: I64, cold: bool) -> tuple[int, int, int]:
    """Of one chart of a record: creators counted in the window, in all windows before, and in the last of
    them.
    """
    past = crowd(record[PAST])
    return crowd(record[OBSERVED] if cold else record[NOW]), past, min(past, crowd(record[LAST]))
