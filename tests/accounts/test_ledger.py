"""The invariants of the ledger hold against everything SQL can say to the file."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.accounts.moments import START
from trendwire.accounts import Store, keys, ledger
from trendwire.errors import Corrupt, InvalidInput, NotFound

TAMPERING = [
    "UPDATE entry SET amount = 5",
    "UPDATE entry SET at = 5",
    "UPDATE entry SET id = 99",
    "DELETE FROM entry",
    "INSERT OR REPLACE INTO entry (id, account_id, amount, at) VALUES (1, 1, 5, 0)",
    "REPLACE INTO entry (id, account_id, amount, at) SELECT max(id), 1, 5, 0 FROM entry",
    "INSERT INTO entry (account_id, amount, at) VALUES (1, 0, 0)",
    "INSERT INTO entry (account_id, amount, at) VALUES (1, -1, 0)",
    "INSERT INTO entry (account_id, amount, at, key_id, endpoint) VALUES (1, -11, 0, 1, 'x')",
    "INSERT INTO entry (id, account_id, amount, at) VALUES (-1, 1, 5, 0)",
    "INSERT INTO entry (account_id, amount, at) VALUES (77, 5, 0)",
    "UPDATE account SET balance = 1000",
    "UPDATE account SET balance = 1000, last_entry = 1",
    "UPDATE account SET balance = balance + 10, last_entry = 99",
    "UPDATE account SET last_entry = 0",
    "DELETE FROM account",
    "INSERT INTO account (name, balance, created_at) VALUES ('rich', 5, 0)",
    "REPLACE INTO account (name, created_at) VALUES ('ada', 0)",
    "UPDATE key SET account_id = 99",
]


@pytest.mark.parametrize("sql", TAMPERING)
def test_rows_and_balances_can_not_be_tampered_with(store: Store, tmp_path: Path, sql: str) -> None:
    keys.create(store, "ada", 10, 5, START)
    with closing(sqlite3.connect(tmp_path / "accounts.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(sql)
        assert db.execute("SELECT id, account_id, amount FROM entry").fetchall() == [(1, 1, 10)]
        assert db.execute("SELECT balance, last_entry FROM account").fetchall() == [(10, 1)]


def test_a_row_from_any_program_moves_the_balance(store: Store, tmp_path: Path) -> None:
    account = keys.create(store, "ada", 10, 5, START).key.account_id
    with closing(sqlite3.connect(tmp_path / "accounts.sqlite", isolation_level=None)) as db:
        db.execute("INSERT INTO entry (account_id, amount, at) VALUES (1, 5, 0)")
    assert ledger.balance(store, account) == 15
    ledger.check(store)


def test_grants_add_up(store: Store) -> None:
    account = keys.create(store, "ada", 0, 5, START).key.account_id
    assert ledger.balance(store, account) == 0
    assert ledger.grant(store, account, 3, START) == 3
    assert ledger.grant(store, account, ledger.MAX_CREDITS, START) == 3 + ledger.MAX_CREDITS
    ledger.check(store)


def test_a_debit_that_is_not_covered_leaves_no_row(store: Store) -> None:
    key = keys.create(store, "ada", 5, 5, START).key

    def spend(cost: int) -> int | None:
        return store.write(lambda db: ledger.debit(db, key.account_id, key.id, "hashtags", cost, START))

    assert [spend(3), spend(3), spend(2), spend(1)] == [2, None, 3, None]
    assert ledger.balance(store, key.account_id) == 0
    ledger.check(store)


@pytest.mark.parametrize("credits_", [0, -1, ledger.MAX_CREDITS + 1, 10**30])
def test_a_grant_out_of_bounds_is_refused(store: Store, credits_: int) -> None:
    account = keys.create(store, "ada", 1, 5, START).key.account_id
    with pytest.raises(InvalidInput):
        ledger.grant(store, account, credits_, START)


def test_an_account_that_is_not_there(store: Store) -> None:
    with pytest.raises(NotFound):
        ledger.grant(store, 7, 1, START)
    with pytest.raises(NotFound):
        ledger.balance(store, 7)


def test_the_check_sees_what_someone_did_behind_the_triggers(store: Store, tmp_path: Path) -> None:
    keys.create(store, "ada", 10, 5, START)
    with closing(sqlite3.connect(tmp_path / "accounts.sqlite", isolation_level=None)) as db:
        db.execute("DROP TRIGGER balance_moves_by_entry")
        db.execute("UPDATE account SET balance = 11")
    with pytest.raises(Corrupt):
        ledger.check(store)
