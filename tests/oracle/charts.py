"""Owns the charts: who is listed, in which order, how each rank moved, and what history says of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

from tests.oracle import counts
from tests.oracle.counts import Kind, Point, World, window
from tests.oracle.heat import Components, Heat, heat, measure

CHART_LENGTH = 100
LEAST_CREATORS = 3
POPULAR_PERIOD = 7
YEAR = 365


class ChartKey(NamedTuple):
    """Which chart; `industry` None holds all of them, `region` `ALL` the whole world."""

    kind: Kind
    period: int
    region: str = counts.ALL
    industry: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Against the same chart a period earlier; `magnitude` is 0 where unchanged or new."""

    type: Literal["up", "unchanged", "down", "new"]
    magnitude: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """A subject's place before any limit: its score (heat or views) and what it was made of."""

    identity: str
    score: float
    views: int
    components: Components | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a chart."""

    rank: int
    identity: str
    score: float
    publish_cnt: int
    video_views: int
    creators: int
    creators_sample: list[str]
    industry: int | None
    trend: list[Point]
    move: Move
    new_to_top_100: bool


# What was published: as_of -> chart -> the identities listed. Publishing a day again replaces it.
History = Mapping[date, Mapping[ChartKey, Collection[str]]]


class Charts:
    """The charts of one world under one formula; remembers what it ranked."""

    def __init__(self, world: World, formula: Heat = heat) -> None:
        self.world = world
        self._formula = formula
        self._standings: dict[tuple[ChartKey, date], list[Standing]] = {}

    def standings(self, key: ChartKey, as_of: date) -> list[Standing]:
        """All subjects that may be listed, best first, of every industry."""
        key = key._replace(industry=None)
        if (key, as_of) not in self._standings:
            found = self._heated(key, as_of) if key.kind in ("hashtag", "sound") else self._viewed(key, as_of)
            self._standings[key, as_of] = sorted(
                found, key=lambda one: (-one.score, -one.views, one.identity)
            )
        return self._standings[key, as_of]

    def _heated(self, key: ChartKey, as_of: date) -> list[Standing]:
        measured = measure(self.world, key.kind, key.period, key.region, as_of)
        scored = [(n, self._formula(of), of) for n, of in measured.items() if of.creators >= LEAST_CREATORS]
        return [Standing(n, score, self._views(key, n, as_of), of) for n, score, of in scored if score > 0]

    def _views(self, key: ChartKey, identity: str, as_of: date) -> int:
        """Views gained in the chart's region and window."""
        return counts.video_views(self.world.of(key.kind, identity, key.region), window(as_of, key.period))

    def _viewed(self, key: ChartKey, as_of: date) -> list[Standing]:
        names = self.world.identities(key.kind, key.region)
        views = {name: self._views(key, name, as_of) for name in names}
        return [Standing(name, views[name], views[name]) for name in names if views[name] > 0]

    def industry(self, kind: Kind, identity: str, as_of: date) -> int | None:
        return counts.industry(self.world.of(kind, identity), as_of)

    def ranked(self, key: ChartKey, as_of: date) -> list[Standing]:
        """The first 100 of the chart."""
        listed = self.standings(key, as_of)
        if key.industry is not None:
            listed = [one for one in listed if self.industry(key.kind, one.identity, as_of) == key.industry]
        return listed[:CHART_LENGTH]

    def moves(self, key: ChartKey, as_of: date) -> dict[str, Move]:
        """How each listed subject moved."""
        now = self.ranked(key, as_of)
        posts = self.world.posts(key.region)
        if not posts or min(post.day for post in posts) > as_of.toordinal() - 2 * key.period + 1:
            return {one.identity: Move("new") for one in now}
        earlier = self.ranked(key, as_of - timedelta(key.period))
        before = {one.identity: rank for rank, one in enumerate(earlier, 1)}
        return {one.identity: move(rank, before.get(one.identity)) for rank, one in enumerate(now, 1)}

    def chart(self, key: ChartKey, as_of: date, history: History | None = None) -> list[Entry]:
        """The chart's rows; `history` is what was published before."""
        moves = self.moves(key, as_of)
        known = _listed_before(history or {}, key, as_of)
        return [
            self._entry(key, as_of, rank, one, moves[one.identity], one.identity in known)
            for rank, one in enumerate(self.ranked(key, as_of), 1)
        ]

    def _entry(self, key: ChartKey, as_of: date, rank: int, one: Standing, moved: Move, known: bool) -> Entry:
        posts = self.world.of(key.kind, one.identity, key.region)
        days = window(as_of, key.period)
        return Entry(
            rank=rank,
            identity=one.identity,
            score=one.score,
            publish_cnt=counts.publish_cnt(posts, days),
            video_views=one.views,
            creators=len(counts.creators(counts.created(posts, days))),
            creators_sample=counts.creators_sample(posts, days),
            industry=self.industry(key.kind, one.identity, as_of),
            trend=counts.subject_trend(self.world, key.kind, one.identity, key.region, as_of, key.period),
            move=moved,
            new_to_top_100=moved.type == "new" and not known,
        )

    def popular_days(
        self, kind: Kind, identity: str, region: str, as_of: date, history: History | None = None
    ) -> int:
        """Published days of the last year, `as_of` among them, with the subject in the 7-day chart."""
        key = ChartKey(kind, POPULAR_PERIOD, region)
        today = identity in {one.identity for one in self.ranked(key, as_of)}
        past = [as_of - timedelta(back) for back in range(1, YEAR)]
        return today + sum(identity in (history or {}).get(day, {}).get(key, ()) for day in past)


def move(rank: int, before: int | None) -> Move:
    """The move from an earlier rank, None = not listed then."""
    if before is None:
        return Move("new")
    if before == rank:
        return Move("unchanged")
    return Move("up", before - rank) if before > rank else Move("down", rank - before)


def _listed_before(history: History, key: ChartKey, as_of: date) -> set[str]:
    """Everyone whom an edition of an earlier day lists in the chart."""
    return {name for day, charts in history.items() if day < as_of for name in charts.get(key, ())}
