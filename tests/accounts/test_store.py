"""The files of a home are made whole and once, held by one process; what is wrong is said in our words."""

import asyncio
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.accounts.moments import START, admit, books, create, open_books, request
from tests.accounts.version_1 import VERSION_1
from trendwire.accounts import secret
from trendwire.accounts.credential import digest, mint
from trendwire.accounts.operations import CheckLedger, ListAccounts, ListEntries, ListKeys
from trendwire.accounts.placing import place_once
from trendwire.accounts.store import Store
from trendwire.errors import Conflict, Corrupt, NotReady, TrendwireError


def refused(home: Path) -> TrendwireError:
    with pytest.raises((Corrupt, NotReady)) as error:
        Store.open(home)
    assert str(home) not in error.value.public
    return error.value


def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    Store.open(tmp_path / "new" / "home").close()
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new" / "home").iterdir()}
    assert found == {"accounts.sqlite": 0o600, "accounts.secret": 0o600, "accounts.lock": 0o600}


def test_one_process_holds_the_accounts(tmp_path: Path) -> None:
    held = Store.open(tmp_path)
    with pytest.raises(Conflict, match=r"process \d+ holds .* stop that one"):
        Store.open(tmp_path)
    held.close()
    Store.open(tmp_path).close()


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from trendwire.accounts.store import Store
store = Store.open(Path({str(tmp_path)!r}))
print("held", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Conflict, match=f"process {other.pid} "):
            Store.open(tmp_path)
        other.kill()
    Store.open(tmp_path).close()


@pytest.mark.parametrize("content", [b"", b"not a database" * 100])
def test_a_file_that_holds_no_accounts_is_corrupt(tmp_path: Path, content: bytes) -> None:
    Store.open(tmp_path).close()
    (tmp_path / "accounts.sqlite").write_bytes(content)
    assert isinstance(refused(tmp_path), Corrupt)


def test_damaged_pages_are_corrupt(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    path = tmp_path / "accounts.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(Corrupt):
        open_books(tmp_path)


def test_a_lost_secret_is_said_and_not_made_anew(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    (tmp_path / "accounts.secret").unlink()
    assert isinstance(refused(tmp_path), Corrupt)
    assert not (tmp_path / "accounts.secret").exists()


def test_the_secret_of_another_home_is_refused(tmp_path: Path) -> None:
    for name in ("one", "other"):
        Store.open(tmp_path / name).close()
    shutil.copy(tmp_path / "one" / "accounts.secret", tmp_path / "other" / "accounts.secret")
    assert isinstance(refused(tmp_path / "other"), Corrupt)


@pytest.mark.parametrize("content", ["", "zz", "00" * 31, "é"])
def test_a_damaged_secret_is_corrupt(tmp_path: Path, content: str) -> None:
    Store.open(tmp_path).close()
    (tmp_path / "accounts.secret").write_text(content, encoding="utf-8")
    assert isinstance(refused(tmp_path), Corrupt)


def test_a_later_schema_is_not_touched(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "accounts.sqlite")) as db:
        db.execute("PRAGMA user_version = 99")
    assert isinstance(refused(tmp_path), NotReady)


def test_a_home_that_is_a_file_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    assert isinstance(refused(tmp_path / "home"), NotReady)


def test_a_home_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    sealed, text = secret.of_home(tmp_path), mint()
    with closing(sqlite3.connect(tmp_path / "accounts.sqlite")) as db:
        db.executescript(VERSION_1)
        db.execute("INSERT INTO seal VALUES (1, ?)", (digest(sealed, "accounts"),))
        db.execute("INSERT INTO account (name, created_at) VALUES ('ada', 5)")
        db.execute("INSERT INTO key VALUES (1, 1, ?, 'sk_live_abcd', 7, 5, NULL)", (digest(sealed, text),))
        db.execute("INSERT INTO entry VALUES (1, 1, 100, NULL, NULL, 5)")
        db.execute("INSERT INTO entry VALUES (2, 1, -2, 1, 'keyapi_trending_hashtags', 6)")
        db.execute("INSERT INTO usage VALUES (1, 'keyapi_trending_hashtags', '1970-01-01', 1, 2)")
        db.commit()

    async def story() -> None:
        async with books(tmp_path) as opened:
            (account,) = await opened.desk.do(ListAccounts(), START)
            (key,) = await opened.desk.do(ListKeys(), START)
            assert (account.balance, key.qps, key.calls, key.spent, key.mode) == (98, 7, 1, 2, "live")
            await request(opened, text, 0)
            kinds = [(row.kind, row.amount) for row in await opened.desk.do(ListEntries(), START)]
            assert kinds == [("debit", -2), ("debit", -2), ("grant", 100)]
            assert await opened.desk.do(CheckLedger(), START) == 3

    asyncio.run(story())


def test_ledger_rows_are_never_changed(tmp_path: Path) -> None:
    async def story() -> None:
        async with books(tmp_path) as opened:
            await create(opened)

    asyncio.run(story())
    with closing(sqlite3.connect(tmp_path / "accounts.sqlite")) as db:
        for statement in ("UPDATE entry SET amount = 1", "DELETE FROM entry", "DELETE FROM account"):
            with pytest.raises(sqlite3.IntegrityError):
                db.execute(statement)


def test_the_files_hold_no_text_of_a_key(tmp_path: Path) -> None:
    async def story() -> str:
        async with books(tmp_path) as opened:
            new = await create(opened)
            await opened.gate.settle(await admit(opened, new.text, 0), charged=True)
            return new.text

    text = asyncio.run(story())
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert text[:12].encode() in held
    assert text[:13].encode() not in held
    assert text[12:].encode() not in held


def test_a_file_that_another_made_first_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def fill(draft: Path) -> None:
        draft.write_text("late")
        path.write_text("first")

    place_once(path, fill)
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_draft_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fill(draft: Path) -> None:
        draft.write_text("half")
        raise OSError

    with pytest.raises(OSError):
        place_once(tmp_path / "file", fill)
    assert list(tmp_path.iterdir()) == []
