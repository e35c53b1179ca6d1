"""Owns how the views that a post gained between two sightings spread over days; all that shows views asks
here.

Counts never fall (running maximum). The first count is spread evenly from creation over at most seven days,
each later gain over the days since the sighting before. Evenly over n days: day k gets floor(g*k/n) -
floor(g*(k-1)/n).
"""

from typing import Any

from trendwire.engine.columns import DAY, Posts
from trendwire.engine.compiled import I64, i64, inlined, jit

FIRST_WEEK = 7
"""Days that a first count is spread over at most."""


@inlined
def span(
    day: int, seen_at: Any, seen_views: I64, at: int, before: int, total: int
) -> tuple[int, int, int, int]:
    """Of the sighting at a place: the first and the last day its gain is spread over, the gain, and its own
    day.

    `day`: of the post's creation; `before`: of the sighting before, -1 for none; `total`: the most views
    until then.
    """
    seen = i64(seen_at[at]) // DAY
    gain = max(seen_views[at] - total, 0)
    if before < 0:
        return day, min(seen, day + FIRST_WEEK - 1), gain, seen
    return min(before + 1, seen), seen, gain, seen


@inlined
def share_until(gain: int, first: int, last: int, day: int) -> int:
    """How much of a gain is gained up to the end of a day."""
    if day >= last:
        return gain
    if day < first:
        return 0
    return gain * (day - first + 1) // (last - first + 1)


@inlined
def gains_until(post: int, posts: Posts, days: I64, out: I64) -> None:
    """Views that a post gained up to the end of each day; `days` descend."""
    out[:] = 0
    day, before, total = i64(posts.hot[post]["day"]), -1, 0
    start, seen_at, seen_views = posts.seen_start[post], posts.seen_at, posts.seen_views
    for at in range(start, start + posts.seen_count[post]):
        first, last, gain, before = span(day, seen_at, seen_views, at, before, total)
        if first > days[0]:
            break
        total += gain
        if gain > 0:
            for i in range(len(days)):
                if days[i] < first:
                    break
                out[i] += share_until(gain, first, last, days[i])


@jit
def add_daily(post: int, posts: Posts, oldest: int, newest: int, out: I64) -> None:
    """Add the views that a post gained on each day from `oldest` to `newest`."""
    day, before, total = i64(posts.hot[post]["day"]), -1, 0
    start, seen_at, seen_views = posts.seen_start[post], posts.seen_at, posts.seen_views
    for at in range(start, start + posts.seen_count[post]):
        first, last, gain, before = span(day, seen_at, seen_views, at, before, total)
        if first > newest:
            break
        total += gain
        if gain <= 0 or last < oldest:
            continue
        until = share_until(gain, first, last, max(first, oldest) - 1)
        for one in range(max(first, oldest), min(last, newest) + 1):
            more = share_until(gain, first, last, one)
            out[one - oldest] += more - until
            until = more


@inlined
def last_seen(post: int, posts: Posts) -> int:
    """The day on which a post was seen last with views; -1: never."""
    if posts.seen_count[post] == 0:
        return -1
    return i64(posts.seen_at[posts.seen_start[post] + posts.seen_count[post] - 1]) // DAY
