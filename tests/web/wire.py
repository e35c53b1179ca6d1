"""Connections on a real socket over a made-up app and lane. Their time stands still until a test moves it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvloop
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config

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
        self.heads: list[list[tuple[bytes, bytes]]] = []
        self.held = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        self.asked.append(path)
        self.heads.append(scope["headers"])
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
    """Takes `KNOWN`, and answers when told, or `by_itself`. `asked`: all that it was shown."""

    def __init__(self) -> None:
        self.taken: list[Connection] = []
        self.asked: list[bytes] = []
        self.by_itself = False

    def take(self, connection: Connection, data: bytes) -> bool:
        self.asked.append(data)
        if data != KNOWN:
            return False
        connection.busy = True
        self.taken.append(connection)
        if self.by_itself:
            self.answer()
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
        self.made = self.lost = self.heard = self.begun = self.ended = 0
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

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wire.told(begun=1)

    def eof_received(self) -> bool:  # type: ignore[override]
        stays = super().eof_received()
        self._wire.told(ended=1)
        return stays


def limits(**changed: Any) -> Limits:
    told: dict[str, Any] = {
        "head_seconds": HEAD,
        "body_seconds": BODY,
        "idle_seconds": IDLE,
        "stall_seconds": STALL,
        "body_bytes": MAX_BODY,
    }
    return Limits(**(told | changed))


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
