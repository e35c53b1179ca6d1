"""Eight clients at once, grants, refusals and kills: after each of them the ledger adds up."""

import asyncio
import random
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.accounts.moments import START, books, create
from tests.heavy.conftest import number
from tests.heavy.storyteller import COST
from trendwire.accounts.operations import CheckLedger, ListAccounts, ListKeys, ListUsage

STEPS = number("STEPS", 4000)
ROUND = 800
QPS = 40


def told(home: Path, chance: random.Random, keys: list[str]) -> list[str]:
    """What a process told until it ended or, as often as not, until it was killed."""
    command = [sys.executable, "-m", "tests.heavy.storyteller", str(home), str(chance.randrange(10**9))]
    with subprocess.Popen([*command, str(ROUND), *keys], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        until = chance.randrange(ROUND) if chance.random() < 0.7 else 0
        lines = [process.stdout.readline().strip() for _ in range(until)]
        if until:
            process.kill()
        return lines + process.stdout.read().splitlines()


@pytest.mark.timeout(900)
def test_the_ledger_adds_up_whatever_happens(tmp_path: Path) -> None:
    async def make() -> list[str]:
        async with books(tmp_path) as opened:
            return [(await create(opened, 40, QPS)).text for _ in range(3)]

    chance = random.Random(11)
    keys = asyncio.run(make())
    granted, charged = 120, 0
    for _ in range(STEPS // ROUND):
        lines = told(tmp_path, chance, keys)
        said = Counter(line.split()[0] for line in lines if line)
        # What had begun when the process was killed may be there or not; what was acknowledged is.
        granted, charged = asyncio.run(
            checked(
                tmp_path,
                (granted + COST * said["granted"], granted + COST * said["grants"]),
                (charged + said["charged"], charged + said["charges"]),
            )
        )
        passed = defaultdict(list)
        for line in lines:
            if line.startswith("passed "):
                _, key, tick = line.split()
                passed[key].append(float(tick))
        for ticks in passed.values():
            assert all(later - first >= 1 for first, later in zip(ticks, ticks[QPS:], strict=False))


async def checked(home: Path, grants: tuple[int, int], charges: tuple[int, int]) -> tuple[int, int]:
    """Grants less debits is the balance, not below zero, and both lie between what was told and begun."""
    async with books(home) as opened:
        await opened.desk.do(CheckLedger(), START)
        (account,) = await opened.desk.do(ListAccounts(), START)
        used = sum(row.credits for row in await opened.desk.do(ListUsage(), START))
        keys = await opened.desk.do(ListKeys(), START)
    granted, charged = account.balance + used, used // COST
    assert account.balance >= 0
    assert sum(key.spent for key in keys) == used
    assert grants[0] <= granted <= grants[1]
    assert charges[0] <= charged <= charges[1]
    return granted, charged
