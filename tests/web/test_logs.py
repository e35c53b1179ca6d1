"""No key in any log: whole, cut short, in a name, a value, a path or a traceback."""

import io
import json
import re
from collections.abc import Iterator
from datetime import datetime

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from tests.web.conftest import Served
from trendwire.accounts.credential import mint
from trendwire.web import logs, shelf


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure("debug", stream)
    yield stream
    structlog.reset_defaults()


def test_no_key_reaches_the_log(
    served: Served, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = mint()
    for path in (
        "/v1/tiktok/trending/hashtags",
        f"/v1/{other}",
        f"/v1/tiktok/trending/hashtags?region={other}",
    ):
        served.client.get(path, headers={"Authorization": f"Bearer {served.key}"})
        served.client.get(path, headers={"x-api-key": other, "Authorization": other})

    def fail(*_: object) -> None:
        raise RuntimeError(f"failed with {served.key} and {{'x-api-key': '{other}'}}")

    monkeypatch.setattr(shelf, "answer_from", fail)
    served.client.get(
        "/v1/tiktok/trending/hashtags?period=30", headers={"Authorization": f"Bearer {served.key}"}
    )
    told = written.getvalue()
    assert "Traceback" in told
    assert served.key[8:] not in told
    assert other[8:] not in told
    assert logs.REDACTED in told


def test_a_line_is_json_and_has_the_request_id_of_the_answer(served: Served, written: io.StringIO) -> None:
    headers = {"Authorization": f"Bearer {served.key}"}
    answer = served.client.get("/v1/tiktok/trending/hashtags?period=1", headers=headers)
    (line,) = [json.loads(line) for line in written.getvalue().splitlines()]
    assert (line["event"], line["code"]) == ("refused", "invalid_input")
    assert line["request_id"] == answer.headers["x-request-id"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    logs.configure("debug", stream)
    yield stream
    structlog.reset_defaults()


def test_on_a_terminal_an_event_is_a_line_to_read(shown: Terminal) -> None:
    structlog.get_logger().info("published", edition=3, as_of="2026-01-31", resumes=None, reason="")
    stamp, line = shown.getvalue()[:19], shown.getvalue()[19:]
    assert datetime.fromisoformat(stamp) > datetime(2026, 1, 1)
    assert line == " [info] published edition=3 as_of=2026-01-31\n"


def test_on_a_terminal_no_key_and_no_control_character_is_shown(shown: Terminal) -> None:
    key, hostile = mint(), "a\x1b[2J\x9b\r\n\u202eb"
    try:
        int(f"{key} {hostile}")
    except ValueError:
        structlog.get_logger().exception(hostile, **{hostile: hostile}, deep={"x": [hostile, key]})
    assert key[8:] not in shown.getvalue()
    assert "Traceback (most recent call last):\n" in shown.getvalue()
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown.getvalue()) == []


def test_colours_are_for_terminals_that_show_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for term, coloured in (("xterm-256color", True), ("dumb", False)):
        monkeypatch.setenv("TERM", term)
        logs.configure("info", stream := Terminal())
        structlog.get_logger().info("stopped")
        assert ("\x1b[" in stream.getvalue()) is coloured
    structlog.reset_defaults()


VALUES = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=10,
)


@given(event=st.dictionaries(st.text(), VALUES), place=st.integers(1, 46), around=st.text())
def test_redaction_finds_keys_at_any_depth(event: dict[str, object], place: int, around: str) -> None:
    key = mint()
    event |= {"deep": {key: [around + key + " " + around, {"x": (key,)}]}, "short": key[: 8 + place % 38 + 1]}
    clean = logs.redact(None, "info", event)
    assert key[8:] not in repr(clean)
    assert clean["short"] == logs.REDACTED
