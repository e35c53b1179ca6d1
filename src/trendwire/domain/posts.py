"""The post record, as it comes in and as it is kept: two tables of rows and the row type of the facts.

`RECORD_FIELDS` is the public ingest format: the parser, the CSV reader and `docs/reference/post-record.md`
are made from it. `FACT_COLUMNS` is the shape of a stored observation, in Parquet and in the inbox alike.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec


class WireType(StrEnum):
    """How a field of a record is read; a value that does not fit is unknown, never an error."""

    ID = "id"
    TIME = "time"
    TEXT = "text"
    KEY = "key"
    REGION = "region"
    INDUSTRY = "industry"
    COUNT = "count"
    DURATION = "duration"
    FLAG = "flag"
    NAMES = "names"
    TAGS = "tags"
    WEIGHTS = "weights"
    COUNTRIES = "countries"


WIRE_TYPES: dict[WireType, str] = {
    WireType.ID: "Integer, or a string; the address of a post counts as the digits in it. Required: without"
    " it the row is quarantined. A floating-point number (`7.35e+18`) has lost digits and is no id. Digits"
    " carry their creation time (`id >> 32`).",
    WireType.TIME: "Unix seconds (integer, float or digits in a string; above 10^11: milliseconds), or"
    " ISO 8601: `2025-05-29T10:15:00+07:00`, `2025-05-29 10:15:00`, `2025-05-29`; also `2025/5/29 9:15` and"
    " `20250529`. Without a zone it is UTC.",
    WireType.TEXT: "String (a number is taken as it prints). White space around it and NUL are removed, lone"
    " surrogates replaced; empty is unknown.",
    WireType.KEY: "As text. An opaque key: `7.506832745952218e+18`, which still names one sound, stays what"
    " it is; `7.51e+18`, which names thousands, is unknown.",
    WireType.REGION: "ISO 3166-1 alpha-2 code in any case; any other value is unknown.",
    WireType.INDUSTRY: "First- or second-level industry id; a second-level id counts as its parent, an id of"
    " neither level is unknown.",
    WireType.COUNT: "Integer; a float is rounded down; a string may be `1,234`, `541.2K`, `1.4M`, `3 videos`."
    " A blank, a label, a negative number or one above 10^12 is unknown, not 0.",
    WireType.DURATION: "As count, in seconds; also `mm:ss`, `h:mm:ss`, ISO 8601 (`PT1M5S`) and `1m 5s`.",
    WireType.FLAG: "Boolean; also 0, 1, yes, no and the same as strings.",
    WireType.NAMES: "List of strings. In CSV a JSON list, or names separated by commas, blanks, `;`, `|` or"
    " `#`. A name with a comma or an inner `#` is none.",
    WireType.TAGS: "List of `{hashtag_id, hashtag_name}`; the id may be null. In CSV as names.",
    WireType.WEIGHTS: "Object of label to number. Only finite weights above 0 (at most 10^12) are kept; they"
    " need not sum to anything. In CSV a JSON object.",
    WireType.COUNTRIES: "As weights; labels are ISO codes in any case, others are dropped.",
}
"""How each type is read, in words for the reference page."""


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of the post record. `column`: where its value is kept; `example` is JSON."""

    name: str
    type: WireType
    unit: str
    meaning: str
    example: str
    column: str
    aliases: tuple[str, ...] = ()


_T = WireType

