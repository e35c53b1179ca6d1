"""What an operator asks for is checked, written, and true at once; what happened can be looked up."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.accounts.moments import CHART, DETAIL, NAMES, START, admit, books, create, request
from trendwire.accounts import Books
from trendwire.accounts import operations as ops
from trendwire.errors import BadCredential, Conflict, InvalidInput, NotFound

DAY_MS = 86_400_000


def tell(home: Path, story: Callable[[Books], Awaitable[None]]) -> None:
    async def told() -> None:
        async with books(home) as opened:
            await story(opened)

    asyncio.run(told())


WRONG = [
    (ops.CreateKey(account=""), "account"),
    (ops.CreateKey(account="a\n"), "account"),
    (ops.CreateKey(account="a" * 101), "account"),
    (ops.CreateKey(account="a", qps=0), "qps"),
    (ops.CreateKey(account="a", qps=10_001), "qps"),
    (ops.CreateKey(account="a", credits=-1), "credits"),
    (ops.CreateKey(account="a", credits=10**12 + 1), "credits"),
    (ops.CreateKey(account="a", monthly_cap=-1), "monthly_cap"),
    (ops.CreateKey(account="a", endpoints=("nope",)), "endpoints"),
    (ops.CreateKey(account="a", addresses=("192.0.2.0/33",)), "addresses"),
    (ops.CreateAccount(name="a", plan="nope"), "plan"),
    (ops.SetPlan(name="a", monthly_credits=-1), "monthly_credits"),
    (ops.GrantCredits(account="ada", credits=0), "credits"),
    (ops.GrantCredits(account="ada", credits=1, note=""), "note"),
    (ops.RotateKey(key_id=1, overlap=-1), "overlap"),
    (ops.ListEntries(limit=0), "limit"),
    (ops.ListRequests(limit=1001), "limit"),
]


@pytest.mark.parametrize(("operation", "name"), WRONG, ids=lambda one: getattr(type(one), "__name__", one))
def test_a_value_that_is_not_accepted_is_named_and_changes_nothing(
    tmp_path: Path, operation: ops.Operation[Any], name: str
) -> None:
    async def story(opened: Books) -> None:
        await create(opened)
        before = await opened.desk.do(ops.ListAccounts(), START), await opened.desk.do(ops.ListKeys(), START)
        with pytest.raises(InvalidInput) as refused:
            await opened.desk.do(operation, START)
        assert refused.value.name == name
        after = await opened.desk.do(ops.ListAccounts(), START), await opened.desk.do(ops.ListKeys(), START)
        assert before == after

    tell(tmp_path, story)


def test_endpoints_that_there_are_are_listed(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        with pytest.raises(InvalidInput) as refused:
            await create(opened, endpoints=("nope",))
        assert all(name in refused.value.accepted for name in NAMES)

    tell(tmp_path, story)


@pytest.mark.parametrize(
    "operation",
    [
        ops.GrantCredits(account="bob", credits=1),
        ops.ChangePlan(account="bob", plan=None),
        ops.ListKeys(account="bob"),
        ops.RevokeKey(key_id=9),
        ops.RotateKey(key_id=9),
        ops.ChangeKey(key_id=9),
        ops.ListEntries(account="bob"),
        ops.ListRequests(account="bob"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_is_not_there_is_not_found(tmp_path: Path, operation: ops.Operation[Any]) -> None:
    async def story(opened: Books) -> None:
        with pytest.raises(NotFound):
            await opened.desk.do(operation, START)

    tell(tmp_path, story)


def test_accounts_have_names_of_their_own(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        await opened.desk.do(ops.CreateAccount(name="ada"), START)
        with pytest.raises(Conflict):
            await opened.desk.do(ops.CreateAccount(name="ada"), START)
        made = await asyncio.gather(*[create(opened, 1, name="bob") for _ in range(5)])
        assert len({one.key.account_id for one in made}) == 1
        assert [one.balance for one in await opened.desk.do(ops.ListAccounts(), START)] == [0, 5]

    tell(tmp_path, story)


def test_keys_of_one_name_share_its_credits(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        one, other = await create(opened, 3), await create(opened, 4)
        await request(opened, one.text, 0)
        assert (await admit(opened, other.text, 0)).credits == 3
        assert [key.id for key in await opened.desk.do(ops.ListKeys(account="ada"), START)] == [1, 2]

    tell(tmp_path, story)


def test_the_first_revocation_stays_on_record(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened)
        for at in (START, START + 1000):
            key = await opened.desk.do(ops.RevokeKey(key_id=new.key.id), at)
            assert key.revoked_at == START
        with pytest.raises(Conflict):
            await opened.desk.do(ops.RotateKey(key_id=new.key.id), START)

    tell(tmp_path, story)


def test_an_earlier_end_stays(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened)
        for overlap in (10, 100):
            await opened.desk.do(ops.RotateKey(key_id=new.key.id, overlap=overlap), START)
        (key, *_) = await opened.desk.do(ops.ListKeys(), START)
        assert key.expires_at == START + 10_000

    tell(tmp_path, story)


def test_a_key_ends_when_it_was_made_to(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        ends = START + 10_000
        new = await create(opened, expires_at=ends)
        assert new.key.expires_at == ends
        await admit(opened, new.text, 9)
        with pytest.raises(BadCredential):
            await admit(opened, new.text, 10)
        with pytest.raises(InvalidInput):
            await create(opened, expires_at=START)
        later = ops.RotateKey(key_id=new.key.id, overlap=0, expires_at=ends + 1)
        assert (await opened.desk.do(later, START)).key.expires_at == ends + 1
        assert (await opened.desk.do(ops.RotateKey(key_id=2, overlap=0), START)).key.expires_at is None

    tell(tmp_path, story)


def test_the_ledger_is_paged_and_filtered(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        one, other = await create(opened, 50), await create(opened, 60, name="bob")
        for tick in range(5):
            await request(opened, one.text, tick)
        await request(opened, other.text, 0)

        async def found(**asked: Any) -> list[int]:
            return [row.id for row in await opened.desk.do(ops.ListEntries(**asked), START)]

        assert await found() == [8, 7, 6, 5, 4, 3, 2, 1]
        assert await found(limit=3) == [8, 7, 6]
        assert await found(limit=3, before=6) == [5, 4, 3]
        assert await found(account="bob") == [8, 2]
        assert await found(key_id=1) == [7, 6, 5, 4, 3]
        assert await found(kind="grant") == [2, 1]
        assert await found(since=START + 2000, until=START + 4000) == [6, 5]
        (last,) = await opened.desk.do(ops.ListEntries(limit=1), START)
        assert last == ops.Entry(
            id=8, account_id=2, kind="debit", amount=-2, key_id=2, endpoint=CHART, note=None, at=START
        )

    tell(tmp_path, story)


def test_usage_is_counted_by_key_endpoint_and_day(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        new = await create(opened)
        for tick in (0, 0.25, 1):
            await request(opened, new.text, tick)
        await opened.gate.settle(await admit(opened, new.text, 0, endpoint=DETAIL), charged=True)
        used = await opened.desk.do(ops.ListUsage(), START)
        told = [(one.endpoint, one.day, one.calls, one.credits) for one in used]
        assert told == [
            (DETAIL, "2025-05-14", 1, 2),
            (CHART, "2025-05-14", 2, 4),
            (CHART, "2025-05-15", 1, 2),
        ]
        (late,) = await opened.desk.do(ops.ListUsage(since="2025-05-15"), START)
        assert (late.calls, late.day) == (1, "2025-05-15")

    tell(tmp_path, story)


def test_a_changed_plan_counts_from_the_next_refill_on(tmp_path: Path) -> None:
    async def story(opened: Books) -> None:
        await opened.desk.do(ops.SetPlan(name="basic", monthly_credits=5), START)
        await opened.desk.do(ops.CreateAccount(name="ada", plan="basic"), START)
        await opened.desk.do(ops.SetPlan(name="basic", monthly_credits=9), START)
        assert (await opened.desk.do(ops.ListAccounts(), START))[0].balance == 5
        assert (await opened.desk.do(ops.ListAccounts(), START + 31 * DAY_MS))[0].balance == 9
        assert await opened.desk.do(ops.ListPlans(), START) == (ops.Plan(name="basic", monthly_credits=9),)

    tell(tmp_path, story)
