"""Owns what is told of an audience: ages, and interests and countries indexed against all posts of a place.

A post's weights become shares of their sum in fixed point, so that no order of posts can be seen in a sum
of them. An audience that several posts have is read once. Interests and countries without a name are part
of a post's whole and then left out.
"""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import numpy as np

from trendwire.domain.taxonomy import countries, interests
from trendwire.engine.columns import DEAD, Column, Columns, Posts
from trendwire.engine.compiled import I32, I64, U8, i64, jit
from trendwire.engine.counts import PLACES
from trendwire.engine.numbers import OLDER, SPANS, Chosen, place_of
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

FIRST_LEVEL = 3
_HIGHEST_AGE = 2**31 - 1
_POINT = 1_000_000
"""A percentage point, in the unit that remainders are compared in."""

INTERESTS, COUNTRIES = sorted(interests()), sorted(countries())
CODES = {id_: code for code, id_ in enumerate([*INTERESTS, *COUNTRIES])}
"""Interests, then countries: each in the order of their ids, which decides ties."""

SPLIT, ALL_CODES = len(INTERESTS), len(INTERESTS) + len(COUNTRIES)
AGES, BY_INTEREST, BY_COUNTRY = range(3)


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
    """By place of the day: posts that tell each kind, shares of age levels; by code and place of the day
    shares, and posts that have any. `met`: the codes of these, as many as `known` says.
    """

    posts: I64
    ages: I64
    shares: I64
    named: I64
    met: I64
    known: I64
    is_met: U8


class Overall(NamedTuple):
    """All posts of a place, by place and place of the day: posts that tell each kind, shares by code."""

    posts: I64
    shares: I64


class Indexes(NamedTuple):
    """The `counts[0]` highest: their codes and indexes."""

    codes: I64
    values: I64
    counts: I64


def sums() -> Sums:
    """Room for them."""
    shares, named = np.zeros((2, ALL_CODES, OLDER), np.int64)
    posts, ages = np.zeros((OLDER, 3), np.int64), np.zeros((OLDER, len(AGE_LEVELS)), np.int64)
    return Sums(
        posts,
        ages,
        shares,
        named,
        np.zeros(ALL_CODES, np.int64),
        np.zeros(1, np.int64),
        np.zeros(ALL_CODES, np.uint8),
    )


def overall() -> Overall:
    """Of no posts."""
    return Overall(np.zeros((PLACES, OLDER, 3), np.int64), np.zeros((PLACES, OLDER, ALL_CODES), np.int64))


def indexes() -> Indexes:
    """Room for them."""
    codes, values = np.zeros((2, max(MOST_INTERESTS, MOST_COUNTRIES)), np.int64)
    return Indexes(codes, values, np.zeros(1, np.int64))


@jit
def add_audience(number: int, place: int, audiences: Audiences, into: Sums) -> None:
    """Add the audience of a post whose day has that place."""
    for kind in range(3):
        into.posts[place, kind] += audiences.has[number, kind]
    for level in range(len(AGE_LEVELS)):
        into.ages[place, level] += audiences.ages[number, level]
    for i in range(audiences.starts[number], audiences.starts[number + 1]):
        code = audiences.codes[i]
        if not into.is_met[code]:
            into.met[into.known[0]], into.is_met[code] = code, 1
            into.known[0] += 1
        into.shares[code, place] += audiences.shares[i]
        into.named[code, place] += 1


@jit
def add_audiences(
    first: int, last: int, chosen: Chosen, numbers: I32, audiences: Audiences, into: Sums
) -> bool:
    """Add the audiences of posts chosen from `first` until `last`; whether there are any."""
    some = False
    for i in range(first, last):
        number = i64(numbers[chosen.post[i]])
        if number >= 0 and chosen.age[i] < OLDER:
            add_audience(number, i64(chosen.age[i]), audiences, into)
            some = True
    return some


