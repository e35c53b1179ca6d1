"""One set of rows, published by the real pipeline and recomputed by the oracle, and what both say of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.oracle import counts
from tests.oracle.charts import ChartKey as OracleKey
from tests.oracle.charts import Charts, Entry, History
from tests.oracle.counts import Kind as OracleKind
from tests.oracle.details import Details, ages
from trendwire import pipeline
from trendwire.domain.charts import (
    NO_INDUSTRY,
    ChartKey,
    CreatorEntry,
    HashtagEntry,
    Kind,
    Move,
    SoundEntry,
    VideoEntry,
)
from trendwire.domain.periods import CHART_PERIODS, DETAIL_PERIODS, Window
from trendwire.domain.taxonomy import industries, interests
from trendwire.editions import Edition, Editions
from trendwire.settings import Settings
from trendwire.sources.base import RowSource

INGESTED = datetime(2026, 11, 1, tzinfo=UTC)
MOVES = {"up": Move.UP, "unchanged": Move.SAME, "down": Move.DOWN, "new": Move.NEW}


WIRE: dict[Kind, OracleKind] = {
    Kind.HASHTAG: "hashtag",
    Kind.SOUND: "sound",
    Kind.VIDEO: "video",
    Kind.CREATOR: "creator",
}
"""The oracle's own names of the kinds."""