RECORD_FIELDS = (
    RecordField("id", _T.ID, "", "The post.", '"7506832682593094928"', "id"),
    RecordField(
        "create_time",
        _T.TIME,
        "s",
        "When the post was published. Missing, before 2014 or more than a day after `observed_at` (without"
        " one: after the ingest), it is taken from the id; where that gives none either, the row is"
        " quarantined.",
        "1747820685",
        "create_time",
    ),
    RecordField(
        "observed_at",
        _T.TIME,
        "s",
        "When the counters were read; without it they count as read 7 days after creation.",
        '"2025-05-29T10:15:00Z"',
        "observed_at",
    ),
    RecordField(
        "region_code",
        _T.REGION,
        "",
        "The country of the post; without it the post counts for the whole world only.",
        '"VN"',
        "region",
    ),
    RecordField("username", _T.TEXT, "", "The creator's handle.", '"trendwatcher"', "username"),
    RecordField("nickname", _T.TEXT, "", "The creator's shown name.", '"Trend Watcher"', "nickname"),
    RecordField(
        "avatar_url", _T.TEXT, "", "The creator's picture.", '"https://example.com/a.jpg"', "avatar_url"
    ),
    RecordField(
        "hashtag_names",
        _T.NAMES,
        "",
        "The hashtags, with or without `#`. Without this field and the next, they are read from"
        " `video_description`.",
        '["fyp","30thang4"]',
        "tags",
    ),
    RecordField(
        "hashtag_info_list",
        _T.TAGS,
        "",
        "The hashtags with their ids; the names count where `hashtag_names` gives none.",
        '[{"hashtag_id":"23428","hashtag_name":"tiktok"}]',
        "tag_ids",
    ),
    RecordField("music_id", _T.KEY, "", "The sound: its clip id.", '"6790057285814061057"', "music_id"),
    RecordField("song_id", _T.KEY, "", "The song the clip is cut from.", '"6689804660171082498"', "song_id"),
    RecordField("music_title", _T.TEXT, "", "The sound's title.", '"Element"', "music_title"),
    RecordField("music_author", _T.TEXT, "", "The sound's author.", '"Pop Smoke"', "music_author"),
    RecordField("music_duration", _T.DURATION, "s", "The sound's length.", "31", "music_duration"),
    RecordField(
        "music_cover_url", _T.TEXT, "", "The sound's cover.", '"https://example.com/m.jpg"', "music_cover_url"
    ),
    RecordField(
        "music_url", _T.TEXT, "", "Where the sound plays.", '"https://example.com/m.mp3"', "music_url"
    ),
    RecordField(
        "is_commercial_music",
        _T.FLAG,
        "",
        "The sound is cleared for commercial use.",
        "true",
        "is_commercial_music",
    ),
    RecordField("view_count", _T.COUNT, "views", "Views so far.", "541200", "view_count"),
    RecordField("like_count", _T.COUNT, "likes", "Likes so far.", "21900", "like_count"),
    RecordField("comment_count", _T.COUNT, "comments", "Comments so far.", "454", "comment_count"),
    RecordField("share_count", _T.COUNT, "shares", "Shares so far.", '"1.2K"', "share_count"),
    RecordField(
        "favourites_count",
        _T.COUNT,
        "favourites",
        "Times saved so far.",
        "1098",
        "favourites_count",
        aliases=("favorites_count",),
    ),
    RecordField("video_description", _T.TEXT, "", "The caption.", '"What a day #30thang4"', "description"),
    RecordField("video_duration", _T.DURATION, "s", "The video's length.", "31", "duration"),
    RecordField("industry_id", _T.INDUSTRY, "", "What the post is about.", "23000000000", "industry"),
    RecordField("is_promoted", _T.FLAG, "", "The post is an advertisement.", "false", "is_promoted"),
    RecordField("cover_url", _T.TEXT, "", "The post's picture.", '"https://example.com/c.jpg"', "cover_url"),
    RecordField(
        "audience_ages",
        _T.WEIGHTS,
        "weight",
        "Who watched, by age: `13-17`, `18-24`, `25-34`, `35-44`, `45-54`, `55+`.",
        '{"18-24":0.6,"25-34":0.4}',
        "audience_ages",
    ),
    RecordField(
        "audience_countries",
        _T.COUNTRIES,
        "weight",
        "Who watched, by country.",
        '{"US":3,"VN":1}',
        "audience_countries",
    ),
    RecordField(
        "audience_interests",
        _T.WEIGHTS,
        "weight",
        "Who watched, by interest id.",
        '{"10001":1.5}',
        "audience_interests",
    ),
)


