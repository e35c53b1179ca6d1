"""One connection on a real socket: limits, refusals, order. Its time stands still until a test moves it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import uvloop
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config

from trendwire.web import watch as watching
from trendwire.web.addresses import networks
from trendwire.web.connection import Connection
from trendwire.web.watch import Limits, Watch

HEAD, BODY, IDLE, STALL = 10, 30, 75, 30
MAX_BODY = 100_000
KNOWN = b"GET /known HTTP/1.1\r\nHost: x\r\n\r\n"
LOUD = 8_000_000

Open = Callable[..., socket.socket]


def get(path: str, version: str = "1.1") -> bytes:
    return f"GET {path} HTTP/{version}\r\nHost: x\r\n\r\n".encode()


def post(path: str, length: int) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


class App:
    """Answers with the path and the body's size. /held waits, /unread ignores its body, /loud says a lot."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.blocks: list[bytes | None] = []
        self.held = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        self.asked.append(path)
        self.blocks.append(scope["state"]["head_block"])
        size = 0 if path == "/unread" else await self._size(receive)
        if path == "/held":
            await self.held.wait()
        body = b"." * LOUD if path == "/loud" else f"[{path} {size}]".encode()
        head = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _size(self, receive: Receive) -> int:
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        return size


class Lane:
    """Takes `KNOWN`, and answers when told."""

    def __init__(self) -> None:
        self.taken: list[Connection] = []

    def take(self, connection: Connection, data: bytes) -> bool:
        if data != KNOWN:
            return False
        connection.busy = True
        self.taken.append(connection)
        return True

    def answer(self) -> None:
        connection = self.taken.pop(0)
        connection.finish(b"HTTP/1.1 200 OK\r\n%bcontent-length: 6\r\n\r\n[lane]" % connection.closing_line)


class Wire:
    """A socket that accepts connections, in an event loop and thread of its own."""

    def __init__(self, limits: Limits) -> None:
        self.loop = uvloop.new_event_loop()
        self.watch = Watch(limits, now=1000.0)
        self.lane = Lane()
        self.port = 0
        self.made = self.lost = self.heard = 0
        self._changed = threading.Condition()

    @contextmanager
    def listening(self) -> Iterator["Wire"]:
        """Run the loop until the end of the block."""
        thread = threading.Thread(target=self.loop.run_forever)
        thread.start()
        server = self.do(self._listen())
        try:
            yield self
        finally:
            self.do(self._end(server))
            self.loop.call_soon_threadsafe(self.loop.stop)
            thread.join()
            self.loop.close()

    def do(self, what: Any) -> Any:
        """Run a coroutine in the loop."""
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(30)

    def call(self, what: Callable[[], object]) -> None:
        """Call in the loop."""

        async def called() -> None:
            what()

        self.do(called())

    def await_(self, reached: Callable[[], bool]) -> None:
        """Wait until what connections told makes it true."""
        with self._changed:
            assert self._changed.wait_for(reached, 30)

    def say(self, client: socket.socket, data: bytes) -> None:
        """Send, and wait until all of it was received."""
        awaited = self.heard + len(data)
        client.sendall(data)
        self.await_(lambda: self.heard >= awaited)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and the watch look at every connection."""

        def passed() -> None:
            self.watch.now += seconds
            for connection in tuple(self.watch.state.connections):
                connection.sweep(self.watch.now)  # type: ignore[union-attr]

        self.call(passed)

    def told(self, **changes: int) -> None:
        with self._changed:
            for name, more in changes.items():
                setattr(self, name, getattr(self, name) + more)
            self._changed.notify_all()

    async def _listen(self) -> asyncio.AbstractServer:
        self.app = App()
        config = Config(self.app, log_config=None, access_log=False, ws="none", lifespan="off")
        config.load()
        bound = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = bound.getsockname()[1]
        return await self.loop.create_server(lambda: _Told(self, config, self.watch, self.lane), sock=bound)

    async def _end(self, server: asyncio.AbstractServer) -> None:
        server.close()
        self.app.held.set()
        for connection in tuple(self.watch.state.connections):
            connection.transport.abort()
        while self.watch.state.connections or self.watch.state.tasks:
            await asyncio.sleep(0)


class _Told(Connection):
    """A connection that tells the test what it has received."""

    def __init__(self, wire: Wire, *given: Any) -> None:
        super().__init__(*given)
        self._wire = wire

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wire.told(made=1)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._wire.told(lost=1)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wire.told(heard=len(data))


def limits(**changed: Any) -> Limits:
    told: dict[str, Any] = {
        "head_seconds": HEAD,
        "body_seconds": BODY,
        "idle_seconds": IDLE,
        "stall_seconds": STALL,
        "body_bytes": MAX_BODY,
    }
    return Limits(**(told | changed))


@pytest.fixture
def listen() -> Iterator[Callable[..., Wire]]:
    """Makes a wire with limits of the test's choice."""
    with ExitStack() as stack:
        yield lambda **changed: stack.enter_context(Wire(limits(**changed)).listening())


