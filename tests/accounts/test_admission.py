"""The gate refuses in order, charges for success alone, and never overspends whatever comes at once."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from tests.accounts.moments import START, moment, request
from trendwire.accounts import Gate, Store, credential, keys, ledger, usage
from trendwire.errors import (
    BadCredential,
    Conflict,
    NoCredential,
    NotReady,
    OutOfCredits,
    RateLimited,
    TrendwireError,
)

UNKNOWN = "sk_live_" + "0" * 32 + credential.checksum("sk_live_" + "0" * 32)


def outcome(result: BaseException | None) -> str:
    if result is not None and not isinstance(result, TrendwireError):
        raise result
    return type(result).__name__


async def together(gate: Gate, texts: list[str], **how: bool) -> Counter[str]:
    """One request per text, all at once, a second apart for the limits."""
    calls = [request(gate, text, float(n), **how) for n, text in enumerate(texts)]
    return Counter(map(outcome, await asyncio.gather(*calls, return_exceptions=True)))


@pytest.mark.parametrize("text", [None, ""])
def test_no_key_at_all(store: Store, text: str | None) -> None:
    with pytest.raises(NoCredential):
        asyncio.run(Gate(store).admit(text, "hashtags", 2, moment(0)))


@pytest.mark.parametrize("text", ["nonsense", "sk_live_" + "0" * 38, "\ud800", UNKNOWN])
def test_no_key_of_ours(store: Store, text: str) -> None:
    with pytest.raises(BadCredential):
        asyncio.run(Gate(store).admit(text, "hashtags", 2, moment(0)))


def test_the_order_is_key_then_limit_then_credits(store: Store) -> None:
    async def story() -> None:
        gate, new = Gate(store), keys.create(store, "ada", 1, 2, START)
        for remaining in (1, 0):
            with pytest.raises(OutOfCredits) as poor:
                await gate.admit(new.text, "hashtags", 2, moment(0))
            assert poor.value.per_second_remaining == remaining
        with pytest.raises(RateLimited) as fast:
            await gate.admit(new.text, "hashtags", 2, moment(0.25))
        assert (fast.value.per_second_remaining, fast.value.retry_after) == (0, 0.75)
        keys.revoke(store, new.key.id, START)
        with pytest.raises(BadCredential):
            await gate.admit(new.text, "hashtags", 2, moment(0.5))

    asyncio.run(story())
    assert usage.rows(store) == []


def test_an_admission_says_what_headers_need(store: Store) -> None:
    new = keys.create(store, "ada", 10, 3, START)
    admission = asyncio.run(Gate(store).admit(new.text, "hashtags", 2, moment(0)))
    assert (admission.key_id, admission.account_id) == (new.key.id, new.key.account_id)
    assert (admission.endpoint, admission.cost, admission.per_second_remaining) == ("hashtags", 2, 2)
    assert new.text not in repr(admission)


def test_success_is_charged_and_failure_is_free(store: Store) -> None:
    async def story() -> None:
        gate, new = Gate(store), keys.create(store, "ada", 4, 9, START)
        await request(gate, new.text, 0, charged=False)
        assert ledger.balance(store, new.key.account_id) == 4
        await request(gate, new.text, 1)
        assert ledger.balance(store, new.key.account_id) == 2
        await request(gate, new.text, 2, charged=False)
        await request(gate, new.text, 3)
        with pytest.raises(OutOfCredits):
            await request(gate, new.text, 4)

    asyncio.run(story())
    ledger.check(store)


def test_a_free_endpoint_needs_a_key_and_no_credits(store: Store) -> None:
    new = keys.create(store, "ada", 0, 9, START)
    asyncio.run(request(Gate(store), new.text, 0, cost=0))
    assert [(row.calls, row.credits) for row in usage.rows(store)] == [(1, 0)]


def test_usage_counts_what_was_charged_by_utc_day(store: Store) -> None:
    async def story() -> None:
        gate, new = Gate(store), keys.create(store, "ada", 100, 9, START)
        for tick in (0, 0.25, 0.5, 1):
            await request(gate, new.text, tick)
        await request(gate, new.text, 2, charged=False)

    asyncio.run(story())
    assert [(row.endpoint, row.day, row.calls, row.credits) for row in usage.rows(store)] == [
        ("hashtags", date(2025, 5, 14), 2, 4),
        ("hashtags", date(2025, 5, 15), 2, 4),
    ]


def test_requests_at_once_spend_exactly_what_there_is(store: Store) -> None:
    # 120 credits under two keys of one account, 200 requests of 2: 60 pass, whoever is first.
    new = [keys.create(store, "ada", 60, 9, START) for _ in range(2)]
    found = asyncio.run(together(Gate(store), [key.text for key in new * 100]))
    assert found == {"NoneType": 60, "OutOfCredits": 140}
    assert ledger.balance(store, new[0].key.account_id) == 0
    assert sum(row.credits for row in usage.rows(store)) == 120
    ledger.check(store)


def test_held_credits_are_nobody_elses_until_given_back(store: Store) -> None:
    async def story() -> None:
        gate, new = Gate(store), keys.create(store, "ada", 4, 9, START)
        held = [await gate.admit(new.text, "hashtags", 2, moment(n)) for n in range(2)]
        with pytest.raises(OutOfCredits):
            await request(gate, new.text, 2)
        await gate.settle(held[0], charged=False)
        await request(gate, new.text, 3)
        await gate.settle(held[1], charged=True)
        assert ledger.balance(store, new.key.account_id) == 0

    asyncio.run(story())


def test_a_debit_is_counted_once_while_it_lands(store: Store) -> None:
    # Between the commit and the loop's next turn the credits are spent and still held. A request that
    # comes then must see them once: it can pay, and is let in.
    async def story() -> None:
        gate, new = Gate(store), keys.create(store, "ada", 4, 9, START)
        admission = await gate.admit(new.text, "hashtags", 2, moment(0))
        settling = asyncio.create_task(gate.settle(admission, charged=True))
        await asyncio.sleep(0)
        store.write(lambda _: None)  # blocks the loop until the charge, first in line, is committed
        assert ledger.balance(store, new.key.account_id) == 2
        assert not settling.done()
        await request(gate, new.text, 1, charged=False)
        await settling

    asyncio.run(story())


def test_an_admission_is_settled_once(store: Store) -> None:
    async def story() -> None:
        gate, new = Gate(store), keys.create(store, "ada", 10, 9, START)
        for first in (True, False):
            admission = await gate.admit(new.text, "hashtags", 2, moment(0))
            await gate.settle(admission, first)
            with pytest.raises(Conflict):
                await gate.settle(admission, charged=True)
        assert ledger.balance(store, new.key.account_id) == 8

    asyncio.run(story())


def test_a_caller_that_goes_away_leaves_no_hold(store: Store) -> None:
    async def story() -> None:
        gate, new = Gate(store), keys.create(store, "ada", 4, 9, START)
        admission = await gate.admit(new.text, "hashtags", 2, moment(0))
        settling = asyncio.create_task(gate.settle(admission, charged=True))
        await asyncio.sleep(0)
        settling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await settling
        await request(gate, new.text, 1)
        assert ledger.balance(store, new.key.account_id) == 0
        with pytest.raises(OutOfCredits):
            await request(gate, new.text, 2, cost=1)

    asyncio.run(story())


def test_a_key_revoked_elsewhere_is_refused_at_its_next_request(store: Store, tmp_path: Path) -> None:
    async def story() -> None:
        gate, new = Gate(store), keys.create(store, "ada", 10, 9, START)
        admission = await gate.admit(new.text, "hashtags", 2, moment(0))
        with Store.open(tmp_path) as other:
            keys.revoke(other, new.key.id, START)
        with pytest.raises(BadCredential):
            await gate.admit(new.text, "hashtags", 2, moment(1))
        await gate.settle(admission, charged=True)
        assert ledger.balance(store, new.key.account_id) == 8

    asyncio.run(story())


def test_credits_spent_elsewhere_are_not_spent_again(store: Store, tmp_path: Path) -> None:
    async def story() -> None:
        new = keys.create(store, "ada", 2, 9, START)
        with Store.open(tmp_path) as other:
            gates = Gate(store), Gate(other)
            first, second = [await gate.admit(new.text, "hashtags", 2, moment(0)) for gate in gates]
            await gates[0].settle(first, charged=True)
            with pytest.raises(OutOfCredits) as refused:
                await gates[1].settle(second, charged=True)
            assert refused.value.per_second_remaining == second.per_second_remaining
            ledger.grant(other, new.key.account_id, 2, START)
            await request(gates[1], new.text, 1)

    asyncio.run(story())
    assert sum(row.calls for row in usage.rows(store)) == 2
    ledger.check(store)


def test_readers_go_on_while_another_program_writes(store: Store, tmp_path: Path) -> None:
    async def story() -> None:
        gate, new = Gate(store), keys.create(store, "ada", 10, 9, START)
        with closing(sqlite3.connect(tmp_path / "accounts.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE key SET qps = 1")
            admission = await gate.admit(new.text, "hashtags", 2, moment(0))
            assert admission.per_second_remaining == 8
            assert [key.qps for key in keys.listed(store)] == [9]
            charge = asyncio.create_task(gate.settle(admission, charged=True))
            await request(gate, new.text, 1, charged=False)
            assert not charge.done()
            other.execute("COMMIT")
        await charge
        assert ledger.balance(store, new.key.account_id) == 8

    asyncio.run(story())


async def charge_until_it_fails(gate: Gate, text: str) -> None:
    for tick in range(1000):
        await request(gate, text, tick)


def test_a_charge_that_can_not_be_written_is_not_made(store: Store) -> None:
    # A file that may not grow is a full disk to SQLite.
    def limit_pages(db: sqlite3.Connection, pages: int) -> None:
        db.execute(f"PRAGMA max_page_count = {pages}")

    async def story() -> None:
        gate, new = Gate(store), keys.create(store, "ada", 2000, 9, START)
        store.write(lambda db: limit_pages(db, 1))  # SQLite takes the pages in use for the least
        with pytest.raises(NotReady):
            await charge_until_it_fails(gate, new.text)
        left = 2000 - sum(row.credits for row in usage.rows(store))
        assert ledger.balance(store, new.key.account_id) == left < 2000
        store.write(lambda db: limit_pages(db, 2**30))
        await request(gate, new.text, 1000, cost=left)
        assert ledger.balance(store, new.key.account_id) == 0

    asyncio.run(story())
    ledger.check(store)


def test_a_closed_store_charges_nothing_and_says_so(store: Store, tmp_path: Path) -> None:
    async def story() -> None:
        gate, new = Gate(store), keys.create(store, "ada", 2, 9, START)
        admission = await gate.admit(new.text, "hashtags", 2, moment(0))
        store.close()
        with pytest.raises(NotReady):
            await gate.settle(admission, charged=True)
        with pytest.raises(NotReady):
            await gate.admit(new.text, "hashtags", 2, moment(1))

    asyncio.run(story())
    with Store.open(tmp_path) as again:
        assert [key.balance for key in keys.listed(again)] == [2]
