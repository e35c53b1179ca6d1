"""The doctor finds what is wrong, one check at a time, and says what to do."""

import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.serving import free_port
from tests.small_world import DAYS
from trendwire import clock
from trendwire.cli.doctor import CHECKS


def _sick(ended_json: list[dict[str, object]]) -> dict[str, str]:
    return {str(one["check"]): str(one["advice"]) for one in ended_json if not one["well"]}


def test_a_home_in_order_is_well(published: Call) -> None:
    published("keys", "create", "--name", "ada")
    ended = published("doctor", "--port", free_port(), "--json")
    assert (ended.code, _sick(ended.json)) == (0, {})
    assert [one["check"] for one in ended.json] == list(CHECKS)


def test_a_new_home_is_told_what_to_do_first(call: Call) -> None:
    ended = call("doctor", "--port", free_port())
    assert ended.code == 3
    assert "trendwire ingest" in ended.out
    assert "trendwire publish" in ended.out


def test_an_edition_that_was_changed_is_found(published: Call, tmp_path: Path) -> None:
    file = max((tmp_path / "home" / "editions").glob("*.sqlite"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.unlink()
    file.write_bytes(content)
    assert set(_sick(published("doctor", "--port", free_port(), "--json").json)) == {"edition"}


def test_missing_facts_are_found(published: Call, tmp_path: Path) -> None:
    next((tmp_path / "home" / "facts" / "parts").rglob("*.parquet")).unlink()
    assert set(_sick(published("doctor", "--port", free_port(), "--json").json)) == {"facts"}


@pytest.mark.parametrize("name", ["accounts.secret", "accounts.sqlite"])
def test_secrets_that_others_may_read_are_found(published: Call, tmp_path: Path, name: str) -> None:
    published("keys", "create", "--name", "ada")
    (tmp_path / "home" / name).chmod(0o644)
    sick = _sick(published("doctor", "--port", free_port(), "--json").json)
    assert "chmod 600" in sick["secrets"]


def test_an_edition_without_charts_is_found_where_an_older_one_has_some(published: Call) -> None:
    assert published("publish", "--as-of", "2020-01-01", "--allow-empty").code == 0
    sick = _sick(published("doctor", "--port", free_port(), "--json").json)
    assert sick == {"served": f"run `trendwire editions use {DAYS}`"}
    published("editions", "use", DAYS)
    ended = published("doctor", "--port", free_port(), "--json")
    assert _sick(ended.json) == {}
    (found,) = [one["found"] for one in ended.json if one["check"] == "served"]
    assert "held since 20" in found
    assert f"the newest is number {DAYS + 1}" in found


def test_a_clock_that_is_or_was_wrong_is_found(published: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    day = 86_400_000
    now = clock.milliseconds()
    for at, sick, said in (
        (now, {}, "goes with the ledger"),
        (now + 5 * day, {}, "goes with the ledger"),  # a rest is no jump
        (now + 365 * day, {}, "goes with the ledger"),
        (now, {"clock": "set the machine's clock; the months of accounts follow it"}, "days ahead"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(clock, "milliseconds", lambda at=at: at)
            if not sick:
                published("keys", "create", "--name", "ada", "--credits", "5")
            found = published("doctor", "--port", free_port(), "--json").json
        assert _sick(found) == sick
        assert said in next(str(one["found"]) for one in found if one["check"] == "clock")
    published("keys", "create", "--name", "ada", "--credits", "5")
    found = published("doctor", "--port", free_port(), "--json").json
    assert _sick(found) == {}
    (said,) = [str(one["found"]) for one in found if one["check"] == "clock"]
    assert said.endswith("before ledger row 4")


def test_a_taken_port_is_found(published: Call) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        sick = _sick(published("doctor", "--port", taken.getsockname()[1], "--json").json)
    assert set(sick) == {"port"}