@pytest.fixture
def wire(listen: Callable[..., Wire]) -> Wire:
    return listen()


@pytest.fixture
def connect() -> Iterator[Open]:
    """Makes connections, from any address of 127.0.0.0/8, that are there when it returns."""
    with ExitStack() as stack:

        def connected(wire: Wire, source: str = "127.0.0.1", buffer: int | None = None) -> socket.socket:
            awaited = wire.made + 1
            client = stack.enter_context(socket.socket())
            client.settimeout(30)
            if buffer is not None:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            client.bind((source, 0))
            client.connect(("127.0.0.1", wire.port))
            wire.await_(lambda: wire.made >= awaited)
            return client

        yield connected


def read_until(client: socket.socket, end: bytes) -> bytes:
    """What comes, up to and with `end`."""
    told = b""
    while not told.endswith(end):
        chunk = client.recv(65_536)
        assert chunk, told
        told += chunk
    return told


def read_all(client: socket.socket) -> bytes:
    """What comes until the other side closes."""
    told = b""
    while chunk := client.recv(65_536):
        told += chunk
    return told


def is_refused(told: bytes, status: int) -> bool:
    """One refusal in plain words, and that it is the last."""
    head, _, words = told.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    whole = b"content-length: %d" % len(words) in lines and words.endswith(b"\n")
    return head.startswith(b"HTTP/1.1 %d " % status) and b"connection: close" in lines and whole


# Time


def test_a_head_has_its_time_however_slowly_it_drips(wire: Wire, connect: Open) -> None:
    slow = connect(wire)
    wire.say(slow, b"GET /a HTTP/1.1\r\nHo")
    wire.pass_time(HEAD - 1)
    wire.say(slow, b"st: x\r\n")
    wire.pass_time(2)
    assert is_refused(read_all(slow), 408)


def test_a_connection_that_says_nothing_is_closed(wire: Wire, connect: Open) -> None:
    silent = connect(wire)
    wire.pass_time(HEAD + 1)
    assert read_all(silent) == b""


def test_empty_lines_win_no_time(wire: Wire, connect: Open) -> None:
    slow = connect(wire)
    wire.say(slow, b"\r\n")
    wire.pass_time(HEAD - 1)
    wire.say(slow, b"\r\n")
    wire.pass_time(2)
    assert read_all(slow) == b""


def test_half_a_head_behind_a_request_has_its_time_too(wire: Wire, connect: Open) -> None:
    slow = connect(wire)
    wire.say(slow, get("/a") + b"GET /b HTTP/1.1\r\n")
    read_until(slow, b"[/a 0]")
    wire.pass_time(HEAD + 1)
    assert is_refused(read_all(slow), 408)


def test_a_body_has_its_time(wire: Wire, connect: Open) -> None:
    slow = connect(wire)
    wire.say(slow, post("/a", 10) + b"12345")
    wire.pass_time(BODY - 1)
    wire.say(slow, b"6")
    wire.pass_time(2)
    assert is_refused(read_all(slow), 408)


def test_an_idle_connection_is_kept_and_then_closed(wire: Wire, connect: Open) -> None:
    idle = connect(wire)
    for _ in range(2):
        idle.sendall(get("/a"))
        read_until(idle, b"[/a 0]")
        wire.pass_time(IDLE - 1)
    wire.pass_time(2)
    assert read_all(idle) == b""


def test_a_body_that_ends_after_its_answer_does_not_keep_the_connection(wire: Wire, connect: Open) -> None:
    idle = connect(wire)
    idle.sendall(post("/unread", 10) + b"12345")
    read_until(idle, b"[/unread 0]")
    wire.say(idle, b"67890")
    idle.sendall(get("/a"))
    read_until(idle, b"[/a 0]")
    wire.say(idle, post("/unread", 10) + b"12345")
    read_until(idle, b"[/unread 0]")
    wire.say(idle, b"67890")
    wire.pass_time(IDLE + 1)
    assert read_all(idle) == b""


def test_an_answer_may_take_longer_than_a_connection_may_be_idle(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, get("/held"))
    wire.pass_time(IDLE + HEAD + BODY)
    wire.call(wire.app.held.set)
    read_until(client, b"[/held 0]")


