"""Charts as a source told them: facts of their own, kept for ever as they were said, mixed with none of ours.

    facts/recorded/<region>/<as_of>-<kind>-<period>-<industry>-<source>-<hash>.json

A file is one fetched chart, written whole; the same chart fetched twice is one file.
"""

from collections.abc import Iterator
from datetime import date
from hashlib import blake2b
from pathlib import Path

import msgspec

from trendwire.domain.charts import NO_INDUSTRY, ChartKey, Kind
from trendwire.errors import Corrupt
from trendwire.facts.durable import sweep, write_whole

_SUFFIX = ".json"


class RecordedDay(msgspec.Struct, frozen=True, array_like=True):
    """A day of a subject as a source tells it: `views` gained on it, its `rank` on it; None = not told."""

    day: date
    views: int | None = None
    rank: int | None = None


class RecordedRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row, with what the source told of its subject; what it did not tell is None or empty.

    `identity`: hashtag identity or clip id. `rank`: from 1. `posts`, `views`: in the chart's window;
    `posts_all`, `views_all`: ever. `days`: ascending, whatever the window. `curve`: the source's own curve in
    its own scale, (day, value) ascending, where it gives no daily views. `countries`: ISO codes.
    """

    rank: int
    identity: str
    upstream_id: str | None = None
    title: str | None = None
    author: str | None = None
    cover_url: str | None = None
    music_url: str | None = None
    song_id: str | None = None
    duration: int | None = None
    commercial: bool | None = None
    promoted: bool = False
    industry: int | None = None
    posts: int | None = None
    views: int | None = None
    posts_all: int | None = None
    views_all: int | None = None
    days: tuple[RecordedDay, ...] = ()
    curve: tuple[tuple[date, float], ...] = ()
    countries: tuple[str, ...] = ()


class RecordedChart(msgspec.Struct, frozen=True, kw_only=True):
    """One chart as fetched. `source`: the name it has in the configuration; `connector`: its kind.

    `as_of`: the last UTC day that it counts. `fetched_at`: Unix seconds. `complete`: False where the source
    broke off before the chart's end.
    """

    source: str
    connector: str
    fetched_at: int
    as_of: date
    kind: Kind
    period: int
    region: str
    industry: int = NO_INDUSTRY
    complete: bool = True
    rows: tuple[RecordedRow, ...]

    @property
    def key(self) -> ChartKey:
        return ChartKey(self.kind, self.period, self.region, self.industry)


class Recorded:
    """The recorded charts in the data folder `home`. Any process may append."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "facts" / "recorded"

    def append(self, chart: RecordedChart) -> Path:
        """Keep a chart: durable when this returns."""
        text = msgspec.json.encode(chart)
        told = msgspec.json.encode(msgspec.structs.replace(chart, fetched_at=0))
        name = "-".join(
            (
                chart.as_of.isoformat(),
                chart.kind.value,
                str(chart.period),
                str(chart.industry),
                chart.source,
                blake2b(told, digest_size=8).hexdigest(),
            )
        )
        path = self._folder / chart.region / (name + _SUFFIX)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path.parent)
            write_whole(path, text)
        return path

    def charts(self) -> Iterator[RecordedChart]:
        """All charts, ascending by region, day, kind, period. Corrupt where one cannot be read."""
        for path in sorted(self._folder.glob(f"*/*{_SUFFIX}")):
            try:
                yield _DECODER.decode(path.read_bytes())
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise Corrupt("a recorded chart cannot be read", path=str(path)) from error


_DECODER = msgspec.json.Decoder(RecordedChart)
