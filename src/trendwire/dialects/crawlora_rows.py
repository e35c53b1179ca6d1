"""The wire shapes that only Crawlora has: its envelopes, its rows, its vocabulary, and how they are made."""

from datetime import date
from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, field

from trendwire.dialects import rendering as to
from trendwire.dialects.base import narrowed
from trendwire.dialects.native import (
    AvatarUrl,
    Count,
    CountryInfo,
    HashtagInfo,
    HashtagRowStart,
    IndustryInfo,
    Long,
    Move,
    Nickname,
    Pagination,
    RelatedItem,
    Row,
)
from trendwire.domain.charts import CreatorEntry, CreatorPost, HashtagEntry
from trendwire.domain.periods import CHART_PERIODS, DETAIL_PERIODS
from trendwire.domain.queries import Answer, ChartPage, DetailAnswer, VocabularyAnswer
from trendwire.domain.taxonomy import Industry, industries

D = TypeVar("D")

CODE_NATIVE = Annotated[Literal[0], Meta(description="0: success.")]
MESSAGE = Annotated[Literal["OK"], Meta(description="Always `OK`.")]


class CrawloraInner(Row, Generic[D], frozen=True, kw_only=True):
    """The native envelope, as it stands inside Crawlora's own."""

    code: CODE_NATIVE
    msg: MESSAGE
    data: D


class CrawloraReply(Row, Generic[D], frozen=True, kw_only=True):
    """Crawlora's envelope around the native one."""

    code: Annotated[Literal[200], Meta(description="200: success.")]
    msg: MESSAGE
    data: CrawloraInner[D]


class NativeReply(Row, Generic[D], frozen=True, kw_only=True):
    """The native envelope, in which details are answered."""

    code: CODE_NATIVE
    msg: MESSAGE
    request_id: Annotated[
        str,
        Meta(
            description="An id of this reply: 14 digits of UTC time, 20 upper-case hexadecimal digits.",
            pattern="^[0-9]{14}[0-9A-F]{20}$",
            examples=["202603150809100A1B2C3D4E5F60718293"],
        ),
    ]
    data: D


class CrawloraError(Row, frozen=True, kw_only=True):
    """The body of every Crawlora error."""

    code: Annotated[int, Meta(description="The HTTP status.", ge=400, le=599, examples=[400])]
    msg: Annotated[str, Meta(description="What is wrong, in words.")]
    data: Annotated[None, Meta(description="Always null.")]


def success(data: D) -> "CrawloraReply[D]":
    return CrawloraReply(code=200, msg="OK", data=CrawloraInner(code=0, msg="OK", data=data))


def failure(status: int, text: str) -> CrawloraError:
    return CrawloraError(code=status, msg=text, data=None)


class CrawloraHashtagRow(HashtagRowStart, frozen=True, kw_only=True):
    """A row of a hashtag chart."""

    rank_diff: Annotated[
        int,
        Meta(description="How many places it moved; 0 when unchanged and when new.", ge=0, examples=[3]),
    ]
    rank_diff_type: Move


class CrawloraHashtagList(Row, frozen=True, kw_only=True):
    """A page of a hashtag chart."""

    rows: Annotated[tuple[CrawloraHashtagRow, ...], Meta(description="The rows of the page, by rank.")] = (
        field(name="list")
    )
    pagination: Pagination


class HashtagInfoWithPosts(HashtagInfo, frozen=True, kw_only=True):
    """Everything about one hashtag in one region and period, with its posts."""

    related_items: Annotated[
        tuple[RelatedItem, ...],
        Meta(
            description="Up to 50 posts with the hashtag that gained most views in the window, most first; "
            "posts whose id is no number are left out.",
            max_length=50,
        ),
    ]


class CrawloraHashtagDetail(Row, frozen=True, kw_only=True):
    """One hashtag."""

    hashtag: HashtagInfoWithPosts = field(name="info")


class CreatorItem(Row, frozen=True, kw_only=True):
    """A post of a creator, with its newest known counters."""

    item_id: Annotated[str, Meta(description="The post's id.", examples=["7482913300527418642"])]
    cover_url: Annotated[
        str | None,
        Meta(
            description="Address of the post's cover; null when unknown.",
            examples=["https://cdn.example/c1.jpeg"],
        ),
    ]
    tt_link: Annotated[
        str,
        Meta(
            description="The post's page.",
            examples=["https://www.tiktok.com/@mai.linh/video/7482913300527418642"],
        ),
    ]
    vv: Annotated[Count | None, Meta(description="Views so far; null when unknown.", examples=[811204])]
    liked_cnt: Annotated[Count | None, Meta(description="Likes so far; null when unknown.", examples=[90412])]
    create_time: Annotated[
        Long, Meta(description="Unix seconds at which it was posted.", examples=[1773300000])
    ]


