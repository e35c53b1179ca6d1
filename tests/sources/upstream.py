"""Sources as they are, on loopback, with data made up: what each answers when all is well, page by page.

The shapes are those of the recorded replies; `tests/sources/faults.py` says how an answer goes wrong. The
same request has the same answer, whenever it is asked.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.sources.asking import NOON
from tests.sources.misbehaving import Asked, Source, Step, Turn, answer, misbehaving

TODAY = NOON.date()
LAST_DAY = TODAY - timedelta(days=1)
ROWS = 45
"""Of a chart."""

PAGE = 20
VIDEOS_A_PAGE = 100

Json = Any
Query = Mapping[str, str]


def seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def id_of(*parts: object) -> str:
    """An id of 64 bits that a float cannot hold, the same for the same parts."""
    digest = blake2b("/".join(map(str, parts)).encode(), digest_size=7).digest()
    return str((1 << 62) + 2 * int.from_bytes(digest) + 1)


def curve(days: int = 7) -> list[dict[str, Json]]:
    return [
        {"time": seconds(LAST_DAY - timedelta(days=days - 1 - n)), "value": round((n + 1) / days, 2)}
        for n in range(days)
    ]


def hashtag(region: str, rank: int) -> dict[str, Json]:
    """A row of the native list of hashtags."""
    return {
        "hashtag_id": id_of("tag", region, rank),
        "hashtag_name": f"{region.lower()}tag{rank:03}",
        "country_info": {"id": region, "value": region, "label": region},
        "industry_info": {"id": 28_000_000_000, "value": "Sports & Outdoor", "label": "label_28000000000"},
        "is_promoted": rank % 7 == 0,
        "trend": curve(),
        "creators": [{"nick_name": f"creator {rank}", "avatar_url": "https://cdn.example/a"}],
        "publish_cnt": 100_000 // rank,
        "video_views": 90_000_000 // rank,
        "rank": rank,
        "rank_diff_type": 4,
    }


def sound(region: str, rank: int) -> dict[str, Json]:
    """A row of the native list of sounds."""
    return {
        "author": f"author {rank}",
        "clip_id": id_of("clip", region, rank),
        "country_code": region,
        "cover": "https://cdn.example/c",
        "duration": 60,
        "if_cml": rank % 2 == 0,
        "is_search": False,
        "on_list_times": None,
        "promoted": False,
        "rank": rank,
        "rank_diff": 0,
        "rank_diff_type": 2,
        "related_items": None,
        "song_id": id_of("song", region, rank),
        "title": f"title {rank}",
        "trend": curve(3),
        "url_title": f"title-{rank}",
    }


def paged(rows: list[Json], query: Query, name: str = "list") -> dict[str, Json]:
    """One page of a native list."""
    page, size = int(query["page"]), min(int(query["limit"]), PAGE)
    return {
        name: rows[(page - 1) * size : page * size],
        "pagination": {"page": page, "size": size, "total": len(rows), "has_more": page * size < len(rows)},
    }


def _native(query: Query, region: str, *, sounds: bool) -> dict[str, Json]:
    make = sound if sounds else hashtag
    return paged([make(region, rank + 1) for rank in range(ROWS)], query, "sound_list" if sounds else "list")


def keyapi(path: str, query: Query, body: Json) -> Json:
    sounds = path == "/v1/tiktok/trending/music"
    assert sounds or path == "/v1/tiktok/trending/hashtags", path
    data = _native(query, query["region"], sounds=sounds)
    return {
        "code": 0,
        "message": "success",
        "data": data,
        "requestId": "c2aaf374-bc6f-4cd6-9e82-9b0c38269f43",
    }


def crawlora(path: str, query: Query, body: Json) -> Json:
    assert path == "/tiktok/popular-trend/hashtag", path
    data = _native(query, query["country_code"], sounds=False)
    return {"code": 200, "msg": "OK", "data": {"code": 0, "msg": "OK", "data": data}}


def tikhub(path: str, query: Query, body: Json) -> Json:
    sounds = path == "/api/v1/tiktok/ads/get_sound_rank_list"
    assert sounds or path == "/api/v1/tiktok/ads/get_hashtag_list", path
    data = _native(query, query["country_code"], sounds=sounds)
    return {
        "code": 200,
        "router": path,
        "params": dict(query),
        "data": {"code": 0, "msg": "OK", "data": data},
    }


def business(path: str, query: Query, body: Json) -> Json:
    shown = {
        "/discovery/trending_list/": _business_hashtags,
        "/discovery/cml/trending_list/": _business_tracks,
        "/discovery/video_list/": _business_videos,
        "/discovery/cml/video_list/": _track_videos,
    }
    return {"code": 0, "message": "OK", "request_id": "1", "data": shown[path](query)}


def _history(rank: int) -> list[dict[str, Json]]:
    days = [LAST_DAY - timedelta(days=n) for n in range(29, -1, -1)]
    return [
        {"date": day.isoformat(), "rank_position_daily": str(rank), "views_daily": 1_000 // rank}
        for day in days
    ]


def _business_hashtags(query: Query) -> Json:
    region = query["country_code"]
    rows = [
        {
            "hashtag_id": id_of("tag", region, rank),
            "hashtag_name": f"{region.lower()}tag{rank:03}",
            "rank_position": str(rank),
            "rank_change": "4",
            "views": 250_000 // rank,
            "views_global_lifetime": 9_000_000,
            "posts": 1_200,
            "posts_global_lifetime": 40_000,
            "top_country_list": ["US", "GB"],
            "trending_history": _history(rank),
        }
        for rank in range(1, 61)
    ]
    shown = ("date_range", "country_code", "category_name")
    return {"filter_info": {name: query[name] for name in shown}, "list": rows}


def _business_tracks(query: Query) -> Json:
    region = query["country_code"]
    return {
        "list": [
            {
                "commercial_music_id": id_of("track", region, rank),
                "commercial_music_name": f"track {rank}",
                "duration": 123,
                "thumbnail_url": "https://cdn.example/t",
                "artist": "Artist",
                "preview_url": "https://cdn.example/p",
                "genres": ["Folk"],
                "rank_position": str(rank),
                "trending_history": _history(rank),
                "full_duration_song_clip": {"song_clip_id": id_of("full", region, rank), "duration": 123},
                "trending_song_clip": {"song_clip_id": id_of("clip", region, rank), "duration": 30},
            }
            for rank in range(1, 31)
        ]
    }


def _top_videos(*parts: object) -> list[Json]:
    ids = [str(((seconds(LAST_DAY) + n) << 32) + len(str(parts)) + n) for n in range(5)]
    seed = int(id_of(*parts)) % 1_000_003
    ids = [str(int(id_) + seed) for id_ in ids]
    return [
        {"video_id": id_, "embed_url": "", "share_url": f"https://www.tiktok.com/@someone/video/{id_}"}
        for id_ in ids
    ]


def _business_videos(query: Query) -> Json:
    ids = json.loads(query["hashtag_ids"])
    return {
        "list": [
            {"hashtag_id": id_, "hashtag_name": f"tag{id_[-4:]}", "top_video_list": _top_videos("tag", id_)}
            for id_ in ids
        ]
    }


def _track_videos(query: Query) -> Json:
    id_ = query["commercial_music_id"]
    return {
        "commercial_music_id": id_,
        "commercial_music_name": "track",
        "top_video_list": _top_videos("track", id_, query["country_code"]),
    }


def research(path: str, query: Query, body: Json) -> Json:
    if path == "/v2/oauth/token/":
        return {"access_token": "clt.made-up", "expires_in": 7200, "token_type": "Bearer"}
    assert path == "/v2/research/video/query/", path
    last = datetime.strptime(body["end_date"], "%Y%m%d").replace(tzinfo=UTC)
    first = datetime.strptime(body["start_date"], "%Y%m%d").replace(tzinfo=UTC)
    days = (last - first).days + 1
    place, count = body["cursor"], 250 if days > 20 else 60
    videos = [_video(int(last.timestamp()) + n - n % days * 86_400) for n in range(count)]
    videos = videos[place : place + VIDEOS_A_PAGE]
    following = min(place + VIDEOS_A_PAGE, count)
    data = {
        "videos": videos,
        "cursor": following,
        "has_more": following < count,
        "search_id": id_of("search", body["end_date"]),
    }
    return {"data": data, "error": {"code": "ok", "message": "", "log_id": "1"}}


def _video(created: int) -> Json:
    """A video; those of the last two days have a hashtag that is new."""
    return {
        "id": str((created << 32) + 1),
        "video_description": "a day #made #up",
        "create_time": created,
        "region_code": "US",
        "like_count": 1245,
        "comment_count": 87,
        "share_count": 312,
        "view_count": 54320,
        "username": f"someone{created % 50}",
        "hashtag_names": ["made", "up"] + ["rise"] * (created >= seconds(LAST_DAY) - 86_400),
    }


def example(path: str, query: Query, body: Json) -> Json:
    """The made-up service of `examples/connector.py`."""
    assert path == "/posts", path
    page = int(query["page"])
    videos = [_video(seconds(LAST_DAY) + n - n % 6 * 86_400) for n in range(ROWS)]
    videos = videos[(page - 1) * PAGE : page * PAGE]
    return {"code": 0, "data": {"page": page, "more": page * PAGE < ROWS, "posts": videos}}


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of source as the suite asks it. `pages`: requests for data of one run; `middle`: one of them.

    `answers`: path, query, body -> reply. `rows`: the list of rows inside a reply, to be changed in place.
    `options`: as in the configuration. `prefix`: of the address.
    """

    answers: Callable[[str, Query, Json], Json]
    rows: Callable[[Json], list[Json]]
    pages: int
    middle: int
    options: str
    secrets: tuple[str, ...] = ("key",)


