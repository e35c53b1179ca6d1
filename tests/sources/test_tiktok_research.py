"""The Research API: spans, pages, tokens and searches that end, and backlogs that take more than a day."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.sources.asking import NOON
from tests.sources.recounting import Fetched, made, pages
from tests.sources.test_wire_rows import sample
from tests.sources.upstream import research
from trendwire.errors import SourceError
from trendwire.sources.connector import Call
from trendwire.sources.registry import CONNECTORS
from trendwire.sources.tiktok_research import FIELDS, SPAN_DAYS, first_day, spans

TODAY = NOON.date()
Options = CONNECTORS["tiktok-research"].options


def service(call: Call) -> Any:
    return research(call.path, call.params, call.json)


def queries(fetch: Fetched) -> list[Any]:
    return [call.json for call in fetch.calls if call.json]


def test_a_query_is_as_the_recorded_one() -> None:
    fetch = Fetched(service)
    pages(made("tiktok-research", keywords=("openapi",), regions=("US",), hashtags=("#coding",)), fetch)
    token, first = fetch.calls[:2]
    assert (token.method, token.path) == ("POST", "/v2/oauth/token/")
    assert token.form == {
        "client_key": "the client_key",
        "client_secret": "the client_secret",
        "grant_type": "client_credentials",
    }
    assert (first.method, first.path) == ("POST", "/v2/research/video/query/")
    assert first.headers == {"Authorization": "Bearer clt.made-up"}
    assert first.params["fields"].split(",") == list(FIELDS)
    assert first.json == {
        "query": {
            "and": [
                {"field_name": "keyword", "operation": "IN", "field_values": ["openapi"]},
                {"field_name": "hashtag_name", "operation": "IN", "field_values": ["coding"]},
                {"field_name": "region_code", "operation": "IN", "field_values": ["US"]},
            ]
        },
        "start_date": "20261022",
        "end_date": "20261120",
        "max_count": 100,
        "cursor": 0,
    }


@pytest.mark.real
def test_a_recorded_reply_becomes_posts(shared_wire: Path) -> None:
    told = sample(shared_wire, "research_api_video_query")["response"]
    told["data"]["has_more"] = False
    fetch = Fetched(lambda call: service(call) if call.form else told)
    [page] = pages(made("tiktok-research", regions=("US",)), fetch)
    [post] = page.posts
    assert post == {**told["data"]["videos"][0], "observed_at": int(NOON.timestamp())}


@pytest.mark.parametrize("days", [1, 29, 30, 31, 60, 61, 400])
def test_spans_hold_every_day_once_and_are_short_enough(days: int) -> None:
    found = []
    for span in spans(TODAY - timedelta(days=days), TODAY):
        first, last = (date.fromisoformat(f"{d[:4]}-{d[4:6]}-{d[6:]}") for d in span.split("-"))
        assert 0 <= (last - first).days < SPAN_DAYS
        found += [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert sorted(found) == [TODAY - timedelta(days=n) for n in range(days, 0, -1)]


def test_the_first_day_may_be_said() -> None:
    told = msgspec.convert({"regions": ["US"], "since": "2026-01-01"}, Options)
    assert first_day(told, TODAY) == date(2026, 1, 1)  # type: ignore[arg-type]


def test_pages_follow_one_search_and_the_next_span_begins_its_own() -> None:
    fetch = Fetched(service)
    found = pages(made("tiktok-research", regions=("US",), days=40), fetch)
    assert [len(page.posts) for page in found] == [100, 100, 50, 60]
    asked = [(q["end_date"], q["cursor"], "search_id" in q) for q in queries(fetch)]
    assert asked == [
        ("20261120", 0, False),
        ("20261120", 100, True),
        ("20261120", 200, True),
        ("20261021", 0, False),
    ]


def test_the_token_is_used_until_it_ends() -> None:
    fetch = Fetched(service)
    connector = made("tiktok-research", regions=("US",), days=40)
    pages(connector, fetch)
    assert len([call for call in fetch.calls if call.form]) == 1
    fetch.at = NOON + timedelta(seconds=7_100)
    pages(connector, fetch)
    assert len([call for call in fetch.calls if call.form]) == 2


@pytest.mark.parametrize(
    "refusal",
    [
        SourceError("the source answered 401", status=401),
        {"data": {}, "error": {"code": "access_token_invalid", "message": "The access token is invalid"}},
    ],
)
def test_a_token_that_is_refused_is_fetched_anew_once(refusal: Any) -> None:
    fetch = Fetched(service)
    connector = made("tiktok-research", regions=("US",), days=40)
    cursor = connector.begin(NOON, None)
    following = connector.page(fetch, cursor).cursor
    assert following is not None
    refusals = [refusal]
    fetch.answer = lambda call: refusals.pop() if call.json and refusals else service(call)
    assert len(connector.page(fetch, following).posts) == 100
    assert len([call for call in fetch.calls if call.form]) == 2
    fetch.answer = lambda call: refusal if call.json else service(call)
    with pytest.raises(SourceError, match=r"401|access token"):
        connector.page(fetch, following)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"error": "invalid_client", "error_description": "x"}, "no access token was given .*invalid_client"),
        ({"error": {"code": "invalid_client", "message": "Client key is wrong"}}, "Client key is wrong"),
        ({}, "no access token was given"),
    ],
)
def test_a_client_that_is_not_known_is_said(told: Any, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        pages(made("tiktok-research", regions=("US",)), Fetched(lambda _: told))
    assert "the client_secret" not in caught.value.public


def test_a_search_that_is_forgotten_is_asked_for_anew_at_the_same_place() -> None:
    gone = {"data": {}, "error": {"code": "invalid_params", "message": "Search Id 7 is invalid or expired"}}
    fetch = Fetched(lambda call: gone if call.json and "search_id" in call.json else service(call))
    found = pages(made("tiktok-research", regions=("US",)), fetch)
    assert [len(page.posts) for page in found] == [100, 100, 50]


def test_a_backlog_goes_on_the_next_day_where_it_was_and_then_with_the_days_since() -> None:
    connector = made("tiktok-research", regions=("US",), days=40)
    left = connector.page(Fetched(service), connector.begin(NOON, None)).cursor
    later = Fetched(service, at=NOON + timedelta(days=2))
    pages(connector, later, left)
    asked = [(q["start_date"], q["end_date"], q["cursor"]) for q in queries(later)]
    assert asked == [
        ("20261022", "20261120", 100),
        ("20261022", "20261120", 200),
        ("20261012", "20261021", 0),
        ("20261121", "20261122", 0),
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "give at least one of keywords, hashtags, music_ids or regions"),
        ({"regions": ["ALL"]}, "'ALL' is no ISO 3166 code"),
        ({"regions": ["US"], "days": 0}, "days must be at least 1"),
    ],
)
def test_an_option_that_cannot_be_is_said(options: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(options, Options)
