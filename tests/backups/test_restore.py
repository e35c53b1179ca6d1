"""A backup becomes a home whole or not at all, and only into an empty one; what is not sound is named."""

import importlib
import re
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.accounts.moments import START
from tests.backups.conftest import changed, names, once_at, restored, take
from tests.furnished import AT
from tests.small_world import silent
from trendwire import backups
from trendwire.errors import BadFile, Conflict, Corrupt, NotReady
from trendwire.facts.durable import folder_aside
from trendwire.facts.parts import PartStore

take_module = importlib.import_module("trendwire.backups.take")


def refusal(file: Path, home: Path, *, verified: bool = False) -> str:
    """Why a backup is not restored; nothing of it is left then."""
    before = names(home), home.exists()
    with pytest.raises((BadFile, Conflict, Corrupt, NotReady)) as error:
        backups.restore(str(file), home, START, silent, verified=verified)
    assert (names(home), home.exists()) == before
    assert not list(home.parent.glob(".*restoring*"))
    return error.value.public


def test_an_empty_folder_stays_the_folder_that_it_is(file: Path, tmp_path: Path) -> None:
    home = tmp_path / "empty"
    home.mkdir(mode=0o750)
    (home / "lost+found").mkdir()
    inode = home.stat().st_ino
    backups.restore(str(file), home, START, silent, verified=True)
    assert (home.stat().st_ino, stat.S_IMODE(home.stat().st_mode)) == (inode, 0o750)
    assert names(home) >= names(restored(file)) - {"facts/read.lock"}
    assert not list(home.glob(".restor*"))


def test_a_home_that_is_not_there_is_for_its_owner_alone(file: Path, tmp_path: Path) -> None:
    home = tmp_path / "some" / "where"
    told = backups.restore(str(file), home, START, silent, verified=False)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert (told.home, told.verified, told.dry_run) == (str(home), None, False)
    assert [path.name for path in home.parent.iterdir()] == ["where"]


def test_a_home_that_holds_anything_is_left_alone(file: Path, home: Path, tmp_path: Path) -> None:
    words = refusal(file, home)
    assert words == (
        "the home is not empty: name another --home, or move away what is there:"
        " accounts.secret, accounts.sqlite, console.sqlite, editions, facts, ..."
    )
    (tmp_path / "a file").touch()
    assert "no folder" in refusal(file, tmp_path / "a file")


def test_checking_leaves_nothing(file: Path, home: Path, tmp_path: Path) -> None:
    """Beside a home that is at work, with and without unpacking."""
    before = names(tmp_path)
    for verified in (False, True):
        told = backups.check(str(file), START, silent, verified=verified)
        assert (told.home, told.dry_run, told.verified is not None) == (None, True, verified)
    assert names(tmp_path) == before


