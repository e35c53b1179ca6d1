"""Finding endpoints, request ids, credentials, and every error in both dialects, word for word."""

import json
import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendwire.dialects.catalog import DIALECTS, ENDPOINTS, dialect_of, find, render_error
from trendwire.dialects.crawlora import CRAWLORA
from trendwire.dialects.keyapi import KEYAPI
from trendwire.errors import (
    BadCredential,
    Code,
    Corrupt,
    Gone,
    InvalidInput,
    MethodNotAllowed,
    MissingParameter,
    NoCredential,
    NotAllowed,
    NotFound,
    NotReady,
    OutOfCredits,
    RateLimited,
    TrendwireError,
)

PATHS = [
    ("/v1/tiktok/trending/hashtags", "keyapi_trending_hashtags", {}),
    ("/v1/tiktok/trending/hashtag/detail", "keyapi_trending_hashtag_detail", {}),
    ("/v1/tiktok/trending/music", "keyapi_trending_music", {}),
    ("/v1/tiktok/trending/music/detail", "keyapi_trending_music_detail", {}),
    ("/v1/tiktok/trending/videos", "keyapi_trending_videos", {}),
    ("/api/v1/tiktok/popular-trend/hashtag", "crawlora_popular_hashtags", {}),
    ("/tiktok/popular-trend/hashtag", "crawlora_popular_hashtags", {}),
    (
        "/tiktok/popular-trend/hashtag/%23t%C3%AAt%2F%25",
        "crawlora_popular_hashtag_detail",
        {"name": "#têt/%"},
    ),
    ("/api/v1/tiktok/popular-trend/hashtag/a+b", "crawlora_popular_hashtag_detail", {"name": "a+b"}),
    ("/api/v1/tiktok/popular-trend/country-industry-meta", "crawlora_country_industry_meta", {}),
    ("/tiktok/popular-trend/creator", "crawlora_popular_creators", {}),
]


@pytest.mark.parametrize(("path", "name", "parameters"), PATHS)
def test_endpoints_are_found(path: str, name: str, parameters: dict[str, str]) -> None:
    call = find("GET", path)
    assert (call.endpoint.name, call.path_parameters) == (name, parameters)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/v1",
        "/v1/tiktok/trending/hashtags/",
        "/tiktok/popular-trend/hashtag/",
        "/v1/x",
        "/%",
        "/{name}",
    ],
)
def test_other_paths_are_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        find("GET", path)


def test_another_method_is_refused_and_told_which_is_allowed() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        find("POST", "/v1/tiktok/trending/music")
    answered = render_error(KEYAPI, refused.value)
    assert (answered.status, answered.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@given(st.text(), st.text())
def test_no_path_is_too_odd(method: str, path: str) -> None:
    with pytest.raises((NotFound, MethodNotAllowed)):
        find(method, path)


def test_unknown_paths_are_answered_in_the_dialect_they_look_like() -> None:
    assert dialect_of("/v1/nothing") is KEYAPI
    assert dialect_of("/v12") is CRAWLORA
    assert dialect_of("/api/v1/nothing") is CRAWLORA
    assert all(dialect_of(path) is one.dialect for one in ENDPOINTS for path in one.paths)


WORDS = [
    (
        InvalidInput("period", "must be 7"),
        400,
        "Invalid parameter: period must be 7",
        "Invalid input: period must be 7",
    ),
    (
        MissingParameter("clip_id"),
        400,
        "Missing required parameter: clip_id",
        "Invalid input: clip_id is required",
    ),
    (NoCredential("none"), 401, "apiKey is null", "Missing API key"),
    (BadCredential("bad"), 401, "apiKey is invalid", "Invalid API key"),
    (OutOfCredits("poor"), 402, "apiKey quota is not enough", "Not enough credits"),
    (NotAllowed("no"), 403, "apiKey may not use this endpoint", "Endpoint not allowed"),
    (NotFound("hashtag"), 404, "Hashtag not found", "Not found"),
    (NotFound("music"), 404, "Music not found", "Not found"),
    (Gone("edition 3 {name}"), 410, "Edition 3 {name}", "Edition 3 {name}"),
    (RateLimited("fast", 0.2), 429, "qps limit exceeded", "Rate limit exceeded"),
    (Corrupt("secret", path="secret"), 500, "Internal server error", "Internal server error"),
    (TrendwireError("secret"), 500, "Internal server error", "Internal server error"),
    (
        NotReady("no edition {x}"),
        503,
        "Service unavailable: no edition {x}",
        "Service unavailable: no edition {x}",
    ),
]


@pytest.mark.parametrize(("error", "status", "keyapi", "crawlora"), WORDS, ids=lambda one: str(one)[:30])
def test_errors_in_both_dialects(error: TrendwireError, status: int, keyapi: str, crawlora: str) -> None:
    first, second = render_error(KEYAPI, error), render_error(CRAWLORA, error)
    assert (first.status, second.status) == (status, status)
    assert json.dumps(json.loads(first.body)) == json.dumps({"code": status, "data": None, "message": keyapi})
    assert json.dumps(json.loads(second.body)) == json.dumps({"code": status, "msg": crawlora, "data": None})


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(RateLimited("fast", 0.001), "1"), (RateLimited("fast", 1.2), "2"), (NotReady("no"), "5")],
)
def test_a_caller_is_told_when_to_come_again(error: TrendwireError, seconds: str) -> None:
    for dialect in DIALECTS:
        assert render_error(dialect, error).headers["Retry-After"] == seconds


def test_every_error_has_a_row_in_every_dialect() -> None:
    assert [set(dialect.errors) for dialect in DIALECTS] == [set(Code), set(Code)]


def test_request_ids() -> None:
    at, noise = 1_742_996_262_999, bytes(range(0xF0, 0x100))
    told = UUID(KEYAPI.request_id(at, noise))
    assert told == UUID(bytes=noise, version=4)
    assert CRAWLORA.request_id(at, noise) == "20250326133742F0F1F2F3F4F5F6F7F8F9"
    assert re.fullmatch(r"[0-9]{14}[0-9A-F]{20}", CRAWLORA.request_id(at, noise))


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (None, None),
        ("", None),
        ("Bearer", None),
        ("Bearer  ", None),
        ("Bearer k", "k"),
        ("bearer  k ", "k"),
        ("k", "k"),
        ("Basic k", "Basic k"),
    ],
)
def test_keyapi_s_credential(value: str | None, key: str | None) -> None:
    assert KEYAPI.credential.read(value) == key


@pytest.mark.parametrize(
    ("value", "key"), [(None, None), (" ", None), (" k ", "k"), ("Bearer k", "Bearer k")]
)
def test_crawlora_s_credential(value: str | None, key: str | None) -> None:
    assert CRAWLORA.credential.read(value) == key