@jit
def widen(found: Sums) -> None:
    """Make sums over spans of sums by places of days."""
    for span in range(1, OLDER):
        for kind in range(3):
            found.posts[span, kind] += found.posts[span - 1, kind]
        for level in range(len(AGE_LEVELS)):
            found.ages[span, level] += found.ages[span - 1, level]
        for i in range(found.known[0]):
            code = found.met[i]
            found.shares[code, span] += found.shares[code, span - 1]
            found.named[code, span] += found.named[code, span - 1]


@jit
def forget(found: Sums) -> None:
    """Nothing is added yet."""
    found.posts[:], found.ages[:] = 0, 0
    for i in range(found.known[0]):
        code = found.met[i]
        found.shares[code], found.named[code], found.is_met[code] = 0, 0, 0
    found.known[0] = 0


@jit
def add_everywhere(
    sign: int, chosen: I32, posts: Posts, numbers: I32, as_of: int, audiences: Audiences, into: Overall
) -> None:
    """Add the audiences of posts to those of all posts, or take them out."""
    for post in chosen:
        back, number = as_of - i64(posts.hot[post]["day"]), i64(numbers[post])
        if number >= 0 and back >= 0 and place_of(back) < OLDER:
            add_anywhere(sign, 0, place_of(back), number, audiences, into)
            region = i64(posts.hot[post]["region"])
            if region > 0:
                add_anywhere(sign, region, place_of(back), number, audiences, into)


@jit
def add_anywhere(sign: int, where: int, place: int, number: int, audiences: Audiences, into: Overall) -> None:
    """Add one audience to those of all posts of a place, or take it out."""
    for kind in range(3):
        into.posts[where, place, kind] += sign * i64(audiences.has[number, kind])
    for i in range(audiences.starts[number], audiences.starts[number + 1]):
        into.shares[where, place, audiences.codes[i]] += sign * audiences.shares[i]


@jit
def mean_of_all(place: int, span: int, code: int, kind: int, of_all: Overall) -> float:
    """The mean share of an interest or country over all posts of a place; 0: none."""
    shares, posts = 0, 0
    for age in range(span + 1):
        shares += of_all.shares[place, age, code]
        posts += of_all.posts[place, age, kind]
    return float(shares) / float(max(posts, 1))


@jit
def put_index(code: int, value: int, most: int, into: Indexes) -> None:
    """Keep the highest, of equal ones the lower code."""
    at = into.counts[0]
    while at > 0 and (
        into.values[at - 1] < value or (into.values[at - 1] == value and into.codes[at - 1] > code)
    ):
        at -= 1
    if at == most:
        return
    into.counts[0] = min(into.counts[0] + 1, most)
    for i in range(into.counts[0] - 1, at, -1):
        into.codes[i], into.values[i] = into.codes[i - 1], into.values[i - 1]
    into.codes[at], into.values[at] = code, value


@jit
def index_all(place: int, span: int, kind: int, found: Sums, of_all: Overall, into: Indexes) -> None:
    """Index interests or countries: 100 * share under the subject / share of all posts, rounded."""
    into.counts[0], most = 0, MOST_INTERESTS if kind == BY_INTEREST else MOST_COUNTRIES
    for i in range(found.known[0]):
        code = found.met[i]
        if (code < SPLIT) != (kind == BY_INTEREST) or found.named[code, span] == 0:
            continue
        mean = mean_of_all(place, span, code, kind, of_all)
        if mean > 0.0:
            own = float(found.shares[code, span]) / float(found.posts[span, kind])
            put_index(code, i64(100.0 * own / mean + 0.5 + GUARD), most, into)


