"""The one client keeps its word whatever a source does; no test waits but by its own clock."""

import json
import logging
import socket
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.sources.asking import CALL, Hours, client, quick, refused
from tests.sources.misbehaving import (
    Source,
    Step,
    answer,
    dripping,
    misbehaving,
    packed,
    raw,
    silent,
)
from trendwire.sources.connector import Call
from trendwire.sources.pace import Breaker

SECRET = 's3cr&t/+"ke y'


def test_a_call_arrives_as_it_was_meant_and_numbers_stay_exact() -> None:
    body = b'{"id":7312345678901234567,"huge":123456789012345678901234,"damaged":7.3e18,"text":"7"}'
    call = Call("list/", params={"q": "a b&c"}, headers={"Access-Token": "x"})
    with misbehaving(answer(body=body)) as source, client(source) as fetch:
        assert fetch(call) == json.loads(body)
        fetch(Call("/f", method="POST", form={"grant": "a b"}))
        fetch(Call("/j", method="POST", json={"n": 7312345678901234567}))
    assert [a.method + " " + a.target for a in source.asked] == [
        "GET /base/list/?q=a+b%26c",
        "POST /base/f",
        "POST /base/j",
    ]
    assert source.asked[0].headers["Access-Token"] == "x"
    assert source.asked[1].body == b"grant=a+b"
    assert json.loads(source.asked[2].body) == {"n": 7312345678901234567}


PASSING: dict[str, tuple[Step, str]] = {
    "429": (answer(429, b"slow down"), "the source answered 429: slow down"),
    "500": (answer(500, b""), "the source answered 500: (nothing)"),
    "503": (answer(503, b"<h1>x"), "the source answered 503: <h1>x"),
    "408": (answer(408, b"{}"), "the source answered 408: {}"),
    "cut before the reply": (raw(b""), "the connection broke off"),
    "cut in the headers": (raw(b"HTTP/1.1 200 OK\r\nContent-"), "the connection broke off"),
    "cut in the body": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1,"),
        "the connection broke off",
    ),
    "not HTTP": (raw(b"220 ready\r\n\r\n"), "the connection broke off"),
    "truncated gzip": (packed(b"[1]" * 99, keep=-9), "it sent a packed reply that ends too early"),
    "gzip without its check sum": (packed(b"[1]", keep=-8), "it sent a packed reply that ends too early"),
    "not gzip": (answer(Content_Encoding="gzip"), "it sent a packed reply that cannot be unpacked"),
}


@pytest.mark.parametrize("name", PASSING)
def test_a_passing_failure_is_tried_again_with_growing_waits(name: str) -> None:
    step, _ = PASSING[name]
    hours = Hours()
    with misbehaving(step, step, answer()) as source, client(source, hours) as fetch:
        assert fetch(CALL) == {"ok": 1}
        assert fetch.breaker == Breaker()
    assert [round(wait) for wait in hours.waits if wait > 0.1] == [1, 2]


@pytest.mark.parametrize("name", PASSING)
def test_after_five_tries_a_call_is_given_up(name: str) -> None:
    step, words = PASSING[name]
    hours = Hours()
    with misbehaving(step) as source, client(source, hours) as fetch:
        error = refused(fetch)
        assert fetch.breaker.failures == 1
        assert fetch.budget.requests == 5
    assert len(source.asked) == 5
    assert [round(wait) for wait in hours.waits if wait > 0.1] == [1, 2, 4, 8]
    assert error.public.startswith(f"the source failed 5 times: {words}")


