"""The files of a home are made whole and once, and whatever is wrong with them is said in our words."""

import multiprocessing
import shutil
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.accounts.moments import START
from trendwire.accounts import Store, keys, ledger
from trendwire.accounts.placing import place_once
from trendwire.errors import BadCredential, Corrupt, NotFound, NotReady, TrendwireError


def refused(home: Path) -> TrendwireError:
    with pytest.raises((Corrupt, NotReady)) as error:
        Store.open(home)
    assert str(home) not in error.value.public
    return error.value


def test_two_files_for_their_owner_alone(tmp_path: Path) -> None:
    Store.open(tmp_path / "new" / "home").close()
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new" / "home").iterdir()}
    assert found == {"accounts.sqlite": 0o600, "accounts.secret": 0o600}


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        new = keys.create(store, "ada", 10, 5, START)
    with Store.open(tmp_path) as store:
        assert keys.listed(store) == [new.key]
        assert keys.find(store, new.text).balance == 10


def open_and_create(home: Path, name: str) -> str:
    with Store.open(home) as store:
        return keys.create(store, name, 1, 5, START).text


def test_many_processes_that_start_at_once_end_with_one_home(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        texts = pool.starmap(open_and_create, [(tmp_path, f"n{n}") for n in range(12)])
    with Store.open(tmp_path) as store:
        assert len({keys.find(store, text).key_id for text in texts}) == 12
        ledger.check(store)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accounts.secret", "accounts.sqlite"]


@pytest.mark.parametrize("content", [b"", b"not a database" * 100])
def test_a_file_that_holds_no_accounts_is_corrupt(tmp_path: Path, content: bytes) -> None:
    Store.open(tmp_path).close()
    (tmp_path / "accounts.sqlite").write_bytes(content)
    assert isinstance(refused(tmp_path), Corrupt)


def test_a_damaged_page_is_corrupt(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        text = keys.create(store, "ada", 10, 5, START).text
    path = tmp_path / "accounts.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(Corrupt), Store.open(tmp_path) as store:
        keys.find(store, text)


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
    db = sqlite3.connect(tmp_path / "accounts.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()
    assert isinstance(refused(tmp_path), NotReady)


def test_a_home_that_is_a_file_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    assert isinstance(refused(tmp_path / "home"), NotReady)


def test_a_closed_store_is_not_ready(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    text = keys.create(store, "ada", 10, 5, START).text
    store.close()
    store.close()
    with pytest.raises(NotReady):
        keys.create(store, "bob", 10, 5, START)
    with pytest.raises(NotReady):
        keys.find(store, text)


def test_a_failed_job_leaves_nothing(store: Store) -> None:
    def job(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO account (name, created_at) VALUES ('half', 0)")
        raise NotFound("key")

    with pytest.raises(NotFound):
        store.write(job)
    assert store.read(lambda db: db.execute("SELECT count(*) FROM account").fetchone()) == (0,)


def test_readers_can_not_write(store: Store) -> None:
    with pytest.raises(NotReady):
        store.read(lambda db: db.execute("DELETE FROM key"))


def test_a_long_read_and_a_write_are_not_in_each_others_way(store: Store) -> None:
    def job(db: sqlite3.Connection) -> list[int]:
        count = "SELECT count(*) FROM account"
        before = db.execute(count).fetchone()[0]
        keys.create(store, "ada", 10, 5, START)
        return [before, db.execute(count).fetchone()[0]]

    assert store.read(job) == [0, 0]
    assert len(keys.listed(store)) == 1


def test_a_commit_that_returned_is_on_the_disk(store: Store) -> None:
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    found = store.write(lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas])
    assert found == ["wal", 2, 1]  # 2 = FULL


def test_writers_of_several_programs_take_turns(store: Store, tmp_path: Path) -> None:
    account = keys.create(store, "ada", 0, 5, START).key.account_id

    def grant(opened: Store) -> None:
        for _ in range(50):
            ledger.grant(opened, account, 1, START)

    with Store.open(tmp_path) as other, ThreadPoolExecutor(2) as threads:
        list(threads.map(grant, [store, other]))
    assert ledger.balance(store, account) == 100


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


def test_the_store_holds_no_text_of_a_key(store: Store, tmp_path: Path) -> None:
    text = keys.create(store, "ada", 10, 5, START).text
    with pytest.raises(BadCredential):
        keys.find(store, text[:-1] + ("0" if text[-1] != "0" else "1"))
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert text[:12].encode() in held
    assert text[:13].encode() not in held
    assert text[12:].encode() not in held
