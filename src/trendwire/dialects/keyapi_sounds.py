"""The wire shapes of sounds, which only KeyAPI has, and how they are made."""

from typing import Annotated, Literal

from msgspec import Meta

from trendwire.dialects import rendering as to
from trendwire.dialects.base import narrowed
from trendwire.dialects.keyapi_rows import Cover, Duration, KeyapiReply, success
from trendwire.dialects.native import (
    Ages,
    Count,
    CountryIndex,
    Interests,
    Longevity,
    Move,
    Pagination,
    Promoted,
    Rank,
    RelatedItem,
    Row,
    Trend,
)
from trendwire.domain.charts import Move as Moved
from trendwire.domain.charts import SoundEntry
from trendwire.domain.details import RegionDetail, SoundFacts
from trendwire.domain.periods import buckets, epoch_day
from trendwire.domain.queries import Answer, ChartPage, DetailAnswer

Author = Annotated[
    str | None, Meta(description="Who made the sound; null when unknown.", examples=["Minh An"])
]
ClipIdOf = Annotated[
    str, Meta(description="The id that posts carry: the key of the detail.", examples=["7318840021953870081"])
]
RegionOf = Annotated[str, Meta(description="ISO code of the region asked for, or `ALL`.", examples=["US"])]
Cleared = Annotated[
    bool | None, Meta(description="Whether it is cleared for commercial use; null when unknown.")
]
Unsearched = Annotated[Literal[False], Meta(description="Always false: the row comes from a chart.")]
SoundLink = Annotated[
    str,
    Meta(description="The sound's page.", examples=["https://www.tiktok.com/music/x-7318840021953870081"]),
]
DaysListed = Annotated[
    Count | None,
    Meta(description="Days of the last year on which it was in the region's 7-day chart.", examples=[4]),
]
ItemsOrNull = Annotated[
    tuple[RelatedItem, ...] | None,
    Meta(description="Posts with the sound that gained most views in the window; null when unknown."),
]
SongId = Annotated[
    str | None,
    Meta(description="The id of the recording; null when unknown.", examples=["7318840021953870080"]),
]
Title = Annotated[str | None, Meta(description="Title; null when unknown.", examples=["Paper Boats"])]
UrlTitle = Annotated[
    str | None,
    Meta(
        description="The title with `-` for every run of anything but letters, marks and digits.",
        examples=["Paper-Boats"],
    ),
]
SoundTrend = Annotated[
    Trend, Meta(description="As for hashtags, but it starts with the sound's first use in the region.")
]


class SoundRow(Row, frozen=True, kw_only=True):
    """A row of a music chart."""

    author: Author
    clip_id: ClipIdOf
    country_code: RegionOf
    cover: Cover
    duration: Duration
    if_cml: Cleared
    is_search: Unsearched
    link: SoundLink
    on_list_times: DaysListed
    promoted: Promoted
    rank: Rank
    rank_diff: Annotated[
        Count | None,
        Meta(description="How many places it moved, 0 when unchanged; null when new.", examples=[3]),
    ]
    rank_diff_type: Move
    related_items: ItemsOrNull
    song_id: SongId
    title: Title
    trend: SoundTrend
    url_title: UrlTitle


class SoundList(Row, frozen=True, kw_only=True):
    """A page of a music chart."""

    pagination: Pagination
    sound_list: Annotated[tuple[SoundRow, ...], Meta(description="The rows of the page, by rank.")]