def _rows_of(reply: Json) -> list[Json]:
    """The rows of a reply, in whatever envelopes."""
    data = reply
    while "data" in data:
        data = data["data"]
    names = ("videos", "posts", "list", "sound_list", "top_video_list")
    rows: list[Json] = next(data[name] for name in names if name in data)
    return rows[0]["top_video_list"] if rows and "top_video_list" in rows[0] else rows


SERVICES: Mapping[str, Service] = {
    "keyapi": Service(keyapi, _rows_of, 6, 1, 'regions = ["US"]'),
    "crawlora": Service(crawlora, _rows_of, 9, 4, 'regions = ["US", "VN", "GB"]'),
    "tikhub": Service(tikhub, _rows_of, 9, 4, 'regions = ["US", "VN", "GB"]\nkinds = ["hashtag"]'),
    "tiktok-business": Service(
        business,
        _rows_of,
        10,
        5,
        'regions = ["US", "VN"]\nkinds = ["hashtag", "sound"]\nvideos = 2\n'
        'advertiser_id = "7"\nbusiness_id = "8"',
        ("access_token",),
    ),
    "tiktok-research": Service(
        research, _rows_of, 4, 1, 'regions = ["US"]\ndays = 40', ("client_key", "client_secret")
    ),
    "example": Service(example, _rows_of, 3, 1, ""),
}