@jit
def percentages(of_levels: I64, remainders: I64, out: I64) -> None:
    """Percent of each age level, by largest remainder (ties: the lower level); 0 where nothing is known."""
    whole, left = 0, 100
    for level in range(len(of_levels)):
        whole, out[level] = whole + of_levels[level], 0
    if whole == 0:
        return
    total = float(whole)
    for level in range(len(of_levels)):
        exact = rounded(100.0 * _POINT * float(of_levels[level]) / total)
        out[level], remainders[level] = exact // _POINT, exact % _POINT
        left -= out[level]
    for _ in range(left):
        highest = 0
        for level in range(len(remainders)):
            highest = level if remainders[level] > remainders[highest] else highest
        out[highest] += 1
        remainders[highest] = -1


@jit
def rounded(exact: float) -> int:
    """To a whole number, a half up. Adding a half before cutting off would round twice."""
    return i64(exact) + (1 if exact % 1.0 >= 0.5 else 0)


class AllAudiences:
    """The audiences that posts of a state have, and the sums of them over all posts of each place."""

    def __init__(self) -> None:
        kinds = {"has": (np.uint8, 3), "ages": (np.int64, len(AGE_LEVELS))}
        self._known = {name: Column(np.empty((0, width), kind)) for name, (kind, width) in kinds.items()}
        self._known["starts"] = Column(np.zeros(1, np.int64))
        self._known["codes"], self._known["shares"] = (
            Column(np.empty(0, np.int32)),
            Column(np.empty(0, np.int64)),
        )
        self.overall = overall()

    @property
    def all(self) -> Audiences:
        """As they are now; of no use once any was added."""
        return Audiences(*(self._known[name].all for name in Audiences._fields))

    def widen(self, columns: Columns) -> None:
        """Read new audiences."""
        texts = lru_cache(None)(
            lambda number: msgspec.json.decode(columns.texts.raw(number), type=dict[str, float])
        )
        rows: dict[str, list[Any]] = {name: [] for name in self._known}
        known = self._known["codes"].count
        for number in range(self._known["has"].count, len(columns.audiences)):
            weights = (texts(one) if one >= 0 else {} for one in unpacked(columns.audiences, number))
            by_age, by_country, by_interest = weights
            told = _shares(by_interest, interests()) | _shares(by_country, countries())
            rows["has"].append((bool(by_age), bool(by_interest), bool(by_country)))
            rows["ages"].append(_levels(by_age))
            rows["codes"] += told
            rows["shares"] += told.values()
            rows["starts"].append(known + len(rows["codes"]))
        for name, column in self._known.items() if rows["has"] else ():
            column.add(np.array(rows[name], column.all.dtype))

    def add(self, sign: int, columns: Columns, posts: I32, as_of: int) -> None:
        """Add posts to the sums, or take them out."""
        add_everywhere(sign, posts, columns.posts, columns["audience"], as_of, self.all, self.overall)

    def roll(self, columns: Columns, before: int, as_of: int) -> None:
        """Go on to a later day: count the posts anew whose day has another place then."""
        days = columns["hot"]["day"]
        moved = np.flatnonzero((_places(before) != _places(as_of))[days]).astype(np.int32)
        self.add(-1, columns, moved, before)
        self.add(1, columns, moved, as_of)


def _places(as_of: int) -> I64:
    """The place of each day; those that are not counted have that of days before the longest span."""
    backs = as_of - np.arange(DEAD + 1)
    return np.where(backs < 0, OLDER, np.searchsorted(SPANS, backs, side="right"))


def _shares(weights: Mapping[str, float], known: Collection[str]) -> dict[int, int]:
    """By code what `_parts` says of those that are known."""
    return {CODES[id_]: share for id_, share in _parts(weights).items() if id_ in known}


def _parts(weights: Mapping[str, float]) -> dict[str, int]:
    """Each weight as a share of all in fixed point, a half rounded up; the smallest are summed first."""
    total = 0.0
    for weight in sorted(weights.values()):
        total += weight
    return {id_: rounded(weight / total * SHARE_UNIT) for id_, weight in weights.items()}


def _levels(weights: Mapping[str, float]) -> list[int]:
    levels = [0] * len(AGE_LEVELS)
    for band, share in _parts(weights).items():
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
