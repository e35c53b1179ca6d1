"""A clock that was wrong: months follow it there and back, and no refill or cap is lost or doubled."""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.accounts.moments import CHART, START, books, create, open_books
from trendwire.accounts import Ask, Books, Moment
from trendwire.accounts.operations import (
    ChangePlan,
    CheckLedger,
    CreateAccount,
    ListAccounts,
    ListEntries,
    ListKeys,
    RevokeKey,
    RotateKey,
    SetPlan,
)
from trendwire.errors import BadCredential, OutOfCredits

MONTHLY, COST = 10, 2
DAY = 86_400_000
YEAR = 365 * DAY


def month(number: int) -> int:
    """The middle of a month, that of START being 0."""
    return round(
        datetime(2025 + (4 + number) // 12, (4 + number) % 12 + 1, 14, tzinfo=UTC).timestamp() * 1000
    )


async def asked(opened: Books, text: str, wall: int, tick: float = 0) -> None:
    ask = Ask(opened.gate.fingerprint(text), CHART, COST, "192.0.2.1", Moment(wall, tick))
    await opened.gate.settle(await opened.gate.admit(ask), charged=True)


async def passed(opened: Books, text: str, wall: int) -> int:
    """How many requests pass until one is refused."""
    for count in range(100):
        try:
            await asked(opened, text, wall, tick=count)
        except OutOfCredits:
            return count
    raise AssertionError("there is no end to the credits")


async def planned(opened: Books) -> str:
    await opened.desk.do(SetPlan(name="basic", monthly_credits=MONTHLY), START)
    await opened.desk.do(CreateAccount(name="ada", plan="basic"), START)
    return (await create(opened, 0, 1000)).text


def test_a_request_under_a_clock_a_year_ahead_ends_no_month(tmp_path: Path) -> None:
    async def story() -> None:
        async with books(tmp_path) as opened:
            text = await planned(opened)
            assert await passed(opened, text, START) == MONTHLY // COST
            await asked(opened, text, START + YEAR)
            assert await passed(opened, text, START) == MONTHLY // COST - 1
            assert await passed(opened, text, START) == 0
            assert [await passed(opened, text, month(one)) for one in range(1, 14)] == [
                5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0, 5,
            ]  # fmt: skip
            refills = await opened.desk.do(ListEntries(kind="refill"), START)
            assert [row.amount for row in refills] == [MONTHLY] * 14

    asyncio.run(story())


def test_a_cap_counts_on_after_a_clock_that_was_ahead(tmp_path: Path) -> None:
    async def story() -> None:
        async with books(tmp_path) as opened:
            text = (await create(opened, 1000, 1000, monthly_cap=MONTHLY)).text
            await asked(opened, text, START)
            assert await passed(opened, text, START + YEAR) == MONTHLY // COST
            assert await passed(opened, text, START) == MONTHLY // COST - 1
        async with books(tmp_path, START + YEAR) as opened:
            assert await passed(opened, text, START) == 0
            assert [await passed(opened, text, month(one)) for one in (1, 12, 2, 1)] == [5, 0, 5, 0]
            for at, spent in ((START, 10), (month(2), 10), (month(3), 0)):
                assert [key.spent_this_month for key in await opened.desk.do(ListKeys(), at)] == [spent]

    asyncio.run(story())


def test_credits_that_come_back_go_to_the_month_they_were_held_in(tmp_path: Path) -> None:
    async def story() -> None:
        async with books(tmp_path) as opened:
            text = (await create(opened, 1000, 1000, monthly_cap=COST)).text
            ask = Ask(opened.gate.fingerprint(text), CHART, COST, "192.0.2.1", Moment(START, 0))
            held = await opened.gate.admit(ask)
            await asked(opened, text, START + YEAR)
            await opened.gate.settle(held, charged=False)
            assert await passed(opened, text, START) == 1

    asyncio.run(story())


def test_a_plan_is_refilled_at_once_and_leaves_other_months_as_they_were(tmp_path: Path) -> None:
    async def story() -> None:
        async with books(tmp_path) as opened:
            text = await planned(opened)
            assert await passed(opened, text, month(1)) == 5
            await opened.desk.do(ChangePlan(account="ada", plan="basic"), month(1))
            assert await passed(opened, text, month(1)) == 5
            assert await passed(opened, text, START) == 0

    asyncio.run(story())


def test_a_key_revoked_under_a_clock_that_was_ahead_stays_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with books(tmp_path) as opened:
            new = await create(opened)
            await opened.desk.do(RevokeKey(key_id=new.key.id), START + YEAR)
            with pytest.raises(BadCredential):
                await asked(opened, new.text, START)
        async with books(tmp_path) as opened:
            with pytest.raises(BadCredential):
                await asked(opened, new.text, START)

    asyncio.run(story())


def test_a_rotated_key_keeps_its_cap_after_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        async with books(tmp_path) as opened:
            old = await create(opened, 1000, 1000, monthly_cap=MONTHLY)
            assert await passed(opened, old.text, START) == 5
            new = await opened.desk.do(RotateKey(key_id=old.key.id), START)
        async with books(tmp_path) as opened:
            assert await passed(opened, new.text, month(1)) == 5
            assert await passed(opened, new.text, START) == 0

    asyncio.run(story())


@given(st.lists(st.tuples(st.integers(-14, 14), st.sampled_from(["ask", "restart", "crash"])), max_size=40))
@example([(-13, "ask"), (0, "ask"), (0, "restart")])
@settings(max_examples=25)
def test_wherever_the_clock_goes_each_month_is_given_once(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[tuple[int, str]]
) -> None:
    """A model in plain numbers: a month tops up to MONTHLY when it is first seen, and never again."""

    async def story(home: Path) -> None:
        balance, seen, spent = MONTHLY, {0}, defaultdict[int, int](int)
        opened = open_books(home)
        await opened.start()
        text = await planned(opened)
        for number, does in steps:
            if does == "ask":
                balance = balance if number in seen else max(balance, MONTHLY)
                seen.add(number)
                if balance >= COST:
                    balance, spent[number] = balance - COST, spent[number] + COST
                    await asked(opened, text, month(number))
                else:
                    assert await passed(opened, text, month(number)) == 0
                continue
            if does == "restart":
                await opened.close()
            else:
                opened._store.close()
            opened = open_books(home, month(number))
            await opened.start()
        for number, credits_ in spent.items():
            (key,) = await opened.desk.do(ListKeys(), month(number))
            assert key.spent_this_month == credits_
        await opened.desk.do(CheckLedger(), START)
        assert (await opened.desk.do(ListAccounts(), START))[0].balance == balance
        await opened.close()

    asyncio.run(story(tmp_path_factory.mktemp("home")))


def test_a_clock_that_jumps_is_logged_once(tmp_path: Path) -> None:
    async def story() -> list[object]:
        with capture_logs() as lines:
            async with books(tmp_path) as opened:
                text = (await create(opened)).text
                await asked(opened, text, START)
                for days in range(1, 400):  # a server that goes on, and one that rests
                    await asked(opened, text, START + days * DAY, days * 86_400.0) if days % 50 == 1 else None
                assert not lines
                await asked(opened, text, START + YEAR + 400 * DAY, 400 * 86_400.0)
                await asked(opened, text, START + YEAR + 400 * DAY + 1, 400 * 86_400.0)
                await asked(opened, text, START + 401 * DAY, 401 * 86_400.0)
        return [(line["event"], line["days"], line["now"][:10], line["log_level"]) for line in lines]

    assert asyncio.run(story()) == [
        ("the clock jumped", 365.0, "2027-06-18", "warning"),
        ("the clock jumped", -365.0, "2026-06-19", "warning"),
    ]


def test_a_clock_that_is_behind_the_ledger_is_logged_at_the_first_request(tmp_path: Path) -> None:
    async def story() -> list[object]:
        async with books(tmp_path) as opened:
            text = (await create(opened)).text
            await asked(opened, text, START + YEAR)
        with capture_logs() as lines:
            async with books(tmp_path) as opened:
                await opened.desk.do(ListKeys(), START)
                assert not lines
                await asked(opened, text, START)
        async with books(tmp_path) as opened:
            await asked(opened, text, START + DAY // 2)
        return [(line["days"], line["expected"][:10]) for line in lines]

    assert asyncio.run(story()) == [(-365.0, "2026-05-14")]


def test_a_file_from_before_the_table_of_refills_is_brought_up_to_date(tmp_path: Path) -> None:
    async def story() -> str:
        async with books(tmp_path) as opened:
            text = await planned(opened)
            assert await passed(opened, text, START) == 5
            assert await passed(opened, text, month(1)) == 5
        return text

    text = asyncio.run(story())
    with closing(sqlite3.connect(tmp_path / "accounts.sqlite")) as db:
        db.execute("DROP TABLE refill")
        db.execute("UPDATE account SET refilled_month = ?", (12 * 2026 + 4,))
        db.commit()

    async def later() -> None:
        async with books(tmp_path) as opened:
            assert [await passed(opened, text, month(one)) for one in (0, 1, 12, 2)] == [0, 0, 0, 5]

    asyncio.run(later())
