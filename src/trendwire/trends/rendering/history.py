"""Owns the days of a subject in a region: views gained and posts created on each of the longest window."""

from collections import Counter
from collections.abc import Iterable

from trendwire.domain.periods import LONGEST
from trendwire.trends.rendering.uses import OLDER, Use

Days = tuple[int, ...]


def history(uses: Iterable[Use], as_of: int) -> tuple[Days, Days, Days]:
    """Epoch days with views or posts, ascending; the views and the posts of each."""
    views = _gains(uses, as_of)
    posts = Counter(use.post.day for use in uses if use.place < OLDER)
    days = tuple(sorted(views.keys() | posts.keys()))
    return days, tuple([views.get(day, 0) for day in days]), tuple([posts.get(day, 0) for day in days])


def _gains(uses: Iterable[Use], as_of: int) -> dict[int, int]:
    """Epoch day -> views gained on it, above 0 only."""
    oldest = as_of - LONGEST + 1
    views: dict[int, int] = {}
    for use in uses:
        for gain, first_day, days in use.post.spans:
            start, stop = max(first_day, oldest), min(first_day + days, as_of + 1)
            spread = gain * (start - first_day)
            before = spread // days
            for day in range(start, stop):
                spread += gain
                until = spread // days
                if until > before:
                    views[day] = views.get(day, 0) + until - before
                    before = until
    return views
