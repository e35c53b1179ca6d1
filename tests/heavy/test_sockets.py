"""What a client may take: deadlines, limits, clean refusals; and an end that loses no answer."""

import asyncio
import signal
import socket
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.heavy.clients import Client, connected, load, read_reply, request_of
from tests.serving import balance, create_key, running

CREDITS, COST = 10**9, 2


def received(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    told = b""
    while chunk := connection.recv(65_536):
        told += chunk
    return told


def test_a_head_that_drips_is_cut_off(home: Path) -> None:
    with running(home, header_timeout="1") as server, connected(server.port) as slow:
        begun = time.monotonic()
        slow.sendall(b"GET / HT")
        told = received(slow)
        assert told.startswith(b"HTTP/1.1 408 ")
        assert 0.5 < time.monotonic() - begun < 5


def test_a_connection_that_says_nothing_is_closed(home: Path) -> None:
    with running(home, header_timeout="1") as server, connected(server.port) as silent:
        assert received(silent) == b""


def test_an_idle_connection_is_closed(home: Path) -> None:
    key = create_key(home, CREDITS, 100)
    with running(home, idle_timeout="1") as server, connected(server.port) as idle:
        idle.sendall(request_of(key))
        assert received(idle).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_does_not_read_is_cut_off(home: Path) -> None:
    key = create_key(home, CREDITS, 10_000)
    with running(home, stall_timeout="1") as server, connected(server.port) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(OSError):  # noqa: PT012  until the server has had enough
            while True:
                deaf.sendall(request_of(key) * 50)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: " + b"a" * 20_000, 431),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123456789", 405),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + b"0" * 1_500_000, 413),
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET http:// HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    ],
)
def test_what_is_too_much_or_no_http_is_refused_in_words(home: Path, sent: bytes, status: int) -> None:
    with running(home) as server, connected(server.port) as client:
        with suppress(OSError):  # it may be refused before all is sent; the words must come all the same
            client.sendall(sent)
        told = client.recv(65_536)
        assert told.split(b" ", 2)[1] == str(status).encode()


def test_too_many_connections_from_one_address_are_refused_and_others_are_not(home: Path) -> None:
    key = create_key(home, CREDITS, 100)
    with ExitStack() as opened:
        server = opened.enter_context(running(home, connections_per_address="5"))
        kept = [opened.enter_context(connected(server.port)) for _ in range(5)]
        extra = opened.enter_context(connected(server.port))
        extra.sendall(request_of(key))
        told = received(extra)
        assert told.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: " in told
        other = opened.enter_context(connected(server.port, "127.0.0.2"))
        for client in (kept[0], other):
            client.sendall(request_of(key))
            assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_above_the_limit_of_connections_the_answer_is_503(home: Path) -> None:
    key = create_key(home, CREDITS, 100)
    with ExitStack() as opened:
        server = opened.enter_context(running(home, max_connections="3"))
        for _ in range(3):
            opened.enter_context(connected(server.port))
        extra = opened.enter_context(connected(server.port))
        extra.sendall(request_of(key))
        assert received(extra).startswith(b"HTTP/1.1 503 ")


@pytest.mark.timeout(120)
def test_no_answer_is_lost_in_a_drain(home: Path) -> None:
    """Clients that honour `Connection: close` see answers, and at last that nobody listens."""
    key = create_key(home, CREDITS, 10_000)
    with running(home) as server:
        clients = [Client(server.port, request_of(key)) for _ in range(32)]

        async def story() -> None:
            asyncio.get_running_loop().call_later(1, server.process.send_signal, signal.SIGTERM)
            await load(clients, 20)

        asyncio.run(story())
        assert server.process.wait(30) == 0
    statuses = sum((client.statuses for client in clients), Counter[int]())
    assert set(statuses) <= {200, 429}
    assert sum(client.failed for client in clients) == 0
    assert sum(client.refused for client in clients) == len(clients)
    assert balance(home) == CREDITS - COST * statuses[200]


def test_a_key_in_a_trailer_is_none(home: Path) -> None:
    key = create_key(home, CREDITS, 100)
    trailer = f"Authorization: Bearer {key}\r\nX-Forwarded-For: 9.9.9.9\r\n".encode()
    chunked = b"GET /v1/tiktok/trending/hashtags HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with running(home, trusted_proxies="127.0.0.1") as server:
        for sent, status in ((request_of(key), 200), (chunked + b"0\r\n" + trailer + b"\r\n", 401)):
            with connected(server.port) as client:
                client.sendall(sent)
                client.shutdown(socket.SHUT_WR)
                assert received(client).startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize("path", ["/v1/tiktok/trending/hashtags", "/docs"])
def test_a_half_closed_client_gets_the_answers_that_it_paid_for(home: Path, path: str) -> None:
    """Ten at once, as often as it takes to meet the close at every moment; each debit has its answer."""
    key = create_key(home, CREDITS, 10_000)
    rounds, ahead = 20, 10
    with running(home) as server:
        for _ in range(rounds):
            with connected(server.port) as client:
                client.sendall(request_of(key, path) * ahead)
                client.shutdown(socket.SHUT_WR)
                assert received(client).count(b"HTTP/1.1 200 ") == ahead
    spent = rounds * ahead * COST if path.startswith("/v1/") else 0
    assert balance(home) == CREDITS - spent


def test_requests_that_are_sent_ahead_are_answered_in_order(home: Path) -> None:
    key = create_key(home, CREDITS, 10_000)
    targets = [f"/v1/tiktok/trending/hashtags?page={page}" for page in (1, 2, 3)]

    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(20):
            writer.write(b"".join(request_of(key, target) for target in targets))
            replies = [await read_reply(reader) for _ in targets]
            pages = [
                b'"page":%d' % page in reply.body for page, reply in zip((1, 2, 3), replies, strict=True)
            ]
            assert pages == [True] * 3
        for _ in range(20):
            for target in targets:
                writer.write(request_of(key, target))
            for page in (1, 2, 3):
                assert b'"page":%d' % page in (await read_reply(reader)).body
        writer.close()

    with running(home) as server:
        asyncio.run(story(server.port))
