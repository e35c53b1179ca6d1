"""Owns the detail of one subject, made from its posts when it is asked for."""

from functools import cache
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
from trendwire.domain.periods import CHART_PERIODS, DETAIL_PERIODS, LONGEST
from trendwire.engine.audiences import (
    Audience,
    add_audiences,
    everywhere,
    overall,
    read_audiences,
    sums,
    told,
)
from trendwire.engine.charts import Charts
from trendwire.engine.compiled import F64, I32, I64
from trendwire.engine.counts import NO_CHART, NOW, PAST, count_subject, room
from trendwire.engine.industries import by_id, industry_ids, industry_of
from trendwire.engine.kinds import text_of
from trendwire.engine.lists import posts_of_subject
from trendwire.engine.numbers import FIRST_DAY, OLDER, POSTS, PROMOTED, VIEWS, Numbers
from trendwire.engine.ranks import components
from trendwire.engine.records import NO_RECORD, slot_of
from trendwire.engine.related import Kept, everyone, kept
from trendwire.engine.related import Related as Partners
from trendwire.engine.rows import listed
from trendwire.engine.scoring import score
from trendwire.engine.state import State

Heat = tuple[float, dict[str, float]]

NOBODY = Audience((), (), ())


class Around(NamedTuple):
    """What a subject is compared with: creators of all posts, creators of other hashtags (what is not kept is
    counted), mean shares of audiences.
    """

    everyone: I64
    kept: Kept
    means: F64


def around(state: State) -> Around:
    """From all posts."""
    columns, as_of = state.columns, state.as_of
    means = overall(*everywhere(columns, as_of, read_audiences(columns)))
    return Around(everyone(columns, state.lists.lists, as_of), kept(), means)


