"""Pages without a key hardly slow down callers who pay."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.heavy.clients import read_reply, request_of
from tests.heavy.conftest import number
from tests.serving import create_key, running

CLIENTS = number("PAGE_CLIENTS", 64)
CALLS, PAUSE, ROUNDS, TRIES = number("CALLS", 300), 0.005, 3, number("TRIES", 4)
PAGES = ("/", "/docs")


@contextmanager
def page_load(port: int, clients: int, *paths: str) -> Iterator[None]:
    """So many clients that ask for pages all the time, in a process of their own."""
    command = [sys.executable, "-m", "tests.heavy.page_load", str(port), str(clients), *paths]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield
        told, _ = process.communicate("")
    sys.stdout.write(f"{clients} clients on {' and '.join(paths)} were answered {told}\n")


async def call_times(port: int, key: str) -> list[float]:
    """Seconds that calls took, ascending, one after the other at a steady pace."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        writer.write(request_of(key))
        assert (await read_reply(reader)).status == 200
        found.append(time.perf_counter() - begun)
        await asyncio.sleep(PAUSE)
    writer.close()
    return sorted(found)


def measured(port: int, key: str) -> tuple[float, float]:
    """p50 and p99 in ms: medians of several rounds."""
    rounds = [asyncio.run(call_times(port, key)) for _ in range(ROUNDS)]
    p50, p99 = (statistics.median(statistics.quantiles(one, n=100)[at] for one in rounds) for at in (49, 98))
    return p50 * 1000, p99 * 1000


@pytest.mark.timeout(300)
def test_calls_take_at_most_twice_as_long_beside_a_crowd_on_pages(home: Path) -> None:
    key = create_key(home, 10**12, 10_000)
    with running(home) as server:
        for _ in range(TRIES):
            quiet = measured(server.port, key)
            with page_load(server.port, CLIENTS, *PAGES):
                crowded = measured(server.port, key)
            figures = (
                f"p50/p99 of a call: {quiet[0]:.2f}/{quiet[1]:.2f} ms,"
                f" beside {CLIENTS} clients on pages: {crowded[0]:.2f}/{crowded[1]:.2f} ms"
            )
            sys.stdout.write(f"{figures}\n")
            if crowded[1] <= 2 * quiet[1]:
                return
    pytest.fail(f"pages slow down callers who pay: {figures}")