def silent(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""


def settings_of(home: Path) -> Settings:
    return Settings(home=home, engine_threads=2, engine_memory_mb=2048)


def take_in(home: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Ingest through the real pipeline."""
    pipeline.ingest_from(settings_of(home), [RowSource("rows", "test", iter(rows))], INGESTED, silent)


@dataclass
class Pair:
    """`rows` in `home`, published for `as_of`; `history`: what was published before, for the oracle."""

    home: Path
    rows: Sequence[dict[str, Any]]
    as_of: date
    history: History = field(default_factory=dict)

    def __post_init__(self) -> None:
        pipeline.publish(settings_of(self.home), self.as_of, silent, allow_empty=True)
        self.edition: Edition = Editions(self.home).current()
        self.world = counts.world(self.rows, int(INGESTED.timestamp()))
        self.charts, self.details = Charts(self.world), Details(self.world)

    @property
    def regions(self) -> list[str]:
        """The world and the regions, those with most posts first."""
        return sorted(self.world.regions, key=lambda code: -len(self.world.posts(code)))

    def chart_differences(self, kind: Kind, regions: Sequence[str]) -> list[str]:
        """Where the charts of a kind of subject differ: one line each."""
        return [
            line
            for period in CHART_PERIODS
            for region in regions
            for industry in self._industries(kind, period, region)
            for line in self._chart(ChartKey(kind, period, region, industry))
        ]

    def _industries(self, kind: Kind, period: int, region: str) -> list[int]:
        if kind in (Kind.VIDEO, Kind.CREATOR):
            return [0]
        listed = {
            self.charts.industry(WIRE[kind], one.identity, self.as_of)
            for one in self.charts.standings(OracleKey(WIRE[kind], period, region), self.as_of)
        }
        return [0, *sorted(found for found in listed if found is not None)]

    def _chart(self, key: ChartKey) -> Iterator[str]:
        engine = self.edition.chart(key) or ()
        oracle_key = OracleKey(WIRE[key.kind], key.period, key.region, key.industry or None)
        if key.kind in (Kind.VIDEO, Kind.CREATOR):
            expected = [(one.identity, one.views) for one in self.charts.ranked(oracle_key, self.as_of)]
            found = [_viewed(row) for row in engine]
            yield from _differ(key.text, found, expected)
            return
        rows = self.charts.chart(oracle_key, self.as_of, self.history)
        yield from _differ(
            f"{key.text} names", [_name(row) for row in engine], [row.identity for row in rows]
        )
        for row, one in zip(engine, rows, strict=False):
            yield from _differ(f"{key.text} {one.identity}", _told(row), self._expected(key, one))

    def _expected(self, key: ChartKey, one: Entry) -> tuple[Any, ...]:
        posts = self.world.of(WIRE[key.kind], one.identity, key.region)
        promoted = counts.promoted(posts, counts.window(self.as_of, key.period))
        views = tuple(point.views for point in one.trend)
        move = (MOVES[one.move.type], one.move.magnitude, one.new_to_top_100)
        sample = tuple(one.creators_sample) if key.kind == Kind.HASHTAG else None
        counted = (one.rank, one.score, one.publish_cnt, one.video_views, promoted, views)
        return (*counted, *move, sample)

    def detail_differences(self, kind: Kind, regions: Sequence[str], step: int = 1) -> list[str]:
        """Where the details differ, of every `step`-th subject."""
        return [
            line
            for identity in sorted(self.world.identities(WIRE[kind]))[::step]
            if counts.whole_history(self.world.of(WIRE[kind], identity), self.as_of)[0]
            for line in self._detail(kind, identity, regions)
        ]

    def _detail(self, kind: Kind, identity: str, regions: Sequence[str]) -> Iterator[str]:
        detail = self.edition.detail(kind, identity)
        assert detail is not None, f"{kind} {identity} has no detail"
        posts = self.world.of(WIRE[kind], identity)
        totals = (detail.posts_all, detail.views_all, detail.facts.industry)
        whole = (*counts.whole_history(posts, self.as_of), counts.industry(posts, self.as_of))
        yield from _differ(f"{kind} {identity}", totals, whole)
        for region in regions:
            told = detail.region(region)
            days = self.charts.popular_days(WIRE[kind], identity, region, self.as_of, self.history)
            yield from _differ(f"{kind} {identity} {region} popular", told.popular_days, days)
            for period in DETAIL_PERIODS:
                where = f"{kind} {identity} {region} {period}"
                window, over = Window.of(period, self.as_of), told.period(period)
                found = (
                    told.posts_in(window),
                    told.views_in(window),
                    told.popularity(period, self.as_of),
                    over.promoted,
                    over.creators,
                    over.ages,
                    over.interests,
                    over.countries if kind == Kind.HASHTAG else over.countries[:10],
                    tuple(one.name for one in over.related),
                    over.top_ids,
                )
                yield from _differ(where, found, self._counted(kind, identity, region, period))

    def _counted(self, kind: Kind, identity: str, region: str, period: int) -> tuple[Any, ...]:
        posts = self.world.of(WIRE[kind], identity, region)
        days = counts.window(self.as_of, period)
        inside, asked = counts.created(posts, days), (identity, region, self.as_of, period)
        related = self.details.related_hashtags(*asked) if kind == Kind.HASHTAG else ()
        return (
            counts.publish_cnt(posts, days),
            counts.video_views(posts, days),
            counts.current_popularity(posts, self.as_of, period),
            counts.promoted(posts, days),
            len(counts.creators(inside)),
            tuple(ages(inside)),
            tuple(self.details.interests(WIRE[kind], *asked, list(interests()))),
            tuple(self.details.countries(WIRE[kind], *asked)),
            tuple(related),
            tuple(self.details.related_posts(WIRE[kind], *asked)),
        )


def _name(row: object) -> str:
    return row.name if isinstance(row, HashtagEntry) else getattr(row, "clip_id", "")


def _viewed(row: object) -> tuple[str, int]:
    if isinstance(row, VideoEntry):
        return row.id, row.views
    assert isinstance(row, CreatorEntry)
    return row.username, row.views


def _told(row: object) -> tuple[Any, ...]:
    assert isinstance(row, HashtagEntry | SoundEntry)
    sample = tuple(face.username for face in row.creators) if isinstance(row, HashtagEntry) else None
    counted = (row.rank, row.heat, row.posts, row.views, row.promoted, row.curve)
    return (*counted, row.move, row.steps, row.first_time, sample)


def _differ(where: str, found: object, expected: object) -> Iterator[str]:
    if found != expected:
        yield f"{where}: the engine says {found}, the oracle {expected}"


def listed(pair: Pair) -> dict[OracleKey, list[str]]:
    """Who stands in which chart of the pair's edition, as history for the next."""
    keys = [
        ChartKey(kind, period, region, industry)
        for kind in (Kind.HASHTAG, Kind.SOUND)
        for period in CHART_PERIODS
        for region in pair.regions
        for industry in (NO_INDUSTRY, *industries())
    ]
    return {
        OracleKey(WIRE[key.kind], key.period, key.region, key.industry or None): [
            _name(row) for row in pair.edition.chart(key) or ()
        ]
        for key in keys
    }
