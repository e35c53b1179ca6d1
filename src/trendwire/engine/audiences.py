"""Owns what is told of an audience: ages, and interests and countries indexed against all posts of a place.

A post's weights become shares of their sum in fixed point, so that no order of posts can be seen in a sum
of them. An audience that several posts have is read once. Interests and countries without a name are part
of a post's whole and then left out.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np

from trendwire.domain.taxonomy import countries, interests
from trendwire.engine.columns import Columns, Posts
from trendwire.engine.compiled import F64, I32, I64, U8, i64, jit
from trendwire.engine.counts import PLACES
from trendwire.engine.numbers import OLDER, place_of
from trendwire.engine.resolve import unpacked

MOST_INTERESTS = 5
MOST_COUNTRIES = 11

SHARE_UNIT = 10**12
"""A share of 1 in fixed point."""

GUARD = 1e-9
"""Added before an index is rounded: a half that fixed point made a little less is still a half."""

AGE_LEVELS = (18, 25, 35)
"""The youngest age of the levels 3, 4 and 5 of the wire. Who is younger is part of the whole and then left
out.
"""

_FIRST_LEVEL = 3
_HIGHEST_AGE = 2**31 - 1
_POINT = 1_000_000
"""A percentage point, in the unit that remainders are compared in."""

INTERESTS, COUNTRIES = sorted(interests()), sorted(countries())
CODES = {id_: code for code, id_ in enumerate([*INTERESTS, *COUNTRIES])}
"""Interests, then countries: each in the order of their ids, which decides ties."""

SPLIT, ALL_CODES = len(INTERESTS), len(INTERESTS) + len(COUNTRIES)
AGES, BY_INTEREST, BY_COUNTRY = range(3)

Ages = tuple[tuple[int, int], ...]
Indexes = tuple[tuple[str, int], ...]


class Audiences(NamedTuple):
    """Audience n: has[n] which of ages, interests and countries it tells; the shares of the age levels; the
    shares `shares[starts[n]:starts[n + 1]]` of interests and countries, with their `codes`.
    """

    has: U8
    ages: I64
    starts: I64
    codes: I32
    shares: I64


class Sums(NamedTuple):
    """By place of the day: posts that tell each kind, shares of age levels; by code shares, and posts that
    have any.
    """

    posts: I64
    ages: I64
    shares: I64
    named: I64


class Audience(NamedTuple):
    """What is told of one place over one detail period."""

    ages: Ages
    interests: Indexes
    countries: Indexes


def sums() -> Sums:
    """Room for them."""
    shares, named = np.zeros((2, OLDER, ALL_CODES), np.int64)
    return Sums(np.zeros((OLDER, 3), np.int64), np.zeros((OLDER, len(AGE_LEVELS)), np.int64), shares, named)


@jit
def add_audience(number: int, place: int, audiences: Audiences, into: Sums) -> None:
    """Add the audience of a post whose day has that place."""
    for kind in range(3):
        into.posts[place, kind] += audiences.has[number, kind]
    for level in range(len(AGE_LEVELS)):
        into.ages[place, level] += audiences.ages[number, level]
    for i in range(audiences.starts[number], audiences.starts[number + 1]):
        into.shares[place, audiences.codes[i]] += audiences.shares[i]
        into.named[place, audiences.codes[i]] += 1


@jit
def add_audiences(
    found: I32, posts: Posts, numbers: I32, as_of: int, audiences: Audiences, into: Sums
) -> bool:
    """Add the audiences of posts; whether there are any."""
    some = False
    for post in found:
        back = as_of - i64(posts.hot[post]["day"])
        if numbers[post] >= 0 and back >= 0 and place_of(back) < OLDER:
            add_audience(numbers[post], place_of(back), audiences, into)
            some = True
    return some


@jit
def add_everywhere(
    posts: Posts, numbers: I32, as_of: int, audiences: Audiences, told: I64, shares: I64
) -> None:
    """By place, place of the day and kind or code: posts that tell of interests or countries, and shares."""
    for post in range(len(posts.hot)):
        back, number = as_of - i64(posts.hot[post]["day"]), numbers[post]
        if number < 0 or back < 0 or place_of(back) == OLDER:
            continue
        place, region = place_of(back), i64(posts.hot[post]["region"])
        for where in (0, region):
            for kind in range(3):
                told[where, place, kind] += audiences.has[number, kind]
            for i in range(audiences.starts[number], audiences.starts[number + 1]):
                shares[where, place, audiences.codes[i]] += audiences.shares[i]
            if region == 0:
                break


def read_audiences(columns: Columns) -> Audiences:
    """All audiences that posts have."""
    texts = lru_cache(None)(
        lambda number: msgspec.json.decode(columns.texts.raw(number), type=dict[str, float])
    )
    count = len(columns.audiences)
    has, ages = np.zeros((count, 3), np.uint8), np.zeros((count, len(AGE_LEVELS)), np.int64)
    starts, codes, values = [0], list[int](), list[int]()
    for number in range(count):
        by_age, by_country, by_interest = (
            texts(one) if one >= 0 else {} for one in unpacked(columns.audiences, number)
        )
        has[number] = bool(by_age), bool(by_interest), bool(by_country)
        ages[number] = _levels(by_age)
        for weights, known in ((by_interest, interests()), (by_country, countries())):
            told = {id_: share for id_, share in _shares(weights).items() if id_ in known}
            codes += [CODES[id_] for id_ in told]
            values += told.values()
        starts.append(len(codes))
    return Audiences(
        has, ages, np.array(starts, np.int64), np.array(codes, np.int32), np.array(values, np.int64)
    )


def everywhere(columns: Columns, as_of: int, audiences: Audiences) -> tuple[I64, I64]:
    """What `add_everywhere` adds of all posts."""
    told, shares = np.zeros((PLACES, OLDER, 3), np.int64), np.zeros((PLACES, OLDER, ALL_CODES), np.int64)
    add_everywhere(columns.posts, columns["audience"], as_of, audiences, told, shares)
    return told, shares


def overall(told: I64, shares: I64) -> F64:
    """The mean share of each interest and country over all posts of a place, by place, span and code; 0:
    none.
    """
    until, posts = shares.cumsum(axis=1), told.cumsum(axis=1)
    of_code = posts[:, :, np.where(np.arange(ALL_CODES) < SPLIT, BY_INTEREST, BY_COUNTRY)]
    mean: F64 = until.astype(np.float64) / np.maximum(of_code, 1)
    return mean


def told(found: Sums, of_all: F64) -> list[Audience]:
    """What is told over each detail period. `of_all`: of the place, by span and code."""
    posts, ages = found.posts.cumsum(axis=0), found.ages.cumsum(axis=0)
    shares, named = found.shares.cumsum(axis=0), found.named.cumsum(axis=0)
    return [
        Audience(
            _percentages(ages[span].tolist()),
            _indexes(
                shares[span], named[span], int(posts[span, BY_INTEREST]), of_all[span], 0, MOST_INTERESTS
            ),
            _indexes(
                shares[span], named[span], int(posts[span, BY_COUNTRY]), of_all[span], SPLIT, MOST_COUNTRIES
            ),
        )
        for span in range(OLDER)
    ]


def _shares(weights: Mapping[str, float]) -> dict[str, int]:
    """Each weight as a share of all in fixed point, a half rounded up; the smallest are summed first."""
    total = 0.0
    for weight in sorted(weights.values()):
        total += weight
    exact = [weight / total * SHARE_UNIT for weight in weights.values()]
    return dict(zip(weights, _rounded(exact), strict=True))


def _levels(weights: Mapping[str, float]) -> list[int]:
    levels = [0] * len(AGE_LEVELS)
    for band, share in _shares(weights).items():
        level = _level(band)
        if level is not None:
            levels[level] += share
    return levels


@lru_cache(maxsize=1024)
def _level(band: str) -> int | None:
    """The number (from 0) of the age level that a band like `18-24` starts in."""
    digits = re.match("[0-9]+", band)
    age = int(digits[0]) if digits else 0
    if not AGE_LEVELS[0] <= age <= _HIGHEST_AGE:
        return None
    return sum(level <= age for level in AGE_LEVELS) - 1


def _percentages(of_levels: list[int]) -> Ages:
    """(level of the wire, percent), the highest first, by largest remainder (ties: the lower level)."""
    total = float(sum(of_levels))
    if not total:
        return ()
    exact = _rounded([100.0 * _POINT * float(one) / total for one in of_levels])
    left = 100 - sum(one // _POINT for one in exact)
    by_remainder = sorted(range(len(exact)), key=lambda level: -(exact[level] % _POINT))
    percents = [one // _POINT + (by_remainder.index(level) < left) for level, one in enumerate(exact)]
    highest = sorted(range(len(percents)), key=lambda level: -percents[level])
    return tuple((_FIRST_LEVEL + level, percents[level]) for level in highest)


def _rounded(exact: list[float]) -> list[int]:
    """To whole numbers, a half up. Adding a half before cutting off would round twice."""
    return [int(one) + (one % 1.0 >= 0.5) for one in exact]


def _indexes(shares: I64, named: I64, posts: int, of_all: F64, first: int, most: int) -> Indexes:
    """Index = 100 * share under the subject / overall share, rounded; the highest first, ties by id."""
    ids, codes = (INTERESTS, slice(0, SPLIT)) if first == 0 else (COUNTRIES, slice(SPLIT, ALL_CODES))
    able = np.flatnonzero((named[codes] > 0) & (of_all[codes] > 0.0))
    if not len(able):
        return ()
    mean = shares[codes][able].astype(np.float64) / posts
    index = (100.0 * mean / of_all[codes][able] + 0.5 + GUARD).astype(np.int64)
    highest = np.lexsort((able, -index))[:most]
    return tuple((ids[able[one]], int(index[one])) for one in highest)
