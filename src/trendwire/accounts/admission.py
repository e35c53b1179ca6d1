"""The gate of one process: a request passes four checks, its cost is held, then spent or given back.

Everything is decided in memory in one step without waiting, so that nothing can come in between; the one
exception is the refill of a new month, which is on the disk before it is spent from.
"""

import asyncio
import sqlite3

from trendwire.accounts import credential as text_of_key
from trendwire.accounts.clock_watch import ClockWatch
from trendwire.accounts.gate import Admission, Ask
from trendwire.accounts.journal import SQL, Journal
from trendwire.accounts.limits import RESET, Limits
from trendwire.accounts.state import DAY_MS, AccountState, KeyState, State, month_of
from trendwire.errors import BadCredential, NotAllowed, OutOfCredits, TrendwireError


class BookGate:
    """Admits and settles requests against the state of one process. See `gate.Gate` for the contract."""

    def __init__(self, state: State, journal: Journal, secret: bytes, clock: ClockWatch) -> None:
        self._state = state
        self._clock = clock
        self._journal = journal
        self._secret = secret
        self._limits = Limits()
        self._refills: dict[int, asyncio.Task[None]] = {}
        self._day, self._month = 0, 0  # of the request before: all of a day share them

    def fingerprint(self, credential: str | None) -> bytes:
        return text_of_key.fingerprint(self._secret, credential)

    async def admit(self, ask: Ask) -> Admission:
        key, at = self._state.by_digest.get(ask.fingerprint), ask.at.wall
        if key is None or at >= key.ends_at:
            raise BadCredential("the key is not valid", reason="unknown" if key is None else "revoked")
        if key.endpoints or key.networks:
            self._check_restrictions(key, ask)
        account = key.account
        if at // DAY_MS != self._day:
            self._day, self._month = at // DAY_MS, month_of(at)
            self._clock.look(ask.at)
        if self._month not in account.refilled and account.plan is not None:
            await self._refilled(account, self._month, at)
        remaining = self._limits.take(key.id, key.qps, ask.at.tick)
        cost, test = ask.cost, key.mode == "test"
        if test:
            cost = 0
        elif cost:
            self._hold(key, cost, remaining)
        return Admission(ask, key.id, account.id, cost, key.qps, remaining, RESET, account.available, test)

    async def settle(self, admission: Admission, *, charged: bool) -> None:
        key, cost, ask = self._state.keys[admission.key_id], admission.cost, admission.ask
        if not charged:
            self._give_back(key, cost, ask.at.wall)
        elif cost:
            try:
                await self._journal.debit(key, cost, ask.endpoint, ask.at.wall)
            except TrendwireError:
                self._give_back(key, cost, ask.at.wall)
                raise
        elif not admission.test:
            self._state.count(key.id, ask.endpoint, ask.at.wall, 1, 0)

    def _check_restrictions(self, key: KeyState, ask: Ask) -> None:
        if key.endpoints and ask.endpoint not in key.endpoints:
            raise self._not_allowed(key, "the key may not use this endpoint")
        if not key.allows_address(ask.address):
            raise self._not_allowed(key, "the key may not be used from this address")

    def _not_allowed(self, key: KeyState, words: str) -> NotAllowed:
        return NotAllowed(
            words,
            key_id=key.id,
            account_id=key.account.id,
            per_second_limit=key.qps,
            per_second_remaining=key.qps,
        )

    def _hold(self, key: KeyState, cost: int, remaining: int) -> None:
        account, month = key.account, self._month
        capped = key.cap is not None and key.spent[month] + cost > key.cap
        if capped or account.available < cost:
            raise OutOfCredits(
                "the key's cap for this month is reached" if capped else "the credits do not cover the cost",
                key_id=key.id,
                account_id=account.id,
                per_second_limit=key.qps,
                per_second_remaining=remaining,
                credits=account.available,
            )
        account.available -= cost
        key.spent[month] += cost

    def _give_back(self, key: KeyState, cost: int, at: int) -> None:
        key.account.available += cost
        key.spent[month_of(at)] -= cost

    async def _refilled(self, account: AccountState, month: int, at: int) -> None:
        """Wait until the month's refill is on the disk; however many ask at once, there is one."""
        task = self._refills.get(account.id)
        if task is None:
            task = asyncio.get_running_loop().create_task(refill(self._journal, account, month, at))
            self._refills[account.id] = task
            task.add_done_callback(lambda _done: self._refills.pop(account.id, None))
        await task


async def refill(journal: Journal, account: AccountState, month: int, at: int) -> None:
    """Top the account up to what its plan gives each month; what was bought beside it stays."""
    if month in account.refilled:
        return
    amount = max(0, account.monthly_credits - account.available)

    def applied(_none: None) -> None:
        account.refilled.add(month)
        account.available += amount
        journal.settle(account, amount)

    entry = {"account_id": account.id, "amount": amount, "at": at, "kind": "refill", "note": account.plan}

    def run(db: sqlite3.Connection) -> None:
        if amount:
            db.execute(SQL["credit"], entry)
        db.execute(SQL["refilled"], {"month": month, "id": account.id})

    await journal.write(run, applied)
