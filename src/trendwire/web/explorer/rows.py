"""Rows of charts as the pages show them, and as tables for machines. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from trendwire.dialects.rendering import creator_url, post_url, sound_url, tag_url
from trendwire.domain.charts import (
    CreatorEntry,
    Entry,
    HashtagEntry,
    Kind,
    Move,
    SoundEntry,
    VideoEntry,
)
from trendwire.domain.taxonomy import industries
from trendwire.web.explorer.asked import Asked
from trendwire.web.explorer.tables import Cell, Table, Type

WORDS: Mapping[Kind, tuple[str, str, str]] = {
    Kind.HASHTAG: ("Hashtags", "/hashtags", "/hashtag"),
    Kind.SOUND: ("Sounds", "/sounds", "/sound"),
    Kind.CREATOR: ("Creators", "/creators", ""),
    Kind.VIDEO: ("Videos", "/videos", ""),
}
"""What a kind is called, where its chart is, where one of its subjects is (nowhere: only charted)."""

_ARROWS = {Move.UP: ("▲", "up"), Move.SAME: ("=", "same"), Move.DOWN: ("▼", "down"), Move.NEW: ("new", "new")}

_OF: Mapping[str, Type] = {"as_of": "DATE", "region": "VARCHAR", "period_days": "BIGINT"}
_MOVED: Mapping[str, Type] = {"move": "VARCHAR", "move_steps": "BIGINT", "new_to_top_100": "BOOLEAN"}
_COUNTED: Mapping[str, Type] = {"posts": "BIGINT", "views": "BIGINT", "heat": "DOUBLE", "curve": "BIGINT[]"}

COLUMNS: Mapping[Kind, Mapping[str, Type]] = {
    Kind.HASHTAG: {
        "rank": "BIGINT",
        **_MOVED,
        "hashtag": "VARCHAR",
        "hashtag_id": "VARCHAR",
        "industry": "VARCHAR",
        **_COUNTED,
    },
    Kind.SOUND: {
        "rank": "BIGINT",
        **_MOVED,
        "clip_id": "VARCHAR",
        "title": "VARCHAR",
        "author": "VARCHAR",
        "commercial": "BOOLEAN",
        **_COUNTED,
    },
    Kind.CREATOR: {
        "rank": "BIGINT",
        "username": "VARCHAR",
        "nickname": "VARCHAR",
        "creator_region": "VARCHAR",
        "posts": "BIGINT",
        "views": "BIGINT",
    },
    Kind.VIDEO: {
        "rank": "BIGINT",
        "id": "VARCHAR",
        "username": "VARCHAR",
        "title": "VARCHAR",
        "video_region": "VARCHAR",
        "created": "VARCHAR",
        "duration_seconds": "BIGINT",
        "views": "BIGINT",
    },
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One row on a page. `move`: (sign, word), None where the kind has no moves. `href`: its page here."""

    rank: int
    name: str
    beside: str
    initials: str
    href: str
    away: str | None
    views: int
    posts: int | None = None
    heat: float | None = None
    move: tuple[str, str] | None = None
    steps: int = 0
    first_time: bool = False
    curve: tuple[int, ...] = ()


def kept(entries: Iterable[Entry], asked: Asked) -> list[Entry]:
    """The rows that the view asks for; ranks stay those of the chart."""
    return [one for one in entries if _is_asked(one, asked.only) and _holds(one, asked.q.casefold())]


def shown(entry: Entry, asked: Asked) -> Shown:
    """A row as a page shows it."""
    if isinstance(entry, HashtagEntry):
        return _hashtag(entry, asked)
    if isinstance(entry, SoundEntry):
        return _sound(entry, asked)
    return _creator(entry) if isinstance(entry, CreatorEntry) else _video(entry)


def identity(entry: Entry) -> str:
    """What its subject is asked for by."""
    if isinstance(entry, HashtagEntry):
        return entry.name
    if isinstance(entry, SoundEntry):
        return entry.clip_id
    return entry.username if isinstance(entry, CreatorEntry) else entry.id


def name_of(entry: Entry) -> str:
    """What people call it."""
    if isinstance(entry, HashtagEntry):
        return f"#{entry.name}"
    if isinstance(entry, SoundEntry):
        return sound_name(entry.title, entry.clip_id)
    return f"@{entry.username}" if isinstance(entry, CreatorEntry) else entry.title or f"Video {entry.id}"


def sound_name(title: str | None, clip_id: str) -> str:
    return title or f"Sound {clip_id}"


