"""Backups from the command line: what is printed, where a backup may go, what a restore says it found."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.furnished import Furnished
from tests.serving import create_key


def test_there_and_back(published: Call, tmp_path: Path) -> None:
    create_key(tmp_path / "home", 100, 5)
    file, new = tmp_path / "file", tmp_path / "new"
    taken = published("backup", file)
    assert taken.code == 0
    assert [line.split()[0] for line in taken.out.splitlines()] == [
        "file",
        "bytes",
        "files",
        "bytes",
        "begun",
    ]
    assert "back up ..." in taken.err
    back = published("restore", file, "--verify", "--home", new)
    assert back.code == 0
    assert "keys            1, and the secret is theirs" in back.out
    assert "editions        2 are kept, and are what was published" in back.out
    charts = [published("chart", "hashtags", "--home", home).out for home in (tmp_path / "home", new)]
    assert charts[0] == charts[1]
    assert published("doctor", "--home", new).out.count("BAD") == 0


def test_json_for_programs(published: Call, tmp_path: Path) -> None:
    file = tmp_path / "file"
    taken = published("backup", file, "--json").json
    assert (taken["file"], taken["bytes"]) == (str(file), file.stat().st_size)
    checked = published("restore", file, "--dry-run", "--verify", "--json").json
    assert (checked["files"], checked["size"], checked["home"]) == (taken["files"], taken["size"], None)
    assert checked["verified"]["editions"] == 2


def test_a_file_that_is_there_is_replaced_only_if_told(published: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    refused = published("backup", tmp_path / "file")
    assert (refused.code, (tmp_path / "file").read_text()) == (1, "mine")
    assert refused.err.endswith(
        f"trendwire: there is such a file already; --force replaces it ({tmp_path}/file)\n"
    )
    assert published("backup", tmp_path / "file", "--force").code == 0


def test_a_home_that_is_not_empty_is_left_alone(
    published: Call, furnished: Furnished, tmp_path: Path
) -> None:
    refused = published("restore", furnished.file)
    assert refused.code == 1
    assert (
        "the home is not empty: name another --home, or move away what is there: editions, facts"
        in refused.err
    )


def test_what_is_no_backup_is_said_in_one_line(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no backup")
    refused = call("restore", tmp_path / "file", "--dry-run")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        f"trendwire: {tmp_path}/file is no whole backup: it was cut off, damaged,"
        " or not made by `trendwire backup`\n"
    )


def test_stdout_takes_a_backup_and_nothing_else(published: Call, tmp_path: Path) -> None:
    assert published("backup", "-", "--json").code == 2
    command = [sys.executable, "-m", "trendwire", "--home", str(tmp_path / "home"), "backup", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    (tmp_path / "file").write_bytes(done.stdout)
    assert published("restore", tmp_path / "file", "--home", tmp_path / "new", "--verify").code == 0


def test_accounts_that_are_elsewhere_are_said_to_be(
    published: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRENDWIRE_POSTGRES_URL", "postgresql://elsewhere")
    assert "PostgreSQL and not in this backup" in published("backup", tmp_path / "file").err
