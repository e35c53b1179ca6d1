"""The KeyAPI dialect: its table of errors, its parameters and its endpoints."""

from trendwire.dialects import examples, keyapi_rows, keyapi_sounds
from trendwire.dialects.base import (
    Credential,
    Dialect,
    Endpoint,
    ErrorRow,
    chart_query,
    detail_query,
)
from trendwire.dialects.parameters import (
    Choice,
    ClipId,
    HashtagName,
    IndustryId,
    Keyword,
    Parameter,
    Region,
    Whole,
    edition,
)
from trendwire.domain.charts import Kind
from trendwire.domain.periods import CHART_PERIODS, DETAIL_PERIODS
from trendwire.errors import Code

CREDITS = 2
MOST_ROWS = 20
ALL_REGIONS = "all_regions"


_VARIANT = "89ab"
"""The first digit of a UUID's fourth group carries two bits of its variant (RFC 9562)."""


def request_id(_at: int, noise: bytes) -> str:
    """A UUID 4; put together by hand, as it is made for every request."""
    h = noise.hex()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{_VARIANT[noise[8] >> 4 & 3]}{h[17:20]}-{h[20:]}"


ERRORS = {
    Code.INVALID_INPUT: ErrorRow(status=400, text="Invalid parameter: {public}"),
    Code.MISSING_PARAMETER: ErrorRow(status=400, text="Missing required parameter: {name}"),
    Code.BAD_FILE: ErrorRow(status=400, text="Invalid input: {public}"),
    Code.NO_CREDENTIAL: ErrorRow(status=401, text="apiKey is null"),
    Code.BAD_CREDENTIAL: ErrorRow(status=401, text="apiKey is invalid"),
    Code.OUT_OF_CREDITS: ErrorRow(status=402, text="apiKey quota is not enough"),
    Code.NOT_ALLOWED: ErrorRow(status=403, text="apiKey may not use this endpoint"),
    Code.NOT_FOUND: ErrorRow(status=404, text="{Public}"),
    Code.METHOD_NOT_ALLOWED: ErrorRow(status=405, text="Method not allowed"),
    Code.CONFLICT: ErrorRow(status=409, text="{Public}"),
    Code.GONE: ErrorRow(status=410, text="{Public}"),
    Code.RATE_LIMITED: ErrorRow(status=429, text="qps limit exceeded"),
    Code.CORRUPT: ErrorRow(status=500, text="Internal server error"),
    Code.SOURCE_FAILED: ErrorRow(status=500, text="Internal server error"),
    Code.INTERNAL: ErrorRow(status=500, text="Internal server error"),
    Code.NOT_READY: ErrorRow(status=503, text="Service unavailable: {public}"),
}

KEYAPI = Dialect(
    name="KeyAPI",
    root="/v1/",
    description="Trending hashtags, sounds and videos under `/v1/tiktok/trending`. The key goes into "
    "`Authorization: Bearer`. All parameters are strings.",
    credential=Credential(
        header="Authorization",
        scheme="Bearer",
        name="bearerKey",
        scheme_object={
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "sk_live_ and 38 letters and digits",
            "description": "For the KeyAPI endpoints: `Authorization: Bearer sk_live_...`.",
        },
    ),
    errors=ERRORS,
    error_body=keyapi_rows.failure,
    error_type=keyapi_rows.KeyapiError,
    request_id=request_id,
)


def _periods(periods: tuple[int, ...]) -> Parameter:
    return Parameter(
        name="period",
        means="period",
        rule=Choice({str(days): days for days in periods}),
        description="The window in days, up to the last day of the edition.",
        default="7",
        example="7",
    )


def _region(default: str) -> Parameter:
    return Parameter(
        name="region",
        means="region",
        rule=Region(world=ALL_REGIONS),
        description=f"ISO 3166-1 alpha-2 country code in any case, or `{ALL_REGIONS}` for the whole world. A "
        "country without data has empty charts.",
        default=default,
        example=default,
    )


def _flag(name: str, means: str, description: str) -> Parameter:
    return Parameter(
        name=name,
        means=means,
        rule=Choice({"false": False, "true": True}),
        description=description,
        default="false",
        example="false",
    )


