"""Clients of one home's books in a process of their own, that tell each thing before and after they do it.

python -m tests.heavy.storyteller HOME SEED STEPS KEY...
"""

import asyncio
import os
import random
import sys
from pathlib import Path

from tests.accounts.moments import START, admit, books
from trendwire.accounts import Books
from trendwire.accounts.operations import GrantCredits
from trendwire.errors import OutOfCredits, RateLimited

CLIENTS = 8
COST = 3


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


class Teller:
    """The clients' shared clock, and what each of them does."""

    def __init__(self, opened: Books, keys: list[str], chance: random.Random) -> None:
        self.opened, self.keys, self.chance = opened, keys, chance
        self.tick = 0.0

    async def client(self, steps: int) -> None:
        for _ in range(steps):
            self.tick += self.chance.random() / 50
            if self.chance.random() < 0.05:
                await self.grant()
            else:
                await self.request(self.chance.randrange(len(self.keys)))

    async def grant(self) -> None:
        say("grants")
        await self.opened.desk.do(GrantCredits(account="ada", credits=COST), START)
        say("granted")

    async def request(self, which: int) -> None:
        tick = self.tick
        try:
            admission = await admit(self.opened, self.keys[which], tick, COST)
        except (OutOfCredits, RateLimited) as error:
            say(type(error).__name__)
            await asyncio.sleep(0)
            return
        say(f"passed {which} {tick}")
        charged = self.chance.random() < 0.7
        if charged:
            say("charges")
        await self.opened.gate.settle(admission, charged=charged)
        say("charged" if charged else "free")


async def main(home: str, seed: str, steps: str, *keys: str) -> None:
    async with books(Path(home)) as opened:
        teller = Teller(opened, list(keys), random.Random(int(seed)))
        await asyncio.gather(*[teller.client(int(steps) // CLIENTS) for _ in range(CLIENTS)])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
