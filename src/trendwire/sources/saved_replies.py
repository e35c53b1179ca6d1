"""What a saved file of trend data holds: charts and posts of whatever shape, and what cannot be understood.

Known are replies of the retired Creative Center and of its successor (values as strings, curves of 0 to 100),
wrapped or not, one or several in a file, and datasets of scrapers: lists of rows in snake or camel case.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from trendwire.domain.charts import CHART_SIZE, ChartKey, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.errors import InvalidInput, SourceError
from trendwire.facts.quarantine import Refused
from trendwire.facts.recorded import RecordedRow
from trendwire.sources import fields
from trendwire.sources.hosted import last_day
from trendwire.sources.replies import opened
from trendwire.sources.wire_rows import READERS, Row, exact_id, fields_of, plain, refusal, said_region

_LISTS = ("list", "items", "hashtags", "sound_list", "sounds", "musics")
_STAMP = re.compile(r"(20\d{12})")
_HANDLE = re.compile(r"/@([^/?#]+)")
_POINTS = {7: 7, 30: 30, 16: 120, 17: 120}
_DAILY = (7, 30)


@dataclass(frozen=True, slots=True)
class Setting:
    """What is true of rows that do not say it: the day the file was saved, and what the options name."""

    file: str
    saved_at: datetime
    region: str
    period: int


@dataclass(slots=True)
class Found:
    """What was read. `rows`: by chart and the last day it counts; `promised`: as many as there should be."""

    rows: dict[tuple[ChartKey, date], dict[str, RecordedRow]] = field(default_factory=dict)
    fetched: dict[tuple[ChartKey, date], int] = field(default_factory=dict)
    promised: dict[tuple[ChartKey, date], int] = field(default_factory=dict)
    posts: list[dict[str, object]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def read(value: object, setting: Setting, found: Found) -> None:
    """Adds all that a decoded file holds to `found`."""
    if isinstance(value, list) and not any(_is_reply(entry) for entry in value):
        _rows(value, {}, setting.saved_at, setting, found)
        return
    for number, reply in enumerate(value if isinstance(value, list) else [value], 1):
        try:
            _reply(reply, setting, found)
        except SourceError as error:
            found.refused.append(refusal(setting.file, number, error.public, reply))


def _is_reply(value: object) -> bool:
    return isinstance(value, Mapping) and not {"data", "BaseResp", "response"}.isdisjoint(value)


def _reply(reply: object, setting: Setting, found: Found) -> None:
    data = opened(reply, setting.file)
    at = _said_at(reply) or setting.saved_at
    asked = plain(_inside(reply, "params"))  # the request, where it was saved with the reply
    if isinstance(data.get("videos"), list):
        _posts(data["videos"], {}, at, setting, found)
    elif isinstance(data.get("creators"), list):
        for creator in data["creators"]:
            _posts(_listed(creator, "items"), _author(creator), at, setting, found)
    elif rows := next((data[name] for name in _LISTS if isinstance(data.get(name), list)), None):
        _rows(rows, {**plain(_inside(data, "pagination")), **asked}, at, setting, found)
    elif not any(name in data for name in _LISTS):
        reason = "holds neither hashtags, sounds, videos nor creators of a known shape"
        found.refused.append(refusal(setting.file, 1, reason, reply))


def _rows(raws: list[Any], asked: Row, at: datetime, setting: Setting, found: Found) -> None:
    """Rows of charts; those of one chart and day belong together, from whatever file."""
    read_rows = list(_read(raws, asked, setting, found))
    days: dict[ChartKey, list[date]] = {}
    for key, row, _ in read_rows:
        days.setdefault(key, []).extend(day for day, _ in row.curve[-1:] if key.period in _DAILY)
    for key, row, seen in read_rows:
        moment = seen or at
        chart = key, last_day(days[key], moment.date())
        found.rows.setdefault(chart, {}).setdefault(row.identity, row)
        found.promised[chart] = max(found.promised.get(chart, 0), fields.count(asked.get("total")) or 0)
        found.fetched[chart] = max(found.fetched.get(chart, 0), int(moment.timestamp()))


def _read(
    raws: list[Any], asked: Row, setting: Setting, found: Found
) -> Iterator[tuple[ChartKey, RecordedRow, datetime | None]]:
    for number, raw in enumerate(raws, 1):
        try:
            row = plain(fields_of(raw))
            kind = Kind.SOUND if "clip_id" in row else Kind.HASHTAG
            recorded = READERS[kind](row, number)
        except InvalidInput as error:
            found.refused.append(refusal(setting.file, number, error.public, raw))
        else:
            key = ChartKey(kind, _period(row, asked, setting), _region(row, asked, setting))
            yield key, recorded, _moment(row.get("scraped_at", row.get("fetched_at")))


def _region(row: Row, asked: Row, setting: Setting) -> str:
    return said_region(row) or said_region(asked) or setting.region


def _period(row: Row, asked: Row, setting: Setting) -> int:
    for value in (row.get("period"), asked.get("period")):
        period = fields.count(value)
        if period in CHART_PERIODS:
            return period
    points = row.get("trend")
    return _POINTS.get(len(points), setting.period) if isinstance(points, list) else setting.period


def _posts(raws: list[Any], author: dict[str, object], at: datetime, setting: Setting, found: Found) -> None:
    for number, raw in enumerate(raws, 1):
        try:
            found.posts.append(_post(raw, at) | author)
        except InvalidInput as error:
            found.refused.append(refusal(setting.file, number, error.public, raw))


def _post(raw: object, at: datetime) -> dict[str, object]:
    """A video as a row of the post record. The country of a list of videos is not that of a video."""
    video = raw if isinstance(raw, Mapping) else {}
    id_ = exact_id("item_id", video.get("item_id", video.get("id")))
    if id_ is None:
        raise InvalidInput("item_id", "is missing")
    handle = _HANDLE.search(str(video.get("item_url", video.get("tt_link", ""))))
    post = {
        "id": id_,
        "observed_at": int(at.timestamp()),
        "username": handle[1] if handle else None,
        "video_description": video.get("title"),
        "view_count": video.get("vv"),
        "like_count": video.get("liked_cnt"),
        "create_time": video.get("create_time"),
        "video_duration": video.get("duration"),
        "cover_url": video.get("cover", video.get("cover_url")),
    }
    return {name: value for name, value in post.items() if value is not None}


def _author(creator: object) -> dict[str, object]:
    row = creator if isinstance(creator, Mapping) else {}
    told = {
        "region_code": row.get("country_code"),
        "nickname": row.get("nick_name"),
        "avatar_url": row.get("avatar_url"),
    }
    return {name: value for name, value in told.items() if value is not None}


def _listed(holder: object, name: str) -> list[Any]:
    value = holder.get(name) if isinstance(holder, Mapping) else None
    return value if isinstance(value, list) else []


def _inside(holder: object, name: str) -> Row:
    value = holder.get(name) if isinstance(holder, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _said_at(reply: object) -> datetime | None:
    """When the reply was given: the time that the ids of requests begin with."""
    stamp = _STAMP.match(str(reply.get("request_id", ""))) if isinstance(reply, Mapping) else None
    if stamp is None:
        return None
    try:
        return datetime.strptime(stamp[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _moment(value: object) -> datetime | None:
    seconds = fields.time(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def is_whole(rows: list[RecordedRow], promised: int) -> bool:
    """Whether rows, ascending, are a chart from its first place to its last."""
    return rows[0].rank == 1 and rows[-1].rank >= min(promised, CHART_SIZE)
