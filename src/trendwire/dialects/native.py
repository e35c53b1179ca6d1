"""The wire shapes that both dialects share: the native rows of hashtags, audiences and pages.

Key order is that of recorded replies; a key that may be absent is `UNSET`, one that may be unknown is null.
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

Long = Annotated[int, Meta(extra_json_schema={"format": "int64"})]
Count = Annotated[Long, Meta(ge=0)]
Percent = Annotated[int, Meta(ge=0, le=100)]

AvatarUrl = Annotated[
    str | None,
    Meta(
        description="Address of the creator's picture; null when unknown.",
        examples=["https://cdn.example/a1.jpeg"],
    ),
]
Nickname = Annotated[
    str | None,
    Meta(description="The creator's shown name; null when unknown.", examples=["Mai Linh"]),
]
HashtagId = Annotated[
    str,
    Meta(
        description="The platform's id of the hashtag where a source gave it, else a stable id of ours of at "
        "least 2^63; decimal digits.",
        pattern="^[0-9]+$",
        examples=["7215340988133445637"],
    ),
]
HashtagName = Annotated[
    str,
    Meta(
        description="The hashtag without `#`, in lower case; any script, emoji too.",
        examples=["lanternnight"],
    ),
]
TagUrl = Annotated[
    str,
    Meta(
        description="The hashtag's page. Letters of any script stand as they are; only what would break the "
        "address is percent-encoded.",
        examples=["https://www.tiktok.com/tag/lanternnight"],
    ),
]
Promoted = Annotated[bool, Meta(description="Whether any promoted post uses it in the window.")]
Published = Annotated[
    Count, Meta(description="Posts created with it in the region and window.", examples=[412])
]
Views = Annotated[
    Count,
    Meta(
        description="Views gained in the region and window by all posts with it, whenever created.",
        examples=[9120344],
    ),
]
Rank = Annotated[int, Meta(description="Place in the whole chart, from 1, no ties.", ge=1, le=100)]
Move = Annotated[
    int,
    Meta(
        description="How the row moved against the preceding window of equal length: 1 up, 2 unchanged, "
        "3 down, 4 new.",
        ge=1,
        le=4,
        examples=[1],
    ),
]


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all wire shapes: fixed, and complete in the documents."""


class CountryInfo(Row, frozen=True, kw_only=True):
    """A region: an ISO country, or `ALL` three times for the whole world."""

    id: Annotated[str, Meta(description="ISO 3166-1 alpha-2 code, or `ALL`.", examples=["VN"])]
    value: Annotated[str, Meta(description="English name, or `ALL`.", examples=["Vietnam"])]
    label: Annotated[str, Meta(description="The same as `id`.", examples=["VN"])]


class IndustryInfo(Row, frozen=True, kw_only=True):
    """A first-level industry."""

    id: Annotated[Long, Meta(description="First-level industry id.", examples=[23000000000])]
    value: Annotated[str, Meta(description="English name.", examples=["News & Entertainment"])]
    label: Annotated[str, Meta(description="`label_` and the id.", examples=["label_23000000000"])]


class TrendPoint(Row, frozen=True, kw_only=True):
    """One point of a trend: views gained in one day, week or month against the series' own maximum."""

    time: Annotated[
        Long,
        Meta(
            description="Unix seconds at 00:00 UTC of the day; of the Saturday that ends the week (120 and "
            "365 days); of the first of the month (1095 days).",
            examples=[1773446400],
        ),
    ]
    value: Annotated[
        float,
        Meta(
            description="Views gained divided by the largest of the series, rounded half up to 2 decimals; "
            "0 and 1 print as integers.",
            ge=0,
            le=1,
            examples=[0.54],
        ),
    ]


Trend = Annotated[
    tuple[TrendPoint, ...],
    Meta(
        description="Ascending in time: a point per day for 7 and 30 days, per week from Sunday to Saturday "
        "wholly inside the window for 120 and 365, per calendar month wholly inside for 1095."
    ),
]


class CreatorFace(Row, frozen=True, kw_only=True):
    """A creator beside a hashtag."""

    nick_name: Nickname
    avatar_url: AvatarUrl


Faces = Annotated[tuple[CreatorFace, ...], Meta(min_length=1, max_length=3)]


class HashtagRowStart(Row, frozen=True, kw_only=True):
    """What a row of a hashtag chart starts with in both dialects."""

    hashtag_id: HashtagId
    hashtag_name: HashtagName
    country_info: Annotated[CountryInfo, Meta(description="The region of the chart.")]
    industry_info: Annotated[
        IndustryInfo | UnsetType, Meta(description="The hashtag's industry; absent when unknown.")
    ] = UNSET
    is_promoted: Promoted
    trend: Trend
    creators: Annotated[
        Faces | UnsetType,
        Meta(
            description="Up to three creators whose posts with the hashtag gained most views in the region "
            "and window, most first; absent when there are none."
        ),
    ] = UNSET
    publish_cnt: Published
    video_views: Views
    rank: Rank


