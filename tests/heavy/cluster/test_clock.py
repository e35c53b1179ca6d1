"""A clock that was wrong, on several servers: each month is given once and each cap counts on."""

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis.asyncio import Redis as Client
from structlog.testing import capture_logs

from tests.accounts.moments import CHART
from tests.heavy.cluster.conftest import Redis
from tests.heavy.cluster.test_cluster import create, now, opened
from trendwire import clock
from trendwire.accounts import Ask, Moment
from trendwire.accounts.cluster import Cluster
from trendwire.accounts.operations import (
    ChangePlan,
    CheckLedger,
    CreateAccount,
    ListAccounts,
    ListEntries,
    ListKeys,
    RevokeKey,
    SetPlan,
)
from trendwire.errors import BadCredential, OutOfCredits

MONTHLY, COST = 10, 2
DAY_MS = 86_400_000
YEAR_MS = 365 * DAY_MS


async def asked(cluster: Cluster, text: str, wall: int) -> None:
    ask = Ask(cluster.gate.fingerprint(text), CHART, COST, "192.0.2.1", Moment(wall, clock.monotonic()))
    await cluster.gate.settle(await cluster.gate.admit(ask), charged=True)


async def passed(cluster: Cluster, text: str, wall: int) -> int:
    """How many requests pass until one is refused."""
    for count in range(100):
        try:
            await asked(cluster, text, wall)
        except OutOfCredits:
            return count
    raise AssertionError("there is no end to the credits")


async def planned(cluster: Cluster) -> str:
    await cluster.desk.do(SetPlan(name="basic", monthly_credits=MONTHLY), now())
    await cluster.desk.do(CreateAccount(name="ada", plan="basic"), now())
    return (await create(cluster, 0)).text


async def refilled(cluster: Cluster, at: int) -> int:
    """What the account has after the refills of a moment."""
    await cluster.desk.refill_all(at)
    (account,) = await cluster.desk.do(ListAccounts(), now())
    return account.balance


def test_each_month_is_given_once_wherever_the_clock_goes(
    redis: Redis, postgres: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with (
            opened(redis.url, postgres, tmp_path) as one,
            opened(redis.url, postgres, tmp_path) as wrong,
        ):
            text = await planned(one)
            start = now()
            balances = []
            for at in (
                start,
                start + YEAR_MS,
                start,
                start + 32 * DAY_MS,
                start + YEAR_MS,
                start + 63 * DAY_MS,
            ):
                assert await passed(wrong, text, start) in (0, MONTHLY // COST)
                await asyncio.gather(*[server.desk.refill_all(at) for server in (one, wrong) * 3])
                balances.append(await refilled(one, at))
            assert balances == [0, 10, 0, 10, 0, 10]
            refills = await one.desk.do(ListEntries(kind="refill"), start)
            assert [row.amount for row in refills] == [MONTHLY] * 4
            await one.desk.do(CheckLedger(), start)

    asyncio.run(story())


def test_a_refill_is_its_row_whatever_redis_has_lost(redis: Redis, postgres: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(redis.url, postgres, tmp_path) as one:
            await planned(one)
            await create(one, 1000)
            client: Client = Client.from_url(redis.url)
            await client.flushall()
            await client.aclose()
            assert await refilled(one, now() + 32 * DAY_MS) == 1000 + MONTHLY
            (refill,) = await one.desk.do(ListEntries(kind="refill"), now())
            assert refill.amount == MONTHLY

    asyncio.run(story())


def test_a_cap_counts_on_in_every_month_and_after_a_loss_of_redis(
    redis: Redis, postgres: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened(redis.url, postgres, tmp_path) as one:
            text = (await create(one, 1000, monthly_cap=MONTHLY)).text
            start = now()
            await asked(one, text, start)
            assert await passed(one, text, start + YEAR_MS) == 5
            assert await passed(one, text, start - YEAR_MS) == 5
            client: Any = Client.from_url(redis.url)
            await client.delete(*[key async for key in client.scan_iter("trendwire:spent:*")])
            await client.aclose()
            assert [await passed(one, text, at) for at in (start - YEAR_MS, start, start)] == [0, 4, 0]
            (key,) = await one.desk.do(ListKeys(), start)
            assert (key.spent_this_month, key.spent) == (MONTHLY, 3 * MONTHLY)

    asyncio.run(story())


def test_a_plan_is_refilled_at_once_and_leaves_other_months_as_they_were(
    redis: Redis, postgres: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened(redis.url, postgres, tmp_path) as one:
            text, start = await planned(one), now()
            assert await passed(one, text, start) == 5
            assert await refilled(one, start + 32 * DAY_MS) == MONTHLY
            assert await passed(one, text, start) == 5
            changed = await one.desk.do(ChangePlan(account="ada", plan="basic"), start + 32 * DAY_MS)
            assert changed.balance == MONTHLY
            assert await passed(one, text, start) == 5
            assert await refilled(one, start) == 0

    asyncio.run(story())


def test_a_jump_is_logged_and_a_revoked_key_stays_refused(
    redis: Redis, postgres: str, tmp_path: Path
) -> None:
    async def story() -> list[float]:
        with capture_logs() as lines:
            async with opened(redis.url, postgres, tmp_path) as one:
                new = await create(one, 1000)
                await asked(one, new.text, now())
                await asked(one, new.text, now() + YEAR_MS)
                await one.desk.do(CheckLedger(), now())
                await one.desk.do(RevokeKey(key_id=new.key.id), now() + YEAR_MS)
                with pytest.raises(BadCredential):
                    await asked(one, new.text, now() + YEAR_MS)
            async with opened(redis.url, postgres, tmp_path) as one:
                with pytest.raises(BadCredential):
                    await asked(one, new.text, now())
        return [line["days"] for line in lines if line["event"] == "the clock jumped"]

    assert asyncio.run(story()) == [365.0, -365.0]


def test_a_store_from_before_the_table_of_refills_is_brought_up_to_date(
    redis: Redis, postgres: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened(redis.url, postgres, tmp_path) as one:
            text, start = await planned(one), now()
            assert await passed(one, text, start) == 5
        with psycopg.connect(postgres, autocommit=True) as db:
            db.execute("DROP TABLE refill")
            db.execute("UPDATE account SET refilled_month = 12 * 2100")
        async with opened(redis.url, postgres, tmp_path) as one:
            assert await refilled(one, start) == 0
            assert await refilled(one, start + 32 * DAY_MS) == MONTHLY

    asyncio.run(story())