@dataclass(slots=True)
class Upstream:
    """One source that is asked. `order`: the requests for data in the order they first came; `asked`: all."""

    service: Service
    fault: Callable[["Upstream", Asked], Step] | None = None
    at: int = 0
    times: int = 1
    source: Source = field(default_factory=Source)
    order: list[Asked] = field(default_factory=list)
    known: list[Asked] = field(default_factory=list)

    @property
    def asked(self) -> int:
        return len(self.source.asked)

    def reply(self, asked: Asked) -> Json:
        """What is answered when all is well."""
        target = urlsplit(asked.target)
        body = json.loads(asked.body) if asked.body.startswith(b"{") else None
        return self.service.answers(target.path.removeprefix("/base"), dict(parse_qsl(target.query)), body)

    def neighbour(self, asked: Asked, by: int) -> Asked:
        """The request that follows or precedes this one in a run that nothing disturbs; else itself."""
        place = next(n for n, other in enumerate(self.known) if same(asked, other)) + by
        return self.known[place] if 0 <= place < len(self.known) else asked

    def play(self, turn: Turn) -> None:
        asked = self.source.asked[-1]
        if "oauth" not in asked.target:
            if not any(same(asked, other) for other in self.order):
                self.order.append(asked)
            place = next(n for n, other in enumerate(self.order) if same(asked, other))
            if self.fault and self.times and place >= self.at:
                self.times -= 1
                self.fault(self, asked)(turn)
                return
        said(self.reply(asked))(turn)


def same(one: Asked, other: Asked) -> bool:
    return (one.target, one.body) == (other.target, other.body)


def said(reply: Json) -> Step:
    return answer(body=json.dumps(reply).encode(), Content_Type="application/json")


@contextmanager
def upstream(kind: str, **told: Any) -> Iterator[Upstream]:
    """A source of that kind, listening."""
    served = Upstream(SERVICES[kind], **told)
    with misbehaving(served.play) as source:
        served.source = source
        yield served