def test_what_is_restored_is_backed_up_the_same(file: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = backups.restore(str(file), home, START, silent, verified=False)
    again = backups.restore(str(take(home, tmp_path / "again")), tmp_path / "b", START, silent, verified=True)
    assert (first.files, first.size) == (again.files, again.size)


@pytest.mark.parametrize("there", [False, True])
def test_what_fails_half_way_leaves_nothing(file: Path, tmp_path: Path, there: bool) -> None:
    home = tmp_path / "parent" / "home"
    (home if there else home.parent).mkdir(parents=True)

    def fail() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backups.restore(str(file), home, START, once_at(9, fail)[0], verified=False)
    assert [*home.parent.rglob("*")] == ([home] if there else [])


def test_what_a_killed_restore_left_goes_with_the_next(file: Path, tmp_path: Path) -> None:
    """In the home and beside it; not what a living one is at."""
    home = tmp_path / "home"
    (tmp_path / ".home.restoring-dead").mkdir()
    with folder_aside(tmp_path, ".home.restoring-") as living:
        backups.restore(str(file), home, START, silent, verified=False)
        assert living.exists()
    assert not list(tmp_path.glob(".home*"))
    there = tmp_path / "there"
    (there / ".restoring-dead" / "facts").mkdir(parents=True)
    backups.restore(str(file), there, START, silent, verified=False)
    assert not list(there.glob(".rest*"))


def test_a_restore_that_was_cut_off_at_its_end_is_finished_by_the_next(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, moved = tmp_path / "home", 0
    home.mkdir()
    rename = Path.rename

    def killed(path: Path, target: Path) -> Path:
        nonlocal moved
        moved += path.parent.name == ".restored"
        if moved > 3:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as at_its_end:
        at_its_end.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            backups.restore(str(file), home, START, silent, verified=False)
    assert (home / ".restored").exists()
    with pytest.raises(Conflict, match="it is finished now"):
        backups.restore(str(file), home, START, silent, verified=False)
    other = tmp_path / "other"
    backups.restore(str(file), other, START, silent, verified=False)
    assert names(home) == names(other)


def test_no_room_is_said_before_anything_is_written(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1000

    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage)
    assert refusal(file, tmp_path / "new").endswith("bytes, 1,000 are free")


def _flip(path: Path) -> None:
    with changed(path) as data:
        data[len(data) // 2] ^= 0xFF


def _shorten(path: Path) -> None:
    with changed(path) as data:
        del data[-200:]


def _spoil(path: Path) -> None:
    with changed(path) as data:
        data[4096:4160] = b"\xff" * 64


def _steal(path: Path) -> None:
    """Credits that no ledger row gave."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("UPDATE account SET balance = balance + 1")
        db.commit()


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        ("facts/parts/*/*.parquet", _flip, "part .* of the facts is damaged"),
        ("facts/inbox/*", _shorten, "in the inbox is damaged"),
        ("facts/memberships/*.parquet", _flip, "the published charts of .* are not what was published"),
        ("facts/recorded/*/*.json", _shorten, "a recorded chart is damaged"),
        ("facts/forgotten.json", _shorten, "the journal of what was forgotten"),
        ("editions/*.sqlite", _flip, "edition . is not what was published"),
        ("console.sqlite", _spoil, "console.sqlite is damaged"),
        ("accounts.sqlite", _spoil, "the accounts are damaged"),
        ("accounts.sqlite", _steal, "a balance is not the sum of its ledger rows"),
        ("accounts.secret", lambda path: path.write_text("00" * 32), "the secret is not the one"),
    ],
)
def test_what_was_damaged_before_it_was_backed_up_is_found(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    damage: Callable[[Path], object],
    words: str,
) -> None:
    """By versions that looked at nothing while they copied."""
    for path in home.glob(name):
        damage(path)
    with monkeypatch.context() as older:
        older.setattr(PartStore, "faults", lambda _store, _manifest, **_how: {})
        older.setattr(take_module, "_set_damaged_aside", lambda _home: None)
        older.setattr(take_module._Copy, "_sound", lambda _copy, _catalog, record: record)
        older.setattr(take_module, "_check_copy", lambda _database, _path: None)
        older.setattr(take_module, "_check_part", lambda _file, _checksum: None)
        file = take(home, tmp_path / "file")
    found = refusal(file, tmp_path / "new", verified=True)
    assert re.match(f"what was backed up is not sound: .*{words}.*; nothing is restored", found), found
    assert backups.check(str(file), START, silent, verified=False).files > 20


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("facts/parts/*/*.parquet", _flip),
        ("facts/inbox/*", _shorten),
        ("facts/memberships/*.parquet", _flip),
        ("facts/recorded/*/*.json", _shorten),
        ("editions/*.sqlite", _flip),
    ],
)
def test_a_backup_blesses_nothing_that_is_damaged(
    home: Path, tmp_path: Path, name: str, damage: Callable[[Path], object]
) -> None:
    """It is left out and named; the rest is sound."""
    damaged = sorted(path.relative_to(home).as_posix() for path in home.glob(name))
    for path in damaged:
        damage(home / path)
    done = backups.backup(home, str(tmp_path / "file"), AT, "0", silent)
    told = (one.partition(":")[0] for one in done.damaged)
    assert sorted(one if one.startswith("editions") else f"facts/{one}" for one in told) == damaged
    new = tmp_path / "new"
    backups.restore(str(tmp_path / "file"), new, START, silent, verified=True)
    assert not names(new) & {*damaged}


@pytest.mark.parametrize(
    ("name", "damage"),
    [("console.sqlite", _spoil), ("accounts.sqlite", _spoil), ("facts/forgotten.json", _shorten)],
)
def test_no_backup_is_made_of_a_damaged_database(
    home: Path, tmp_path: Path, name: str, damage: Callable[[Path], object]
) -> None:
    damage(home / name)
    with pytest.raises(Corrupt):
        take(home, tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_a_home_of_nothing_but_a_folder_goes_both_ways(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    after = restored(take(tmp_path / "home", tmp_path / "file"))
    assert {name for name in names(after) if not name.startswith("facts/")} == set()
