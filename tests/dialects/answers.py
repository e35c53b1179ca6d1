"""Canonical answers made by hand, beside the made-up ones of the documents: the edges of each shape."""

from datetime import date
from typing import Any, TypeVar

import msgspec

from trendwire.dialects import examples
from trendwire.domain.charts import ChartKey, Kind, Move
from trendwire.domain.details import Detail, PeriodDetail, RegionDetail, SoundFacts
from trendwire.domain.periods import buckets, epoch_day
from trendwire.domain.queries import Answer, ChartPage, ChartQuery, DetailAnswer, DetailQuery

AS_OF = date(2025, 5, 14)


S = TypeVar("S", bound=msgspec.Struct)


def _with(part: S, **changes: Any) -> S:
    return msgspec.structs.replace(part, **changes)


def empty_page(kind: Kind) -> ChartPage:
    """A page past the end of the world's chart."""
    query = ChartQuery(key=ChartKey(kind, 7), page=9, limit=20)
    return ChartPage(edition=1, as_of=AS_OF, query=query, entries=(), total=37)


def hashtag_moves() -> ChartPage:
    """One row of each move, weekly, in the world; the new one knows neither industry nor creators."""
    first = examples.hashtag_page().entries[0]
    curve = tuple(range(len(buckets(120, AS_OF))))
    rows = [
        _with(first, rank=rank, move=move, steps=steps, curve=curve, name=f"tag{rank}")
        for rank, move, steps in ((1, Move.UP, 2), (2, Move.SAME, 0), (3, Move.DOWN, 40))
    ]
    bare = _with(first, rank=4, move=Move.NEW, steps=0, curve=(0,) * len(curve), industry=None, creators=())
    query = ChartQuery(key=ChartKey(Kind.HASHTAG, 120))
    return ChartPage(
        edition=1, as_of=AS_OF, query=query, entries=(*rows, _with(bare, name="новый?")), total=4
    )


def unknown_sound_page() -> ChartPage:
    """A new sound of which nothing but the id is known."""
    blank: dict[str, Any] = dict.fromkeys(
        ("song_id", "title", "author", "cover_url", "music_url", "duration", "commercial")
    )
    first = _with(examples.sound_page().entries[0], clip_id="7.506832745952218e+18", top_posts=(), **blank)
    entry = _with(first, move=Move.NEW, curve=(0,), days_listed=0)
    query = ChartQuery(key=ChartKey(Kind.SOUND, 7), limit=20)
    return ChartPage(edition=1, as_of=AS_OF, query=query, entries=(entry,), total=1)


def unknown_video_page() -> ChartPage:
    page = examples.video_page()
    blank: dict[str, Any] = dict.fromkeys(("username", "title", "cover_url", "duration", "region"))
    return _with(page, entries=(_with(page.entries[0], **blank),), total=1)


def unknown_creator_page() -> ChartPage:
    page = examples.creator_page()
    row: Any = page.entries[0]
    post = _with(row.top_posts[0], cover_url=None, views=None, likes=None)
    blank: dict[str, Any] = dict.fromkeys(("nickname", "avatar_url", "region"))
    return _with(page, entries=(_with(row, top_posts=(post,), **blank),), total=1)


def nowhere(known: DetailAnswer, period: int) -> DetailAnswer:
    """A known subject in a region and period where nothing of it is."""
    query = DetailQuery(kind=known.query.kind, subject=known.query.subject, period=period, region="AQ")
    return _with(known, query=query, as_of=AS_OF)


def young_sound() -> DetailAnswer:
    """A sound first used on the third day before the last; nothing is known of it but a big post id."""
    last = epoch_day(AS_OF)
    region = RegionDetail(
        days=(last - 2, last),
        views=(300, 100),
        posts=(2, 0),
        first_day=last - 2,
        popular_days=1,
        periods={7: PeriodDetail(creators=2, top_ids=("9007199254740993", "not-a-number"))},
    )
    names = ("song_id", "title", "author", "cover_url", "music_url", "duration", "commercial", "industry")
    blank: dict[str, Any] = dict.fromkeys(names)
    detail = Detail(
        facts=SoundFacts(clip_id="c1", **blank), posts_all=2, views_all=400, regions={"ALL": region}
    )
    query = DetailQuery(kind=Kind.SOUND, subject="c1", period=7, region="ALL")
    return DetailAnswer(edition=1, as_of=AS_OF, query=query, detail=detail)


CASES: dict[str, tuple[str, Answer]] = {
    "keyapi_hashtags": ("keyapi_trending_hashtags", examples.hashtag_page()),
    "keyapi_hashtags_moves": ("keyapi_trending_hashtags", hashtag_moves()),
    "keyapi_hashtags_past_the_end": ("keyapi_trending_hashtags", empty_page(Kind.HASHTAG)),
    "keyapi_hashtag_detail": ("keyapi_trending_hashtag_detail", examples.hashtag_detail()),
    "keyapi_hashtag_detail_nowhere": (
        "keyapi_trending_hashtag_detail",
        nowhere(examples.hashtag_detail(), 1095),
    ),
    "keyapi_music": ("keyapi_trending_music", examples.sound_page()),
    "keyapi_music_unknown": ("keyapi_trending_music", unknown_sound_page()),
    "keyapi_music_detail": ("keyapi_trending_music_detail", examples.sound_detail()),
    "keyapi_music_detail_young": ("keyapi_trending_music_detail", young_sound()),
    "keyapi_music_detail_nowhere": (
        "keyapi_trending_music_detail",
        nowhere(examples.sound_detail(), 120),
    ),
    "keyapi_videos": ("keyapi_trending_videos", examples.video_page()),
    "keyapi_videos_unknown": ("keyapi_trending_videos", unknown_video_page()),
    "crawlora_hashtags": ("crawlora_popular_hashtags", examples.hashtag_page()),
    "crawlora_hashtags_moves": ("crawlora_popular_hashtags", hashtag_moves()),
    "crawlora_hashtag_detail": ("crawlora_popular_hashtag_detail", examples.hashtag_detail()),
    "crawlora_hashtag_detail_nowhere": (
        "crawlora_popular_hashtag_detail",
        nowhere(examples.hashtag_detail(), 7),
    ),
    "crawlora_meta": ("crawlora_country_industry_meta", examples.vocabulary()),
    "crawlora_creators": ("crawlora_popular_creators", examples.creator_page()),
    "crawlora_creators_unknown": ("crawlora_popular_creators", unknown_creator_page()),
}
"""Golden name -> endpoint, answer."""