def test_a_client_that_does_not_read_is_cut_off(wire: Wire, connect: Open) -> None:
    deaf = connect(wire, buffer=4096)
    deaf.sendall(get("/loud"))
    deaf.recv(1)
    wire.pass_time(1)
    wire.pass_time(STALL + 1)
    wire.await_(lambda: wire.lost == 1)
    assert wire.watch.refused["reads too slowly"] == 1


# Size


CHUNKED = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(get("/" + "a" * 9000), 414, id="target"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 17_000 + b"\r\n\r\n", 431, id="line"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"A: a\r\n" * 9000 + b"\r\n", 431, id="lines"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 17_000, 431, id="endless line"),
        pytest.param(post("/a", MAX_BODY + 1), 413, id="declared"),
        pytest.param(CHUNKED + (b"c350\r\n" + b"a" * 50_000 + b"\r\n") * 3, 413, id="chunks"),
        pytest.param(CHUNKED + b"0\r\n" + b"A: a\r\n" * 9000 + b"\r\n", 431, id="trailers"),
        pytest.param(CHUNKED + b"1;" + b"a" * 1_000_000, 413, id="endless framing"),
        pytest.param(b"GARBAGE\r\n\r\n", 400, id="garbage"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", 400, id="TLS"),
        pytest.param(b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400, id="length"),
    ],
)
def test_what_is_too_much_or_no_http_is_refused_in_words(
    wire: Wire, connect: Open, sent: bytes, status: int
) -> None:
    client = connect(wire)
    wire.say(client, sent)
    assert is_refused(read_all(client), status)
    wire.call(wire.app.held.set)
    client.sendall(get("/b"))
    client.close()
    wire.await_(lambda: wire.lost == 1)
    assert "/b" not in wire.app.asked


