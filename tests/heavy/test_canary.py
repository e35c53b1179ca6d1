"""A key that is put wherever a client can put it turns up in no log, no reply, no file."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.heavy.clients import LIST, read_reply, request_of
from tests.serving import create_key, free_port, running

ADMIN = "admin-canary-7d1f0c2b9a"


@pytest.mark.timeout(120)
def test_no_key_leaks(home: Path) -> None:
    key = create_key(home, 10**6, 10_000)
    metrics = free_port()
    secret = key[8:]
    odd = "".join(f"%{ord(one):02x}" for one in key)
    sent = [
        request_of(key),
        request_of(key, f"{LIST}?region={key}"),
        request_of(key, f"{LIST}?period={odd}"),
        request_of(key, f"/v1/{key}"),
        request_of(key, f"/{quote(key)}/x?api_key={key}&key={key.upper()}"),
        request_of(key, f"/api/v1/tiktok/popular-trend/hashtag/{key}"),
        request_of(key, LIST, f"Cookie: key={key}\r\nReferer: http://x/{key}\r\nUser-Agent: {key}\r\n"),
        request_of(key[:-1] + "x", LIST, f"x-api-key: {key}\r\nOrigin: {key}\r\n"),
        request_of(key, LIST, f"Accept-Encoding: {key}\r\nIf-None-Match: {key}\r\n"),
        f"GET /admin/v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}\r\n\r\n".encode(),
        request_of(key, f"/admin/v1/keys?account={key}"),
        f"POST /admin/v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}\r\n"
        f'Content-Length: {len(key) + 14}\r\n\r\n{{"account":"{key}"'.encode(),
    ]

    async def told(port: int) -> bytes:
        replies = b""
        for request in sent * 2:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            with suppress(asyncio.IncompleteReadError, TimeoutError):
                reply = await asyncio.wait_for(read_reply(reader), 5)
                replies += repr(reply.headers).encode() + reply.body
            writer.close()
        return replies

    with running(home, admin_key=ADMIN, metrics_port=str(metrics), log_level="debug") as server:
        replies = asyncio.run(told(server.port))

        async def scraped() -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", metrics)
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = await reader.read()
            writer.close()
            return text

        counted = asyncio.run(scraped())
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        printed = server.process.stdout.read() if server.process.stdout else ""
    assert b"trendwire_request_seconds_count" in counted
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    everything = {"replies": replies, "metrics": counted, "files": kept, "log": server.log.read_bytes()}
    everything["stdout"] = printed.encode()
    for place, text in everything.items():
        for one in (secret, odd[24:], ADMIN):
            assert one.encode().lower() not in text.lower(), place
