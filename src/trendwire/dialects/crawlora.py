"""The Crawlora dialect: its table of errors, its parameters and its endpoints."""

from datetime import UTC, datetime
from functools import lru_cache

from trendwire.dialects import crawlora_rows, examples
from trendwire.dialects.base import (
    Credential,
    Dialect,
    Endpoint,
    ErrorRow,
    chart_query,
    detail_query,
    vocabulary_query,
)
from trendwire.dialects.parameters import Choice, HashtagName, IndustryId, Parameter, Region, Whole, edition
from trendwire.domain.charts import Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.errors import Code

CREDITS = 8
FREE = 0
MOST_PAGES = 10
MOST_ROWS = 100
USUAL_ROWS = 20

_ID_NOISE_BYTES = 10


def request_id(at: int, noise: bytes) -> str:
    """14 digits of UTC time and 20 upper-case hexadecimal digits."""
    return _digits(at // 1000) + noise[:_ID_NOISE_BYTES].hex().upper()


@lru_cache(maxsize=2)
def _digits(second: int) -> str:
    """Kept, as all requests of a second share them."""
    return f"{datetime.fromtimestamp(second, UTC):%Y%m%d%H%M%S}"


ERRORS = {
    Code.INVALID_INPUT: ErrorRow(status=400, text="Invalid input: {public}"),
    Code.MISSING_PARAMETER: ErrorRow(status=400, text="Invalid input: {public}"),
    Code.BAD_FILE: ErrorRow(status=400, text="Invalid input: {public}"),
    Code.NO_CREDENTIAL: ErrorRow(status=401, text="Missing API key"),
    Code.BAD_CREDENTIAL: ErrorRow(status=401, text="Invalid API key"),
    Code.OUT_OF_CREDITS: ErrorRow(status=402, text="Not enough credits"),
    Code.NOT_ALLOWED: ErrorRow(status=403, text="Endpoint not allowed"),
    Code.NOT_FOUND: ErrorRow(status=404, text="Not found"),
    Code.METHOD_NOT_ALLOWED: ErrorRow(status=405, text="Method not allowed"),
    Code.CONFLICT: ErrorRow(status=409, text="{Public}"),
    Code.GONE: ErrorRow(status=410, text="{Public}"),
    Code.RATE_LIMITED: ErrorRow(status=429, text="Rate limit exceeded"),
    Code.CORRUPT: ErrorRow(status=500, text="Internal server error"),
    Code.SOURCE_FAILED: ErrorRow(status=500, text="Internal server error"),
    Code.INTERNAL: ErrorRow(status=500, text="Internal server error"),
    Code.NOT_READY: ErrorRow(status=503, text="Service unavailable: {public}"),
}

CRAWLORA = Dialect(
    name="Crawlora",
    root="/",
    description="Trending hashtags and creators under `/api/v1/tiktok/popular-trend`, and the same paths "
    "without `/api/v1`. The key goes into `x-api-key`.",
    credential=Credential(
        header="x-api-key",
        scheme=None,
        name="headerKey",
        scheme_object={
            "type": "apiKey",
            "in": "header",
            "name": "x-api-key",
            "description": "For the Crawlora endpoints: `x-api-key: sk_live_...`.",
        },
    ),
    errors=ERRORS,
    error_body=crawlora_rows.failure,
    error_type=crawlora_rows.CrawloraError,
    request_id=request_id,
)


def _paths(rest: str) -> tuple[str, str]:
    return f"/api/v1/tiktok/popular-trend/{rest}", f"/tiktok/popular-trend/{rest}"


PAGE = Parameter(
    name="page",
    means="page",
    rule=Whole(highest=MOST_PAGES, raised=True),
    description=f"The page, clamped to 1..{MOST_PAGES}. A page past the end is empty.",
    default="1",
    example="1",
    kind="integer",
)
LIMIT = Parameter(
    name="limit",
    means="limit",
    rule=Whole(highest=MOST_ROWS, raised=True),
    description=f"Rows per page, clamped to 1..{MOST_ROWS}.",
    default=str(USUAL_ROWS),
    example=str(USUAL_ROWS),
    kind="integer",
)
PERIOD = Parameter(
    name="period",
    means="period",
    rule=Choice({str(days): days for days in CHART_PERIODS}),
    description="The window in days, up to the last day of the edition.",
    default="7",
    example="7",
    kind="integer",
)
INDUSTRY = Parameter(
    name="industry_id",
    means="industry",
    rule=IndustryId(),
    description="First-level industry id: the chart of that industry; a second-level id counts as its "
    "parent. Absent: no filter.",
    example="23000000000",
    kind="integer",
)
COUNTRY = Parameter(
    name="country_code",
    means="region",
    rule=Region(),
    description="ISO 3166-1 alpha-2 country code in any case; absent: the whole world. A country without "
    "data has empty charts.",
    example="US",
)
FILTER = Parameter(
    name="filter_by",
    means="new_only",
    rule=Choice({"new_on_board": True}),
    description="`new_on_board` keeps the rows that were never in this chart before. Ranks stay those of the "
    "whole chart.",
    example="new_on_board",
)
NAME = Parameter(
    name="name",
    means="subject",
    rule=HashtagName(),
    description="The hashtag, with or without `#`, in any script and case, percent-encoded.",
    required=True,
    place="path",
    example=examples.HASHTAG,
)
EDITION = edition("integer")

ENDPOINTS = (
    Endpoint(
        name="crawlora_popular_hashtags",
        dialect=CRAWLORA,
        paths=_paths("hashtag"),
        summary="Popular hashtags",
        description="One page of the chart of hashtags that rise in a country and an industry over a period.",
        parameters=(PAGE, LIMIT, PERIOD, INDUSTRY, COUNTRY, FILTER, EDITION),
        credits=CREDITS,
        query=chart_query(Kind.HASHTAG),
        reply=crawlora_rows.CrawloraReply[crawlora_rows.CrawloraHashtagList],
        render=crawlora_rows.hashtags,
        example=examples.hashtag_page(),
        leads_to=("crawlora_popular_hashtag_detail", "name", "/data/data/list/0/hashtag_name"),
    ),
    Endpoint(
        name="crawlora_popular_hashtag_detail",
        dialect=CRAWLORA,
        paths=_paths("hashtag/{name}"),
        summary="Popular hashtag detail",
        description="Counts, trend, audience, related hashtags and posts of one hashtag, charted or not, in "
        "the native envelope. One without posts in the country and period has zeros.",
        parameters=(NAME, PERIOD, COUNTRY, EDITION),
        credits=CREDITS,
        query=detail_query(Kind.HASHTAG),
        reply=crawlora_rows.NativeReply[crawlora_rows.CrawloraHashtagDetail],
        render=crawlora_rows.hashtag_detail,
        example=examples.hashtag_detail(),
        subject="hashtag",
    ),
    Endpoint(
        name="crawlora_country_industry_meta",
        dialect=CRAWLORA,
        paths=_paths("country-industry-meta"),
        summary="Countries, industries and periods",
        description="What may be asked for: the countries with charts, all industries, the periods.",
        parameters=(EDITION,),
        credits=FREE,
        query=vocabulary_query,
        reply=crawlora_rows.CrawloraReply[crawlora_rows.CountryIndustryMeta],
        render=crawlora_rows.country_industry_meta,
        example=examples.vocabulary(),
    ),
    Endpoint(
        name="crawlora_popular_creators",
        dialect=CRAWLORA,
        paths=_paths("creator"),
        summary="Popular creators",
        description="One page of the creators whose posts gained most views in a country over a period. What "
        "posts do not carry (followers, marketplace ids) is null.",
        parameters=(PAGE, LIMIT, PERIOD, COUNTRY, EDITION),
        credits=CREDITS,
        query=chart_query(Kind.CREATOR),
        reply=crawlora_rows.CrawloraReply[crawlora_rows.CreatorList],
        render=crawlora_rows.creators,
        example=examples.creator_page(),
    ),
)
