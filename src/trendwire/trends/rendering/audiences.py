"""Owns what is told of an audience: ages, and interests and countries indexed against all posts of a region.

As in details.sql, a post's weights become shares of their sum in fixed point, so that no order of posts can
be seen in a sum of them, and steps in floating point are taken in the same order.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from trendwire.domain.periods import DETAIL_PERIODS
from trendwire.domain.records import Factors, PostRecord
from trendwire.trends.details import AGE_LEVELS, GUARD, MOST_COUNTRIES, MOST_INTERESTS, SHARE_UNIT
from trendwire.trends.rendering.uses import OLDER, Use

Indexes = tuple[tuple[str, int], ...]
Ages = tuple[tuple[int, int], ...]
Shares = list[tuple[str, int]]
Weights = Mapping[str, float]

_HIGHEST_AGE = 2**31 - 1
"""What is more than a whole number of SQL is no age."""

_FIRST_LEVEL = 3
"""The level of the wire that `AGE_LEVELS` begins with."""

_POINT = 1_000_000
"""A percentage point, in the unit that remainders are compared in."""


class Audience(msgspec.Struct, frozen=True):
    """What is told of the audience in one region over one detail period."""

    ages: Ages = ()
    interests: Indexes = ()
    countries: Indexes = ()


NOBODY = (Audience(),) * len(DETAIL_PERIODS)


class PostShares(msgspec.Struct, frozen=True, gc=False):
    """One post's audience in fixed point: of each age level; of interests and countries, by id.

    None where the post has no such audience at all.
    """

    ages: list[int] | None
    interests: Shares | None
    countries: Shares | None


class Audiences:
    """Tells the audiences of one subject. A post counts in its region and the world: its shares are kept."""

    def __init__(self, factors: Factors) -> None:
        self._overall = factors.overall
        self._shares: dict[str, PostShares] = {}

    def over(self, uses: Iterable[Use], region: str) -> Iterable[Audience]:
        """Over each detail period, the shortest first."""
        found = [
            (use.place, self._of(use.post))
            for use in uses
            if use.place < OLDER and (use.post.ages or use.post.interests or use.post.countries)
        ]
        if not found:
            return NOBODY
        overall = self._overall.get(region, {})
        by_interest = {span: shares for span, (shares, _) in overall.items()}
        by_country = {span: shares for span, (_, shares) in overall.items()}
        return map(
            Audience,
            _ages(found),
            _indexes([(place, one.interests) for place, one in found], by_interest, MOST_INTERESTS),
            _indexes([(place, one.countries) for place, one in found], by_country, MOST_COUNTRIES),
        )

    def _of(self, post: PostRecord) -> PostShares:
        known = self._shares.get(post.id)
        if known is None:
            known = self._shares[post.id] = PostShares(
                _levels(post.ages) if post.ages else None,
                _shares(post.interests) if post.interests else None,
                _shares(post.countries) if post.countries else None,
            )
        return known


def _shares(weights: Weights) -> Shares:
    """Each weight as a share of all in fixed point, a half rounded up; the smallest are summed first."""
    total = 0.0
    for weight in sorted(weights.values()):
        total += weight
    exact = [weight / total * SHARE_UNIT for weight in weights.values()]
    return list(zip(weights, _rounded(exact), strict=True))


def _levels(weights: Weights) -> list[int]:
    """The youngest are part of the whole, and then left out."""
    levels = [0] * len(AGE_LEVELS)
    for band, share in _shares(weights):
        level = _level(band)
        if level is not None:
            levels[level] += share
    return levels


@lru_cache(maxsize=1024)
def _level(band: str) -> int | None:
    """The number (from 0) of the age level that a band like `18-24` starts in."""
    digits = re.match("[0-9]+", band)
    age = int(digits[0]) if digits else 0
    if age > _HIGHEST_AGE:
        return None
    return sum(level <= age for level in AGE_LEVELS) - 1 if age >= AGE_LEVELS[0] else None


def _ages(found: Iterable[tuple[int, PostShares]]) -> list[Ages]:
    places = [[0] * len(AGE_LEVELS) for _ in DETAIL_PERIODS]
    for place, one in found:
        if one.ages:
            places[place] = [a + b for a, b in zip(places[place], one.ages, strict=True)]
    told, sums = [], [0] * len(AGE_LEVELS)
    for place_of in places:
        sums = [a + b for a, b in zip(sums, place_of, strict=True)]
        told.append(_percentages(sums))
    return told


def _percentages(sums: list[int]) -> Ages:
    """(level of the wire, percent), the highest first, by largest remainder (ties: the lower level)."""
    total = float(sum(sums))
    if not total:
        return ()
    exact = _rounded([100.0 * _POINT * float(one) / total for one in sums])
    left = 100 - sum(one // _POINT for one in exact)
    by_remainder = sorted(range(len(exact)), key=lambda level: -(exact[level] % _POINT))
    percents = [one // _POINT + (by_remainder.index(level) < left) for level, one in enumerate(exact)]
    highest = sorted(range(len(percents)), key=lambda level: -percents[level])
    return tuple((_FIRST_LEVEL + level, percents[level]) for level in highest)


def _rounded(exact: Iterable[float]) -> list[int]:
    """To whole numbers, a half up. Adding a half before cutting off would round twice."""
    return [int(one) + (one % 1.0 >= 0.5) for one in exact]


def _indexes(
    found: Iterable[tuple[int, Shares | None]], overall: Mapping[int, Mapping[str, float]], most: int
) -> list[Indexes]:
    """The highest indexes over each detail period; `overall`: number of the period, from 1 -> mean shares."""
    places: list[list[Shares]] = [[] for _ in DETAIL_PERIODS]
    for place, shares in found:
        if shares is not None:
            places[place].append(shares)
    told, sums, posts = [], dict[str, int](), 0
    for span, of_posts in enumerate(places, start=1):
        posts += len(of_posts)
        for shares in of_posts:
            for id_, share in shares:
                sums[id_] = sums.get(id_, 0) + share
        told.append(_highest(sums, posts, overall.get(span, {}), most))
    return told


def _highest(sums: Mapping[str, int], posts: int, overall: Weights, most: int) -> Indexes:
    """Index = 100 * share under the subject / overall share, rounded; the highest first, ties by id.

    Ids without a name are part of a post's whole, but have no overall share, and are left out here.
    """
    ranked = sorted(
        (-int(100.0 * (float(share) / posts) / of_all + 0.5 + GUARD), id_)
        for id_, share in sums.items()
        if (of_all := overall.get(id_))
    )
    return tuple((id_, -index) for index, id_ in ranked[:most])
