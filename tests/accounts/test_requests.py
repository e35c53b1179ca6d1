"""The request log keeps what was asked for a while, thins out floods, and holds no key."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.accounts.moments import START
from trendwire import clock
from trendwire.accounts import RequestLogStore
from trendwire.accounts.credential import mint
from trendwire.accounts.operations import ListRequests, LoggedRequest
from trendwire.accounts.requests import KEPT_PER_SECOND


def row(number: int, **told: Any) -> LoggedRequest:
    values: dict[str, Any] = {
        "id": 0,
        "at": clock.milliseconds() - 10_000 + number,
        "request_id": f"r{number}",
        "key_id": number % 2,
        "account_id": 1,
        "endpoint": "chart",
        "method": "GET",
        "target": "/v1/x?period=7",
        "status": 200,
        "cost": 2,
        "ms": 0.5,
        "address": "192.0.2.1",
    }
    return LoggedRequest(**(values | told))


def found(log: RequestLogStore, **asked: Any) -> list[str]:
    return [one.request_id for one in log.find(ListRequests(**asked), asked.pop("account_id", None))]


def test_rows_are_found_newest_first_by_every_filter(tmp_path: Path) -> None:
    log = RequestLogStore.open(tmp_path, 7, 100)
    for number, status in enumerate((200, 404, 429, 503)):
        log.note(row(number, status=status, endpoint="detail" if number == 3 else "chart"))
    assert found(log) == ["r3", "r2", "r1", "r0"]
    assert found(log, status=4) == ["r2", "r1"]
    assert found(log, status=429) == ["r2"]
    assert found(log, key_id=1) == ["r3", "r1"]
    assert found(log, endpoint="detail") == ["r3"]
    assert found(log, request_id="r1") == ["r1"]
    assert found(log, limit=2) == ["r3", "r2"]
    assert found(log, limit=2, before=3) == ["r1", "r0"]
    assert log.find(ListRequests(), 2) == ()


def test_rows_go_by_age_and_by_number(tmp_path: Path) -> None:
    log = RequestLogStore.open(tmp_path, 1, 5)
    log.note(row(0, at=START))
    for number in range(1, 9):
        log.note(row(number))
    log.start()
    log.close()
    assert found(RequestLogStore.open(tmp_path, 1, 5)) == ["r8", "r7", "r6", "r5", "r4"]


def test_a_flood_is_thinned_out_and_still_adds_up() -> None:
    log = RequestLogStore.open(Path("unused"), 7, 100)
    weights = [log.wanted(200) for _ in range(50_000)]
    kept = [weight for weight in weights if weight]
    assert len(kept) < 7 * KEPT_PER_SECOND
    assert sum(kept) == pytest.approx(50_000, rel=0.01)
    assert log.wanted(404) == 1


def test_nothing_is_kept_where_no_day_is(tmp_path: Path) -> None:
    assert RequestLogStore.open(tmp_path, 0, 100).wanted(500) == 0


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(["live", "test"]))
def test_no_key_is_in_a_row(before: str, after: str, mode: str) -> None:
    text = mint(mode)
    for written in (text, text.replace("_", "%5f"), text.replace("_", "%5F")):
        with TemporaryDirectory() as home:
            log = RequestLogStore.open(Path(home), 7, 100)
            log.note(row(0, target=f"/v1/{before}{written}&{after}"))
            (told,) = log.find(ListRequests(), None)
        assert text[8:] not in told.target


def test_a_disk_that_fails_loses_rows_and_nothing_else(tmp_path: Path) -> None:
    log = RequestLogStore.open(tmp_path / "absent", 7, 100)
    log.note(row(0))
    log.start()
    log.close()
    assert log.lost == 1
