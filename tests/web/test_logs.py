"""No key in any log: whole, cut short, in a name, a value, a path or a traceback."""

import io
import json
from collections.abc import Iterator

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
