"""Owns the socket on which the process that has the state of a home answers details, and its client.

Both sides send frames: the length as four bytes, then MessagePack. A connection carries one question after
the other. Whoever may use the home may ask, nobody else.
"""

import socket
import struct
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingMixIn, UnixStreamServer
from threading import BoundedSemaphore, Thread
from typing import Any, Protocol

import msgspec
import structlog

from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail
from trendwire.errors import Code, Gone, InvalidInput, NotReady, TrendwireError

SOCKET = "engine.sock"
MOST_ASKED = 1 << 16
"""Bytes of a question; no name that a request can hold is longer."""
MOST_TOLD = 1 << 28
"""Bytes of an answer; the detail of an evergreen hashtag takes megabytes."""
MOST_CONNECTIONS = 64
ANSWER_SECONDS = 10.0
"""How long an answer may take; a batch of a day, or the next day, holds others up for less."""

_LOOK_SECONDS = 0.05
_LENGTH = struct.Struct(">I")
_OWNER_ONLY = 0o600
_OF_CODE: dict[Code, type[TrendwireError]] = {Code.GONE: Gone, Code.NOT_READY: NotReady}

_log = structlog.get_logger()


class Engine(Protocol):
    """What answers: see `publishing.resident.Resident`. Any thread may ask."""

    def detail(self, state: str, kind: Kind, identity: str, region: str | None) -> Detail | None: ...

    def identities(self, state: str, kind: Kind, beginning: str, most: int) -> tuple[str, ...]: ...


class AskDetail(msgspec.Struct, frozen=True, tag="detail"):
    """See `Engine.detail`."""

    state: str
    kind: Kind
    identity: str
    region: str | None


class AskIdentities(msgspec.Struct, frozen=True, tag="identities"):
    """See `Engine.identities`."""

    state: str
    kind: Kind
    beginning: str
    most: int


class Reply(msgspec.Struct, frozen=True):
    """`told`: the answer, still packed. `code`, `words`: of a refusal; else empty."""

    told: msgspec.Raw = msgspec.Raw(b"\xc0")
    code: str = ""
    words: str = ""


class NobodyListens(Exception):
    """No process answers on the socket of the home."""


class _HungUp(NotReady):
    """The other side ended the connection."""


_BUSY = "the engine is busy: ask again in a moment"

_PACKER = msgspec.msgpack.Encoder()
_ASKED = msgspec.msgpack.Decoder(AskDetail | AskIdentities)
_REPLY = msgspec.msgpack.Decoder(Reply)
_DETAIL = msgspec.msgpack.Decoder(Detail | None)
_IDENTITIES = msgspec.msgpack.Decoder(tuple[str, ...])


@contextmanager
def answering(home: Path, engine: Engine) -> Iterator[None]:
    """Answer on the socket of a home until the end. For the one process that holds its `run.lock`."""
    path = home / SOCKET
    path.unlink(missing_ok=True)  # of a process that was killed
    try:
        server = _Server(str(path), engine)
    except OSError as error:
        raise InvalidInput("home", f"cannot hold the socket {path}: {error}; try a shorter path") from error
    with server:
        Thread(target=server.serve_forever, args=(_LOOK_SECONDS,), name="details", daemon=True).start()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            server.shutdown()
            server.hang_up()


