"""Every parameter: good, bad, clamped, repeated and missing values, and the words of the refusal."""

from contextlib import suppress
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trendwire.dialects.base import Endpoint
from trendwire.dialects.catalog import BY_NAME, ENDPOINTS, parse
from trendwire.dialects.openapi import parameter_object
from trendwire.dialects.parameters import FARTHEST, Parameter, read
from trendwire.domain.charts import ChartKey, Kind
from trendwire.domain.queries import ChartQuery, DetailQuery, VocabularyQuery
from trendwire.domain.taxonomy import countries, industries
from trendwire.errors import InvalidInput, MissingParameter, TrendwireError

LIST = BY_NAME["keyapi_trending_hashtags"]
DETAIL = BY_NAME["keyapi_trending_hashtag_detail"]
MUSIC = BY_NAME["keyapi_trending_music"]
SOUND = BY_NAME["keyapi_trending_music_detail"]
VIDEOS = BY_NAME["keyapi_trending_videos"]
POPULAR = BY_NAME["crawlora_popular_hashtags"]
TAG = BY_NAME["crawlora_popular_hashtag_detail"]
META = BY_NAME["crawlora_country_industry_meta"]
CREATORS = BY_NAME["crawlora_popular_creators"]
PATHS = {TAG.name: {"name": "tag"}}

GOOD = [
    (LIST, "page=2", "page", 2),
    (LIST, "page=3&page=4", "page", 3),
    (LIST, "page=" + "9" * 5000, "page", FARTHEST),
    (LIST, "limit=5", "limit", 5),
    (LIST, "limit=20", "limit", 20),
    (LIST, "limit=21", "limit", 20),
    (LIST, "limit=" + "9" * 30, "limit", 20),
    (LIST, "period=120", "period", 120),
    (LIST, "region=vn", "region", "VN"),
    (LIST, "region=%09Vn", "region", "VN"),
    (LIST, "region=", "region", "ALL"),
    (LIST, "period=", "period", 7),
    (LIST, "region=all_regions", "region", "ALL"),
    (LIST, "region=All_Regions", "region", "ALL"),
    (LIST, "industry_id=28000000000", "industry", 28000000000),
    (LIST, "industry_id=11100000000", "industry", 11000000000),
    (LIST, "industry_id=nothing", "industry", 0),
    (LIST, "new_to_top_100=TRUE", "new_only", True),
    (LIST, "new_to_top_100=false", "new_only", False),
    (LIST, "edition=12", "edition", 12),
    (LIST, "unknown=1&page=2&%ff=%fe", "page", 2),
    (DETAIL, "hashtag_name=%23UFC324", "subject", "ufc324"),
    (DETAIL, "hashtag_name=%F0%9F%94%A5", "subject", "🔥"),
    (DETAIL, "hashtag_name=Stra%C3%9Fe", "subject", "strasse"),
    (DETAIL, "hashtag_name=2021%3F", "subject", "2021?"),
    (DETAIL, "hashtag_name=tag&period=1095", "period", 1095),
    (MUSIC, "commercial_music=true", "commercial_only", True),
    (MUSIC, "search_keyword=FALSE", "keyword", None),
    (MUSIC, "search_keyword=", "keyword", None),
    (MUSIC, "search_keyword=false", "keyword", "false"),
    (MUSIC, "search_keyword=STRASSE+Und", "keyword", "strasse und"),
    (SOUND, "clip_id=7.5e%2B18", "subject", "7.5e+18"),
    (SOUND, "clip_id=7.5e+18", "subject", "7.5e+18"),
    (POPULAR, "page=0", "page", 1),
    (POPULAR, "page=-3", "page", 1),
    (POPULAR, "page=11", "page", 10),
    (POPULAR, "limit=0", "limit", 1),
    (POPULAR, "limit=101", "limit", 100),
    (POPULAR, "country_code=us", "region", "US"),
    (POPULAR, "filter_by=new_on_board", "new_only", True),
    (POPULAR, "filter_by=", "new_only", False),
    (META, "edition=3", "edition", 3),
]