class Observation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A post's attributes and cumulative counters as seen once. Times are Unix seconds.

    `create_time` is the row's own if valid, `id_time` the one inside the id if valid; at least one of the
    two is there. `row_key`: that of the row where the other fields no longer tell it, because they lack a
    `create_time` that was stated and is not valid, or what was forgotten; else None: see `key_of`.
    `tags`: identities, once each, in order of first appearance; `tag_ids` parallel to them.
    """

    id: str
    ingested_at: int
    source: str
    row_key: str | None = None
    create_time: int | None = None
    id_time: int | None = None
    observed_at: int | None = None
    region: str | None = None
    username: str | None = None
    nickname: str | None = None
    avatar_url: str | None = None
    tags: list[str] | None = None
    tag_ids: list[str | None] | None = None
    music_id: str | None = None
    song_id: str | None = None
    music_title: str | None = None
    music_author: str | None = None
    music_cover_url: str | None = None
    music_url: str | None = None
    music_duration: int | None = None
    is_commercial_music: bool | None = None
    view_count: int | None = None
    like_count: int | None = None
    comment_count: int | None = None
    share_count: int | None = None
    favourites_count: int | None = None
    description: str | None = None
    duration: int | None = None
    industry: int | None = None
    is_promoted: bool | None = None
    cover_url: str | None = None
    audience_ages: dict[str, float] | None = None
    audience_countries: dict[str, float] | None = None
    audience_interests: dict[str, float] | None = None


FACT_COLUMNS: dict[str, str] = {
    "id": "VARCHAR",
    "create_time": "BIGINT",
    "id_time": "BIGINT",
    "observed_at": "BIGINT",
    "ingested_at": "BIGINT",
    "source": "VARCHAR",
    "row_key": "VARCHAR",
    "region": "VARCHAR",
    "username": "VARCHAR",
    "nickname": "VARCHAR",
    "avatar_url": "VARCHAR",
    "tags": "VARCHAR[]",
    "tag_ids": "VARCHAR[]",
    "music_id": "VARCHAR",
    "song_id": "VARCHAR",
    "music_title": "VARCHAR",
    "music_author": "VARCHAR",
    "music_cover_url": "VARCHAR",
    "music_url": "VARCHAR",
    "music_duration": "BIGINT",
    "is_commercial_music": "BOOLEAN",
    "view_count": "BIGINT",
    "like_count": "BIGINT",
    "comment_count": "BIGINT",
    "share_count": "BIGINT",
    "favourites_count": "BIGINT",
    "description": "VARCHAR",
    "duration": "BIGINT",
    "industry": "BIGINT",
    "is_promoted": "BOOLEAN",
    "cover_url": "VARCHAR",
    "audience_ages": "MAP(VARCHAR, DOUBLE)",
    "audience_countries": "MAP(VARCHAR, DOUBLE)",
    "audience_interests": "MAP(VARCHAR, DOUBLE)",
}
"""Column -> DuckDB type of a stored observation, in file order; the names are those of `Observation`."""

UNDATED = 7 * 86_400
"""A row that does not say when it was observed counts as seen so many seconds after the creation."""

SAID_COLUMNS = {
    column: kind
    for column, kind in FACT_COLUMNS.items()
    if column not in ("id_time", "ingested_at", "source", "row_key")
}
"""Those that hold what the row says; the others hold where and when it came in, and what follows."""

_encode_sorted = msgspec.json.Encoder(order="sorted").encode


def said(values: Mapping[str, object]) -> bytes:
    """What a row says, by `SAID_COLUMNS`, in canonical form."""
    return _encode_sorted({name: value for name in SAID_COLUMNS if (value := values.get(name)) is not None})


def key_of(values: Mapping[str, object]) -> str:
    """The key of a row that says that: 128 bits in hex. The same row seen again has the same."""
    return hashlib.blake2b(said(values), digest_size=16).hexdigest()


def record_table() -> str:
    """`RECORD_FIELDS` as a Markdown table."""
    head = ("field", "type", "unit", "meaning", "example")
    rows = [_row(head), _row(("---",) * len(head))]
    for field in RECORD_FIELDS:
        also = "".join(f" Also `{alias}`." for alias in field.aliases)
        rows.append(
            _row((f"`{field.name}`", field.type, field.unit, field.meaning + also, f"`{field.example}`"))
        )
    return "\n".join(rows)


def type_table() -> str:
    """`WIRE_TYPES` as a Markdown table."""
    rows = [_row(("type", "how it is read")), _row(("---", "---"))]
    rows += [_row((name, words.replace("|", "\\|"))) for name, words in WIRE_TYPES.items()]
    return "\n".join(rows)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"
