"""The doctor finds what is wrong, one check at a time, and says what to do."""

import json
import os
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.serving import free_port
from tests.small_world import DAYS
from trendwire import clock
from trendwire.cli.doctor import CHECKS
from trendwire.facts.store import FactStore


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
    assert "none is published yet -> run `trendwire publish`\n" in ended.out


def test_an_edition_that_was_changed_is_found(published: Call, tmp_path: Path) -> None:
    file = max((tmp_path / "home" / "editions").glob("*.sqlite"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.unlink()
    file.write_bytes(content)
    assert set(_sick(published("doctor", "--port", free_port(), "--json").json)) == {"edition"}


def test_missing_facts_are_found(published: Call, tmp_path: Path) -> None:
    next((tmp_path / "home" / "facts" / "parts").rglob("*.parquet")).unlink()
    sick = _sick(published("doctor", "--port", free_port(), "--json").json)
    assert set(sick) == {"facts"}
    assert "--recover --from BACKUP" in sick["facts"]
    assert "edition" not in sick["facts"]


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


def _rot(path: Path) -> bytes:
    """Change a byte as a disk does: size and times stay; what was there."""
    good, told = path.read_bytes(), path.stat()
    bad = bytearray(good)
    bad[len(bad) // 2] ^= 1
    path.unlink()  # the homes of other tests have the same file
    path.write_bytes(bad)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))
    return good


def _part(tmp_path: Path) -> Path:
    return next((tmp_path / "home" / "facts" / "parts").rglob("*.parquet"))


def test_a_part_whose_size_changed_is_found_at_once(published: Call, tmp_path: Path) -> None:
    part = _part(tmp_path)
    data = part.read_bytes()
    part.unlink()  # the homes of other tests have the same file
    part.write_bytes(data + b"x")
    ended = published("doctor", "--port", free_port(), "--json")
    assert set(_sick(ended.json)) == {"facts"}


def test_a_part_that_rotted_is_found_by_a_deep_look(published: Call, tmp_path: Path) -> None:
    _rot(_part(tmp_path))
    ended = published("doctor", "--deep", "--port", free_port(), "--json")
    assert set(_sick(ended.json)) == {"facts"}


def test_damage_is_named_by_who_meets_it_and_then_by_the_doctor_until_somebody_acts(
    published: Call, tmp_path: Path
) -> None:
    assert published("backup", tmp_path / "good").code == 0
    part = _part(tmp_path)
    _rot(part)
    met = published("ingest", "-", stdin=b'{"id":"7506832682593094928","view_count":1}\n')
    assert met.code == 3
    assert part.name in met.err
    assert "trendwire doctor" in met.err
    again = published("ingest", "-", stdin=b'{"id":"7506832682593094929","view_count":1}\n')
    assert (again.code, again.err.count(part.name)) == (0, 0)
    sick = _sick(published("doctor", "--port", free_port(), "--json").json)
    assert set(sick) == {"damaged"}
    assert "--recover" in sick["damaged"]
    backup = published("backup", tmp_path / "later")
    assert backup.code == 3
    assert part.name in backup.err
    assert "missing" in published("restore", tmp_path / "later", "--verify", "--dry-run").out
    ended = published("doctor", "--recover", "--from", tmp_path / "good", "--port", free_port(), "--json")
    assert (ended.code, _sick(ended.json)) == (0, {})
    assert published("audit", "--json").json["same"]


def test_a_loss_that_is_accepted_is_not_named_again(published: Call, tmp_path: Path) -> None:
    _rot(_part(tmp_path))
    published("doctor", "--seal", "--port", free_port())
    ended = published("doctor", "--accept-loss", "--port", free_port(), "--json")
    assert (ended.code, _sick(ended.json)) == (0, {})
    assert "removed for good: parts/" in ended.err


def test_a_damaged_edition_is_removed_with_the_loss_and_a_sound_one_is_current(
    published: Call, tmp_path: Path
) -> None:
    _rot(max((tmp_path / "home" / "editions").glob("*.sqlite")))
    ended = published("doctor", "--accept-loss", "--deep", "--port", free_port(), "--json")
    assert "removed for good: edition 3" in ended.err
    assert (ended.code, _sick(ended.json)) == (0, {})


def test_a_home_of_before_is_sealed(published: Call, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in ("facts/manifest.json", "editions/catalog.json"):
        told = json.loads((home / name).read_bytes())
        told |= {"version": 1, "checksums": {}}
        for edition in told.get("editions", ()):
            edition.pop("sha256")
        told.pop("sha256")
        (home / name).write_text(json.dumps(told))
    assert "without a checksum" in published("doctor", "--port", free_port()).out
    parts = len(FactStore(home).parts())
    ended = published("doctor", "--seal", "--deep", "--port", free_port())
    assert f"checksums made: {parts} parts, 0 recorded charts, 2 editions" in ended.err
    assert ended.code == 0
    _rot(max((home / "editions").glob("*.sqlite")))
    assert set(_sick(published("doctor", "--port", free_port(), "--json").json)) == {"edition"}


def test_every_kind_of_damage_is_found_by_a_deep_look(published: Call, tmp_path: Path) -> None:
    home = tmp_path / "home"
    published("ingest", "-", stdin=b'{"id":"none"}\n{"id":"7506832682593094928"}\n')
    files = [min((home / "editions").glob("*.sqlite")), home / "facts" / "ingests.ndjson"]
    files += [next((home / "facts" / name).glob("20*")) for name in ("quarantine", "memberships")]
    for file in files:
        _rot(file)
    (one,) = [
        one
        for one in published("doctor", "--deep", "--port", free_port(), "--json").json
        if one["check"] == "files"
    ]
    assert not one["well"]
    assert all(file.name in one["found"] for file in files), one
