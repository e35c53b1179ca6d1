"""The wire shapes that only KeyAPI has: its envelope, its rows of hashtags and videos, and how they are made.

Sounds have a module of their own.
"""

from typing import Annotated, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, UnsetType, field

from trendwire.dialects import rendering as to
from trendwire.dialects.base import narrowed
from trendwire.dialects.native import Count, HashtagInfo, HashtagRowStart, Move, Pagination, Row
from trendwire.domain.charts import HashtagEntry, VideoEntry
from trendwire.domain.charts import Move as Moved
from trendwire.domain.queries import Answer, ChartPage, DetailAnswer

D = TypeVar("D")

RequestId = Annotated[
    str,
    Meta(
        description="A random id of this reply (UUID 4).",
        examples=["0f8fad5b-d9cb-469f-a165-70867728950e"],
        extra_json_schema={"format": "uuid"},
    ),
]


class KeyapiReply(Row, Generic[D], frozen=True, kw_only=True):
    """The envelope of every KeyAPI success."""

    code: Annotated[Literal[0], Meta(description="0: success.")]
    message: Annotated[Literal["success"], Meta(description="Always `success`.")]
    data: D
    request_id: RequestId = field(name="requestId")


class KeyapiError(Row, frozen=True, kw_only=True):
    """The body of every KeyAPI error."""

    code: Annotated[int, Meta(description="The HTTP status.", ge=400, le=599, examples=[400])]
    data: Annotated[None, Meta(description="Always null.")]
    message: Annotated[str, Meta(description="What is wrong, in words.")]


def success(data: D, request_id: str) -> "KeyapiReply[D]":
    return KeyapiReply(code=0, message="success", data=data, request_id=request_id)


def failure(status: int, text: str) -> KeyapiError:
    return KeyapiError(code=status, data=None, message=text)


class KeyapiHashtagRow(HashtagRowStart, frozen=True, kw_only=True):
    """A row of a hashtag chart."""

    rank_diff: Annotated[
        Count | UnsetType,
        Meta(description="How many places it moved, 0 when unchanged; absent when new.", examples=[3]),
    ] = UNSET
    rank_diff_type: Move


class KeyapiHashtagList(Row, frozen=True, kw_only=True):
    """A page of a hashtag chart."""

    rows: Annotated[tuple[KeyapiHashtagRow, ...], Meta(description="The rows of the page, by rank.")] = field(
        name="list"
    )
    pagination: Pagination


class KeyapiHashtagDetail(Row, frozen=True, kw_only=True):
    """One hashtag."""

    hashtag: HashtagInfo = field(name="info")


Cover = Annotated[
    str | None,
    Meta(
        description="Address of the cover picture; null when unknown.",
        examples=["https://cdn.example/c1.jpeg"],
    ),
]
Duration = Annotated[Count | None, Meta(description="Seconds; null when unknown.", examples=[60])]


class VideoRow(Row, frozen=True, kw_only=True):
    """A row of the posts that gained most views in the window, in native video fields."""

    country_code: Annotated[
        str | None, Meta(description="ISO code of the post's own region; null when unknown.", examples=["US"])
    ]
    cover: Cover
    duration: Duration
    id: Annotated[str, Meta(description="The post's id.", examples=["7482913300527418642"])]
    item_id: Annotated[str, Meta(description="The same as `id`.", examples=["7482913300527418642"])]
    item_url: Annotated[
        str | None,
        Meta(
            description="The post's page; null when its creator is unknown.",
            examples=["https://www.tiktok.com/@mai.linh/video/7482913300527418642"],
        ),
    ]
    region: Annotated[
        str | None,
        Meta(
            description="English name of the post's own region; null when unknown.",
            examples=["United States"],
        ),
    ]
    title: Annotated[
        str | None,
        Meta(description="The post's caption; null when unknown.", examples=["Lanterns over the lake"]),
    ]


class VideoPagination(Row, frozen=True, kw_only=True):
    """Which part of the chart this is; videos name it differently."""

    has_more: Annotated[bool, Meta(description="Whether rows follow this page.")]
    limit: Annotated[int, Meta(description="The limit really applied.", ge=1)]
    page: Annotated[int, Meta(description="The page served, from 1.", ge=1)]
    total_count: Annotated[Count, Meta(description="Rows in the whole chart.")]


class VideoList(Row, frozen=True, kw_only=True):
    """A page of the posts that gained most views, most first."""

    pagination: VideoPagination
    videos: Annotated[tuple[VideoRow, ...], Meta(description="The rows of the page, most views first.")]


def hashtag_row(entry: HashtagEntry, page: ChartPage) -> KeyapiHashtagRow:
    key = page.query.key
    return KeyapiHashtagRow(
        hashtag_id=entry.hashtag_id,
        hashtag_name=entry.name,
        country_info=to.country_info(key.region),
        industry_info=to.industry_info(entry.industry),
        is_promoted=entry.promoted,
        trend=to.trend(entry.curve, key.period, page.as_of),
        creators=to.faces(entry.creators),
        publish_cnt=entry.posts,
        video_views=entry.views,
        rank=entry.rank,
        rank_diff=UNSET if entry.move is Moved.NEW else entry.steps,
        rank_diff_type=int(entry.move),
    )


def hashtags(answer: Answer, request_id: str) -> KeyapiReply[KeyapiHashtagList]:
    page = narrowed(ChartPage, answer)
    rows = tuple(hashtag_row(narrowed(HashtagEntry, entry), page) for entry in page.entries)
    return success(KeyapiHashtagList(rows=rows, pagination=to.pagination(page)), request_id)


def hashtag_detail(answer: Answer, request_id: str) -> KeyapiReply[KeyapiHashtagDetail]:
    return success(KeyapiHashtagDetail(hashtag=to.hashtag_info(narrowed(DetailAnswer, answer))), request_id)


def video_row(entry: VideoEntry) -> VideoRow:
    return VideoRow(
        country_code=entry.region,
        cover=entry.cover_url,
        duration=entry.duration,
        id=entry.id,
        item_id=entry.id,
        item_url=to.post_url(entry.username, entry.id),
        region=to.country_name(entry.region) if entry.region else None,
        title=entry.title,
    )


def videos(answer: Answer, request_id: str) -> KeyapiReply[VideoList]:
    page = narrowed(ChartPage, answer)
    part = to.pagination(page)
    pagination = VideoPagination(
        has_more=part.has_more, limit=part.size, page=part.page, total_count=part.total
    )
    rows = tuple(video_row(narrowed(VideoEntry, entry)) for entry in page.entries)
    return success(VideoList(pagination=pagination, videos=rows), request_id)
