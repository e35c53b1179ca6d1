"""Both lanes give the same bytes, whatever a client sends along."""

import asyncio
import gzip
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from tests.heavy.clients import LIST, Reply, read_reply, request_of
from tests.serving import create_key, running
from trendwire.facts.zstd import zstd

CHANGING = {"date", "x-request-id", "x-credits-remaining", "x-ratelimit-per-second-remaining", "ratelimit"}
DECODERS = {"br": brotli.decompress, "zstd": zstd.decompress, "gzip": gzip.decompress, "": bytes}
TARGETS = (
    LIST,
    f"{LIST}?region=all_regions&period=30",
    f"{LIST}?period=9",
    f"{LIST}?edition=1",
    "/v1/nothing",
)


def same(reply: Reply) -> tuple[int, dict[str, str], bytes]:
    """What must not differ between two replies to one question."""
    body = DECODERS[reply.headers.get("content-encoding", "")](reply.body)
    request_id = reply.headers.get("x-request-id", "none").encode()
    kept = {name: text for name, text in reply.headers.items() if name not in CHANGING}
    return reply.status, kept, body.replace(request_id, b"")


async def asked(port: int, *chunks: bytes) -> Reply:
    """One reply over a connection of its own, the request in chunks that arrive one by one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
        await asyncio.sleep(0.02 if len(chunks) > 1 else 0)
    reply = await read_reply(reader)
    writer.close()
    return reply


@pytest.mark.parametrize("encoding", ["", "br", "zstd", "gzip", "gzip, br;q=0.5"])
@pytest.mark.parametrize("target", TARGETS)
def test_both_lanes_say_the_same(home: Path, target: str, encoding: str) -> None:
    key = create_key(home, 10**6, 10_000)
    request = request_of(key, target, f"Accept-Encoding: {encoding}\r\n" if encoding else "")

    async def story(port: int) -> None:
        slow = await asked(port, request)
        fast = [await asked(port, request) for _ in range(3)]
        split = await asked(port, request[:30], request[30:])
        assert {repr(same(one)) for one in (slow, *fast, split)} == {repr(same(slow))}
        order = [list(one.headers) for one in (slow, *fast, split)]
        assert all(names == order[0] for names in order)

    with running(home, metrics_port="0") as server:
        asyncio.run(story(server.port))


def test_a_head_of_http_1_0_is_not_known_in_http_1_1(home: Path) -> None:
    """It may lack a Host, which HTTP/1.1 asks for."""
    key = create_key(home, 10**6, 10_000)
    older = request_of(key).replace(b"HTTP/1.1\r\nHost: x\r\n", b"HTTP/1.0\r\n")
    newer = older.replace(b"HTTP/1.0", b"HTTP/1.1")

    async def story(port: int) -> None:
        assert [(await asked(port, request_of(key))).status for _ in range(2)] == [200, 200]
        assert [(await asked(port, older)).status for _ in range(2)] == [200, 200]
        assert [(await asked(port, newer)).status for _ in range(2)] == [400, 400]

    with running(home) as server:
        asyncio.run(story(server.port))


def test_a_known_head_never_hides_a_body(home: Path) -> None:
    """A request with a body is parsed each time: what follows it is not taken for the next request."""
    key = create_key(home, 10**6, 10_000)
    smuggled = request_of(key, f"{LIST}?page=2")
    outer = request_of(key, LIST, f"Content-Length: {len(smuggled)}\r\n") + smuggled

    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(5):
            head, body = outer[: -len(smuggled)], smuggled
            writer.write(head)
            await writer.drain()
            writer.write(body + request_of(key, f"{LIST}?page=3"))
            assert b'"page":1' in (await read_reply(reader)).body
            assert b'"page":3' in (await read_reply(reader)).body
        writer.close()

    with running(home) as server:
        asyncio.run(story(server.port))
