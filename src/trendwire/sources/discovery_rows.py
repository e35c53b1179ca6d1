"""Rows of the Discovery replies of TikTok's API for Business, read into recorded rows and posts.

Recorded are the shapes of the two lists. Those of a hashtag's detail and of the two lists of videos are not:
they are read as the API's documents describe them, and what is not there is unknown.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from trendwire.domain.subjects import hashtag_identity
from trendwire.errors import InvalidInput
from trendwire.facts.quarantine import Refused
from trendwire.facts.recorded import RecordedDay, RecordedRow
from trendwire.sources import fields
from trendwire.sources.wire_rows import Row, day_of, digits_id, exact_id, refusal

_HANDLE = re.compile(r"/@([^/?#]+)/")
_FIRST_AGE = re.compile(r"\d+")
_LEVELS = {18: 3, 25: 4, 35: 5, 45: 5, 55: 5}

VIDEOS = "top_video_list"
"""Where the videos of a hashtag or track are."""

Post = dict[str, object]


def listed_hashtag(row: Row, place: int) -> RecordedRow:
    """A hashtag of `/discovery/trending_list/`: one that has a rank."""
    return hashtag_row(_ranked(row), place)


def listed_track(row: Row, place: int) -> RecordedRow:
    """A track of `/discovery/cml/trending_list/`: one that has a rank."""
    return track_row(_ranked(row), place)


def hashtag_row(row: Row, place: int) -> RecordedRow:
    """A hashtag of `/discovery/trending_list/` or `/discovery/detail/`; the latter tells no rank."""
    identity = hashtag_identity(fields.text(row.get("hashtag_name")) or "")
    if identity is None:
        raise InvalidInput("hashtag_name", "is missing or no hashtag")
    return RecordedRow(
        rank=fields.count(row.get("rank_position")) or place,
        identity=identity,
        upstream_id=digits_id("hashtag_id", row.get("hashtag_id")),
        posts=fields.count(row.get("posts")),
        views=fields.count(row.get("views")),
        posts_all=fields.count(row.get("posts_global_lifetime")),
        views_all=fields.count(row.get("views_global_lifetime")),
        days=history(row.get("trending_history")),
        countries=tuple(code for raw in _list(row.get("top_country_list")) if (code := fields.region(raw))),
        audience_ages=_ages(row.get("audience_insights")),
    )


def track_row(row: Row, place: int) -> RecordedRow:
    """A track, by the id of its popular clip, else that of the whole one, else its own."""
    track = exact_id("commercial_music_id", row.get("commercial_music_id"))
    clips = [_object(row.get(name)) for name in ("trending_song_clip", "full_duration_song_clip")]
    ids = [exact_id("song_clip_id", clip.get("song_clip_id")) for clip in clips]
    identity = next((id_ for id_ in (*ids, track) if id_), None)
    if identity is None:
        raise InvalidInput("commercial_music_id", "is missing")
    lengths = (fields.count(told.get("duration")) for told in (*clips, row))
    return RecordedRow(
        rank=fields.count(row.get("rank_position")) or place,
        identity=identity,
        upstream_id=track,
        song_id=track,
        title=fields.text(row.get("commercial_music_name")),
        author=fields.text(row.get("artist")),
        cover_url=fields.text(row.get("thumbnail_url")),
        duration=next((length for length in lengths if length), None),
        commercial=True,
        days=history(row.get("trending_history")),
    )


def history(value: object) -> tuple[RecordedDay, ...]:
    """The days of a history, ascending, once each; a day of which nothing is told is one all the same."""
    days: dict[date, RecordedDay] = {}
    for told in _list(value):
        day = day_of(told.get("date")) if isinstance(told, Mapping) else None
        if day is not None:
            views, rank = fields.count(told.get("views_daily")), fields.count(told.get("rank_position_daily"))
            days[day] = RecordedDay(day, views, rank or None)
    return tuple(days[day] for day in sorted(days))


def videos(lists: Iterable[tuple[Row, Post]], at: int, file: str) -> tuple[list[Post], list[Refused]]:
    """The videos under `top_video_list`, each once with all its tags, and those without a whole id.

    `lists`: objects that have such a list, each with what its videos are known to have.
    """
    posts: dict[str, Post] = {}
    refused: list[Refused] = []
    for holder, known in lists:
        for number, raw in enumerate(_list(holder.get(VIDEOS)), 1):
            try:
                post = _post(raw, at) | known
            except InvalidInput as error:
                refused.append(refusal(file, number, error.public, raw))
            else:
                _merge(posts.setdefault(str(post["id"]), post), known)
    return list(posts.values()), refused


def tagged(holder: Row) -> Post:
    """What the videos under a hashtag are known to have."""
    name = fields.text(holder.get("hashtag_name"))
    tag = {"hashtag_name": name, "hashtag_id": holder.get("hashtag_id")}
    return {"hashtag_info_list": [tag]} if name else {}


def with_track(holder: Row) -> Post:
    """What the videos under a track are known to have: the track, but not which clip of it."""
    return {
        "song_id": fields.text(holder.get("commercial_music_id")),
        "music_title": fields.text(holder.get("commercial_music_name")),
        "is_commercial_music": True,
    }


def _ranked(row: Row) -> Row:
    if not fields.count(row.get("rank_position")):
        raise InvalidInput("rank_position", "is missing or no rank")
    return row


def _post(raw: object, at: int) -> Post:
    video = _object(raw)
    id_ = exact_id("video_id", video.get("video_id", video.get("item_id")))
    if id_ is None:
        raise InvalidInput("video_id", "is missing")
    handle = _HANDLE.search(fields.text(video.get("share_url")) or "")
    return {"id": id_, "username": handle[1] if handle else None, "observed_at": at}


def _merge(post: Post, known: Post) -> None:
    """Adds the tags that a video has besides under another hashtag."""
    tags, more = post.get("hashtag_info_list"), known.get("hashtag_info_list")
    if isinstance(tags, list) and isinstance(more, list):
        post["hashtag_info_list"] = [*tags, *(tag for tag in more if tag not in tags)]


def _ages(value: object) -> tuple[tuple[int, int], ...]:
    """Age levels with percentages, highest first; 35 and older summed, younger than 18 left out."""
    sums: dict[int, float] = {}
    for told in _list(_object(value).get("audience_ages")):
        age, share = (_object(told).get(name) for name in ("age", "percentage"))
        first = _FIRST_AGE.search(fields.text(age) or "")
        level = _LEVELS.get(int(first[0])) if first else None
        if level and isinstance(share, int | float):
            sums[level] = sums.get(level, 0.0) + share
    return tuple(sorted(((level, round(share)) for level, share in sums.items()), key=lambda age: -age[1]))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: object) -> Row:
    return value if isinstance(value, Mapping) else {}
