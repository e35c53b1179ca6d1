"""The gate refuses in order, charges for success alone, and never overspends whatever comes at once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.accounts.moments import CHART, DETAIL, START, admit, books, create, moment, open_books, request
from trendwire.accounts import Ask, Books, credential
from trendwire.accounts.operations import (
    ChangeKey,
    ChangePlan,
    CheckLedger,
    CreateAccount,
    GrantCredits,
    ListAccounts,
    ListEntries,
    ListKeys,
    ListUsage,
    RevokeKey,
    RotateKey,
    SetPlan,
)
from trendwire.errors import (
    BadCredential,
    NoCredential,
    NotAllowed,
    NotReady,
    OutOfCredits,
    RateLimited,
)

UNKNOWN = "sk_live_" + "0" * 32 + credential.checksum("sk_live_" + "0" * 32)
DAY = 86_400.0
MONTH = 31 * DAY

Story = Callable[[Books], Awaitable[None]]


def tell(home: Path, story: Story) -> None:
    """Run a story on the open books of `home`; at its end every balance must add up."""

    async def told() -> None:
        async with books(home) as opened:
            await story(opened)
            await opened.desk.do(CheckLedger(), START)

    asyncio.run(told())


async def balance(opened: Books, name: str = "ada", at: int = START) -> int:
    return next(one.balance for one in await opened.desk.do(ListAccounts(), at) if one.name == name)


@pytest.mark.parametrize("text", [None, ""])
def test_no_key_at_all(tmp_path: Path, text: str | None) -> None:
    async def story(opened: Books) -> None:
        with pytest.raises(NoCredential):
            await admit(opened, text, 0)

    tell(tmp_path, story)


@pytest.mark.parametrize("text", ["nonsense", "sk_live_" + "0" * 38, "\ud800", UNKNOWN])
def test_no_key_of_ours(tmp_path: Path, text: str) -> None:
    async def story(opened: Books) -> None:
        with pytest.raises(BadCredential):
            await admit(opened, text, 0)

    tell(tmp_path, story)


def test_the_order_is_key_restrictions_rate_credits(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened, 1, 2, endpoints=(CHART,))
        with pytest.raises(NotAllowed) as elsewhere:
            await admit(opened, new.text, 0, endpoint=DETAIL)
        assert elsewhere.value.per_second_remaining == 2
        for remaining in (1, 0):
            with pytest.raises(OutOfCredits) as poor:
                await admit(opened, new.text, 0)
            assert (poor.value.per_second_remaining, poor.value.credits) == (remaining, 1)
        with pytest.raises(RateLimited) as fast:
            await admit(opened, new.text, 0.25)
        assert (fast.value.per_second_remaining, fast.value.retry_after) == (0, 0.75)
        with pytest.raises(NotAllowed):
            await admit(opened, new.text, 0.25, endpoint=DETAIL)
        await opened.desk.do(RevokeKey(key_id=new.key.id), START)
        with pytest.raises(BadCredential):
            await admit(opened, new.text, 0.25, endpoint=DETAIL)

    tell(tmp_path, story)


def test_only_a_success_is_charged(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened, 10)
        held = await admit(opened, new.text, 0, cost=8)
        assert held.credits == 2
        with pytest.raises(OutOfCredits):
            await admit(opened, new.text, 0, cost=3)
        await opened.gate.settle(held, charged=False)
        assert await balance(opened) == 10
        await request(opened, new.text, 0, cost=8)
        assert await balance(opened) == 2

    tell(tmp_path, story)


def test_what_comes_at_once_spends_exactly_what_there_is(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened, 151, 10_000)
        calls = [request(opened, new.text, 0) for _ in range(200)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert Counter(type(one) for one in results) == {type(None): 75, OutOfCredits: 125}
        assert await balance(opened) == 1
        assert opened.journal.commits < 20

    tell(tmp_path, story)


def test_a_caller_that_gives_up_is_charged_and_takes_nobody_with_it(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened, 10)
        tasks = [asyncio.create_task(request(opened, new.text, 0)) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in results] == [type(None), asyncio.CancelledError, type(None)]
        assert await balance(opened) == 4

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("address", "allowed"), [("192.0.2.7", True), ("192.0.3.7", False), ("2001:db8::1", True), ("", False)]
)
def test_a_key_may_be_bound_to_networks(tmp_path: Path, address: str, allowed: bool) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened, addresses=("192.0.2.0/24", "2001:db8::/32"))
        if allowed:
            await admit(opened, new.text, 0, address=address)
        else:
            with pytest.raises(NotAllowed):
                await admit(opened, new.text, 0, address=address)

    tell(tmp_path, story)


def test_a_test_key_costs_nothing_and_keeps_its_rate(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened, 0, 2, mode="test")
        for _ in range(2):
            admission = await admit(opened, new.text, 0)
            assert (admission.test, admission.cost) == (True, 0)
            await opened.gate.settle(admission, charged=True)
        with pytest.raises(RateLimited):
            await admit(opened, new.text, 0)
        assert await opened.desk.do(ListUsage(), START) == ()

    tell(tmp_path, story)


def test_a_free_endpoint_needs_no_credits_and_is_counted(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened, 0)
        await request(opened, new.text, 0, cost=0)
        (used,) = await opened.desk.do(ListUsage(), START)
        assert (used.calls, used.credits, used.day) == (1, 0, "2025-05-14")

    tell(tmp_path, story)


def test_a_cap_bounds_what_a_key_spends_in_a_month(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened, 100, monthly_cap=5)
        other = await create(opened, 0)
        await request(opened, new.text, 0)
        held = await admit(opened, new.text, 0)
        with pytest.raises(OutOfCredits):
            await admit(opened, new.text, 0)
        await opened.gate.settle(held, charged=False)
        await request(opened, new.text, 0)
        await request(opened, other.text, 0)
        made = await opened.desk.do(RotateKey(key_id=new.key.id), START)
        for text in (new.text, made.text):
            with pytest.raises(OutOfCredits):
                await admit(opened, text, 1)
        await request(opened, made.text, MONTH)
        assert await balance(opened) == 100 - 4 * 2

    tell(tmp_path, story)


def test_what_a_key_has_spent_is_known_after_a_restart(tmp_path: Path) -> None:
    async def first(opened: Books) -> None:
        new = await create(opened, 100, monthly_cap=5)
        keys.append(new.text)
        for _ in range(2):
            await request(opened, new.text, 0)

    async def second(opened: Books) -> None:
        with pytest.raises(OutOfCredits):
            await admit(opened, keys[0], 1)
        (key,) = await opened.desk.do(ListKeys(), START)
        assert (key.spent_this_month, key.calls, key.spent) == (4, 2, 4)

    keys: list[str] = []
    tell(tmp_path, first)
    tell(tmp_path, second)


def test_a_plan_tops_up_once_a_month(tmp_path: Path) -> None:
    later = START + round(MONTH * 1000)

    async def first(opened: Books) -> None:
        await opened.desk.do(SetPlan(name="basic", monthly_credits=50), START)
        await opened.desk.do(CreateAccount(name="ada", plan="basic"), START)
        new = await create(opened, 0)
        keys.append(new.text)
        assert await balance(opened) == 50
        for _ in range(20):
            await request(opened, new.text, 0)
        await asyncio.gather(*[request(opened, new.text, MONTH) for _ in range(10)])
        assert await balance(opened, at=later) == 30
        await opened.desk.do(GrantCredits(account="ada", credits=70), later)

    async def second(opened: Books) -> None:
        await request(opened, keys[0], MONTH)
        assert await balance(opened, at=later) == 98
        await request(opened, keys[0], 2 * MONTH)
        assert await balance(opened, at=START + round(2 * MONTH * 1000)) == 96
        refills = await opened.desk.do(ListEntries(kind="refill"), later)
        assert [one.amount for one in refills] == [40, 50]
        await opened.desk.do(ChangePlan(account="ada", plan=None), later)
        await request(opened, keys[0], 3 * MONTH)
        assert await balance(opened, at=later) == 94

    keys: list[str] = []
    tell(tmp_path, first)
    tell(tmp_path, second)


def test_a_rotated_key_works_on_for_its_overlap(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        old = await create(opened, 100, 7, endpoints=(CHART,), addresses=("192.0.2.0/24",))
        new = await opened.desk.do(RotateKey(key_id=old.key.id, overlap=60), START)
        assert (new.key.qps, new.key.endpoints, new.key.addresses) == (7, (CHART,), ("192.0.2.0/24",))
        for text in (old.text, new.text):
            await request(opened, text, 59)
        with pytest.raises(BadCredential):
            await admit(opened, old.text, 60)
        await request(opened, new.text, 60)

    tell(tmp_path, story)


def test_changes_count_from_the_next_request_on(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened, 100, 1)
        await opened.desk.do(ChangeKey(key_id=new.key.id, qps=2, endpoints=(DETAIL,)), START)
        with pytest.raises(NotAllowed):
            await admit(opened, new.text, 0)
        await opened.desk.do(ChangeKey(key_id=new.key.id, endpoints=()), START)
        assert (await admit(opened, new.text, 0)).per_second_remaining == 1

    tell(tmp_path, story)


def test_a_disk_that_is_full_charges_nobody_and_is_forgiven(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened, 10**6, 10_000)
        db = opened.journal._store.db  # a bound on the file's size is a full disk without another disk
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 2}")
        told: Counter[type] = Counter()
        tick = 0
        while told[NotReady] < 200:
            tick += 1
            calls = [request(opened, new.text, tick) for _ in range(100)]
            told.update(map(type, await asyncio.gather(*calls, return_exceptions=True)))
        assert set(told) == {type(None), NotReady}
        db.execute("PRAGMA max_page_count = 1000000")
        await request(opened, new.text, tick + 1)
        assert await balance(opened) == 10**6 - 2 * (told[type(None)] + 1)

    tell(tmp_path, story)


def test_closed_books_admit_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        opened = open_books(tmp_path)
        await opened.start()
        new = await create(opened)
        admission = await admit(opened, new.text, 0)
        await opened.close()
        await opened.close()
        with pytest.raises(NotReady):
            await opened.gate.settle(admission, charged=True)

    asyncio.run(story())


def test_a_request_that_fails_to_be_written_gets_its_credits_back(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened, 10)
        opened.journal._store.db.execute("PRAGMA query_only = ON")
        with pytest.raises(NotReady):
            await request(opened, new.text, 0)
        opened.journal._store.db.execute("PRAGMA query_only = OFF")
        admission = await opened.gate.admit(
            Ask(opened.gate.fingerprint(new.text), CHART, 10, "192.0.2.1", moment(2))
        )
        await opened.gate.settle(admission, charged=True)
        assert await balance(opened) == 0

    tell(tmp_path, story)
