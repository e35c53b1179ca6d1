"""Clients on raw sockets, as many and as ill-behaved as a test wants."""

import asyncio
import socket
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

LIST = "/v1/tiktok/trending/hashtags"


def request_of(key: str, target: str = LIST, more: str = "") -> bytes:
    """One GET."""
    return f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n{more}\r\n".encode()


@dataclass(slots=True)
class Reply:
    """A reply that was received to its last byte."""

    status: int
    headers: dict[str, str]
    body: bytes


async def read_reply(reader: asyncio.StreamReader, *, head: bool = False) -> Reply:
    """The next reply. Raises IncompleteReadError where the connection ends first."""
    text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status_line, *lines = text.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    length = 0 if head else int(headers.get("content-length", "0"))
    return Reply(int(status_line.split(" ")[1]), headers, await reader.readexactly(length))


@dataclass(slots=True)
class Client:
    """Asks again and again over one connection, reconnects when told `Connection: close`, keeps count.

    `failed`: requests that were sent on an accepted connection and not answered. `refused`: connections.
    """

    port: int
    request: bytes
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    refused: int = 0

    async def run(self, stopped: asyncio.Event) -> None:
        """Ask until told to stop, or until nobody listens any more."""
        while not stopped.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.refused += 1
                return
            await self._ask(reader, writer, stopped)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stopped: asyncio.Event
    ) -> None:
        while not stopped.is_set():
            begun = time.perf_counter()
            try:
                writer.write(self.request)
                reply = await read_reply(reader)
            except (OSError, asyncio.IncompleteReadError):
                self.failed += 1
                return
            self.seconds.append(time.perf_counter() - begun)
            self.statuses[reply.status] += 1
            if reply.headers.get("connection") == "close":
                return


async def load(clients: Sequence[Client], seconds: float) -> None:
    """Run clients for so long."""
    stopped = asyncio.Event()
    running = [asyncio.create_task(client.run(stopped)) for client in clients]
    asyncio.get_running_loop().call_later(seconds, stopped.set)
    await asyncio.gather(*running)


def p99(clients: Sequence[Client]) -> float:
    """Seconds within which 99 of 100 requests of all clients were answered."""
    return statistics.quantiles([one for client in clients for one in client.seconds], n=100)[98]


def connected(port: int, source: str = "127.0.0.1") -> socket.socket:
    """A connection from an address of 127.0.0.0/8."""
    made = socket.socket()
    made.bind((source, 0))
    made.settimeout(60)
    made.connect(("127.0.0.1", port))
    return made


def address(number: int) -> str:
    """An address of 127.0.0.0/8 for each number."""
    return f"127.{1 + number // 62_500 % 250}.{number // 250 % 250}.{1 + number % 250}"
