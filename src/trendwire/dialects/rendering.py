"""How canonical parts become native wire parts: pure functions that both dialects use.

Limits of the wire (how many audience countries, related posts and so on) are the constants here.
"""

from datetime import date
from functools import lru_cache

import regex
from msgspec import UNSET, UnsetType

from trendwire.dialects.base import narrowed
from trendwire.dialects.native import (
    AgeShare,
    AudienceCountryInfo,
    CountryIndex,
    CountryInfo,
    CreatorFace,
    HashtagInfo,
    IndustryInfo,
    InterestIndex,
    InterestInfo,
    Longevity,
    Pagination,
    RelatedHashtag,
    RelatedItem,
    TrendPoint,
)
from trendwire.domain.charts import WORLD, Face, PostLink
from trendwire.domain.details import HashtagFacts, PeriodDetail, Related
from trendwire.domain.periods import buckets
from trendwire.domain.queries import ChartPage, DetailAnswer
from trendwire.domain.taxonomy import countries, industries, interests

FACES = 3
INTERESTS = 5
HASHTAG_COUNTRIES = 11
SOUND_COUNTRIES = 10
RELATED_HASHTAGS = 5
RELATED_ITEMS = 50

_SITE = "https://www.tiktok.com"
_BREAKS_A_PATH = regex.compile(r'[\x00-\x20\x7f"#%/<>?\\^`{|}]')
_NOT_A_WORD = regex.compile(r"[^\p{L}\p{M}\p{Nd}]+")
_ITEM_ID = regex.compile(r"0|[1-9][0-9]{0,18}")
_MOST_ITEM_ID = 2**63 - 1


def trend(curve: tuple[int, ...], period: int, as_of: date) -> tuple[TrendPoint, ...]:
    """The last `len(curve)` points of the period's trend, normalised by their own maximum."""
    times = _bucket_times(period, as_of)
    last = times[len(times) - len(curve) :]
    best = max(curve, default=0)
    return tuple(
        TrendPoint(time=time, value=share(views, best)) for time, views in zip(last, curve, strict=True)
    )


@lru_cache(maxsize=64)
def _bucket_times(period: int, as_of: date) -> tuple[int, ...]:
    """Kept, because all rows of all charts of an edition share a few of them."""
    return tuple(bucket.time for bucket in buckets(period, as_of))


def share(part: int, whole: int) -> int | float:
    """`part / whole` rounded half up to 2 decimals; 0 and 1 as integers, 0 of nothing."""
    hundredths = (200 * part + whole) // (2 * whole) if whole else 0
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


def country_info(region: str) -> CountryInfo:
    return CountryInfo(id=region, value=country_name(region) or WORLD, label=region)


def country_name(region: str | None) -> str | None:
    """The English name of a country, None for the whole world and for no country."""
    country = countries().get(region or WORLD)
    return country.name if country else None


def industry_info(industry: int | None) -> IndustryInfo | UnsetType:
    known = industries().get(industry) if industry else None
    if known is None:
        return UNSET
    return IndustryInfo(id=known.id, value=known.name, label=f"label_{known.id}")


def faces(creators: tuple[Face, ...]) -> tuple[CreatorFace, ...] | UnsetType:
    shown = tuple(
        CreatorFace(nick_name=face.nickname, avatar_url=face.avatar_url) for face in creators[:FACES]
    )
    return shown or UNSET


def pagination(page: ChartPage) -> Pagination:
    asked = page.query
    return Pagination(
        page=asked.page, size=asked.limit, total=page.total, has_more=asked.page * asked.limit < page.total
    )


def in_path(text: str) -> str:
    """`text` as part of a URL path: raw, except for what would break the path."""
    return _BREAKS_A_PATH.sub(lambda match: f"%{ord(match[0]):02X}", text)


def tag_url(name: str) -> str:
    return f"{_SITE}/tag/{in_path(name)}"


def creator_url(username: str) -> str:
    return f"{_SITE}/@{in_path(username)}"


