"""Hosted trend APIs: what is asked for how, charts over several pages, and the details of their subjects."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from tests.sources.asking import NOON
from tests.sources.recounting import Fetched, made, pages
from tests.sources.upstream import LAST_DAY, ROWS, SERVICES, hashtag, sound
from trendwire.domain.charts import Kind
from trendwire.errors import SourceError
from trendwire.sources.connector import Call
from trendwire.sources.hosted import ChartOptions, last_day
from trendwire.sources.registry import CONNECTORS

HOSTED = ("keyapi", "crawlora", "tikhub")


def served(kind: str) -> Any:
    return lambda call: SERVICES[kind].answers(call.path, call.params, None)


@pytest.mark.parametrize("kind", HOSTED)
def test_a_chart_is_whole_and_says_where_it_is_from(kind: str) -> None:
    fetch = Fetched(served(kind))
    page = pages(made(kind, kinds=("hashtag",), regions=("VN",)), fetch)[0]
    [chart] = page.charts
    assert (chart.source, chart.connector, chart.fetched_at) == ("one", kind, int(NOON.timestamp()))
    assert (chart.as_of, chart.key.text, chart.complete) == (LAST_DAY, "hashtag/7/VN/0", True)
    assert [row.rank for row in chart.rows] == list(range(1, ROWS + 1))
    assert page.cursor is None


def test_keyapi_is_asked_in_its_words() -> None:
    fetch = Fetched(served("keyapi"))
    pages(made("keyapi", regions=("ALL",), industries=(28_000_000_000,)), fetch)
    first, other = fetch.calls[0], fetch.calls[3]
    assert (first.method, first.path, first.headers) == (
        "GET",
        "/v1/tiktok/trending/hashtags",
        {"Authorization": "Bearer the key"},
    )
    assert first.params == {
        "page": "1",
        "limit": "20",
        "period": "7",
        "region": "all_regions",
        "industry_id": "28000000000",
    }
    assert (other.path, other.params.get("industry_id")) == ("/v1/tiktok/trending/music", None)


def test_crawlora_and_tikhub_are_asked_in_their_words() -> None:
    crawlora, tikhub = Fetched(served("crawlora")), Fetched(served("tikhub"))
    pages(made("crawlora", periods=(30,)), crawlora)
    pages(made("tikhub", kinds=("sound",)), tikhub)
    assert crawlora.calls[0].headers == {"x-api-key": "the key"}
    assert crawlora.calls[0].params == {"page": "1", "limit": "100", "period": "30", "country_code": "US"}
    assert tikhub.calls[0].headers == {"Authorization": "Bearer the key"}
    assert tikhub.calls[0].path == "/api/v1/tiktok/ads/get_sound_rank_list"


DETAIL = {"publish_cnt_all": 7, "video_views_all": 9, "audience_ages": [{"age_level": 3, "score": 100}]}


def with_details(kind: str, detail: Any) -> Fetched:
    def answer(call: Call) -> Any:
        if {"hashtag_name", "clip_id"} & set(call.params) or call.path.endswith("tag001"):
            return detail if isinstance(detail, Exception) else {"code": 0, "data": detail}
        return served(kind)(call)

    return Fetched(answer)


@pytest.mark.parametrize("kind", ["keyapi", "crawlora"])
def test_details_add_to_the_first_rows_what_the_list_does_not_tell(kind: str) -> None:
    fetch = with_details(kind, {"info": hashtag("US", 1) | {"video_views": 1, "rank": None} | DETAIL})
    [chart] = pages(made(kind, kinds=("hashtag",), details=1), fetch)[0].charts
    first, second = chart.rows[:2]
    assert (first.rank, first.views, first.posts_all, first.views_all) == (1, 90_000_000, 7, 9)
    assert first.audience_ages == ((3, 100),)
    assert second.views_all is None


def test_details_of_sounds_are_asked_for_by_clip() -> None:
    fetch = with_details("tikhub", {"sound": sound("US", 1) | {"rank": None, "music_url": "https://m"}})
    [chart] = pages(made("tikhub", kinds=("sound",), details=1), fetch)[0].charts
    assert chart.rows[0].music_url == "https://m"
    assert fetch.calls[-1].params["clip_id"] == chart.rows[0].identity


@pytest.mark.parametrize(
    ("detail", "refused"),
    [(SourceError("not found", status=404), 0), ({"info": hashtag("US", 2)}, 1), ({"info": {}}, 1)],
)
def test_a_detail_that_is_not_there_takes_nothing_away(detail: Any, refused: int) -> None:
    fetch = with_details("keyapi", detail)
    page = pages(made("keyapi", kinds=("hashtag",), details=1), fetch)[0]
    assert len(page.charts[0].rows) == ROWS
    assert page.charts[0].rows[0].views_all is None
    assert len(page.refused) == refused


def test_a_detail_that_fails_ends_the_run() -> None:
    fetch = with_details("keyapi", SourceError("down", status=503))
    with pytest.raises(SourceError, match="down"):
        pages(made("keyapi", details=1), fetch)


def test_tikhub_asks_for_no_detail_of_a_hashtag() -> None:
    fetch = Fetched(served("tikhub"))
    pages(made("tikhub", kinds=("hashtag",), details=5), fetch)
    assert {call.path for call in fetch.calls} == {"/api/v1/tiktok/ads/get_hashtag_list"}


def test_no_more_than_a_hundred_rows_are_asked_for() -> None:
    def endless(call: Call) -> Any:
        page = int(call.params["page"])
        rows = [hashtag("US", (page - 1) * 20 + n + 1) for n in range(20)]
        return {"code": 0, "data": {"list": rows, "pagination": {"has_more": True, "total": 500}}}

    fetch = Fetched(endless)
    [chart] = pages(made("keyapi", kinds=("hashtag",)), fetch)[0].charts
    assert len(chart.rows) == 100
    assert len(fetch.calls) == 5


def test_a_chart_that_holds_less_than_was_promised_is_not_complete() -> None:
    def short(call: Call) -> Any:
        rows = [hashtag("US", n + 1) for n in range(3)]
        return {"code": 0, "data": {"list": rows, "pagination": {"has_more": False, "total": 100}}}

    [chart] = pages(made("keyapi", kinds=("hashtag",)), Fetched(short))[0].charts
    assert not chart.complete


def test_a_chart_without_a_curve_counts_up_to_yesterday() -> None:
    today = date(2026, 11, 21)
    yesterday = today - timedelta(days=1)
    assert last_day([], today) == yesterday
    assert last_day([yesterday - timedelta(days=2)], today) == yesterday - timedelta(days=2)
    assert last_day([yesterday, today + timedelta(days=2)], today) == yesterday


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("keyapi", {"regions": ["Vietnam"]}, "'Vietnam' is no ISO 3166 code in upper case or ALL"),
        ("keyapi", {"regions": []}, "regions must name at least one"),
        ("keyapi", {"industries": [5]}, "5 is neither 0 nor a first-level industry id"),
        ("keyapi", {"details": 101}, "details must be 0 to 100"),
        ("keyapi", {"periods": [8]}, "Invalid enum value 8"),
        ("tikhub", {"regions": ["ALL"]}, "'ALL' is no ISO 3166 code in upper case"),
        ("crawlora", {"kinds": ["sound"]}, "Invalid enum value 'sound'"),
    ],
)
def test_an_option_that_cannot_be_is_said(kind: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(options, CONNECTORS[kind].options)


def test_industries_are_of_hashtags_alone() -> None:
    fetch = Fetched(served("keyapi"))
    told = ChartOptions(industries=(0, 28_000_000_000), regions=("US", "US"))
    charts = [page.charts[0].key for page in pages(made("keyapi", **msgspec.structs.asdict(told)), fetch)]
    assert [(key.kind, key.industry) for key in charts] == [
        (Kind.HASHTAG, 0),
        (Kind.HASHTAG, 28_000_000_000),
        (Kind.SOUND, 0),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"region": "VN"}, "page 1 of hashtag/7/US/0 came for VN, not for US"),
        ({"page": "2"}, "page 1 of hashtag/7/US/0 came as page 2"),
    ],
)
def test_a_page_that_was_not_asked_for_is_not_taken(change: dict[str, str], words: str) -> None:
    def answer(call: Call) -> Any:
        return SERVICES["keyapi"].answers(call.path, {**call.params, **change}, None)

    with pytest.raises(SourceError, match=words):
        pages(made("keyapi"), Fetched(answer))


def test_a_page_that_skips_ranks_is_not_taken() -> None:
    def answer(call: Call) -> Any:
        reply = served("keyapi")(call)
        if call.params["page"] == "2":
            for row in reply["data"]["list"]:
                row["rank"] += 20
        return reply

    with pytest.raises(SourceError, match="page 2 of hashtag/7/US/0 leaves out the rows behind rank 20"):
        pages(made("keyapi"), Fetched(answer))


def test_rows_that_move_between_two_pages_are_kept_once() -> None:
    def answer(call: Call) -> Any:
        reply = served("keyapi")(call)
        if call.params["page"] == "2":
            reply["data"]["list"][0] = hashtag("US", 20) | {"rank": 21}
        return reply

    chart = pages(made("keyapi", kinds=("hashtag",)), Fetched(answer))[0].charts[0]
    assert [row.rank for row in chart.rows] == [rank for rank in range(1, ROWS + 1) if rank != 21]