PAGE = Parameter(
    name="page",
    means="page",
    rule=Whole(),
    description="The page, from 1. A page past the end is empty.",
    default="1",
    example="1",
)
LIMIT = Parameter(
    name="limit",
    means="limit",
    rule=Whole(highest=MOST_ROWS),
    description=f"Rows per page, from 1; above {MOST_ROWS} counts as {MOST_ROWS}.",
    default=str(MOST_ROWS),
    example=str(MOST_ROWS),
)
INDUSTRY = Parameter(
    name="industry_id",
    means="industry",
    rule=IndustryId(none="nothing"),
    description="First-level industry id: the chart of that industry; a second-level id counts as its "
    "parent. `nothing`: no filter.",
    default="nothing",
    example="nothing",
)
NEW_ONLY = _flag(
    "new_to_top_100",
    "new_only",
    "`true` keeps the rows that were never in this chart before. Ranks stay those of the whole chart.",
)
COMMERCIAL = _flag(
    "commercial_music",
    "commercial_only",
    "`true` keeps the sounds cleared for commercial use. Ranks stay those of the whole chart.",
)
KEYWORD = Parameter(
    name="search_keyword",
    means="keyword",
    rule=Keyword(none="FALSE"),
    description="Keeps the rows whose title or author contains this text, in any case. `FALSE`: no search.",
    default="FALSE",
    example="FALSE",
)
HASHTAG = Parameter(
    name="hashtag_name",
    means="subject",
    rule=HashtagName(),
    description="The hashtag, with or without `#`, in any script and case.",
    required=True,
    example=examples.HASHTAG,
)
CLIP = Parameter(
    name="clip_id",
    means="subject",
    rule=ClipId(),
    description="The `clip_id` of a row of the music chart.",
    required=True,
    example=examples.CLIP_ID,
)
EDITION = edition("string")

ENDPOINTS = (
    Endpoint(
        name="keyapi_trending_hashtags",
        dialect=KEYAPI,
        paths=("/v1/tiktok/trending/hashtags",),
        summary="Trending hashtags",
        description="One page of the chart of hashtags that rise in a region and an industry over a period.",
        parameters=(
            PAGE,
            LIMIT,
            _periods(CHART_PERIODS),
            _region(ALL_REGIONS),
            INDUSTRY,
            NEW_ONLY,
            EDITION,
        ),
        credits=CREDITS,
        query=chart_query(Kind.HASHTAG),
        reply=keyapi_rows.KeyapiReply[keyapi_rows.KeyapiHashtagList],
        render=keyapi_rows.hashtags,
        example=examples.hashtag_page(),
        leads_to=("keyapi_trending_hashtag_detail", "hashtag_name", "/data/list/0/hashtag_name"),
    ),
    Endpoint(
        name="keyapi_trending_hashtag_detail",
        dialect=KEYAPI,
        paths=("/v1/tiktok/trending/hashtag/detail",),
        summary="Trending hashtag detail",
        description="Counts, trend, audience and related hashtags of one hashtag, charted or not. One "
        "without posts in the region and period has zeros.",
        parameters=(_periods(DETAIL_PERIODS), _region(ALL_REGIONS), HASHTAG, EDITION),
        credits=CREDITS,
        query=detail_query(Kind.HASHTAG),
        reply=keyapi_rows.KeyapiReply[keyapi_rows.KeyapiHashtagDetail],
        render=keyapi_rows.hashtag_detail,
        example=examples.hashtag_detail(),
        subject="hashtag",
    ),
    Endpoint(
        name="keyapi_trending_music",
        dialect=KEYAPI,
        paths=("/v1/tiktok/trending/music",),
        summary="Trending music",
        description="One page of the chart of sounds that rise in a region over a period.",
        parameters=(
            PAGE,
            LIMIT,
            _periods(CHART_PERIODS),
            _region("US"),
            NEW_ONLY,
            COMMERCIAL,
            KEYWORD,
            EDITION,
        ),
        credits=CREDITS,
        query=chart_query(Kind.SOUND),
        reply=keyapi_rows.KeyapiReply[keyapi_sounds.SoundList],
        render=keyapi_sounds.sounds,
        example=examples.sound_page(),
        leads_to=("keyapi_trending_music_detail", "clip_id", "/data/sound_list/0/clip_id"),
    ),
    Endpoint(
        name="keyapi_trending_music_detail",
        dialect=KEYAPI,
        paths=("/v1/tiktok/trending/music/detail",),
        summary="Trending music detail",
        description="Trend, audience and posts of one sound, charted or not.",
        parameters=(_periods(CHART_PERIODS), _region("US"), CLIP, EDITION),
        credits=CREDITS,
        query=detail_query(Kind.SOUND),
        reply=keyapi_rows.KeyapiReply[keyapi_sounds.SoundDetail],
        render=keyapi_sounds.sound_detail,
        example=examples.sound_detail(),
        subject="music",
    ),
    Endpoint(
        name="keyapi_trending_videos",
        dialect=KEYAPI,
        paths=("/v1/tiktok/trending/videos",),
        summary="Trending videos",
        description="One page of the posts that gained most views in a region over a period, in native video "
        "fields. `country_code` and `region` are the post's own.",
        parameters=(PAGE, LIMIT, _periods(CHART_PERIODS), _region(ALL_REGIONS), EDITION),
        credits=CREDITS,
        query=chart_query(Kind.VIDEO),
        reply=keyapi_rows.KeyapiReply[keyapi_rows.VideoList],
        render=keyapi_rows.videos,
        example=examples.video_page(),
    ),
)