def post_url(username: str | None, post_id: str) -> str | None:
    """The post's page; None when its creator is unknown."""
    return f"{creator_url(username)}/video/{in_path(post_id)}" if username else None


def sound_url(clip_id: str) -> str:
    return f"{_SITE}/music/x-{in_path(clip_id)}"


def url_title(title: str) -> str:
    """Runs of anything but letters, marks and digits as one `-`, none at the ends; case and script kept."""
    return _NOT_A_WORD.sub("-", title).strip("-")


def ages(shares: tuple[tuple[int, int], ...]) -> tuple[AgeShare, ...]:
    return tuple(AgeShare(age_level=level, score=score) for level, score in shares)


def interest_indexes(indexes: tuple[tuple[str, int], ...]) -> tuple[InterestIndex, ...]:
    """The first five whose name is known."""
    names = interests()
    named = [(id_, names[id_], score) for id_, score in indexes if id_ in names]
    return tuple(
        InterestIndex(interest_info=InterestInfo(id=id_, label=f"diversify_{id_}", value=name), score=score)
        for id_, name, score in named[:INTERESTS]
    )


def country_indexes(indexes: tuple[tuple[str, int], ...], most: int) -> tuple[CountryIndex, ...]:
    """The first `most`; a code that is no country is left out."""
    known = [(countries()[code], score) for code, score in indexes if code in countries()]
    return tuple(
        CountryIndex(
            country_info=AudienceCountryInfo(
                id=country.geonames_id, label=country.code, value=country.audience_name
            ),
            score=score,
        )
        for country, score in known[:most]
    )


def related_hashtags(related: tuple[Related, ...]) -> tuple[RelatedHashtag, ...]:
    return tuple(
        RelatedHashtag(hashtag_id=one.hashtag_id, hashtag_name=one.name, video_url=tag_url(one.name))
        for one in related[:RELATED_HASHTAGS]
    )


def related_items(posts: tuple[PostLink, ...]) -> tuple[RelatedItem, ...]:
    """Posts whose id is a whole number of up to 64 bits; others cannot be told in this shape."""
    numbered = [post for post in posts if _ITEM_ID.fullmatch(post.id) and int(post.id) <= _MOST_ITEM_ID]
    return tuple(
        RelatedItem(item_id=int(post.id), cover_uri=post.cover_url) for post in numbered[:RELATED_ITEMS]
    )


def period_detail(answer: DetailAnswer) -> PeriodDetail:
    return answer.detail.region(answer.query.region).period(answer.query.period)


def longevity(answer: DetailAnswer) -> Longevity:
    region = answer.detail.region(answer.query.region)
    return Longevity(
        popular_days=region.popular_days,
        current_popularity=region.popularity(answer.query.period, answer.as_of),
    )


def hashtag_info(answer: DetailAnswer) -> HashtagInfo:
    """The native detail of a hashtag, without related posts."""
    query, facts = answer.query, narrowed(HashtagFacts, answer.detail.facts)
    region, over = answer.detail.region(query.region), period_detail(answer)
    return HashtagInfo(
        hashtag_id=facts.hashtag_id,
        hashtag_name=facts.name,
        video_url=tag_url(facts.name),
        country_info=country_info(query.region),
        industry_info=industry_info(facts.industry),
        is_promoted=over.promoted,
        trend=trend(region.curve(query.period, answer.as_of), query.period, answer.as_of),
        publish_cnt=region.posts_over(query.period, answer.as_of),
        video_views=region.views_over(query.period, answer.as_of),
        publish_cnt_all=answer.detail.posts_all,
        video_views_all=answer.detail.views_all,
        longevity=longevity(answer),
        audience_ages=ages(over.ages),
        audience_interests=interest_indexes(over.interests),
        audience_countries=country_indexes(over.countries, HASHTAG_COUNTRIES),
        related_hashtags=related_hashtags(over.related),
    )
