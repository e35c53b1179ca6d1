"""Charts as a source told them: facts of their own, kept for ever as they were said, mixed with none of ours.

    facts/recorded/<region>/<as_of>-<kind>-<period>-<industry>-<source>-<hash>.json

A file is one fetched chart, written whole; the same chart fetched twice is one file, which says when it was
fetched last. The same charts make the same files, in whatever order they came.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from pathlib import Path

import msgspec

from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey, Kind
from trendwire.domain.taxonomy import countries
from trendwire.errors import Corrupt, InvalidInput
from trendwire.facts.checksums import CHANGED, MISSING, has_seal, is_sound, sealed, unreadable
from trendwire.facts.damaged import Damaged, Note
from trendwire.facts.durable import make_folder, sweep, write_whole
from trendwire.facts.forgotten import Forgotten
from trendwire.facts.forgotten import read as read_forgotten

_SUFFIX = ".json"
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-([a-z]+)-(\d+)-(\d+)-(.+)-([0-9a-f]{16})", re.ASCII)
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class RecordedDay(msgspec.Struct, frozen=True, array_like=True):
    """A day of a subject as a source tells it: `views` gained on it, its `rank` on it; None = not told."""

    day: date
    views: int | None = None
    rank: int | None = None


class RecordedRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row, with what the source told of its subject; what it did not tell is None or empty.

    `identity`: hashtag identity or clip id. `rank`: from 1. `posts`, `views`: in the chart's window;
    `posts_all`, `views_all`: ever. `days`: ascending, whatever the window. `curve`: the source's own curve in
    its own scale, (day, value) ascending, where it gives no daily views. `countries`: ISO codes where it is
    most popular. `creators`: (shown name, avatar). Where the source gave details: `audience_ages` (age level,
    percent), `audience_interests` (interest id, index), `audience_countries` (ISO code, index), `related`
    (hashtag identity, its id at the source), all in the source's order.
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
    creators: tuple[tuple[str, str | None], ...] = ()
    audience_ages: tuple[tuple[int, int], ...] = ()
    audience_interests: tuple[tuple[str, int], ...] = ()
    audience_countries: tuple[tuple[str, int], ...] = ()
    related: tuple[tuple[str, str | None], ...] = ()


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

    @property
    def digest(self) -> str:
        """Over all that was told, but not when it was fetched."""
        told = msgspec.json.encode(msgspec.structs.replace(self, fetched_at=0))
        return blake2b(told, digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, order=True)
class Filed:
    """A recorded chart as the name of its file tells it."""

    as_of: date
    key: ChartKey
    source: str
    path: Path


class Recorded:
    """The recorded charts in the data folder `home`. Any process may append."""

    def __init__(self, home: Path) -> None:
        self._home, self._folder = home, home / "facts" / "recorded"

    def append(self, chart: RecordedChart) -> Path:
        """Keep a chart: durable when this returns. InvalidInput for a source or region that names nothing."""
        chart = without(chart, read_forgotten(self._home))
        path = self._folder / chart.region / (_name(chart) + _SUFFIX)
        known = read_sound(path) if path.exists() else None
        if known is None or known.fetched_at < chart.fetched_at:
            make_folder(path.parent)
            sweep(path.parent)
            write_whole(path, sealed(msgspec.json.encode(chart)))
        return path

    def filed(self) -> dict[str, list[Filed]]:
        """What there is, by region, each ascending by day, key and source; read from names alone."""
        found: dict[str, list[Filed]] = {}
        for path in sorted(self._folder.glob(f"*/*{_SUFFIX}")):
            filed = _filed(path)
            found.setdefault(filed.key.region, []).append(filed)
        return {region: sorted(rows) for region, rows in found.items()}

    def forget(self, forgotten: Forgotten, *, dry_run: bool = False) -> int:
        """Take those out that were forgotten; the charts that named them."""
        changed = 0
        for path in sorted(self._folder.glob(f"*/*{_SUFFIX}")):
            chart = read_sound(path)
            if chart is not None and without(chart, forgotten) != chart:
                changed += 1
                if not dry_run:
                    self.append(chart)
                    path.unlink()
        return changed

    def seal(self) -> int:
        """Give sound files of before there were checksums theirs; how many. Others are set aside."""
        made = 0
        for path in sorted(self._folder.glob(f"*/*{_SUFFIX}")):
            chart = read_sound(path)
            if chart is not None and not has_seal(path.read_bytes()):
                write_whole(path, sealed(msgspec.json.encode(chart)))
                made += 1
        return made

    def remove_older(self, before: date) -> int:
        """Remove the charts of days before that one; how many."""
        old = [one.path for filed in self.filed().values() for one in filed if one.as_of < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def charts(self) -> Iterator[RecordedChart]:
        """All charts, ascending by region, day, kind, period. Corrupt where one cannot be read."""
        for path in sorted(self._folder.glob(f"*/*{_SUFFIX}")):
            yield read(path)


def without(chart: RecordedChart, forgotten: Forgotten) -> RecordedChart:
    """The same chart without whom and what was forgotten: as a subject, a creator beside a row, an author."""
    if not forgotten:
        return chart
    rows = [
        _row_without(row, chart.kind, forgotten)
        for row in chart.rows
        if not _is_forgotten(row, chart.kind, forgotten)
    ]
    return msgspec.structs.replace(chart, rows=tuple(rows))


def _is_forgotten(row: RecordedRow, kind: Kind, forgotten: Forgotten) -> bool:
    if kind is Kind.CREATOR:
        return ("user", row.identity) in forgotten
    return kind is Kind.VIDEO and (("post", row.identity) in forgotten or ("user", row.author) in forgotten)


def _row_without(row: RecordedRow, kind: Kind, forgotten: Forgotten) -> RecordedRow:
    creators = tuple(
        one
        for one in row.creators
        if ("user", one[0]) not in forgotten and ("shown", one[0]) not in forgotten
    )
    kept = msgspec.structs.replace(row, creators=creators)
    own = kind is Kind.SOUND and ("sound", row.identity) in forgotten
    if own or ("user", row.author) in forgotten:
        return msgspec.structs.replace(kept, title=None, author=None, cover_url=None)
    return kept


def read(path: Path) -> RecordedChart:
    """The chart of one file. Corrupt where it is not what was written."""
    reason, chart = _read(path, path.name)
    if chart is None:
        raise Corrupt(f"a recorded chart is damaged: {reason}", path=str(path))
    return chart


def read_sound(path: Path) -> RecordedChart | None:
    """The same; one that is not what was written is set aside, and is None."""
    reason, chart = _read(path, path.name)
    if chart is None and reason != MISSING:  # else it was set aside or removed meanwhile
        home = path.parents[3]
        note = Note(file=str(path.relative_to(home / "facts")), reason=reason)
        Damaged(home).set_aside(note)
    return chart


def fault(path: Path, name: str) -> str | None:
    """Why a file is not the recorded chart of that file name, None where it is."""
    reason, chart = _read(path, name)
    return None if chart is not None else reason


def _read(path: Path, name: str) -> tuple[str, RecordedChart | None]:
    """The chart, or why there is none. A file without a checksum is held against its name, which tells all
    but when it was fetched.
    """
    try:
        data = path.read_bytes()
        chart = _DECODER.decode(data)
        sound = is_sound(data) if has_seal(data) else name == _name(chart) + _SUFFIX
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidInput):
        return CHANGED, None
    except FileNotFoundError:
        return MISSING, None
    except OSError as error:
        return unreadable(error), None
    return ("", chart) if sound else (CHANGED, None)


def _name(chart: RecordedChart) -> str:
    if not _SOURCE.fullmatch(chart.source):
        raise InvalidInput("source", "must be up to 64 letters, digits, dots, dashes and underscores")
    if chart.region != WORLD and chart.region not in countries():
        raise InvalidInput("region", f"of a recorded chart must be an ISO 3166-1 alpha-2 code or {WORLD}")
    told = (chart.as_of, chart.kind.value, chart.period, chart.industry, chart.source, chart.digest)
    return "-".join(map(str, told))


def _filed(path: Path) -> Filed:
    match = _NAME.fullmatch(path.stem)
    if match is None:
        raise Corrupt("the name of a recorded chart cannot be read", path=str(path))
    try:
        key = ChartKey(Kind(match[2]), int(match[3]), path.parent.name, int(match[4]))
        return Filed(date.fromisoformat(match[1]), key, match[5], path)
    except ValueError as error:
        raise Corrupt("the name of a recorded chart cannot be read", path=str(path)) from error


_DECODER = msgspec.json.Decoder(RecordedChart)
