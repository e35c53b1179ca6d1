"""What clients send ahead of their answers delays nobody else, and is answered to its end."""

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from tests.heavy.clients import read_reply, request_of
from tests.heavy.conftest import number
from tests.serving import create_key, running

PAGE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
AHEAD = 86_000 // len(PAGE)
FLOODING = number("FLOODING_CLIENTS", 64)
CALLS = 50
MOST_SECONDS = 2.0
"""For one call; what all clients have sent ahead takes minutes."""


@dataclass(slots=True)
class Flood:
    """A client that asks for pages, 86 kB of requests at once, and reads what comes."""

    port: int
    replies: int = 0
    reading: asyncio.Task[None] = field(init=False)
    _reader: asyncio.StreamReader = field(init=False)
    _writer: asyncio.StreamWriter = field(init=False)

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writer.write(PAGE * AHEAD)
        self.reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_raised: object) -> None:
        self.reading.cancel()
        self._writer.close()

    async def half_closed(self) -> int:
        """Close the sending side; how many replies came until the server closed."""
        self._writer.write_eof()
        await self.reading
        return self.replies

    async def _read(self) -> None:
        last = b""
        while chunk := await self._reader.read(1 << 16):
            self.replies += (last + chunk).count(b"HTTP/1.1 200 ")
            last = (last + chunk)[-12:]


@pytest.mark.timeout(120)
def test_a_call_waits_for_few_pages_however_many_clients_send_ahead(home: Path) -> None:
    """Counted, not timed: how many pages are answered between a call and its reply."""
    key = create_key(home, 10**9, 10_000)

    async def story(port: int) -> None:
        pages, seconds = [], []
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with AsyncExitStack() as opened:
            flood = [await opened.enter_async_context(Flood(port)) for _ in range(FLOODING)]
            for _ in range(CALLS):
                begun, before = time.monotonic(), sum(one.replies for one in flood)
                writer.write(request_of(key))
                assert (await read_reply(reader)).status == 200
                pages.append(sum(one.replies for one in flood) - before)
                seconds.append(time.monotonic() - begun)
            assert not any(one.reading.done() for one in flood)
        writer.close()
        assert statistics.median(pages) < FLOODING
        assert max(seconds) < MOST_SECONDS

    with running(home) as server:
        asyncio.run(story(server.port))


@pytest.mark.timeout(120)
def test_a_half_closed_client_that_sent_ahead_is_answered_to_the_end(home: Path) -> None:
    async def story(port: int) -> None:
        async with Flood(port) as flood:
            assert await flood.half_closed() == AHEAD

    with running(home) as server:
        asyncio.run(story(server.port))
