"""A full disk: 503 with Retry-After, nothing charged, and on again by itself when there is space."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.heavy.clients import Client, load, read_reply, request_of
from tests.serving import balance, create_key, running
from tests.small_world import linked

CREDITS, COST = 10**9, 2


@pytest.fixture
def small_disk(demo_home: Path, tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("a small disk of its own needs the rights to mount one")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "none", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.timeout(180)
def test_a_full_disk_is_a_503_that_passes(demo_home: Path, tmp_path: Path, small_disk: Path) -> None:
    home = small_disk / "home"
    home.mkdir()
    for folder in ("facts", "editions"):
        (home / folder).symlink_to(linked(demo_home, tmp_path / folder) / folder)
    key = create_key(home, CREDITS, 10_000)
    filler = small_disk / "filler"
    with running(home) as server:

        async def asked(seconds: float) -> list[Client]:
            clients = [Client(server.port, request_of(key)) for _ in range(8)]
            await load(clients, seconds)
            return clients

        def counted(clients: list[Client], status: int) -> int:
            return sum(client.statuses[status] for client in clients)

        before = asyncio.run(asked(0.5))
        with filler.open("wb", buffering=0) as full, suppress(OSError):
            while True:
                full.write(b"0" * 4096)
        during = asyncio.run(asked(3))
        refused = asyncio.run(_one(server.port, key))
        filler.unlink()
        after = asyncio.run(asked(1))
    told = [*before, *during, *after]
    # 429: a quick machine answers more than the key's requests a second
    assert {status for client in told for status in client.statuses} <= {200, 429, 503}
    assert counted(during, 503) > 0
    assert counted(after, 200) > 0
    assert refused in (200, 429, 503)
    charged = (CREDITS - balance(home)) // COST
    assert charged == counted(told, 200) + (refused == 200)


async def _one(port: int, key: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request_of(key))
    reply = await read_reply(reader)
    writer.close()
    if reply.status == 503:
        assert int(reply.headers["retry-after"]) > 0
    return reply.status