def moved(entry: Entry) -> str:
    """How the row moved, in words; nothing for kinds without moves."""
    if not isinstance(entry, HashtagEntry | SoundEntry):
        return ""
    word = _ARROWS[entry.move][1]
    return f"{word} {entry.steps}" if entry.steps else word


def table(entries: Sequence[Entry], asked: Asked, told: Mapping[str, object]) -> Table:
    """The rows for machines, all numbers whole and not normalised."""
    of = (str(told["as_of"]), asked.region, asked.period)
    return Table({**_OF, **COLUMNS[asked.kind]}, [(*of, *_cells(one)) for one in entries], told)


def initials(name: str) -> str:
    """One or two letters in place of a picture that is never loaded."""
    words = [word for word in name.replace("_", " ").replace(".", " ").split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def _is_asked(entry: Entry, only: str) -> bool:
    if not only or not isinstance(entry, HashtagEntry | SoundEntry):
        return not only
    return entry.first_time if only == "new" else entry.move in (Move.UP, Move.NEW)


def _holds(entry: Entry, words: str) -> bool:
    if isinstance(entry, HashtagEntry):
        texts: tuple[str | None, ...] = (entry.name,)
        words = words.lstrip("#")
    elif isinstance(entry, SoundEntry):
        texts = (entry.title, entry.author, entry.clip_id)
    elif isinstance(entry, CreatorEntry):
        texts = (entry.username, entry.nickname)
        words = words.lstrip("@")
    else:
        texts = (entry.title, entry.username, entry.id)
    return any(words in (text or "").casefold() for text in texts)


def _hashtag(entry: HashtagEntry, asked: Asked) -> Shown:
    known = industries().get(entry.industry or 0)
    return Shown(
        rank=entry.rank,
        name=name_of(entry),
        beside=known.name if known else "",
        initials="#",
        href=asked.but(names=(entry.name,), only="", q="", industry=0).at("/hashtag"),
        away=tag_url(entry.name),
        views=entry.views,
        posts=entry.posts,
        heat=entry.heat,
        move=_ARROWS[entry.move],
        steps=entry.steps,
        first_time=entry.first_time,
        curve=entry.curve,
    )


def _sound(entry: SoundEntry, asked: Asked) -> Shown:
    return Shown(
        rank=entry.rank,
        name=name_of(entry),
        beside=entry.author or "",
        initials="♪",
        href=asked.but(names=(entry.clip_id,), only="", q="").at("/sound"),
        away=sound_url(entry.clip_id),
        views=entry.views,
        posts=entry.posts,
        heat=entry.heat,
        move=_ARROWS[entry.move],
        steps=entry.steps,
        first_time=entry.first_time,
        curve=entry.curve,
    )


def _creator(entry: CreatorEntry) -> Shown:
    beside = " · ".join(one for one in (entry.nickname, entry.region) if one)
    return Shown(
        rank=entry.rank,
        name=name_of(entry),
        beside=beside,
        initials=initials(entry.nickname or entry.username),
        href="",
        away=creator_url(entry.username),
        views=entry.views,
        posts=entry.posts,
    )


def _video(entry: VideoEntry) -> Shown:
    made = datetime.fromtimestamp(entry.created, UTC).date()
    by = f"@{entry.username}" if entry.username else ""
    return Shown(
        rank=entry.rank,
        name=name_of(entry),
        beside=" · ".join(one for one in (by, entry.region or "", str(made)) if one),
        initials="▶",
        href="",
        away=post_url(entry.username, entry.id),
        views=entry.views,
    )


def _cells(entry: Entry) -> tuple[Cell, ...]:
    if isinstance(entry, CreatorEntry):
        return (entry.rank, entry.username, entry.nickname, entry.region, entry.posts, entry.views)
    if isinstance(entry, VideoEntry):
        made = datetime.fromtimestamp(entry.created, UTC).isoformat()
        by = (entry.username, entry.title, entry.region)
        return (entry.rank, entry.id, *by, made, entry.duration, entry.views)
    how = (entry.rank, _ARROWS[entry.move][1], entry.steps, entry.first_time)
    counts = (entry.posts, entry.views, entry.heat, entry.curve)
    if isinstance(entry, HashtagEntry):
        known = industries().get(entry.industry or 0)
        return (*how, entry.name, entry.hashtag_id, known.name if known else None, *counts)
    return (*how, entry.clip_id, entry.title, entry.author, entry.commercial, *counts)
