"""The gate's promises, kept by several servers at once on one Redis and one PostgreSQL."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from redis.asyncio import Redis as Client

from tests.accounts.moments import CHART, DETAIL, NAMES
from tests.heavy.cluster.conftest import Redis
from trendwire import clock
from trendwire.accounts import Admission, Ask, Moment, RequestLogStore
from trendwire.accounts.cluster import Cluster
from trendwire.accounts.operations import (
    ChangeKey,
    CheckLedger,
    CreateAccount,
    CreateKey,
    ListAccounts,
    ListEntries,
    ListKeys,
    ListUsage,
    NewKey,
    RevokeKey,
    RotateKey,
    SetPlan,
)
from trendwire.errors import BadCredential, InvalidInput, NotAllowed, NotReady, OutOfCredits, RateLimited

SECRET = b"s" * 32
MONTH_MS = 32 * 86_400_000


def now() -> int:
    return clock.milliseconds()


@asynccontextmanager
async def opened(redis: str, postgres: str, home: Path) -> AsyncIterator[Cluster]:
    cluster = Cluster(redis, postgres, SECRET, NAMES, RequestLogStore.open(home, 7, 1000))
    await cluster.start()
    try:
        yield cluster
    finally:
        await cluster.close()


async def create(cluster: Cluster, credits_: int = 100, qps: int = 1000, **told: object) -> NewKey:
    return await cluster.desk.do(CreateKey(account="ada", credits=credits_, qps=qps, **told), now())  # type: ignore[arg-type]


async def admit(
    cluster: Cluster, text: str, cost: int = 2, endpoint: str = CHART, address: str = "192.0.2.1"
) -> Admission:
    at = Moment(now(), clock.monotonic())
    return await cluster.gate.admit(Ask(cluster.gate.fingerprint(text), endpoint, cost, address, at))


async def request(cluster: Cluster, text: str, cost: int = 2) -> None:
    await cluster.gate.settle(await admit(cluster, text, cost), charged=True)


async def admitted_until(cluster: Cluster, text: str, at: int) -> None:
    while now() < at:
        await admit(cluster, text, cost=0)


async def balance(cluster: Cluster) -> int:
    (account,) = await cluster.desk.do(ListAccounts(), now())
    return account.balance


def test_the_order_of_refusals(redis: Redis, postgres: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(redis.url, postgres, tmp_path) as one:
            new = await create(one, 1, 2, endpoints=(CHART,), addresses=("192.0.2.0/24",))
            with pytest.raises(NotAllowed):
                await admit(one, new.text, endpoint=DETAIL)
            with pytest.raises(NotAllowed):
                await admit(one, new.text, address="198.51.100.1")
            for remaining in (1, 0):
                with pytest.raises(OutOfCredits) as poor:
                    await admit(one, new.text)
                assert (poor.value.per_second_remaining, poor.value.credits) == (remaining, 1)
            with pytest.raises(RateLimited) as fast:
                await admit(one, new.text)
            assert 0 < fast.value.retry_after <= 1
            await one.desk.do(RevokeKey(key_id=new.key.id), now())
            with pytest.raises(BadCredential):
                await admit(one, new.text)

    asyncio.run(story())


def test_only_a_success_is_charged_and_drained_once(redis: Redis, postgres: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(redis.url, postgres, tmp_path) as one:
            new = await create(one, 10)
            held = await admit(one, new.text, 8)
            with pytest.raises(OutOfCredits):
                await admit(one, new.text, 3)
            await one.gate.settle(held, charged=False)
            assert await balance(one) == 10
            await request(one, new.text, 8)
            assert await balance(one) == 2
            await one.desk.do(CheckLedger(), now())
            (debit, _) = await one.desk.do(ListEntries(), now())
            assert (debit.amount, debit.kind, debit.endpoint) == (-8, "debit", CHART)
            (used,) = await one.desk.do(ListUsage(), now())
            assert (used.calls, used.credits) == (1, 8)

    asyncio.run(story())


def test_what_one_server_changes_counts_for_the_next_request_to_another(
    redis: Redis, postgres: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with (
            opened(redis.url, postgres, tmp_path) as one,
            opened(redis.url, postgres, tmp_path) as other,
        ):
            new = await create(one, 100)
            await request(other, new.text)
            await one.desk.do(ChangeKey(key_id=new.key.id, endpoints=(DETAIL,)), now())
            with pytest.raises(NotAllowed):
                await admit(other, new.text)
            await one.desk.do(ChangeKey(key_id=new.key.id, endpoints=(), addresses=("10.0.0.0/8",)), now())
            with pytest.raises(NotAllowed):
                await admit(other, new.text)
            await one.desk.do(ChangeKey(key_id=new.key.id, addresses=(), monthly_cap=4), now())
            await request(other, new.text)
            made = await one.desk.do(RotateKey(key_id=new.key.id, overlap=0), now())
            with pytest.raises(BadCredential):
                await admit(other, new.text)
            with pytest.raises(OutOfCredits):
                await admit(other, made.text)
            trial = await create(one, 0, mode="test")
            assert (await admit(other, trial.text)).test

    asyncio.run(story())


def test_a_key_ends_when_it_was_made_to(redis: Redis, postgres: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(redis.url, postgres, tmp_path) as one:
            ends = now() + 500
            new = await create(one, qps=10_000, expires_at=ends)
            assert new.key.expires_at == ends
            with pytest.raises(BadCredential):
                await admitted_until(one, new.text, ends + 5000)
            assert now() >= ends
            new = await create(one, expires_at=now() + 60_000)
            with pytest.raises(InvalidInput):
                await create(one, expires_at=now())
            later = RotateKey(key_id=new.key.id, overlap=0, expires_at=ends + 90_000)
            assert (await one.desk.do(later, now())).key.expires_at == ends + 90_000

    asyncio.run(story())


def test_a_month_is_refilled_once(redis: Redis, postgres: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            opened(redis.url, postgres, tmp_path) as one,
            opened(redis.url, postgres, tmp_path) as other,
        ):
            await one.desk.do(SetPlan(name="basic", monthly_credits=50), now())
            await one.desk.do(CreateAccount(name="ada", plan="basic"), now())
            new = await create(one, 0)
            for _ in range(10):
                await request(other, new.text)
            later = now() + MONTH_MS
            await asyncio.gather(*[server.desk.refill_all(later) for server in (one, other) * 3])
            assert await balance(one) == 50
            refills = await one.desk.do(ListEntries(kind="refill"), later)
            assert [row.amount for row in refills] == [20, 50]

    asyncio.run(story())


def test_redis_may_be_started_anew_and_may_lose_everything(
    redis: Redis, postgres: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with opened(redis.url, postgres, tmp_path) as one:
            new = await create(one, 100)
            await request(one, new.text)
            await one.desk.do(CheckLedger(), now())
            redis.stop()
            with pytest.raises(NotReady):
                await admit(one, new.text)
            redis.start()
            await request(one, new.text)
            await one.desk.do(CheckLedger(), now())
            client: Client = Client.from_url(redis.url)
            await client.flushall()
            await client.aclose()
            await request(one, new.text)
        async with opened(redis.url, postgres, tmp_path) as again:
            await again.desk.do(CheckLedger(), now())
            assert await balance(again) == 94
            (key,) = await again.desk.do(ListKeys(), now())
            assert key.calls == 3

    asyncio.run(story())


SERVERS = 4


def spenders(
    redis: str, postgres: str, home: Path, text: str, requests: int
) -> list["subprocess.Popen[str]"]:
    """Processes that spend as fast as they can; each line they print is a charge that was acknowledged."""
    command = [
        sys.executable,
        "-m",
        "tests.heavy.cluster.spender",
        redis,
        postgres,
        str(home),
        text,
        str(requests),
    ]
    return [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(SERVERS)]


def heard_until_killed(running: Sequence["subprocess.Popen[str]"], least: int) -> list[str]:
    """All lines of all of them, killed once each has said so many.

    All are listened to all the time: one that cannot write waits, with whatever it holds of the stores.
    """

    def listen(process: "subprocess.Popen[str]", lines: SimpleQueue[str]) -> None:
        assert process.stdout is not None
        with process.stdout as out:
            for line in out:
                lines.put(line)

    said = [SimpleQueue[str]() for _ in running]
    with ThreadPoolExecutor(len(running)) as pool:
        for process, lines in zip(running, said, strict=True):
            pool.submit(listen, process, lines)
        told = [lines.get() for lines in said for _ in range(least)]
        for process in running:
            process.send_signal(signal.SIGKILL)
            process.wait()
    for lines in said:
        while not lines.empty():
            told.append(lines.get())
    return told


@pytest.mark.timeout(180)
def test_four_servers_spend_exactly_what_there_is(redis: Redis, postgres: str, tmp_path: Path) -> None:
    async def make() -> str:
        async with opened(redis.url, postgres, tmp_path) as one:
            return (await create(one, 2001, 10_000)).text

    async def look() -> tuple[int, int]:
        async with opened(redis.url, postgres, tmp_path) as one:
            await one.desk.do(CheckLedger(), now())
            used = await one.desk.do(ListUsage(), now())
            return await balance(one), sum(row.calls for row in used)

    text = asyncio.run(make())
    running = spenders(redis.url, postgres, tmp_path, text, 500)
    said = Counter(line for process in running for line in process.communicate()[0].split())
    assert said["charged"] == 1000
    assert said["OutOfCredits"] == SERVERS * 500 - 1000
    assert asyncio.run(look()) == (1, 1000)


@pytest.mark.timeout(180)
def test_four_servers_never_pass_a_rate(redis: Redis, postgres: str, tmp_path: Path) -> None:
    async def make() -> str:
        async with opened(redis.url, postgres, tmp_path) as one:
            return (await create(one, 10**9, 50)).text

    text = asyncio.run(make())
    running = spenders(redis.url, postgres, tmp_path, text, 400)
    passed = sorted(
        float(line.split()[1])
        for process in running
        for line in process.communicate()[0].splitlines()
        if line.startswith("charged")
    )
    assert len(passed) >= 50
    # In any second at most 50: the 51st after each comes a second later, but for the time to settle.
    assert all(later - first > 0.9 for first, later in zip(passed, passed[50:], strict=False))


@pytest.mark.timeout(180)
def test_a_killed_server_leaves_nothing_held(
    redis: Redis, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def make() -> str:
        async with opened(redis.url, postgres, tmp_path) as one:
            return (await create(one, 10**6, 10_000)).text

    text = asyncio.run(make())
    running = spenders(redis.url, postgres, tmp_path, text, 10**6)
    told = heard_until_killed(running, 200)
    acknowledged = sum(line.startswith("charged") for line in told)

    async def look() -> tuple[int, int]:
        async with opened(redis.url, postgres, tmp_path) as one:
            client: Any = Client.from_url(redis.url)
            for name in await client.zrange("trendwire:leases", 0, -1):
                await client.zadd("trendwire:leases", {name: 0})
            await client.aclose()
            await one._scripts.call("expire", ("trendwire:holds", "trendwire:leases"), (10_000,))
            await one.desk.do(CheckLedger(), now())
            used = await one.desk.do(ListUsage(), now())
            return 10**6 - await balance(one), sum(row.credits for row in used)

    spent, drained = asyncio.run(look())
    assert spent == drained
    assert acknowledged * 2 <= drained <= (acknowledged + SERVERS * 8) * 2
