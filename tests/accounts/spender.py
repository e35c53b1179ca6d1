"""A program of its own that charges a key, for tests that kill it.

    python -m tests.accounts.spender HOME KEY TASKS REQUESTS

TASKS tasks at once, REQUESTS requests of 1 credit each. Every outcome is a line, `charged` or the name of
the error, written after `settle` has answered and before the task's next request.
"""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from tests.accounts.moments import CHART, START, books
from trendwire.accounts import Ask, Books, Moment
from trendwire.errors import OutOfCredits


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


async def spend(opened: Books, text: str, seconds: "count[int]", requests: int) -> None:
    fingerprint = opened.gate.fingerprint(text)
    for _ in range(requests):
        ask = Ask(fingerprint, CHART, 1, "192.0.2.1", Moment(START, float(next(seconds))))
        try:
            await opened.gate.settle(await opened.gate.admit(ask), charged=True)
        except OutOfCredits:
            say("OutOfCredits")
        else:
            say("charged")


async def main(home: str, text: str, tasks: str, requests: str) -> None:
    async with books(Path(home)) as opened:
        seconds = count()
        say("ready")
        await asyncio.gather(*[spend(opened, text, seconds, int(requests)) for _ in range(int(tasks))])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