class Details:
    """Tells of subjects of one state. `charts`: of the same; they say who was listed when. `by`: where the
    state does not have all posts.
    """

    def __init__(self, state: State, charts: Charts, by: Around | None = None) -> None:
        self._state, self._columns, self._charts = state, state.columns, charts
        self._attributes, self._rows = charts.attributes, charts.rows
        self._lists = state.lists.lists
        by = by or around(state)
        self._partners = Partners(self._columns, self._lists, state.as_of, by.everyone, by.kept)
        self._audiences, self._overall = read_audiences(self._columns), by.means
        self._industries = industry_ids(self._columns)
        self._world, self._here = np.empty((2, len(self._columns) + 1), np.int32)
        self._room = room(len(self._columns))
        self._id = self._attributes.id

    def detail(self, kind: Kind, identity: str, region: str | None = None) -> Detail | None:
        """The detail of a hashtag or sound; None where no post created until the day uses it.

        With `region` (a code or the world) no other one is told, which is cheaper; the rest is the same.
        """
        subject = self._columns.subjects.find(text_of(kind, identity))
        posts = self._posts(subject, 0, self._world) if subject >= 0 else self._world[:0]
        if not len(posts):
            return None
        self._id = cache(self._attributes.id)
        numbers, record = self._rows.numbers(posts), self._record(subject, 0, posts)
        places = {WORLD: 0} | {self._attributes.region(place) or "": place for place in self._places(posts)}
        return Detail(
            facts=self._facts(kind, subject, posts),
            posts_all=int(numbers.sums[POSTS]),
            views_all=int(numbers.sums[VIEWS]),
            regions={
                code: self._region(kind, subject, code, place, numbers, record)
                for code, place in sorted(places.items())
                if region in (None, code)
            },
        )

    def _posts(self, subject: int, place: int, into: I32) -> I32:
        """A subject's posts in a place that were created until the day, sorted by creator."""
        posts = into[: posts_of_subject(subject, place, self._columns.posts, self._lists, into)]
        later = self._columns["hot"]["day"][posts] > self._state.as_of
        return posts[~later] if later.any() else posts

    def _places(self, posts: I32) -> list[int]:
        regions = np.unique(self._columns["hot"]["region"][posts])
        return [place for place in regions.tolist() if place]

    def _facts(self, kind: Kind, subject: int, posts: I32) -> HashtagFacts | SoundFacts:
        counts = np.bincount(self._columns["hot"]["industry"][posts], minlength=len(self._industries))
        number = industry_of(counts.astype(np.int32), by_id(self._industries))
        industry = int(self._industries[number]) or None
        if kind == Kind.HASHTAG:
            return self._attributes.hashtag(subject, industry)
        return self._attributes.sound(subject, posts, industry)

    def _record(self, subject: int, place: int, posts: I32) -> I64:
        """What is counted of creators: kept for those that can be in a chart, counted for others."""
        slot = slot_of(subject, place, self._state.candidates.slots)
        if slot != NO_RECORD:
            kept: I64 = self._state.candidates.records.creators[slot]
            return kept
        record = np.zeros(self._state.candidates.records.creators.shape[1:], np.int64)
        by = self._state.surroundings.parameters
        count_subject(posts, self._columns.posts.hot, place, by, self._room, record)
        return record

    def _region(
        self, kind: Kind, subject: int, code: str, place: int, world: Numbers, world_record: I64
    ) -> RegionDetail:
        """One of the places of a subject."""
        posts = self._posts(subject, place, self._here)
        numbers = self._rows.numbers(posts) if place else world
        record = self._record(subject, place, posts) if place else world_record
        days = np.flatnonzero(numbers.views | numbers.created)
        heats = self._heats(place, numbers, record, world_record)
        return RegionDetail(
            days=tuple((days + self._state.as_of - LONGEST + 1).tolist()),
            views=tuple(numbers.views[days].tolist()),
            posts=tuple(numbers.created[days].tolist()),
            first_day=int(numbers.sums[FIRST_DAY]),
            popular_days=self._charts.days_listed(kind, code, self._attributes.identity(subject)),
            periods=self._periods(kind, subject, place, posts, numbers, heats),
            covers=self._covers(numbers),
        )

    def _periods(
        self, kind: Kind, subject: int, place: int, posts: I32, numbers: Numbers, heats: dict[int, Heat]
    ) -> dict[int, PeriodDetail]:
        """Only periods with anything to tell."""
        related = (
            self._partners.over(subject, place, posts, numbers.reach)
            if kind == Kind.HASHTAG
            else [[]] * OLDER
        )
        found = {}
        for span, audience in enumerate(self._told(posts, place)):
            heat, components = heats.get(DETAIL_PERIODS[span], (None, None))
            found[DETAIL_PERIODS[span]] = PeriodDetail(
                creators=int(numbers.reach[span]),
                promoted=bool(numbers.sums[PROMOTED] <= span),
                ages=audience.ages,
                interests=audience.interests,
                countries=audience.countries,
                related=tuple(self._related(tag) for tag in related[span]),
                top_ids=tuple(map(self._id, listed(numbers.top_posts, span))),
                heat=heat,
                components=None if components is None else {**components},
            )
        return {period: over for period, over in found.items() if over != NOTHING}

    def _related(self, tag: int) -> Related:
        return Related(self._attributes.identity(tag), self._attributes.hashtag_id(tag))

    def _told(self, posts: I32, place: int) -> list[Audience]:
        into, columns = sums(), self._columns
        if add_audiences(posts, columns.posts, columns["audience"], self._state.as_of, self._audiences, into):
            return told(into, self._overall[place])
        return [NOBODY] * OLDER

    def _heats(self, place: int, numbers: Numbers, record: I64, world: I64) -> dict[int, Heat]:
        """Chart period -> heat, where a post was created in the window and any creator is known."""
        by, all_posts = self._state.surroundings.parameters, self._state.candidates.records.creators
        found: dict[int, Heat] = {}
        for span, period in enumerate(CHART_PERIODS):
            j = 2 * span
            counted = by.covered[place, j] != NO_CHART and (record[j, NOW] or record[j, PAST])
            if counted and numbers.created[-period:].any():
                of = components(record, world, place, j, by, all_posts)
                found[period] = (score(of).heat, {name: int(value) for name, value in of._asdict().items()})
        return found

    def _covers(self, numbers: Numbers) -> dict[str, str]:
        posts = {post for span in range(OLDER) for post in listed(numbers.top_posts, span)}
        links = sorted((self._id(post), self._columns.text("cover", post)) for post in posts)
        return {id_: cover for id_, cover in links if cover is not None}