@pytest.mark.parametrize(
    ("step", "limits"),
    [
        (silent, {"read": 0.05}),
        (silent, {"whole": 0.05}),
        (dripping(b"HTTP/1.1 200 OK\r\nX: "), {"whole": 0.2}),
        (dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"), {"whole": 0.2}),
    ],
    ids=["silent", "silent to the end", "slow headers", "slow body"],
)
def test_what_takes_too_long_is_ended_and_tried_again(step: Step, limits: dict[str, float]) -> None:
    with misbehaving(step, answer()) as source, client(source, **quick(**limits)) as fetch:
        assert fetch(CALL) == {"ok": 1}
    assert len(source.asked) == 2


def test_a_source_that_never_answers_is_given_up() -> None:
    with misbehaving(silent) as source, client(source, **quick(read=0.25)) as fetch:
        assert "it did not answer in time" in refused(fetch).public
    assert len(source.asked) == 5


def test_a_source_that_is_not_there_is_given_up() -> None:
    with misbehaving(answer()) as source:
        pass
    with client(source) as fetch:
        assert refused(fetch).public.startswith("the source failed 5 times: it cannot be reached")


def test_a_name_that_nobody_knows_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with client(Source(), address="https://source.test") as fetch:
        assert "the name source.test cannot be looked up" in refused(fetch).public


FINAL: dict[str, tuple[Step, str]] = {
    "HTML": (
        answer(body=b"<!DOCTYPE html>\n<html>" + b"x" * 200, Content_Type="text/html"),
        "the source answered with something that is not JSON: <!DOCTYPE html> <html>" + "x" * 58,
    ),
    "nothing": (answer(body=b""), "the source answered with an empty body instead of JSON"),
    "half of a document": (
        answer(body=b'{"a":'),
        'the source answered with something that is not JSON: {"a":',
    ),
    "too deep": (
        answer(body=b"[" * 50_000),
        "the source answered with something that is not JSON: " + "[" * 80,
    ),
    "not text": (answer(body=b"\xff\xfe\x00"), "the source answered with something that is not JSON: "),
    "400": (answer(400, b'{"message":"bad count"}'), 'the source answered 400: {"message":"bad count"}'),
    "404": (answer(404, b"gone"), "the source answered 404: gone"),
    "401": (answer(401, b"expired"), "the source does not accept the credentials: expired"),
    "403": (answer(403, b"no scope"), "the source does not accept the credentials: no scope"),
    "a body that is cut off after a refusal": (
        raw(b"HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\nx"),
        "the source answered 400: x",
    ),
    "a refusal that cannot be unpacked": (
        answer(400, b"x", Content_Encoding="gzip"),
        "the source answered 400: (nothing)",
    ),
    "304": (answer(304, b""), "the source answered 304: (nothing)"),
    "a packing not asked for": (
        answer(Content_Encoding="br"),
        "the source packs its reply in a way that was not asked for: br",
    ),
    "a redirect loop": (answer(302, Location="/base/list"), "the source redirects more than 3 times"),
    "a redirect to another host": (
        answer(302, Location="http://elsewhere.test/x"),
        "the source redirects to another place, which is not followed: http://elsewhere.test",
    ),
    "a redirect to another scheme": (
        answer(301, Location="https://127.0.0.1/x"),
        "the source redirects to another place, which is not followed: https://127.0.0.1",
    ),
    "a redirect to another port": (
        answer(307, Location="http://127.0.0.1:1/x"),
        "the source redirects to another place, which is not followed: http://127.0.0.1:1",
    ),
    "a redirect to a file": (
        answer(302, Location="file:///etc/passwd"),
        "the source redirects to another place, which is not followed: file://127.0.0.1",
    ),
}


@pytest.mark.parametrize("name", FINAL)
def test_a_final_failure_is_said_in_plain_words_without_trying_again(name: str) -> None:
    step, words = FINAL[name]
    hours = Hours()
    with misbehaving(step) as source, client(source, hours) as fetch:
        error = refused(fetch)
    assert error.public.startswith(words)
    assert len(source.asked) == (4 if "loop" in name else 1)
    assert sum(hours.waits) < 0.1


def test_a_redirect_on_the_same_host_is_followed() -> None:
    call = Call("/list", headers={"Access-Token": "x"})
    with misbehaving(answer(302, Location="../other?page=2"), answer()) as source, client(source) as fetch:
        assert fetch(call) == {"ok": 1}
        assert fetch.budget.requests == 2
    assert source.asked[1].target == "/other?page=2"
    assert source.asked[1].headers["Access-Token"] == "x"


def test_every_call_is_one_line_of_the_log() -> None:
    with misbehaving(answer(500), answer()) as source, client(source) as fetch, capture_logs() as lines:
        fetch(Call("/list", params={"page": "2"}))
        fetch(CALL)
    line = {name: value for name, value in lines[0].items() if name != "seconds"}
    assert line == {
        "event": "source asked",
        "log_level": "debug",
        "host": "127.0.0.1",
        "method": "GET",
        "path": "/list",
        "query": {"page": "2"},
        "status": 200,
        "tries": 2,
        "bytes": 8,
    }
    assert len(lines) == 2


def echoing(status: int) -> Step:
    """A source that gives back what it was told, in every spelling."""
    told = [SECRET, json.dumps(SECRET), "s3cr%26t%2F%2B%22ke+y", "s3cr%26t%2f%2b%22ke%20y"]
    return answer(status, ("<" + " ".join(told)).encode())


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_secret_stands_in_no_error_and_no_log(status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    call = Call(f"/list/{SECRET}", params={"key": SECRET}, headers={"Access-Token": SECRET.replace('"', "")})
    secrets = ("", SECRET, SECRET.replace('"', ""))
    with misbehaving(echoing(status)) as source, client(source, secrets=secrets) as fetch:
        with capture_logs() as lines:
            error = refused(fetch, call)
        seen = [repr(fetch), error.public, repr(error), repr(error.facts), repr(lines), caplog.text]
    assert (error.__cause__, error.__suppress_context__) == (None, True)
    assert "***" in error.public
    assert [text for text in seen if "s3cr" in text] == []


def test_a_secret_in_a_header_of_the_reply_is_hidden() -> None:
    step = answer(Content_Encoding="s3cret-way")
    with misbehaving(step) as source, client(source, secrets=["s3cret"]) as fetch:
        assert refused(fetch).public.endswith("not asked for: ***-way")


def test_a_token_that_came_on_the_way_is_hidden_too() -> None:
    call = Call("/list", headers={"Authorization": "Bearer t0ken-of-an-hour"})
    with misbehaving(answer(401, b"t0ken-of-an-hour ended")) as source, client(source) as fetch:
        assert refused(fetch, call).public == "the source does not accept the credentials: *** ended"


def test_a_header_that_cannot_be_sent_is_refused_without_being_shown() -> None:
    with misbehaving(answer()) as source, client(source, secrets=("s3cret\n",)) as fetch:
        for value in ("s3cret\n", "s3cret\u2013"):
            error = refused(fetch, Call("/x", headers={"Access-Token": value}))
            assert error.public == "a header or the path holds characters that HTTP does not allow"
            assert "s3cret" not in repr(error) + repr(error.facts)