class CreatorRow(Row, frozen=True, kw_only=True):
    """A creator whose posts gained most views. What posts do not carry is null, always."""

    tcm_id: Annotated[None, Meta(description="Always null: posts carry no creator marketplace id.")]
    user_id: Annotated[None, Meta(description="Always null: posts carry no user number.")]
    nick_name: Nickname
    avatar_url: AvatarUrl
    country_code: Annotated[
        str | None,
        Meta(
            description="ISO code, from the creator's newest post that has a region; null when unknown.",
            examples=["VN"],
        ),
    ]
    follower_cnt: Annotated[None, Meta(description="Always null: posts carry no follower count.")]
    liked_cnt: Annotated[None, Meta(description="Always null: posts carry no like count of their creator.")]
    tt_link: Annotated[
        str, Meta(description="The creator's page.", examples=["https://www.tiktok.com/@mai.linh"])
    ]
    tcm_link: Annotated[None, Meta(description="Always null: posts carry no creator marketplace id.")]
    posts: Annotated[
        tuple[CreatorItem, ...],
        Meta(description="Up to three of the creator's posts, most views first.", max_length=3),
    ] = field(name="items")


class CreatorList(Row, frozen=True, kw_only=True):
    """A page of the creators whose posts gained most views, most first."""

    creators: Annotated[tuple[CreatorRow, ...], Meta(description="The rows of the page, most views first.")]
    pagination: Pagination


class IndustryBranch(Row, frozen=True, kw_only=True):
    """A first-level industry with the second-level ones that count as it."""

    id: Annotated[Long, Meta(description="First-level industry id.", examples=[23000000000])]
    value: Annotated[str, Meta(description="English name.", examples=["News & Entertainment"])]
    label: Annotated[str, Meta(description="`label_` and the id.", examples=["label_23000000000"])]
    children: Annotated[
        tuple[IndustryInfo, ...], Meta(description="Second-level industries, which may be asked for too.")
    ]


class CountryIndustryMeta(Row, frozen=True, kw_only=True):
    """What may be asked for, and where there is data."""

    as_of: Annotated[date, Meta(description="The last UTC day that the edition counts.")]
    countries: Annotated[
        tuple[CountryInfo, ...],
        Meta(
            description="Regions with charts in this edition. Other ISO codes may be asked for and are empty."
        ),
    ]
    industries: Annotated[tuple[IndustryBranch, ...], Meta(description="All industries, by id.")]
    periods: Annotated[
        tuple[int, ...], Meta(description="Periods of charts, in days.", examples=[[7, 30, 120]])
    ]
    detail_periods: Annotated[
        tuple[int, ...],
        Meta(
            description="Periods that details are kept for, in days. This dialect serves those of charts; "
            "KeyAPI's hashtag detail all.",
            examples=[[7, 30, 120, 365, 1095]],
        ),
    ]


def hashtag_row(entry: HashtagEntry, page: ChartPage) -> CrawloraHashtagRow:
    key = page.query.key
    return CrawloraHashtagRow(
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
        rank_diff=entry.steps,
        rank_diff_type=int(entry.move),
    )


def hashtags(answer: Answer, _request_id: str) -> CrawloraReply[CrawloraHashtagList]:
    page = narrowed(ChartPage, answer)
    rows = tuple(hashtag_row(narrowed(HashtagEntry, entry), page) for entry in page.entries)
    return success(CrawloraHashtagList(rows=rows, pagination=to.pagination(page)))


def hashtag_detail(answer: Answer, request_id: str) -> NativeReply[CrawloraHashtagDetail]:
    told = narrowed(DetailAnswer, answer)
    top = told.detail.region(told.query.region).top_posts(told.query.period)
    start = msgspec.structs.asdict(to.hashtag_info(told))
    detail = CrawloraHashtagDetail(hashtag=HashtagInfoWithPosts(**start, related_items=to.related_items(top)))
    return NativeReply(code=0, msg="OK", request_id=request_id, data=detail)


def creator_item(post: CreatorPost, username: str) -> CreatorItem:
    return CreatorItem(
        item_id=post.id,
        cover_url=post.cover_url,
        tt_link=f"{to.creator_url(username)}/video/{to.in_path(post.id)}",
        vv=post.views,
        liked_cnt=post.likes,
        create_time=post.created,
    )


def creator_row(entry: CreatorEntry) -> CreatorRow:
    return CreatorRow(
        tcm_id=None,
        user_id=None,
        nick_name=entry.nickname,
        avatar_url=entry.avatar_url,
        country_code=entry.region,
        follower_cnt=None,
        liked_cnt=None,
        tt_link=to.creator_url(entry.username),
        tcm_link=None,
        posts=tuple(creator_item(post, entry.username) for post in entry.top_posts),
    )


def creators(answer: Answer, _request_id: str) -> CrawloraReply[CreatorList]:
    page = narrowed(ChartPage, answer)
    rows = tuple(creator_row(narrowed(CreatorEntry, entry)) for entry in page.entries)
    return success(CreatorList(creators=rows, pagination=to.pagination(page)))


def industry_branch(industry: Industry) -> IndustryBranch:
    return IndustryBranch(
        id=industry.id,
        value=industry.name,
        label=f"label_{industry.id}",
        children=tuple(
            IndustryInfo(id=id_, value=name, label=f"label_{id_}") for id_, name in industry.children.items()
        ),
    )


def country_industry_meta(answer: Answer, _request_id: str) -> CrawloraReply[CountryIndustryMeta]:
    told = narrowed(VocabularyAnswer, answer)
    return success(
        CountryIndustryMeta(
            as_of=told.as_of,
            countries=tuple(to.country_info(code) for code in told.regions),
            industries=tuple(industry_branch(industry) for industry in industries().values()),
            periods=CHART_PERIODS,
            detail_periods=DETAIL_PERIODS,
        )
    )
