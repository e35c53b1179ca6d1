"""Canonical answers that say what a recorded reply says: rendering them must give that reply again."""

from datetime import UTC, date, datetime
from typing import Any

from trendwire.domain.charts import (
    ChartKey,
    CreatorEntry,
    CreatorPost,
    Face,
    HashtagEntry,
    Kind,
    Move,
    PostLink,
    SoundEntry,
    VideoEntry,
)
from trendwire.domain.details import (
    Detail,
    HashtagFacts,
    PeriodDetail,
    RegionDetail,
    Related,
    SoundFacts,
)
from trendwire.domain.periods import epoch_day
from trendwire.domain.queries import ChartPage, ChartQuery, DetailAnswer, DetailQuery

Json = dict[str, Any]


def last_day(trend: list[Json]) -> date:
    return datetime.fromtimestamp(trend[-1]["time"], UTC).date()


def curve(trend: list[Json], total: int = 0) -> tuple[int, ...]:
    """Views with this normalised trend which sum to `total` (or nearly nothing: then hundredths)."""
    hundredths = [round(point["value"] * 100) for point in trend]
    if not total:
        return tuple(hundredths)
    scale = total // sum(hundredths)
    views = [scale * one for one in hundredths]
    views[hundredths.index(100)] += total - sum(views)
    return tuple(views)


def page(
    kind: Kind, region: str, as_of: date, pagination: Json, entries: tuple[Any, ...], period: int = 7
) -> ChartPage:
    size = pagination["size"] if "size" in pagination else pagination["limit"]
    query = ChartQuery(key=ChartKey(kind, period, region), page=pagination["page"], limit=size)
    total = pagination["total"] if "total" in pagination else pagination["total_count"]
    return ChartPage(edition=1, as_of=as_of, query=query, entries=entries, total=total)


def hashtag_entry(row: Json) -> HashtagEntry:
    return HashtagEntry(
        name=row["hashtag_name"],
        hashtag_id=row["hashtag_id"],
        industry=row.get("industry_info", {}).get("id"),
        promoted=row["is_promoted"],
        curve=curve(row["trend"]),
        creators=tuple(
            Face("someone", face["nick_name"], face["avatar_url"]) for face in row.get("creators", ())
        ),
        posts=row["publish_cnt"],
        views=row["video_views"],
        rank=row["rank"],
        move=Move(row["rank_diff_type"]),
        steps=row.get("rank_diff", 0),
        first_time=False,
        heat=1.0,
    )


def hashtag_page(data: Json) -> ChartPage:
    rows = data["list"]
    entries = tuple(hashtag_entry(row) for row in rows)
    region = rows[0]["country_info"]["id"]
    return page(Kind.HASHTAG, region, last_day(rows[0]["trend"]), data["pagination"], entries)


def sound_page(data: Json, title: str) -> ChartPage:
    row = data["sound_list"][0]
    entry = SoundEntry(
        clip_id=row["clip_id"],
        song_id=row["song_id"],
        title=title,
        author=row["author"],
        cover_url=row["cover"],
        music_url=None,
        duration=row["duration"],
        commercial=row["if_cml"],
        promoted=row["promoted"],
        curve=curve(row["trend"]),
        top_posts=_links(row["related_items"] or []),
        days_listed=0,
        posts=0,
        views=0,
        rank=row["rank"],
        move=Move(row["rank_diff_type"]),
        steps=row["rank_diff"],
        first_time=False,
        heat=1.0,
    )
    return page(Kind.SOUND, row["country_code"], last_day(row["trend"]), data["pagination"], (entry,))


def video_page(data: Json) -> ChartPage:
    row = data["videos"][0]
    entry = VideoEntry(
        id=row["id"],
        username=row["item_url"].split("/")[3].removeprefix("@"),
        title=row["title"],
        cover_url=row["cover"],
        duration=row["duration"],
        region=row["country_code"],
        created=1,
        views=1,
        rank=1,
    )
    return page(Kind.VIDEO, "US", date(2025, 10, 20), data["pagination"], (entry,))


def creator_page(data: Json) -> ChartPage:
    row = data["creators"][0]
    entry = CreatorEntry(
        username=row["tt_link"].rpartition("@")[2],
        nickname=row["nick_name"],
        avatar_url=row["avatar_url"],
        region=row["country_code"],
        posts=3,
        views=1,
        rank=1,
        top_posts=tuple(
            CreatorPost(
                id=one["item_id"],
                cover_url=one["cover_url"],
                views=one["vv"],
                likes=one["liked_cnt"],
                created=one["create_time"],
            )
            for one in row["items"]
        ),
    )
    return page(Kind.CREATOR, "US", date(2025, 10, 20), data["pagination"], (entry,))


def _links(rows: list[Json]) -> tuple[PostLink, ...]:
    return tuple(PostLink(str(row["item_id"]), row["cover_uri"]) for row in rows)


def _over(told: Json) -> PeriodDetail:
    return PeriodDetail(
        ages=tuple((one["age_level"], one["score"]) for one in told["audience_ages"] or ()),
        interests=tuple((one["interest_info"]["id"], one["score"]) for one in told["audience_interests"]),
        countries=tuple((one["country_info"]["label"], one["score"]) for one in told["audience_countries"]),
        related=tuple(
            Related(one["hashtag_name"], one["hashtag_id"]) for one in told.get("related_hashtags", ())
        ),
        top_ids=tuple(str(one["item_id"]) for one in told.get("related_items") or ()),
    )


def _region(told: Json, period: int) -> RegionDetail:
    """All posts of the window were created on its last day."""
    trend = told["trend"]
    last = epoch_day(last_day(trend))
    days = tuple(range(last - len(trend) + 1, last + 1))
    return RegionDetail(
        days=days,
        views=curve(trend, told.get("video_views", 0)),
        posts=(*(0,) * (len(days) - 1), told.get("publish_cnt", 0)),
        first_day=days[0],
        popular_days=0,
        periods={period: _over(told)},
        covers={str(one["item_id"]): one["cover_uri"] for one in told.get("related_items") or ()},
    )


def hashtag_answer(told: Json, period: int) -> DetailAnswer:
    region, name = told["country_info"]["id"], told["hashtag_name"]
    facts = HashtagFacts(
        name=name, hashtag_id=told["hashtag_id"], industry=told.get("industry_info", {}).get("id")
    )
    detail = Detail(
        facts=facts,
        posts_all=told["publish_cnt_all"],
        views_all=told["video_views_all"],
        regions={region: _region(told, period)},
    )
    query = DetailQuery(kind=Kind.HASHTAG, subject=name, period=period, region=region)
    return DetailAnswer(edition=1, as_of=last_day(told["trend"]), query=query, detail=detail)


def sound_answer(told: Json, title: str) -> DetailAnswer:
    facts = SoundFacts(
        clip_id=told["clip_id"],
        song_id=told["song_id"],
        title=title,
        author=told["author"],
        cover_url=told["cover"],
        music_url=told["music_url"],
        duration=told["duration"],
        commercial=told["if_cml"],
        industry=None,
    )
    detail = Detail(facts=facts, posts_all=0, views_all=0, regions={told["country_code"]: _region(told, 7)})
    query = DetailQuery(kind=Kind.SOUND, subject=facts.clip_id, period=7, region=told["country_code"])
    return DetailAnswer(edition=1, as_of=last_day(told["trend"]), query=query, detail=detail)