class Sound(Row, frozen=True, kw_only=True):
    """Everything about one sound in one region and period."""

    audience_ages: Annotated[
        Ages | None, Meta(description="Audience by age, highest share first; null when no source gave ages.")
    ]
    audience_countries: Annotated[
        tuple[CountryIndex, ...],
        Meta(description="Up to ten countries that stand out most, highest index first.", max_length=10),
    ]
    audience_interests: Interests
    author: Author
    clip_id: ClipIdOf
    country_code: RegionOf
    cover: Cover
    duration: Duration
    if_cml: Cleared
    is_search: Unsearched
    link: SoundLink
    longevity: Longevity
    music_url: Annotated[
        str | None,
        Meta(description="Address of the audio; null when unknown.", examples=["https://cdn.example/s1.mp3"]),
    ]
    on_list_times: DaysListed
    promoted: Promoted
    rank: Annotated[None, Meta(description="Always null: a detail has no place in a chart.")]
    rank_diff: Annotated[None, Meta(description="Always null.")]
    related_items: ItemsOrNull
    song_id: SongId
    title: Title
    trend: SoundTrend
    url_title: UrlTitle


class SoundDetail(Row, frozen=True, kw_only=True):
    """One sound. What depends on who asks is null."""

    disliked: Annotated[None, Meta(description="Always null.")]
    like_count: Annotated[None, Meta(description="Always null.")]
    liked: Annotated[None, Meta(description="Always null.")]
    sound: Sound


def sound_row(entry: SoundEntry, page: ChartPage) -> SoundRow:
    key = page.query.key
    return SoundRow(
        author=entry.author,
        clip_id=entry.clip_id,
        country_code=key.region,
        cover=entry.cover_url,
        duration=entry.duration,
        if_cml=entry.commercial,
        is_search=False,
        link=to.sound_url(entry.clip_id),
        on_list_times=entry.days_listed,
        promoted=entry.promoted,
        rank=entry.rank,
        rank_diff=None if entry.move is Moved.NEW else entry.steps,
        rank_diff_type=int(entry.move),
        related_items=to.related_items(entry.top_posts) or None,
        song_id=entry.song_id,
        title=entry.title,
        trend=to.trend(entry.curve, key.period, page.as_of),
        url_title=_url_title(entry.title),
    )


def sounds(answer: Answer, request_id: str) -> KeyapiReply[SoundList]:
    page = narrowed(ChartPage, answer)
    rows = tuple(sound_row(narrowed(SoundEntry, entry), page) for entry in page.entries)
    return success(SoundList(pagination=to.pagination(page), sound_list=rows), request_id)


def sound(answer: DetailAnswer) -> Sound:
    """Everything about the sound asked for; a region where it was never used has a full trend of zeros."""
    query, facts = answer.query, narrowed(SoundFacts, answer.detail.facts)
    region, over = answer.detail.region(query.region), to.period_detail(answer)
    return Sound(
        audience_ages=to.ages(over.ages) or None,
        audience_countries=to.country_indexes(over.countries, to.SOUND_COUNTRIES),
        audience_interests=to.interest_indexes(over.interests),
        author=facts.author,
        clip_id=facts.clip_id,
        country_code=query.region,
        cover=facts.cover_url,
        duration=facts.duration,
        if_cml=facts.commercial,
        is_search=False,
        link=to.sound_url(facts.clip_id),
        longevity=to.longevity(answer),
        music_url=facts.music_url,
        on_list_times=region.popular_days,
        promoted=over.promoted,
        rank=None,
        rank_diff=None,
        related_items=to.related_items(region.top_posts(query.period)) or None,
        song_id=facts.song_id,
        title=facts.title,
        trend=to.trend(_used_curve(region, answer), query.period, answer.as_of),
        url_title=_url_title(facts.title),
    )


def sound_detail(answer: Answer, request_id: str) -> KeyapiReply[SoundDetail]:
    part = sound(narrowed(DetailAnswer, answer))
    return success(SoundDetail(disliked=None, like_count=None, liked=None, sound=part), request_id)


def _url_title(title: str | None) -> str | None:
    return None if title is None else to.url_title(title)


def _used_curve(region: RegionDetail, answer: DetailAnswer) -> tuple[int, ...]:
    """The curve from the bucket on that holds the sound's first use in the region."""
    period, as_of = answer.query.period, answer.as_of
    first = region.first_day or 0
    unused = sum(epoch_day(bucket.window.last) < first for bucket in buckets(period, as_of))
    return region.curve(period, as_of)[unused:]
