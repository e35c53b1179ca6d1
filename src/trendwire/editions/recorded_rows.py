"""Owns how the rows of a recorded chart become rows of ours: order, numbers, curves and moves.

Rows keep the source's order and numbers; what it did not tell is empty or 0, never invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from trendwire.domain.charts import CHART_SIZE, ChartKey, Face, HashtagEntry, Kind, Move, SoundEntry
from trendwire.domain.details import PeriodDetail, RegionDetail, Related
from trendwire.domain.periods import buckets
from trendwire.domain.subjects import own_id
from trendwire.editions.told import Subject, Told, hashtag_id
from trendwire.facts.memberships import Standing
from trendwire.facts.recorded import RecordedChart, RecordedRow

FACES = 3
"""Creators beside a row."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of one chart. `places`: identity -> rank in the chart before, None without one.

    `standing`: what was published before. `daily`: what is known of the region by days.
    """

    key: ChartKey
    as_of: date
    places: Mapping[str, int] | None
    standing: Standing
    subjects: Mapping[Subject, Told]
    daily: Mapping[Subject, RegionDetail]

    def entry(self, rank: int, row: RecordedRow) -> HashtagEntry | SoundEntry:
        """The row at that rank, from 1."""
        return self._hashtag(rank, row) if self.key.kind is Kind.HASHTAG else self._sound(rank, row)

    def over(self, row: RecordedRow) -> PeriodDetail:
        """What the row tells of the whole window, for the subject's detail."""
        own = _scaled(row, self.key.period, self.as_of) if _has_own_curve(row) else None
        return PeriodDetail(
            promoted=row.promoted,
            ages=row.audience_ages,
            interests=row.audience_interests,
            countries=row.audience_countries,
            related=tuple(Related(name, id_ or own_id(name)) for name, id_ in row.related),
            posts=row.posts,
            views=row.views,
            curve=own,
        )

    def _hashtag(self, rank: int, row: RecordedRow) -> HashtagEntry:
        told = self.subjects[self._subject(row)]
        move, steps = _moved(rank, row.identity, self.places)
        return HashtagEntry(
            name=row.identity,
            hashtag_id=row.upstream_id or hashtag_id(row.identity, told),
            industry=row.industry or self.key.industry or told.of("industry"),
            promoted=row.promoted,
            curve=self._curve(row),
            creators=tuple(Face("", name, avatar) for name, avatar in row.creators[:FACES]),
            posts=row.posts or 0,
            views=self._views(row),
            rank=rank,
            move=move,
            steps=steps,
            first_time=self._first_time(row, move),
            heat=0.0,
        )

    def _sound(self, rank: int, row: RecordedRow) -> SoundEntry:
        told = self.subjects[self._subject(row)]
        move, steps = _moved(rank, row.identity, self.places)
        return SoundEntry(
            clip_id=row.identity,
            song_id=row.song_id or told.of("song_id"),
            title=row.title or told.of("title"),
            author=row.author or told.of("author"),
            cover_url=row.cover_url or told.of("cover_url"),
            music_url=row.music_url or told.of("music_url"),
            duration=told.of("duration") if row.duration is None else row.duration,
            commercial=told.of("commercial") if row.commercial is None else row.commercial,
            promoted=row.promoted,
            curve=self._curve(row),
            top_posts=(),
            days_listed=self.daily[self._subject(row)].popular_days,
            posts=row.posts or 0,
            views=self._views(row),
            rank=rank,
            move=move,
            steps=steps,
            first_time=self._first_time(row, move),
            heat=0.0,
        )

    def _subject(self, row: RecordedRow) -> Subject:
        return self.key.kind.value, row.identity

    def _first_time(self, row: RecordedRow, move: Move) -> bool:
        return move is Move.NEW and (self.key.text, row.identity) not in self.standing.stood

    def _views(self, row: RecordedRow) -> int:
        if row.views is not None:
            return row.views
        return self.daily[self._subject(row)].views_over(self.key.period, self.as_of)

    def _curve(self, row: RecordedRow) -> tuple[int, ...]:
        if _has_own_curve(row):
            return _scaled(row, self.key.period, self.as_of)
        return self.daily[self._subject(row)].curve(self.key.period, self.as_of)


def ranked(chart: RecordedChart) -> list[RecordedRow]:
    """In the source's order, each subject once, as many as a chart has."""
    rows: dict[str, RecordedRow] = {}
    for row in sorted(chart.rows, key=lambda row: row.rank):
        rows.setdefault(row.identity, row)
    return list(rows.values())[:CHART_SIZE]


def places(chart: RecordedChart | None) -> dict[str, int] | None:
    """Identity -> rank."""
    return None if chart is None else {row.identity: rank for rank, row in enumerate(ranked(chart), 1)}


def _moved(rank: int, identity: str, before: Mapping[str, int] | None) -> tuple[Move, int]:
    place = before.get(identity) if before else None
    if place is None:
        return Move.NEW, 0
    if rank == place:
        return Move.SAME, 0
    return (Move.UP, place - rank) if rank < place else (Move.DOWN, rank - place)


def _has_own_curve(row: RecordedRow) -> bool:
    return bool(row.curve) and all(day.views is None for day in row.days)


def _scaled(row: RecordedRow, period: int, as_of: date) -> tuple[int, ...]:
    """The source's own curve per bucket, in whole numbers: in hundredths where its scale ends at 1."""
    times = 100 if max(value for _, value in row.curve) <= 1 else 1
    points = buckets(period, as_of)
    sums = [sum(value for day, value in row.curve if point.window.holds(day)) for point in points]
    return tuple(max(0, round(value * times)) for value in sums)
