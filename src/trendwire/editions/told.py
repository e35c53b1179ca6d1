"""Owns what sources told of subjects, put together: of each attribute and each day the newest word counts.

What was told in one region is one source's alone; what a subject is (title, author, ids) holds everywhere.
The same charts give the same whatever their order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from trendwire.domain.charts import Kind
from trendwire.domain.details import HashtagFacts, SoundFacts
from trendwire.domain.periods import LONGEST, Window, epoch_day
from trendwire.domain.subjects import own_id
from trendwire.facts.recorded import RecordedChart, RecordedRow

Subject = tuple[str, str]
"""Kind and identity."""

_ATTRIBUTES = (
    "upstream_id",
    "title",
    "author",
    "cover_url",
    "music_url",
    "song_id",
    "duration",
    "commercial",
    "industry",
    "posts_all",
    "views_all",
)

_Stamp = tuple[object, ...]
"""Orders words: the greater is the newer; no two different charts have the same."""


@dataclass(slots=True)
class Told:
    """Of one subject: attributes by name, and daily views by region and day; each with its stamp."""

    attributes: dict[str, tuple[_Stamp, Any]] = field(default_factory=dict)
    regions: dict[str, dict[date, tuple[_Stamp, int]]] = field(default_factory=dict)

    def take(self, chart: RecordedChart, row: RecordedRow, stamp: _Stamp, window: Window) -> None:
        """Take in what a row tells; days outside the window are none of ours."""
        for name in _ATTRIBUTES:
            value = getattr(row, name)
            if value is not None and stamp > self._stamp(name):
                self.attributes[name] = stamp, value
        days = self.regions.setdefault(chart.region, {})
        for told in row.days:
            known = days.get(told.day)
            if told.views is None or not window.holds(told.day) or (known and known[0] >= stamp):
                continue
            days[told.day] = stamp, told.views

    def of(self, name: str) -> Any:
        """An attribute, None where nobody told it."""
        return self.attributes.get(name, ((), None))[1]

    def days(self, region: str) -> list[tuple[int, int]]:
        """(Epoch day, views gained on it) of the days told, ascending; those without any left out."""
        days = sorted((epoch_day(day), views) for day, (_, views) in self.regions[region].items())
        return [(day, views) for day, views in days if views > 0]

    def facts(self, kind: Kind, identity: str) -> HashtagFacts | SoundFacts:
        """What the subject is."""
        if kind is Kind.HASHTAG:
            return HashtagFacts(
                name=identity, hashtag_id=hashtag_id(identity, self), industry=self.of("industry")
            )
        return SoundFacts(
            clip_id=identity,
            song_id=self.of("song_id"),
            title=self.of("title"),
            author=self.of("author"),
            cover_url=self.of("cover_url"),
            music_url=self.of("music_url"),
            duration=self.of("duration"),
            commercial=self.of("commercial"),
            industry=self.of("industry"),
        )

    def _stamp(self, name: str) -> _Stamp:
        return self.attributes.get(name, ((), None))[0]


def hashtag_id(identity: str, told: Told) -> str:
    """The id that a source gave, else one of ours."""
    return told.of("upstream_id") or own_id(identity)


def take_all(charts: Iterable[RecordedChart], as_of: date, into: dict[Subject, Told]) -> None:
    """Take in the charts, in any order."""
    window = Window.of(LONGEST, as_of)
    for chart in charts:
        stamp = (chart.as_of, chart.fetched_at, chart.key.text, chart.digest)
        for row in chart.rows:
            subject = (chart.kind.value, row.identity)
            into.setdefault(subject, Told()).take(chart, row, stamp, window)
