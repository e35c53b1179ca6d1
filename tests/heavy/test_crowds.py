"""Thousands of slow and idle clients do not slow down the healthy ones."""

import asyncio
import resource
import socket
import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.heavy.clients import Client, address, connected, load, p99, request_of
from tests.heavy.conftest import number
from tests.serving import create_key, running

SLOW, IDLE = number("SLOW", 500), number("IDLE", 2000)
HEALTHY, SECONDS, ROUNDS = 16, 3, 3
PATIENCE = {"header_timeout": "60", "stall_timeout": "60"}


@contextmanager
def open_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def measured(port: int, key: str) -> float:
    clients = [Client(port, request_of(key)) for _ in range(HEALTHY)]
    asyncio.run(load(clients, SECONDS))
    assert all(set(client.statuses) <= {200, 429} and not client.failed for client in clients)
    return p99(clients)


def dripping(port: int, source: str) -> socket.socket:
    """A client that has sent half a head; it goes on a byte at a time."""
    made = connected(port, source)
    made.sendall(b"GET /v1/tiktok/trending/hashtags HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    return made


@pytest.mark.timeout(300)
def test_healthy_clients_hardly_notice(home: Path) -> None:
    key = create_key(home, 10**12, 10_000)
    quiet, crowded = [], []
    with open_files(), running(home, **PATIENCE) as server, ExitStack() as opened:
        quiet = [measured(server.port, key) for _ in range(ROUNDS)]
        slow = [opened.enter_context(dripping(server.port, address(n))) for n in range(SLOW)]
        for n in range(IDLE):
            opened.enter_context(connected(server.port, address(SLOW + n)))
        for _ in range(ROUNDS):
            for client in slow:
                client.send(b"a")
            crowded.append(measured(server.port, key))
    assert statistics.median(crowded) < 2 * statistics.median(quiet)