BAD = [
    (LIST, "page=", "page must be a whole number from 1"),
    (LIST, "page=&page=4", "page must be a whole number from 1"),
    (LIST, "page=%20", "page must be a whole number from 1"),
    (LIST, "page=%202", "page must be a whole number from 1"),
    (LIST, "page=02", "page must be a whole number from 1"),
    (LIST, "limit=", "limit must be a whole number from 1"),
    (LIST, "edition=", "edition must be a whole number from 1"),
    (POPULAR, "page=", "page must be a whole number"),
    (POPULAR, "page=02", "page must be a whole number"),
    (LIST, "page=0", "page must be a whole number from 1"),
    (LIST, "page=-1", "page must be a whole number from 1"),
    (LIST, "page=1.0", "page must be a whole number from 1"),
    (LIST, "page=1e3", "page must be a whole number from 1"),
    (LIST, "page=%2B1", "page must be a whole number from 1"),
    (LIST, "page=1_0", "page must be a whole number from 1"),
    (LIST, "page=%D9%A1", "page must be a whole number from 1"),  # an Arabic digit
    (LIST, "page=x&page=1", "page must be a whole number from 1"),
    (LIST, "limit=0", "limit must be a whole number from 1"),
    (LIST, "period=365", "period must be one of 7, 30, 120"),
    (LIST, "period=7.0", "period must be one of 7, 30, 120"),
    (LIST, "region=XX", "region must be an ISO 3166-1 alpha-2 country code such as US, or all_regions"),
    (LIST, "region=ALL", "region must be an ISO 3166-1 alpha-2 country code such as US, or all_regions"),
    (LIST, "region=%C3%9F", "region must be an ISO 3166-1 alpha-2 country code such as US, or all_regions"),
    (LIST, "industry_id=1", "industry_id must be one of the industry ids, or nothing"),
    (LIST, "industry_id=" + "1" * 5000, "industry_id must be one of the industry ids, or nothing"),
    (LIST, "new_to_top_100=1", "new_to_top_100 must be one of false, true"),
    (LIST, "edition=0", "edition must be a whole number from 1"),
    (LIST, "edition=latest", "edition must be a whole number from 1"),
    (DETAIL, "hashtag_name=a&period=90", "period must be one of 7, 30, 120, 365, 1095"),
    (
        DETAIL,
        "hashtag_name=%23",
        "hashtag_name must be a hashtag: no white space inside, not starting with @",
    ),
    (
        DETAIL,
        "hashtag_name=@me",
        "hashtag_name must be a hashtag: no white space inside, not starting with @",
    ),
    (
        DETAIL,
        "hashtag_name=a%20b",
        "hashtag_name must be a hashtag: no white space inside, not starting with @",
    ),
    (MUSIC, "commercial_music=yes", "commercial_music must be one of false, true"),
    (SOUND, "clip_id=1&period=365", "period must be one of 7, 30, 120"),
    (POPULAR, "page=x", "page must be a whole number"),
    (POPULAR, "limit=ten", "limit must be a whole number"),
    (POPULAR, "period=365", "period must be one of 7, 30, 120"),
    (
        POPULAR,
        "country_code=all_regions",
        "country_code must be an ISO 3166-1 alpha-2 country code such as US",
    ),
    (POPULAR, "industry_id=nothing", "industry_id must be one of the industry ids"),
    (POPULAR, "filter_by=new", "filter_by must be new_on_board"),
    (TAG, "period=365", "period must be one of 7, 30, 120"),
]


@pytest.mark.parametrize(("endpoint", "query", "field", "value"), GOOD)
def test_accepted(endpoint: Endpoint, query: str, field: str, value: object) -> None:
    needed = "".join(f"&{row.name}=needed" for row in endpoint.parameters if row.required)
    assert getattr(read(endpoint.parameters, query + needed, {}), field) == value


