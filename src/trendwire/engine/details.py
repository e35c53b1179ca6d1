"""Owns the detail of one subject, made from its posts when it is asked for."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from trendwire.domain.charts import WORLD, Kind
from trendwire.domain.details import (
    NOTHING,
    Detail,
    HashtagFacts,
    PeriodDetail,
    RegionDetail,
    Related,
    SoundFacts,
)
from trendwire.domain.periods import DETAIL_PERIODS
from trendwire.engine.audiences import CODES, FIRST_LEVEL
from trendwire.engine.charts import Charts
from trendwire.engine.compiled import I32, I64
from trendwire.engine.describe import EVERYWHERE, OF_PLACE, OF_SPAN, Basis, describe, lists, work
from trendwire.engine.industries import by_id, industry_ids
from trendwire.engine.kinds import text_of
from trendwire.engine.numbers import OLDER
from trendwire.engine.related import Kept, Population, everyone, no_reach_kept
from trendwire.engine.scoring import Components
from trendwire.engine.state import State

_NOWHERE = -2
_NAMED = 1 << 16
"""Related hashtags whose names are kept."""

_IDS = list(CODES)
_COMPONENTS = Components._fields

_SIZE = OF_PLACE + OLDER * OF_SPAN

Numbers = tuple[int, ...]
Links = dict[int, tuple[str, str | None]]


class Around(NamedTuple):
    """What a subject is compared with: creators of all posts, creators of other hashtags (those that are not
    kept are counted).
    """

    everyone: I64
    kept: Kept


def around(state: State) -> Around:
    """From all posts."""
    return Around(everyone(state.surroundings.newest, state.as_of), no_reach_kept())


class Details:
    """Tells of subjects of one state. `charts`: of the same; they say who was listed when. `by`: where the
    state does not have all posts.
    """

    def __init__(self, state: State, charts: Charts, by: Around | None = None) -> None:
        self._state, self._columns, self._charts = state, state.columns, charts
        self._attributes = charts.attributes
        self._industries = industry_ids(self._columns)
        self._basis = self._based(by or around(state))
        self._work, self._lists = work(len(self._columns)), lists()
        self._related = lru_cache(_NAMED)(self._named)

    def _based(self, by: Around) -> Basis:
        state, columns, posts = self._state, self._columns, self._columns.posts
        names, room = columns.subjects.table, np.empty(len(columns) + 1, np.int32)
        return Basis(
            Population(
                posts,
                state.lists.lists,
                state.as_of,
                by.everyone,
                by.kept,
                names,
                room,
                np.zeros(OLDER, np.int64),
            ),
            columns.ids.texts.table,
            columns.creators.table,
            state.candidates.slots,
            state.candidates.records.creators,
            state.surroundings.parameters,
            columns["audience"],
            state.audiences.all,
            state.audiences.overall,
            by_id(self._industries),
        )

    def detail(self, kind: Kind, identity: str, region: str | None = None) -> Detail | None:
        """The detail of a hashtag or sound; None where no post created until the day uses it.

        With `region` (a code or the world) no other one is told, which is cheaper; the rest is the same.
        """
        subject = self._columns.subjects.find(text_of(kind, identity))
        if subject < 0:
            return None
        posts = describe(subject, self._wanted(region), self._basis, self._work, self._lists)
        if not len(posts):
            return None
        (count, views, industry), *found = self._numbers()
        return Detail(
            facts=self._facts(kind, subject, posts, int(self._industries[industry]) or None),
            posts_all=count,
            views_all=views,
            regions=dict(sorted(self._regions(kind, identity, found))),
        )

    def _wanted(self, region: str | None) -> int:
        if region is None:
            return EVERYWHERE
        return 0 if region == WORLD else self._columns.regions.find(region) + 1 or _NOWHERE

    def _numbers(self) -> list[Numbers]:
        """The lists that were made last."""
        ends = self._lists.ends[: self._lists.sizes[0] + 1].tolist()
        values = tuple(self._lists.values[: ends[-1]].tolist())
        return [values[first:last] for first, last in pairwise(ends)]

    def _facts(self, kind: Kind, subject: int, posts: I32, industry: int | None) -> HashtagFacts | SoundFacts:
        if kind == Kind.HASHTAG:
            return self._attributes.hashtag(subject, industry)
        return self._attributes.sound(subject, posts, industry)

    def _regions(self, kind: Kind, identity: str, found: list[Numbers]) -> Iterator[tuple[str, RegionDetail]]:
        posts: set[int] = set()
        for place in range(0, len(found), _SIZE):
            posts.update(*found[place + OF_PLACE : place + _SIZE : OF_SPAN])
        links = dict(zip(posts, self._attributes.links(list(posts)), strict=True))
        for row in range(len(found) // _SIZE):
            numbers = found[row * _SIZE : (row + 1) * _SIZE]
            code = self._attributes.region(numbers[0][0]) or WORLD
            listed = self._charts.days_listed(kind, code, identity)
            yield code, self._region(numbers, self._lists.heats[row].tolist(), listed, links)

    def _region(self, numbers: list[Numbers], heats: list[float], listed: int, links: Links) -> RegionDetail:
        """One of the places of a subject."""
        (_, first_day, promoted, *reach), days, views, posts = numbers[:OF_PLACE]
        periods, shown = dict[int, PeriodDetail](), set[int]()
        for span, period in enumerate(DETAIL_PERIODS):
            first = OF_PLACE + span * OF_SPAN
            top, ages, interests, countries, tags, components = numbers[first : first + OF_SPAN]
            shown.update(top)
            over = PeriodDetail(
                creators=reach[span],
                promoted=promoted <= span,
                ages=_ages(ages),
                interests=_indexes(interests),
                countries=_indexes(countries),
                related=tuple(map(self._related, tags)),
                top_ids=tuple([links[post][0] for post in top]),
                heat=heats[span] if components else None,
                components=dict(zip(_COMPONENTS, components, strict=True)) if components else None,
            )
            if over != NOTHING:
                periods[period] = over
        return RegionDetail(
            days=days,
            views=views,
            posts=posts,
            first_day=first_day,
            popular_days=listed,
            periods=periods,
            covers={id_: cover for id_, cover in sorted(map(links.__getitem__, shown)) if cover is not None},
        )

    def _named(self, tag: int) -> Related:
        return Related(self._attributes.identity(tag), self._attributes.hashtag_id(tag))


def _ages(percent: Numbers) -> tuple[tuple[int, int], ...]:
    """(level of the wire, percent), the highest first; nothing where none is known."""
    if not any(percent):
        return ()
    return tuple(sorted(enumerate(percent, FIRST_LEVEL), key=_by_share))


def _by_share(age: tuple[int, int]) -> int:
    return -age[1]


def _indexes(pairs: Numbers) -> tuple[tuple[str, int], ...]:
    return tuple(zip([_IDS[code] for code in pairs[::2]], pairs[1::2], strict=True)) if pairs else ()