class _Server(ThreadingMixIn, UnixStreamServer):
    """A thread for each connection; one above the bound is closed at once."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, path: str, engine: Engine) -> None:
        self.engine = engine
        self._free = BoundedSemaphore(MOST_CONNECTIONS)
        self._open: set[socket.socket] = set()
        super().__init__(path, _Handler)

    def server_activate(self) -> None:
        Path(str(self.server_address)).chmod(_OWNER_ONLY)
        super().server_activate()

    def verify_request(self, _request: Any, _address: Any) -> bool:
        return self._free.acquire(blocking=False)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.discard(request)
            self._free.release()

    def hang_up(self) -> None:
        """End every connection; whoever asks again finds out who has the state now."""
        for one in tuple(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class _Handler(BaseRequestHandler):
    """One connection. A client that goes, or sends what is no question, ends it and nothing else."""

    server: _Server

    def handle(self) -> None:
        with suppress(OSError):
            while (asked := _received(self.request, MOST_ASKED)) is not None:
                _send(self.request, _reply(self.server.engine, asked))


def _reply(engine: Engine, frame: bytes) -> Reply:
    try:
        return Reply(msgspec.Raw(_PACKER.encode(_told(engine, _ASKED.decode(frame)))))
    except msgspec.DecodeError as error:
        return Reply(code=Code.INVALID_INPUT, words=f"no question: {error}")
    except TrendwireError as error:
        return Reply(code=error.code, words=error.public)
    except Exception:  # noqa: BLE001  whatever it is, others go on asking
        _log.exception("a detail cannot be told")
        return Reply(code=Code.INTERNAL, words="a detail cannot be told")


def _told(engine: Engine, asked: AskDetail | AskIdentities) -> Detail | tuple[str, ...] | None:
    if isinstance(asked, AskDetail):
        return engine.detail(asked.state, asked.kind, asked.identity, asked.region)
    return engine.identities(asked.state, asked.kind, asked.beginning, asked.most)


class Client:
    """Asks the process that has the state of a home. Any thread may."""

    def __init__(self, home: Path, seconds: float = ANSWER_SECONDS) -> None:
        self._path, self._seconds = home / SOCKET, seconds
        self._idle: list[socket.socket] = []
        weakref.finalize(self, _close, self._idle)

    def detail(self, state: str, kind: Kind, identity: str, region: str | None) -> Detail | None:
        """See `Engine.detail`. Raises NobodyListens; NotReady where the answer takes too long."""
        found: Detail | None = self._ask(AskDetail(state, kind, identity, region), _DETAIL.decode)
        return found

    def identities(self, state: str, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """See `Engine.identities`. Raises as `detail` does."""
        found: tuple[str, ...] = self._ask(AskIdentities(state, kind, beginning, most), _IDENTITIES.decode)
        return found

    def _ask(self, asked: AskDetail | AskIdentities, decode: Callable[[msgspec.Raw], Any]) -> Any:
        reply = self._on_idle(asked) or self._on(self._connected(), asked)
        if reply.code:
            raise _OF_CODE.get(Code(reply.code), TrendwireError)(reply.words)
        return decode(reply.told)

    def _on_idle(self, asked: AskDetail | AskIdentities) -> Reply | None:
        """On a connection of before; None without any, and where the process that had it is gone."""
        while self._idle:
            with suppress(IndexError, _HungUp):
                return self._on(self._idle.pop(), asked)
        return None

    def _connected(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(self._seconds)
        try:
            made.connect(str(self._path))
        except (BlockingIOError, TimeoutError) as error:
            made.close()
            raise NotReady(_BUSY) from error
        except OSError as error:
            made.close()
            raise NobodyListens from error
        return made

    def _on(self, made: socket.socket, asked: AskDetail | AskIdentities) -> Reply:
        """The connection is kept if it was answered."""
        frame = None
        try:
            _send(made, asked)
            frame = _received(made, MOST_TOLD)
        except TimeoutError as error:
            raise NotReady(_BUSY) from error
        except OSError as error:
            raise _HungUp(_BUSY) from error
        finally:
            if frame is None:
                made.close()
        if frame is None:
            raise _HungUp(_BUSY)
        self._idle.append(made)
        return _REPLY.decode(frame)


def _close(connections: list[socket.socket]) -> None:
    for one in connections:
        one.close()


def _send(to: socket.socket, message: msgspec.Struct) -> None:
    data = _PACKER.encode(message)
    to.sendall(_LENGTH.pack(len(data)) + data)


def _received(of: socket.socket, most: int) -> bytes | None:
    """One frame; None where the other side went, or announces more than it may."""
    head = _exactly(of, _LENGTH.size)
    if head is None:
        return None
    (size,) = _LENGTH.unpack(head)
    return _exactly(of, size) if size <= most else None


def _exactly(of: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        piece = of.recv(min(size - len(data), 1 << 20))
        if not piece:
            return None
        data += piece
    return bytes(data)
