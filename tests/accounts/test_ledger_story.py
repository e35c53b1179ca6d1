"""Whatever happens in whatever order, the books agree with a model in plain numbers."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from tests.accounts.moments import CHART, START, moment, open_books
from trendwire.accounts import Admission, Ask, Books
from trendwire.accounts.operations import (
    CheckLedger,
    CreateKey,
    GrantCredits,
    ListAccounts,
    ListKeys,
    ListUsage,
    NewKey,
    RevokeKey,
)
from trendwire.errors import BadCredential, OutOfCredits, RateLimited

names = st.sampled_from(["ada", "bob"])
QPS = 3

Flight = tuple[int, Admission | None, str, int]


class Accounts(RuleBasedStateMachine):
    """Two accounts, their keys, requests in flight, closings and crashes."""

    made = Bundle("made")
    flying = Bundle("flying")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.home = Path(self.folder.name)
        self.runner = asyncio.Runner()
        self.tick = 0.0
        self.granted: dict[str, int] = {}
        self.spent: dict[str, int] = {}
        self.held: dict[str, int] = {}
        self.key_spent: dict[int, int] = {}
        self.caps: dict[int, int | None] = {}
        self.calls = 0
        self.revoked: set[int] = set()
        self.passed: dict[int, list[float]] = {}
        self.generation = 0

    @initialize()
    def start(self) -> None:
        self.books: Books = open_books(self.home)
        self.runner.run(self.books.start())

    def teardown(self) -> None:
        self.runner.run(self.books.close())
        self.runner.close()
        self.folder.cleanup()

    @rule(target=made, name=names, credits_=st.integers(0, 9), cap=st.none() | st.integers(0, 8))
    def create(self, name: str, credits_: int, cap: int | None) -> NewKey:
        for numbers in (self.granted, self.spent, self.held):
            numbers.setdefault(name, 0)
        self.granted[name] += credits_
        asked = CreateKey(account=name, credits=credits_, qps=QPS, monthly_cap=cap)
        made = self.runner.run(self.books.desk.do(asked, START))
        self.key_spent[made.key.id], self.caps[made.key.id] = 0, cap
        return made

    @rule(key=made, credits_=st.integers(1, 9))
    def grant(self, key: NewKey, credits_: int) -> None:
        self.runner.run(self.books.desk.do(GrantCredits(account=key.key.account, credits=credits_), START))
        self.granted[key.key.account] += credits_

    @rule(key=made)
    def revoke(self, key: NewKey) -> None:
        self.runner.run(self.books.desk.do(RevokeKey(key_id=key.key.id), START))
        self.revoked.add(key.key.id)

    @rule(seconds=st.integers(1, 24).map(lambda n: n / 16))
    def wait(self, seconds: float) -> None:
        self.tick += seconds

    @rule(target=flying, key=made, cost=st.integers(0, 6))
    def admit(self, key: NewKey, cost: int) -> Flight:
        expected, found, admission = self.expected(key, cost), None, None
        fingerprint = self.books.gate.fingerprint(key.text)
        try:
            ask = Ask(fingerprint, CHART, cost, "192.0.2.1", moment(self.tick))
            admission = self.runner.run(self.books.gate.admit(ask))
        except (BadCredential, RateLimited, OutOfCredits) as error:
            found = type(error)
        assert found is expected
        if admission is not None:
            self.held[key.key.account] += cost
            self.key_spent[key.key.id] += cost
        return self.generation, admission, key.key.account, key.key.id

    def expected(self, key: NewKey, cost: int) -> type[Exception] | None:
        """What the gate must answer; counts the request against the limit as the gate does."""
        number, name = key.key.id, key.key.account
        if number in self.revoked:
            return BadCredential
        window = [at for at in self.passed.get(number, []) if self.tick - at < 1]
        if len(window) >= QPS:
            return RateLimited
        self.passed[number] = [*window, self.tick]
        cap, available = self.caps[number], self.granted[name] - self.spent[name] - self.held[name]
        beyond = cap is not None and self.key_spent[number] + cost > cap
        return OutOfCredits if cost and (beyond or cost > available) else None

    @rule(flight=consumes(flying), charged=st.booleans())
    def settle(self, flight: Flight, charged: bool) -> None:
        generation, admission, name, number = flight
        if admission is None or generation != self.generation:
            return
        self.runner.run(self.books.gate.settle(admission, charged=charged))
        self.held[name] -= admission.cost
        if charged:
            self.spent[name] += admission.cost
            self.calls += 1 if admission.cost else 0
        else:
            self.key_spent[number] -= admission.cost

    def anew(self) -> None:
        """Requests in flight are lost: nothing of theirs is charged, nothing stays held."""
        self.start()
        self.held = dict.fromkeys(self.held, 0)
        for key in self.runner.run(self.books.desk.do(ListKeys(), START)):
            self.key_spent[key.id] = key.spent_this_month
        self.passed.clear()
        self.generation += 1

    @rule()
    def close_and_open(self) -> None:
        self.runner.run(self.books.close())
        self.anew()

    @rule()
    def crash(self) -> None:
        """What was acknowledged is on the disk; the tallies of the last second are not."""
        self.books._store.close()
        self.anew()

    @invariant()
    def balances_are_what_was_granted_less_what_was_spent(self) -> None:
        if not hasattr(self, "books"):
            return
        do = self.books.desk.do
        self.runner.run(do(CheckLedger(), START))
        for account in self.runner.run(do(ListAccounts(), START)):
            name = account.name
            assert account.balance == self.granted[name] - self.spent[name] - self.held[name] >= 0
        used = self.runner.run(do(ListUsage(), START))
        assert sum(row.credits for row in used) == sum(self.spent.values())
        assert sum(row.calls for row in used if row.credits) >= min(1, self.calls)


TestAccounts = Accounts.TestCase
TestAccounts.settings = settings(
    max_examples=30, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow]
)
