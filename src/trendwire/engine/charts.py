"""Owns the charts of a state: which there are, their rows as they are published, and who is in them."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey, Entry, Kind, Move
from trendwire.domain.periods import CHART_PERIODS
from trendwire.engine.attributes import Attributes
from trendwire.engine.industries import industry_ids
from trendwire.engine.kinds import KINDS
from trendwire.engine.leaders import SPANS
from trendwire.engine.ranks import Ranks, ranked
from trendwire.engine.rows import Rows, listed
from trendwire.engine.state import State
from trendwire.engine.tops import Tops
from trendwire.facts.memberships import Member, Standing

LISTED_PERIOD = 7
"""Days on a chart are counted on the chart of this period."""

LISTED_DAYS = 365


class Found(NamedTuple):
    """Who stands in charts of hashtags and sounds, of videos and of creators."""

    ranks: Ranks
    videos: Tops
    creators: Tops


class Charts:
    """All charts of the day. `standing`: what editions of earlier days say (`LISTED_*`). `before`: the charts
    of the same state before it changed, which are of no use then; what their rows show is kept where it can.
    `found`: which rows there are, where the state does not have all posts.
    """

    def __init__(
        self,
        state: State,
        standing: Standing,
        before: "Charts | None" = None,
        found: Found | None = None,
    ) -> None:
        self._columns, self._standing = state.columns, standing
        self.attributes = Attributes(state)
        self.rows: Rows = Rows(state, self.attributes, before.rows if before else None)
        self.ranks, self._videos, self._creators = found or Found(ranked(state), *state.leaders.charts())
        self._charts = dict(self._subject_charts(self.ranks))
        self._charts |= dict(self._leader_charts(Kind.VIDEO, self._videos))
        self._charts |= dict(self._leader_charts(Kind.CREATOR, self._creators))
        self._listed, self._list = cache(self._identities), cache(self._list_of)

    @property
    def keys(self) -> list[ChartKey]:
        """The charts that are not empty, in the order of their texts."""
        return sorted(self._charts, key=lambda key: key.text)

    def entries(self, key: ChartKey) -> tuple[Entry, ...]:
        """The rows of a chart."""
        return tuple(self._entry(key, row) for row in self._charts.get(key, ()))

    def members(self) -> Iterator[Member]:
        """Who is in which chart."""
        for key in self.keys:
            for rank, who in enumerate(self.names(key), 1):
                yield Member(key.text, key.kind, key.period, key.region, key.industry, who, rank)

    def days_listed(self, kind: Kind, region: str, identity: str) -> int:
        """Days of the last year on the chart of a region, today included."""
        today = identity in self._listed(ChartKey(kind, LISTED_PERIOD, region))
        return self._standing.listed.get((kind, region, identity), 0) + today

    def _entry(self, key: ChartKey, row: int) -> Entry:
        if key.kind == Kind.VIDEO:
            return self.rows.video(self._videos, self._list(key), row)
        if key.kind == Kind.CREATOR:
            return self.rows.creator(self._creators, self._list(key), row)
        identity = self.attributes.identity(int(self.ranks.subject[row]))
        is_new = int(self.ranks.move[row]) == Move.NEW
        first_time = is_new and (key.text, identity) not in self._standing.stood
        if key.kind == Kind.HASHTAG:
            return self.rows.hashtag(self.ranks, row, first_time)
        return self.rows.sound(self.ranks, row, first_time, self.days_listed(key.kind, key.region, identity))

    def names(self, key: ChartKey) -> list[str]:
        """Who stands in a chart, in its order."""
        rows = self._charts.get(key, range(0))
        if key.kind == Kind.VIDEO:
            return [self.attributes.id(post) for post in listed(self._videos, self._list(key))]
        if key.kind == Kind.CREATOR:
            return [self._columns.creators[one] for one in listed(self._creators, self._list(key))]
        return [self.attributes.identity(subject) for subject in self.ranks.subject[rows].tolist()]

    def _identities(self, key: ChartKey) -> frozenset[str]:
        return frozenset(self.names(key))

    def _list_of(self, key: ChartKey) -> int:
        place = 0 if key.region == WORLD else self._columns.regions.find(key.region) + 1
        return place * SPANS + CHART_PERIODS.index(key.period)

    def _subject_charts(self, ranks: Ranks) -> Iterator[tuple[ChartKey, range]]:
        ids = industry_ids(self._columns)
        chart = np.stack([ranks.kind, ranks.place, ranks.chart, ranks.industry])
        begins = np.flatnonzero((np.diff(chart, prepend=-1) != 0).any(axis=0)).tolist()
        for first, last in zip(begins, [*begins, chart.shape[1]][1:], strict=True):
            kind, place, j, industry = chart[:, first].tolist()
            key = self._key(KINDS[kind].kind, place, j // 2, int(ids[industry]))
            yield key, range(first, last)

    def _leader_charts(self, kind: Kind, found: Tops) -> Iterator[tuple[ChartKey, range]]:
        for one in np.flatnonzero(found.counts).tolist():
            yield self._key(kind, *divmod(one, SPANS), NO_INDUSTRY), range(int(found.counts[one]))

    def _key(self, kind: Kind, place: int, span: int, industry: int) -> ChartKey:
        region = self.attributes.region(place) or WORLD
        return ChartKey(kind, CHART_PERIODS[span], region, industry)
