"""The accounts of a home in one process: opened, held, saved. Puts the parts of the box together."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self

import msgspec

from trendwire.accounts.admission import BookGate
from trendwire.accounts.clock_watch import ClockWatch
from trendwire.accounts.desk import BookDesk
from trendwire.accounts.journal import SQL, Journal
from trendwire.accounts.operations import RequestLog
from trendwire.accounts.requests import RequestLogStore
from trendwire.accounts.state import AccountState, KeyState, State, first_day, month_of, month_of_day
from trendwire.accounts.store import Store, our_words

_MONTHS_LOADED = 36
"""So far back a month may come again, by a clock that was wrong, and find what was spent in it."""


class Books:
    """Open them, `start` them in an event loop, `close` them. See `operations.Accounts`."""

    def __init__(self, store: Store, state: State, last_id: int, log: RequestLogStore, names: Sequence[str]):
        self._store = store
        self._log = log
        self.journal = Journal(store, state, last_id)
        self.gate = BookGate(state, self.journal, store.secret, ClockWatch(last_moment(store.db)))
        self.desk = BookDesk(store, state, self.journal, log, frozenset(names))
        self._open = True

    @classmethod
    def open(cls, home: Path, at: int, endpoints: Sequence[str], log: RequestLogStore) -> Self:
        """The accounts of `home` at a moment (Unix milliseconds); made at the first time.

        `endpoints`: the names that keys may be restricted to. Raises Conflict where another process holds
        them, Corrupt, NotReady.
        """
        store = Store.open(home)
        try:
            with our_words(store.path):
                state, last_id = loaded(store.db, at)
        except BaseException:
            store.close()
            raise
        return cls(store, state, last_id, log, endpoints)

    @property
    def requests(self) -> RequestLog:
        return self._log

    async def start(self) -> None:
        self.journal.start()
        self._log.start()

    async def close(self) -> None:
        if self._open:
            self._open = False
            await self.journal.close()
            self._log.close()
            self._store.close()


def loaded(db: sqlite3.Connection, at: int) -> tuple[State, int]:
    """What the file says: saved balances, the ledger rows after them, and what keys spent by month.

    Of the months that lie more than a year before `at` and before the last ledger row, nothing is loaded: a
    clock may be set back, but hardly by more.
    """
    state = State()
    for row in db.execute(SQL["accounts"]):
        account = _account(*row)
        state.accounts[account.id] = account
    for account_id, month in db.execute(SQL["refills"]):
        state.accounts[account_id].refilled.add(month)
    for row in db.execute(SQL["keys"]):
        state.add_key(_key(state, row))
    (upto,) = db.execute(SQL["upto"]).fetchone()
    since = first_day(max(0, month_of(min(at, last_moment(db) or at)) - _MONTHS_LOADED))
    for key_id, day, credits_ in db.execute(SQL["month_usage"], (since,)):
        state.keys[key_id].spent[month_of_day(day)] += credits_
    last_id = _add_entries(state, db.execute(SQL["entries_after"], (upto,)), upto)
    return state, last_id


def last_moment(db: sqlite3.Connection) -> int | None:
    """When the last row of the ledger was written; None where there is none."""
    row: tuple[int] | None = db.execute(SQL["last_moment"]).fetchone()
    return row[0] if row else None


def _account(
    id_: int, name: str, plan: str | None, monthly: int, balance: int, created_at: int
) -> AccountState:
    return AccountState(id_, name, plan, monthly, balance, created_at)


def _key(state: State, row: tuple[Any, ...]) -> KeyState:
    """A key from its row, in the order of the statement `keys`."""
    (id_, account_id, mode, digest, shown, qps, cap, endpoints, addresses, carried_month, carried, *rest) = (
        row
    )
    created_at, expires_at, revoked_at = rest
    return KeyState(
        id_,
        state.accounts[account_id],
        mode,
        digest,
        shown,
        qps,
        cap,
        frozenset(msgspec.json.decode(endpoints)),
        tuple(ip_network(text) for text in msgspec.json.decode(addresses)),
        created_at,
        expires_at,
        revoked_at,
        spent=defaultdict(int, {carried_month: carried}),
    )


_EntryRow = tuple[int, int, int, int | None, str | None, int]


def _add_entries(state: State, rows: Iterable[_EntryRow], upto: int) -> int:
    """Count ledger rows that no saved balance includes; the id of the last."""
    for entry_id, account_id, amount, key_id, endpoint, at in rows:
        upto, account = entry_id, state.accounts[account_id]
        account.settled += amount
        account.available += amount
        if key_id is not None and endpoint is not None:
            state.count(key_id, endpoint, at, 1, -amount)
            state.keys[key_id].spent[month_of(at)] -= amount
    return upto