def test_what_is_just_small_enough_is_answered(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    client.sendall(post("/a", MAX_BODY) + b"a" * MAX_BODY)
    read_until(client, b"[/a %d]" % MAX_BODY)
    client.sendall(CHUNKED + b"1\r\na\r\n" * 10_000 + b"0\r\n\r\n")
    read_until(client, b"[/a 10000]")


def test_a_refusal_reaches_a_client_that_goes_on_sending(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, CHUNKED)
    for _ in range(20):
        wire.say(client, b"4000\r\n" + b"a" * 0x4000 + b"\r\n")
    assert is_refused(read_all(client), 413)


def test_a_refused_client_that_stays_is_closed(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, b"GARBAGE\r\n\r\n")
    wire.pass_time(5)
    wire.await_(lambda: wire.lost == 1)


# Order


def test_requests_sent_ahead_are_answered_in_order(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    client.sendall(get("/a") + post("/b", 3) + b"123" + KNOWN + get("/d"))
    told = read_until(client, b"[/d 0]")
    assert told.count(b"HTTP/1.1 200") == 4
    assert told.index(b"[/a 0]") < told.index(b"[/b 3]") < told.index(b"[/known 0]")


def test_garbage_does_not_take_the_answer_of_the_request_before_it(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, get("/held") + b"GARBAGE\r\n\r\n")
    wire.call(wire.app.held.set)
    told = read_all(client)
    assert told.endswith(b"[/held 0]")
    assert b"connection: close" in told


def test_nor_does_a_body_that_is_too_large(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, get("/held") + CHUNKED)
    wire.say(client, b"20000\r\n" + b"a" * 0x20000)
    wire.call(wire.app.held.set)
    assert read_all(client).endswith(b"[/held 0]")
    assert wire.app.asked == ["/held"]


def test_what_arrives_while_the_lane_answers_is_answered_after_it(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, KNOWN)
    wire.say(client, get("/a"))
    assert wire.app.asked == []
    wire.call(wire.lane.answer)
    told = read_until(client, b"[/a 0]")
    assert told.index(b"[lane]") < told.index(b"[/a 0]")


def test_the_lane_is_asked_between_requests_only(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, get("/held"))
    wire.say(client, KNOWN)
    wire.call(wire.app.held.set)
    read_until(client, b"[/known 0]")
    wire.say(client, post("/b", len(KNOWN)))
    client.sendall(KNOWN)
    read_until(client, b"[/b %d]" % len(KNOWN))
    assert wire.lane.taken == []


def test_the_lane_writes_nothing_to_a_client_that_does_not_read(wire: Wire, connect: Open) -> None:
    deaf = connect(wire, buffer=4096)
    deaf.sendall(get("/loud"))
    deaf.recv(1)
    wire.say(deaf, KNOWN)
    assert wire.lane.taken == []


def test_the_lane_is_shown_the_head_of_a_request_that_came_whole_and_alone(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    for data in (get("/a"), get("/b") * 2, get("/c") + b"\r\n", post("/d", 0)):
        client.sendall(data)
        read_until(client, b" 0]")
    for part in (b"GET /e HTTP/1.1\r\nHos", b"t: x\r\n\r\n"):
        wire.say(client, part)
    read_until(client, b"[/e 0]")
    shown = dict(zip(wire.app.asked, wire.app.blocks, strict=True))
    assert shown == {"/a": b"Host: x\r\n\r\n", "/b": None, "/c": None, "/d": None, "/e": None}


def test_what_uvicorn_promises_still_holds(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    client.sendall(get("/a").replace(b"GET", b"HEAD"))
    assert b"content-length: 6\r\n" in read_until(client, b"\r\n\r\n")
    wire.say(client, post("/b", 3).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
    assert read_until(client, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"123")
    read_until(client, b"[/b 3]")
    client.sendall(get("/c", "1.0"))
    assert read_all(client).endswith(b"[/c 0]")


# Number


def test_one_address_has_so_many_connections_and_another_its_own(
    listen: Callable[..., Wire], connect: Open
) -> None:
    wire = listen(per_address=1)
    first, second, other = connect(wire), connect(wire), connect(wire, "127.0.0.2")
    wire.say(second, get("/b"))
    told = read_all(second)
    assert is_refused(told, 503)
    assert b"\r\nretry-after: 1\r\n" in told
    for client in (first, other):
        client.sendall(get("/a"))
        read_until(client, b"[/a 0]")
    for client in (first, second):
        client.close()
    wire.await_(lambda: wire.lost == 2)
    again = connect(wire)
    again.sendall(get("/c"))
    read_until(again, b"[/c 0]")
    assert "/b" not in wire.app.asked


def test_all_together_have_so_many(listen: Callable[..., Wire], connect: Open) -> None:
    wire = listen(connections=2)
    _kept = [connect(wire, f"127.0.0.{number}") for number in (2, 3)]
    extra = connect(wire)
    extra.sendall(KNOWN)
    assert is_refused(read_all(extra), 503)


def test_a_trusted_proxy_has_as_many_as_it_wants(listen: Callable[..., Wire], connect: Open) -> None:
    wire = listen(per_address=1, trusted=networks(["127.0.0.0/30"]))
    for client in [connect(wire, "127.0.0.2") for _ in range(3)]:
        client.sendall(get("/a"))
        read_until(client, b"[/a 0]")


@pytest.mark.parametrize("limit", ["per_address", "connections"])
def test_a_flood_is_not_even_refused(
    listen: Callable[..., Wire], connect: Open, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(watching, "_REFUSED_AT_ONCE", 1)
    wire = listen(**{limit: 1})
    _some = [connect(wire) for _ in range(2)]
    connect(wire)
    wire.await_(lambda: wire.lost == 1)


# The end


def drain(wire: Wire) -> None:
    """What the server does when its time to linger is over."""

    def drained() -> None:
        wire.watch.draining = True
        for connection in tuple(wire.watch.state.connections):
            connection.shutdown()

    wire.call(drained)


def test_at_the_end_what_was_begun_is_answered(wire: Wire, connect: Open) -> None:
    idle, fresh, busy, half, again = [connect(wire) for _ in range(5)]
    wire.say(busy, get("/held"))
    wire.say(half, b"GET /half HTTP/1.1\r\n")
    again.sendall(get("/a"))
    read_until(again, b"[/a 0]")
    wire.say(again, b"GET /again HTTP/1.1\r\n")
    drain(wire)
    assert read_all(idle) == read_all(fresh) == b""
    for client in (half, again):
        wire.say(client, b"Host: x\r\n\r\n")
    wire.call(wire.app.held.set)
    for client, body in ((busy, b"[/held 0]"), (half, b"[/half 0]"), (again, b"[/again 0]")):
        told = read_all(client)
        assert told.endswith(body)
        assert b"\r\nconnection: close\r\n" in told


def test_at_the_end_the_lane_says_so(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, KNOWN)
    drain(wire)
    wire.call(wire.lane.answer)
    told = read_all(client)
    assert told.endswith(b"[lane]")
    assert b"\r\nconnection: close\r\n" in told


def test_a_client_that_went_away_takes_nobody_with_it(wire: Wire, connect: Open) -> None:
    gone, other = connect(wire), connect(wire)
    wire.say(gone, KNOWN)
    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    gone.close()
    wire.await_(lambda: wire.lost == 1)
    wire.call(wire.lane.answer)
    other.sendall(get("/a"))
    read_until(other, b"[/a 0]")
