"""Rows of the native shape that every trend service re-serves, read into recorded rows.

Names may be written in snake or camel case and in the variants of `_SAME`; numbers may be strings. A row
whose subject cannot be told for certain, a 64-bit id that went through a float included, is refused.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

import msgspec

from trendwire.domain.charts import WORLD, Kind
from trendwire.domain.subjects import hashtag_identity
from trendwire.errors import InvalidInput, SourceError
from trendwire.facts.quarantine import Refused
from trendwire.facts.recorded import RecordedRow
from trendwire.sources import fields

MOST_QUOTED = 10_000
"""Characters of a refused row that are kept."""

DAMAGED = "is a floating-point number, which has lost digits of the id"

Row = Mapping[str, Any]

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SAME = {
    "vv": "video_views",
    "views": "video_views",
    "view_count": "video_views",
    "posts": "publish_cnt",
    "post_count": "publish_cnt",
    "publish_count": "publish_cnt",
    "video_count": "publish_cnt",
    "rank_index": "rank",
    "ranking": "rank",
    "position": "rank",
    "name": "hashtag_name",
    "hashtag": "hashtag_name",
    "popularity_curve": "trend",
    "trend_data": "trend",
    "industry_ids": "industry_id",
    "is_commercial": "if_cml",
    "cover_url": "cover",
}
_FLOATING = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?|\d+e[+-]?\d+", re.IGNORECASE)


def plain(row: Row) -> dict[str, Any]:
    """The row under the names of the native shape; where several mean the same, the native one counts."""
    names = {_HUMP.sub("_", str(name)).lower(): value for name, value in row.items()}
    return {_SAME[name]: value for name, value in names.items() if name in _SAME} | names


def exact_id(name: str, value: object) -> str | None:
    """An id as it was given, None where none was. InvalidInput for one that a float has damaged."""
    if isinstance(value, float | Decimal) or (isinstance(value, str) and _FLOATING.fullmatch(value.strip())):
        raise InvalidInput(name, DAMAGED)
    return None if isinstance(value, bool) else fields.post_id(value)


def digits_id(name: str, value: object) -> str | None:
    """As `exact_id`; None where it is not made of digits, as ids of hashtags are."""
    found = exact_id(name, value)
    return found if found and found.isascii() and found.isdigit() and found.strip("0") else None


def hashtag_row(raw: Row, place: int) -> RecordedRow:
    """A hashtag of a list or detail. `place`: its rank where the row tells none. InvalidInput: no hashtag."""
    row = plain(raw)
    identity = hashtag_identity(fields.text(row.get("hashtag_name")) or "")
    if identity is None:
        raise InvalidInput("hashtag_name", "is missing or no hashtag")
    return RecordedRow(
        identity=identity,
        upstream_id=digits_id("hashtag_id", row.get("hashtag_id")),
        **_both(row, place),
        posts=fields.count(row.get("publish_cnt")),
        views=fields.count(row.get("video_views")),
        posts_all=fields.count(row.get("publish_cnt_all")),
        views_all=fields.count(row.get("video_views_all")),
    )


def sound_row(raw: Row, place: int) -> RecordedRow:
    """A sound of a list or detail. `place`: its rank where the row tells none. InvalidInput: no sound."""
    row = plain(raw)
    clip = exact_id("clip_id", row.get("clip_id"))
    if clip is None:
        raise InvalidInput("clip_id", "is missing")
    return RecordedRow(
        identity=clip,
        song_id=exact_id("song_id", row.get("song_id")),
        **_both(row, place),
        title=fields.text(row.get("title")),
        author=fields.text(row.get("author")),
        cover_url=fields.text(row.get("cover")),
        music_url=fields.text(row.get("music_url")),
        duration=fields.count(row.get("duration")),
        commercial=fields.flag(row.get("if_cml")),
    )


READERS: Mapping[Kind, Callable[[Row, int], RecordedRow]] = {
    Kind.HASHTAG: hashtag_row,
    Kind.SOUND: sound_row,
}
"""How a row of each kind is read."""


def read_rows(
    raws: Iterable[object], read: Callable[[Row, int], RecordedRow], place: int, file: str
) -> tuple[list[RecordedRow], list[Refused]]:
    """The rows of a list that begins at `place`, and those refused. `file`: what those are said to be of."""
    rows: list[RecordedRow] = []
    refused: list[Refused] = []
    for number, raw in enumerate(raws, place):
        try:
            rows.append(read(fields_of(raw), number))
        except InvalidInput as error:
            refused.append(refusal(file, number, error.public, raw))
    return rows, refused


def fields_of(raw: object) -> Row:
    """The row as an object. InvalidInput where it is none."""
    if not isinstance(raw, Mapping):
        raise InvalidInput("the row", "is not an object with fields")
    return raw


def check_known(rows: list[RecordedRow], refused: list[Refused], who: str) -> None:
    """SourceError where all rows were refused, and not for ids that floats damaged: the shape is another."""
    if refused and not rows and not any(DAMAGED in row.reason for row in refused):
        raise SourceError(f"{who} holds no row of the known shape: {refused[0].reason}")


def said_region(raw: object) -> str | None:
    """The country that a row says it is of: an ISO code or `ALL`; None where it says none."""
    row = plain(raw) if isinstance(raw, Mapping) else {}
    told = row.get("country_info")
    code = told.get("id") if isinstance(told, Mapping) else row.get("country_code", row.get("country"))
    known = isinstance(code, str) and (code.upper() == WORLD or fields.region(code))
    return str(code).strip().upper() if known else None


def refusal(file: str, line: int, reason: str, raw: object) -> Refused:
    """A row for the quarantine, cut to `MOST_QUOTED`."""
    text = raw if isinstance(raw, str) else msgspec.json.encode(raw).decode()
    return Refused(file, line, reason, text[:MOST_QUOTED])


def curve(points: object) -> tuple[tuple[date, float], ...]:
    """The points of a curve by day, ascending; what is no point is left out."""
    if not isinstance(points, list):
        return ()
    read = (_point(point) for point in points)
    return tuple(sorted(dict(point for point in read if point).items()))


def day_of(value: object) -> date | None:
    """The UTC day of a time in seconds, milliseconds or ISO 8601."""
    moment = fields.time(value)
    return None if moment is None else datetime.fromtimestamp(moment, UTC).date()


def _point(point: object) -> tuple[date, float] | None:
    if not isinstance(point, Mapping):
        return None
    day = day_of(next((point[name] for name in ("time", "timestamp", "date") if name in point), None))
    value = _value(point.get("value"))
    return None if day is None or value is None else (day, value)


def _value(value: object) -> float | None:
    try:
        number = float(Decimal(str(value)))
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return number if isfinite(number) and number >= 0 else None


def _both(row: Row, place: int) -> dict[str, Any]:
    """What rows of both kinds tell."""
    return {
        "rank": fields.count(row.get("rank")) or place,
        "promoted": bool(fields.flag(row.get("is_promoted", row.get("promoted")))),
        "industry": _industry(row),
        "curve": curve(row.get("trend")),
        "creators": _creators(row.get("creators", row.get("top_creators"))),
        "audience_ages": _scores(row.get("audience_ages"), _age),
        "audience_interests": _scores(row.get("audience_interests"), _labelled("interest_info", "id")),
        "audience_countries": _scores(row.get("audience_countries"), _labelled("country_info", "label")),
        "related": _related(row.get("related_hashtags")),
    }


def _industry(row: Row) -> int | None:
    told = row.get("industry_info")
    id_ = told.get("id") if isinstance(told, Mapping) else row.get("industry_id")
    return fields.industry(id_[0] if isinstance(id_, list) and id_ else id_)


def _objects(value: object) -> list[Row]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _creators(value: object) -> tuple[tuple[str, str | None], ...]:
    rows = [plain(row) for row in _objects(value)]
    names = ((fields.text(row.get("nick_name", row.get("nickname"))), row) for row in rows)
    return tuple((name, fields.text(row.get("avatar_url"))) for name, row in names if name)


def _scores(value: object, label: Callable[[Row], Any]) -> tuple[tuple[Any, int], ...]:
    pairs = ((label(row), fields.count(row.get("score"))) for row in _objects(value))
    return tuple((name, score) for name, score in pairs if name is not None and score is not None)


def _age(row: Row) -> int | None:
    return fields.count(row.get("age_level"))


def _labelled(holder: str, name: str) -> Callable[[Row], str | None]:
    def label(row: Row) -> str | None:
        told = row.get(holder)
        return fields.text(told.get(name)) if isinstance(told, Mapping) else None

    return label


def _related(value: object) -> tuple[tuple[str, str | None], ...]:
    named = ((hashtag_identity(fields.text(row.get("hashtag_name")) or ""), row) for row in _objects(value))
    return tuple((name, fields.text(row.get("hashtag_id"))) for name, row in named if name)
