"""A full disk, missing rights and damaged files are said in plain words, with what to do."""

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.cli.conftest import Call
from tests.serving import free_port
from trendwire.accounts.store import our_words
from trendwire.cli.outcomes import say_error
from trendwire.cli.troubles import in_words
from trendwire.errors import NotReady


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "share of the disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "has no rights"),
        (errno.EIO, "may be failing"),
        (errno.ENAMETOOLONG, "too long"),
    ],
)
def test_what_the_system_refuses_is_said_with_its_path(code: int, words: str) -> None:
    said = in_words(OSError(code, "in words of the system", "/srv/home/facts"))
    assert said is not None
    assert words in said
    assert said.startswith("/srv/home/facts: ")


def test_what_nobody_expects_stays_unexpected() -> None:
    assert in_words(ValueError("x")) is None
    assert in_words(OSError("x")) is None


def test_a_full_disk_is_said_by_sqlite_and_by_duckdb(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as db:
        db.execute("CREATE TABLE t (x)")
        db.execute("PRAGMA max_page_count = 3")
        with pytest.raises(sqlite3.OperationalError) as full:
            db.execute("INSERT INTO t VALUES (zeroblob(100000))")
    assert "the disk is full" in (in_words(full.value) or "")
    assert "the disk is full" in (in_words(duckdb.IOException("write: No space left on device")) or "")


def test_a_full_disk_is_said_by_a_command(call: Call) -> None:
    ended = call("simulate", "--posts", 2000, "--days", 30, "--out", "/dev/full")
    assert ended.code == 1
    assert "the disk is full" in ended.err


def test_a_command_says_why_the_accounts_are_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    for cause, words in (
        (OSError(errno.EROFS, "in words of the system", "/srv/home/accounts.sqlite"), "is read-only"),
        (sqlite3.OperationalError("database or disk is full"), "the disk is full"),
    ):
        if isinstance(cause, sqlite3.Error):
            cause.sqlite_errorcode = sqlite3.SQLITE_FULL
        with pytest.raises(NotReady) as refused, our_words(Path("/srv/home/accounts.sqlite")):
            raise cause
        say_error(refused.value)
        assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("ingest", "-"), ("publish",), ("doctor",), ("backup", "x"), ("editions",)]
)
def test_a_home_that_is_a_file_is_said(call: Call, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "home").write_text("")
    ended = call(*words)
    assert ended.code == 2
    assert "--home must name a folder" in ended.err


def test_a_home_that_cannot_be_made_is_said(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = call("--home", tmp_path / "file" / "home", "ingest", "-", stdin=b'{"id":"7506832682593094928"}\n')
    assert ended.code == 1
    assert "unexpected" not in ended.err
    assert str(tmp_path / "file") in ended.err


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("facts/manifest.json", [("ingest", "-"), ("publish",), ("audit",), ("doctor",)]),
        ("facts/parts/*/*.parquet", [("publish", "--as-of", "latest"), ("doctor",)]),
        ("editions/*.sqlite", [("chart", "hashtag"), ("doctor",), ("audit",)]),
        ("editions/catalog.json", [("chart", "hashtag"), ("publish",), ("editions",), ("doctor",)]),
        ("accounts.sqlite", [("keys", "list"), ("doctor",)]),
    ],
)
def test_damaged_files_are_said_by_every_command(
    published: Call, tmp_path: Path, name: str, commands: list[tuple[str, ...]]
) -> None:
    published("keys", "create", "--name", "ada")
    for path in (tmp_path / "home").glob(name):
        data = path.read_bytes()
        path.unlink()  # the homes of other tests have the same file
        path.write_bytes(data[:100] + bytes(len(data) - 100))
    for words in commands:
        port = ("--port", free_port()) if words == ("doctor",) else ()
        ended = published(*words, *port, stdin=b'{"id":"7506832682593094928"}\n')
        assert "unexpected" not in ended.err, (words, ended.err)
        assert "Traceback" not in ended.err
        assert ended.code or words[0] in ("publish", "audit"), words  # these make anew what is damaged


def test_a_damaged_state_is_made_anew(published: Call, tmp_path: Path) -> None:
    rendered = ("publish", "--as-of", "latest", "--details", "rendered", "--json")
    assert published(*rendered).code == 0
    for path in (tmp_path / "home" / "state" / "checkpoint").iterdir():
        data = bytearray(path.read_bytes())
        for place in range(0, len(data), 50_000):
            data[place] ^= 0xFF
        path.write_bytes(data)
    published("ingest", "-", stdin=b'{"id":"7506832682593094928","view_count":1}\n')
    assert published(*rendered).code == 0
    assert published("audit", "--json").json["same"]