@pytest.mark.parametrize(("endpoint", "query", "words"), BAD)
def test_refused_in_words(endpoint: Endpoint, query: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(endpoint, query, PATHS.get(endpoint.name, {}))
    assert refused.value.public == words


@pytest.mark.parametrize("query", ["", "hashtag_name=", "hashtag_name=%20%20", "period=7"])
def test_a_needed_parameter_is_missed(query: str) -> None:
    with pytest.raises(MissingParameter) as missed:
        parse(DETAIL, query, {})
    assert missed.value.name == "hashtag_name"


def test_queries_without_parameters_have_the_defaults() -> None:
    chart = ChartQuery(key=ChartKey(Kind.HASHTAG, 7), page=1, limit=20)
    assert parse(LIST, "", {}) == chart
    assert parse(POPULAR, "", {}) == chart
    assert parse(MUSIC, "", {}) == ChartQuery(key=ChartKey(Kind.SOUND, 7, "US"))
    assert parse(VIDEOS, "", {}) == ChartQuery(key=ChartKey(Kind.VIDEO, 7))
    assert parse(CREATORS, "", {}) == ChartQuery(key=ChartKey(Kind.CREATOR, 7))
    assert parse(META, "", {}) == VocabularyQuery()


def test_details_ask_for_their_subject() -> None:
    expected = DetailQuery(kind=Kind.HASHTAG, subject="lễhội", period=30, region="VN", edition=4)
    assert parse(TAG, "period=30&country_code=vn&edition=4", {"name": "#LễHội"}) == expected
    query = "period=30&region=vn&edition=4&hashtag_name=" + quote("#LễHội")
    assert parse(DETAIL, query, {}) == expected


def test_the_path_s_parameter_is_not_read_from_the_query() -> None:
    told = parse(TAG, "name=other", {"name": "tag"})
    assert isinstance(told, DetailQuery)
    assert told.subject == "tag"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)
def test_every_default_and_example_is_accepted(endpoint: Endpoint) -> None:
    for row in endpoint.parameters:
        row.read(row.example)
        if row.default is not None:
            row.read(row.default)


def _rows() -> list[Parameter]:
    return [row for endpoint in ENDPOINTS for row in endpoint.parameters]


def test_every_value_of_an_enumeration_is_accepted() -> None:
    for row in _rows():
        for value in parameter_object(row)["schema"].get("enum", ()):
            row.read(str(value))
    assert len(countries()) == 249
    assert len(industries()) == 21


@given(st.data())
def test_whole_numbers_that_the_documents_allow_are_accepted(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from([row for row in _rows() if row.means in ("page", "limit", "edition")]))
    schema = parameter_object(row)["schema"]
    if row.kind == "integer":
        text = str(data.draw(st.integers(min_value=schema.get("minimum"))))
    else:
        text = data.draw(st.from_regex(schema["pattern"], fullmatch=True))
    value = row.read(text)
    assert isinstance(value, int)
    assert 1 <= value <= FARTHEST


NAMES = sorted({row.name for row in _rows()})
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(
        ["-", "+1", "١", "all_regions", "ß", "@", "# #", "﹫x", "¨", "9" * 5000, "\x00", "\ufeff"]
    ),
)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)
@given(query=st.text(), pairs=st.lists(st.tuples(st.sampled_from(NAMES), TEXTS)), name=TEXTS)
@example(query="&;=%=%u&%F&;;", pairs=[], name="\x00")
def test_nothing_a_caller_sends_raises_anything_else(
    endpoint: Endpoint, query: str, pairs: list[tuple[str, str]], name: str
) -> None:
    for text in (query, urlencode(pairs)):
        with suppress(TrendwireError):
            assert isinstance(hash(parse(endpoint, text, {"name": name})), int)