class Pagination(Row, frozen=True, kw_only=True):
    """Which part of the chart this is."""

    page: Annotated[int, Meta(description="The page served, from 1.", ge=1)]
    size: Annotated[int, Meta(description="The limit really applied.", ge=1)]
    total: Annotated[Count, Meta(description="Rows in the whole chart, after filters; at most 100.")]
    has_more: Annotated[bool, Meta(description="Whether rows follow this page.")]


class Longevity(Row, frozen=True, kw_only=True):
    """How lasting the subject is."""

    popular_days: Annotated[
        int,
        Meta(
            description="Days of the last year on which it was in the region's 7-day chart.",
            ge=0,
            le=366,
        ),
    ]
    current_popularity: Annotated[
        Percent,
        Meta(description="The last day's views against the window's best day, in percent, rounded half up."),
    ]


class AgeShare(Row, frozen=True, kw_only=True):
    """A share of the audience by age."""

    age_level: Annotated[
        int, Meta(description="3: 18 to 24 years, 4: 25 to 34, 5: 35 and older.", ge=3, le=5)
    ]
    score: Annotated[Percent, Meta(description="Percent of the audience; all levels sum to 100.")]


class InterestInfo(Row, frozen=True, kw_only=True):
    """An interest of the audience."""

    id: Annotated[str, Meta(description="Interest id.", examples=["10015"])]
    label: Annotated[str, Meta(description="`diversify_` and the id.", examples=["diversify_10015"])]
    value: Annotated[str, Meta(description="English name.", examples=["Campus Life"])]


Index = Annotated[
    Count,
    Meta(
        description="Share in the subject's audience divided by the share in that of all posts of the region "
        "and window, times 100: 100 is the average.",
        examples=[164],
    ),
]


class InterestIndex(Row, frozen=True, kw_only=True):
    """How much an interest stands out in the audience."""

    interest_info: InterestInfo
    score: Index


class AudienceCountryInfo(Row, frozen=True, kw_only=True):
    """A country of the audience."""

    id: Annotated[str, Meta(description="GeoNames id.", examples=["1562822"])]
    label: Annotated[str, Meta(description="ISO 3166-1 alpha-2 code.", examples=["VN"])]
    value: Annotated[str, Meta(description="English name.", examples=["Vietnam"])]


class CountryIndex(Row, frozen=True, kw_only=True):
    """How much a country stands out in the audience."""

    country_info: AudienceCountryInfo
    score: Index


Ages = Annotated[
    tuple[AgeShare, ...],
    Meta(description="Audience by age, highest share first; empty when no source gave ages.", max_length=3),
]
Interests = Annotated[
    tuple[InterestIndex, ...],
    Meta(description="Up to five interests that stand out most, highest index first.", max_length=5),
]


class RelatedHashtag(Row, frozen=True, kw_only=True):
    """A hashtag used together with this one more often than chance."""

    hashtag_id: HashtagId
    hashtag_name: HashtagName
    video_url: TagUrl


class RelatedItem(Row, frozen=True, kw_only=True):
    """A post with the subject."""

    item_id: Annotated[
        Long,
        Meta(
            description="The post's id: a whole number of up to 64 bits, beyond what a double holds exactly.",
            ge=0,
            examples=[7482913300527418642],
        ),
    ]
    cover_uri: Annotated[
        str | None,
        Meta(
            description="Address of the post's cover; null when unknown.",
            examples=["https://cdn.example/c1.jpeg"],
        ),
    ]


class HashtagInfo(Row, frozen=True, kw_only=True):
    """Everything about one hashtag in one region and period."""

    hashtag_id: HashtagId
    hashtag_name: HashtagName
    video_url: TagUrl
    country_info: Annotated[CountryInfo, Meta(description="The region asked for.")]
    industry_info: Annotated[
        IndustryInfo | UnsetType, Meta(description="The hashtag's industry; absent when unknown.")
    ] = UNSET
    is_promoted: Promoted
    trend: Trend
    publish_cnt: Published
    video_views: Views
    publish_cnt_all: Annotated[
        Count, Meta(description="Posts with it, all regions, whole history.", examples=[2480])
    ]
    video_views_all: Annotated[
        Count,
        Meta(description="Views of posts with it, all regions, whole history.", examples=[61022871]),
    ]
    longevity: Longevity
    audience_ages: Ages
    audience_interests: Interests
    audience_countries: Annotated[
        tuple[CountryIndex, ...],
        Meta(description="Up to 11 countries that stand out most, highest index first.", max_length=11),
    ]
    related_hashtags: Annotated[
        tuple[RelatedHashtag, ...],
        Meta(description="Up to five related hashtags, strongest association first.", max_length=5),
    ]
