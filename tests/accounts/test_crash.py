"""A process killed at any moment loses no charge that it told of."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.accounts.moments import START, books, create
from trendwire.accounts.operations import CheckLedger, ListAccounts, ListUsage

TASKS = 8


def told_before_the_kill(home: Path, text: str, answers: int) -> int:
    """Charges that a program told of before it was killed, after at least so many."""
    command = [sys.executable, "-m", "tests.accounts.spender", str(home), text, str(TASKS), str(10**6)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        told = [program.stdout.readline() for _ in range(1 + answers)]
        program.kill()
        told += program.stdout.readlines()
    return told.count("charged\n")


@pytest.mark.parametrize("answers", [1, 7, 30, 90, 2000])
def test_kill_9_loses_no_charge_that_was_told(tmp_path: Path, answers: int) -> None:
    async def make() -> str:
        async with books(tmp_path) as opened:
            return (await create(opened, 10**6)).text

    async def look() -> tuple[int, int]:
        async with books(tmp_path) as opened:
            await opened.desk.do(CheckLedger(), START)
            (account,) = await opened.desk.do(ListAccounts(), START)
            used = await opened.desk.do(ListUsage(), START)
            return 10**6 - account.balance, sum(row.calls for row in used)

    acknowledged = told_before_the_kill(tmp_path, asyncio.run(make()), answers)
    charged, counted = asyncio.run(look())
    assert acknowledged >= answers
    # At most one more per task: committed, and killed before it could say so.
    assert acknowledged <= charged <= acknowledged + TASKS
    assert counted == charged
