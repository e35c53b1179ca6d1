"""Owns heat and its components for one subject: creators counted as `marks` and `counts` of ranking.sql do.

The window is part 0, those before it are parts 1 to 8; a region without any of them ("cold") has its window
cut in two. Posts are given newest first, so that each part is a slice of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import CHART_PERIODS
from trendwire.domain.records import Factors, Scope
from trendwire.trends.rendering.uses import Use
from trendwire.trends.scoring import Components, Surroundings, counted, score

Floors = Mapping[str, int]

Heat = tuple[float, dict[str, float]]
"""The score, and the components under their names in scoring.py."""


class Counts(msgspec.Struct, frozen=True):
    """The components of heat that one region alone tells; names as in `scoring.Components`."""

    creators: int
    watched: int
    best: int
    now: int
    past: int
    last: int


class Heats:
    """Tells the heats of one subject. `uses`: all of them, the newest first."""

    def __init__(self, factors: Factors, as_of: int, uses: Sequence[Use]) -> None:
        self._factors, self._as_of = factors, as_of
        self._world = self._counts(uses, WORLD)

    def over(self, uses: Sequence[Use], region: str) -> dict[int, Heat]:
        """Of the uses in `region`: chart period -> heat, where a post was created in the window."""
        counts = self._world if region == WORLD else self._counts(uses, region)
        scopes = self._factors.scopes.get(region, {})
        return {period: _heat(of, self._world[period].past, scopes[period]) for period, of in counts.items()}

    def _counts(self, uses: Sequence[Use], region: str) -> dict[int, Counts]:
        scopes = self._factors.scopes.get(region, {})
        named = [use for use in uses if use.post.username is not None]
        backs = [use.back for use in named]
        found = {}
        for period in CHART_PERIODS:
            if period in scopes and uses[0].back < period:
                parts = _parts(named, backs, period, scopes[period], self._as_of)
                counts = _counts(*parts, self._factors.floors.get(period, {}))
                if counts is not None:
                    found[period] = counts
        return found


def _parts(
    named: Sequence[Use], backs: Sequence[int], period: int, scope: Scope, as_of: int
) -> tuple[Sequence[Use], Sequence[Use], list[Sequence[Use]]]:
    """What is in the window, what of it is observed, and what the past is told by, its last part first."""
    window = named[: bisect_left(backs, period)]
    if scope.covered < 1:
        later = len(window) if scope.cut is None else bisect_right(backs, as_of - scope.cut)
        return window, window[:later], [window[later:]]
    edges = [bisect_left(backs, part * period) for part in range(1, scope.covered + 2)]
    return window, window, [named[start:end] for start, end in pairwise(edges)]


def _counts(
    window: Sequence[Use], observed: Sequence[Use], before: Sequence[Sequence[Use]], floors: Floors
) -> Counts | None:
    """None where no creator is known."""
    balances = _balances(window, floors)
    past = [_crowd(_balances(part, floors)) for part in before if part]
    if not balances and not past:
        return None
    creators, watched = _crowd(balances)
    now = (creators, watched) if observed is window else _crowd(_balances(observed, floors))
    all_past = counted(sum(crowd[0] for crowd in past), sum(crowd[1] for crowd in past))
    last = counted(*past[0]) if before[0] else 0
    return Counts(creators, watched, _best(window, balances), counted(*now), all_past, last)


def _balances(uses: Sequence[Use], floors: Floors) -> dict[str, int]:
    """Creator -> posts that are seen less those that are not. A post without a count of views is seen."""
    balances: dict[str, int] = {}
    for use in uses:
        post = use.post
        user, seen = post.username or "", 1
        if post.peak is not None:
            floor = floors.get(post.region or "")
            seen = 1 if floor is not None and post.peak >= floor else -1
        balances[user] = balances.get(user, 0) + seen
    return balances


def _crowd(balances: Mapping[str, int]) -> tuple[int, int]:
    """Creators, and how many of them are watched: most of their posts are seen."""
    return len(balances), sum(balance >= 0 for balance in balances.values())


def _best(window: Sequence[Use], balances: Mapping[str, int]) -> int:
    """Views of the most viewed post of each watched creator, summed."""
    best: dict[str, int] = {}
    for use in window:
        user, peak = use.post.username or "", use.post.peak or 0
        if peak > best.get(user, 0) and balances[user] >= 0:
            best[user] = peak
    return sum(best.values())


def _heat(of: Counts, world: int, scope: Scope) -> Heat:
    among = Surroundings(scope.all_now, scope.all_past, scope.all_last, scope.all_world)
    parts = Components(of.creators, of.watched, of.best, of.now, of.past, of.last, world)
    components = {
        "creators": of.creators,
        "watched": of.watched,
        "best": of.best,
        "now": of.now,
        "past": of.past,
        "last": of.last,
        "world": world,
        "all_now": scope.all_now,
        "all_past": scope.all_past,
        "all_last": scope.all_last,
        "all_world": scope.all_world,
    }
    return score(parts, among).heat, {name: float(value) for name, value in components.items()}
