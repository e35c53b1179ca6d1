"""A program of its own that charges a key, for tests that need several, or one to kill.

    python spender.py HOME KEY TASKS REQUESTS

TASKS tasks at once, REQUESTS requests of 1 credit each. Every outcome is a line, `charged` or the name of
the error, written after `settle` has answered and before the task's next request.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from trendwire.accounts import Gate, Moment, Store
from trendwire.errors import OutOfCredits

AT = datetime(2025, 5, 14, tzinfo=UTC)


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


async def spend(gate: Gate, text: str, seconds: "count[int]", requests: int) -> None:
    for _ in range(requests):
        try:
            admission = await gate.admit(text, "hashtags", 1, Moment(AT, float(next(seconds))))
            await gate.settle(admission, charged=True)
        except OutOfCredits:
            say("OutOfCredits")
        else:
            say("charged")


async def main(home: str, text: str, tasks: str, requests: str) -> None:
    with Store.open(Path(home)) as store:
        gate, seconds = Gate(store), count()
        say("ready")
        await asyncio.gather(*[spend(gate, text, seconds, int(requests)) for _ in range(int(tasks))])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
