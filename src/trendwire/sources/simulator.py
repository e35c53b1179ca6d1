"""A simulated world of posts: raw records in the public post format, deterministic to the byte.

Owns how posts are crawled; what happens in the world is drawn in `simulator_plan`, whose `Truth` says what
a chart should find, and its posts are written in `simulator_posts`. Feeds `trendwire simulate`,
`trendwire demo` and the quality figures.

Each post is observed two or three times, fewer near the last day, at counts that approach its final views.
Dirt, each as a share named here or there: rows without region or `observed_at`, falling counters, rows
twice, blank counts. No row is so broken that it would go to quarantine.
"""

import math
import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from trendwire.domain.periods import midnight
from trendwire.sources.simulator_plan import Truth, World, plan
from trendwire.sources.simulator_posts import Draft, PostWriter, Row

__all__ = ["World", "simulate", "truth"]

NO_OBSERVED_AT = 0.02
"""Share of last observations that do not say when they were made."""
FALLING = 0.01
"""Share of observations whose counter fell below the one before."""
BLANK = 0.003
"""Share of observations with a blank view count."""
TWICE = 0.005
"""Share of rows that come twice."""

_DAY = 86_400
_RISE = 2.5 * _DAY  # a post has 1 - 1/e of its final views after this many seconds
_GAPS = ((0.2, 1.3), (4.0, 6.0), (4.0, 10.0))  # days to the next observation: least, span
_ONCE_MORE = (0.0, 0.9)  # every post is seen twice, one in ten thrice


def truth(world: World) -> Truth:
    """What happens in `world`."""
    return plan(world).truth


def simulate(world: World) -> Iterator[Row]:
    """The rows of `world` in the order in which they were observed, none after the last day.

    Inner mappings and lists are shared between rows: treat a row as read-only.
    """
    rng = random.Random(world.seed ^ 0x5EED)  # noqa: S311  (a simulation, no secret)
    writer = PostWriter(plan(world), world.days, rng)
    end = midnight(world.last_day) + _DAY - 1
    pending: defaultdict[int, list[tuple[int, int, Row]]] = defaultdict(list)
    serial = 0
    for number in range(world.days):
        day = world.first_day + timedelta(days=number)
        for draft in writer.posts(day):
            for seen_at, row in _observations(draft, end, rng):
                serial += 1
                pending[seen_at // _DAY].append((seen_at, serial, row))
        for _, _, row in sorted(pending.pop(midnight(day) // _DAY, [])):
            yield row
            if rng.random() < TWICE:
                yield row


def _observations(draft: Draft, end: int, rng: random.Random) -> list[tuple[int, Row]]:
    """When the post was seen and the row that was written then; the first is never later than `end`."""
    chance, fixed, created, final = rng.random, draft.row, draft.created, draft.final
    at, before, rows = created, 0, []
    last = bisect_left(_ONCE_MORE, chance())
    for n in range(last + 1):
        least, span = _GAPS[n]
        at += int(_DAY * (least + span * chance()))
        if at > end:
            if n:
                break
            at = end
        dirt = chance()
        views = int(final * (1 - math.exp((created - at) / _RISE))) if dirt >= FALLING else before * 9 // 10
        rows.append((at, _row(fixed, at, views)))
        before = max(before, views)
        if dirt > 1 - BLANK:
            rows[-1][1]["view_count"] = ""
        elif n == last and dirt > 1 - BLANK - NO_OBSERVED_AT:
            rows[-1][1]["observed_at"] = None
    return rows


def _row(fixed: Row, at: int, views: int) -> Row:
    row = fixed.copy()
    row["observed_at"] = at
    row["view_count"] = views
    row["like_count"] = views // 11
    row["comment_count"] = views // 160
    row["share_count"] = views // 210
    row["favourites_count"] = views // 95
    return row
