"""Owns where the posts of a subject fall among the detail periods that end with as_of.

A day has a place: the number (from 0) of the smallest detail period whose window holds it, or `OLDER`.
Windows are nested, so what is counted once per place adds up to every window.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import attrgetter

import msgspec

from trendwire.domain.periods import DETAIL_PERIODS, LONGEST
from trendwire.domain.records import PostRecord, Span

OLDER = len(DETAIL_PERIODS)
"""The place of a day before the longest window."""

_PLACES = bytes(sum(period <= back for period in DETAIL_PERIODS) for back in range(LONGEST))


class Use(msgspec.Struct, frozen=True, gc=False):
    """A post of the subject. `back`: days from its creation to as_of, `place`: of that day.

    `gained`: views gained up to as_of on the days of each place, the last on older days.
    """

    post: PostRecord
    back: int
    place: int
    gained: list[int]


def uses_of(posts: Iterable[PostRecord], as_of: int) -> list[Use]:
    """The posts created by the epoch day `as_of`, the newest first (a day's in any order)."""
    counted = sorted((post for post in posts if post.day <= as_of), key=attrgetter("day"), reverse=True)
    return [
        Use(post, as_of - post.day, place_of(as_of - post.day), gained(post.spans, as_of)) for post in counted
    ]


def place_of(back: int) -> int:
    """The place of the day so many days before as_of."""
    return _PLACES[back] if back < LONGEST else OLDER


def gained(spans: Iterable[Span], as_of: int) -> list[int]:
    """Views gained on the days of each place, the last on older days; days after `as_of` do not count."""
    views = [0] * (OLDER + 1)
    for gain, first_day, days in spans:
        oldest = as_of - first_day
        if oldest < 0:
            break
        newest = oldest - days + 1
        until = gain if newest >= 0 else gain * (oldest + 1) // days
        place, last = place_of(max(newest, 0)), place_of(oldest)
        while place < last:
            before = gain * (oldest + 1 - DETAIL_PERIODS[place]) // days
            views[place] += until - before
            until = before
            place += 1
        views[last] += until
    return views


def creators(uses: Iterable[Use]) -> dict[str, int]:
    """Who posted in the longest window -> the place of their newest post. `uses`: the newest first."""
    places: dict[str, int] = {}
    for use in uses:
        if use.place == OLDER:
            break
        if use.post.username is not None:
            places.setdefault(use.post.username, use.place)
    return places


def per_window(places: Iterable[int]) -> Sequence[int]:
    """How many of these places, none of them `OLDER`, each detail window holds."""
    counts = [0] * len(DETAIL_PERIODS)
    for place in places:
        counts[place] += 1
    return tuple(accumulate(counts))
