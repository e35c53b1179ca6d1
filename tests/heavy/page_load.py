"""A process that asks for pages: `python -m tests.heavy.page_load PORT CLIENTS PATH...`, until it is ended.

Apart from the process that measures, so that its own work is not measured; it says when it has begun, and the
statuses that it was answered with when its input ends.
"""

import asyncio
import os
import sys
from collections import Counter

from tests.heavy.clients import Client, request_of

_LEAST_URGENT = 19


async def flood(port: int, count: int, paths: list[str]) -> Counter[int]:
    """Ask with so many clients, each for one path again and again, until the input ends."""
    clients = [Client(port, request_of("none", paths[n % len(paths)])) for n in range(count)]
    stopped = asyncio.Event()
    running = [asyncio.create_task(client.run(stopped)) for client in clients]
    await asyncio.to_thread(sys.stdin.read)
    stopped.set()
    await asyncio.gather(*running)
    return sum((client.statuses for client in clients), Counter())


if __name__ == "__main__":
    os.nice(_LEAST_URGENT)  # the clients of a server have processors of their own
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    sys.stdout.write(str(dict(asyncio.run(flood(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])))))
