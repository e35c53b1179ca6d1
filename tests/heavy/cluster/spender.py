"""A server's gate in a process of its own, that spends: `charged TIME` for each acknowledged charge.

python -m tests.heavy.cluster.spender REDIS POSTGRES HOME KEY REQUESTS
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from tests.heavy.cluster.test_cluster import opened, request
from trendwire.accounts.cluster import Cluster
from trendwire.errors import OutOfCredits, RateLimited

TASKS = 8


async def spend(cluster: Cluster, text: str, left: list[int]) -> None:
    while left:
        left.pop()
        try:
            await request(cluster, text)
        except (OutOfCredits, RateLimited) as error:
            line = type(error).__name__
        else:
            line = f"charged {time.time()}"
        os.write(1, f"{line}\n".encode())


async def main(redis: str, postgres: str, home: str, text: str, requests: str) -> None:
    async with opened(redis, postgres, Path(home)) as cluster:
        left = list(range(int(requests)))
        await asyncio.gather(*[spend(cluster, text, left) for _ in range(TASKS)])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
