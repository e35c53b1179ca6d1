"""Whatever happens in whatever order, the store and the gate agree with a model in plain numbers."""

import asyncio
import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.accounts.moments import START, moment
from trendwire.accounts import Admission, Gate, Store, keys, ledger, usage
from trendwire.errors import BadCredential, OutOfCredits, RateLimited

names = st.sampled_from(["ada", "bob"])
QPS = 3


class Accounts(RuleBasedStateMachine):
    """Two accounts, their keys, requests in flight, a second program on the same file, restarts."""

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
        self.calls = 0
        self.revoked: set[int] = set()
        self.passed: dict[int, list[float]] = {}
        self.generation = 0

    @initialize()
    def start(self) -> None:
        self.store = Store.open(self.home)
        self.gate = Gate(self.store)

    def teardown(self) -> None:
        self.store.close()
        self.runner.close()
        self.folder.cleanup()

    def available(self, name: str) -> int:
        return self.granted[name] - self.spent[name] - self.held[name]

    @rule(target=made, name=names, credits_=st.integers(0, 9))
    def create(self, name: str, credits_: int) -> keys.NewKey:
        for ledger_ in (self.granted, self.spent, self.held):
            ledger_.setdefault(name, 0)
        self.granted[name] += credits_
        return keys.create(self.store, name, credits_, QPS, START)

    @rule(key=made, credits_=st.integers(1, 9))
    def grant(self, key: keys.NewKey, credits_: int) -> None:
        ledger.grant(self.store, key.key.account_id, credits_, START)
        self.granted[key.key.name] += credits_

    @rule(key=made)
    def revoke(self, key: keys.NewKey) -> None:
        keys.revoke(self.store, key.key.id, START)
        self.revoked.add(key.key.id)

    @rule(seconds=st.integers(1, 24).map(lambda n: n / 16))
    def wait(self, seconds: float) -> None:
        self.tick += seconds

    @rule(target=flying, key=made, cost=st.integers(0, 6))
    def admit(self, key: keys.NewKey, cost: int) -> tuple[int, Admission | None, str]:
        expected = self.expected(key, cost)
        found: type[Exception] | None = None
        admission = None
        try:
            admission = self.runner.run(self.gate.admit(key.text, "hashtags", cost, moment(self.tick)))
        except (BadCredential, RateLimited, OutOfCredits) as error:
            found = type(error)
        assert found is expected
        if admission is not None:
            self.held[key.key.name] += cost
        return self.generation, admission, key.key.name

    def expected(self, key: keys.NewKey, cost: int) -> type[Exception] | None:
        """What the gate must answer; counts the request against the limit as the gate does."""
        if key.key.id in self.revoked:
            return BadCredential
        window = [at for at in self.passed.get(key.key.id, []) if self.tick - at < 1]
        if len(window) >= QPS:
            return RateLimited
        self.passed[key.key.id] = [*window, self.tick]
        return OutOfCredits if cost > self.available(key.key.name) else None

    @rule(flight=consumes(flying), charged=st.booleans())
    def settle(self, flight: tuple[int, Admission | None, str], charged: bool) -> None:
        generation, admission, name = flight
        if admission is None or generation != self.generation:
            return
        self.held[name] -= admission.cost
        covered = self.granted[name] - self.spent[name] >= admission.cost
        with suppress(OutOfCredits):
            self.runner.run(self.gate.settle(admission, charged))
            assert covered or not charged
        if charged and covered:
            self.spent[name] += admission.cost
            self.calls += 1

    @rule(key=made, cost=st.integers(1, 6))
    def spend_elsewhere(self, key: keys.NewKey, cost: int) -> None:
        """A program without our holds spends down to 0, never below."""

        def job(db: sqlite3.Connection) -> int | None:
            return ledger.debit(db, key.key.account_id, key.key.id, "music", cost, START)

        with Store.open(self.home) as other:
            row = other.write(job)
        name = key.key.name
        assert (row is not None) == (self.granted[name] - self.spent[name] >= cost)
        self.spent[name] += cost if row is not None else 0

    @precondition(lambda self: self.granted)
    @rule()
    def restart(self) -> None:
        """Requests in flight are lost: nothing of theirs is charged, nothing stays held."""
        self.store.close()
        self.start()
        self.held = dict.fromkeys(self.held, 0)
        self.passed.clear()
        self.generation += 1

    @invariant()
    def balances_are_what_was_granted_less_what_was_spent(self) -> None:
        if not hasattr(self, "store"):
            return
        ledger.check(self.store)
        for key in keys.listed(self.store):
            assert key.balance == self.granted[key.name] - self.spent[key.name] >= 0
            assert (key.revoked_at is not None) == (key.id in self.revoked)
        assert sum(row.calls for row in usage.rows(self.store)) == self.calls


TestAccounts = Accounts.TestCase
TestAccounts.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
