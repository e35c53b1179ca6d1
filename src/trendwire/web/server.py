"""The process that serves: sites on sockets inside one event loop, from a free port to the last answer.

On SIGINT or SIGTERM no connection is refused that was already on its way: what waits to be accepted is, what
was begun is answered, each reply says that it is the last, and clients have a moment to send what they were
about to. A second signal ends it at once.
"""

import asyncio
import errno
import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import structlog
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.lifespan.on import LifespanOn

from trendwire.errors import Conflict, InvalidInput, NotReady
from trendwire.web.connection import Connection, FastLane
from trendwire.web.watch import Watch

_log = structlog.get_logger()

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_BACKLOG = 4096
_LOOK_SECONDS = 0.02
_OWNER_ONLY = 0o600
_GC_THRESHOLD = 20_000
"""New objects between two looks for cycles."""
_SWITCH_SECONDS = 0.0005
"""How long a thread that renders a page or reads a detail may keep the interpreter from the event loop."""


@dataclass(frozen=True, slots=True)
class Tcp:
    """A port of an address."""

    host: str
    port: int

    @property
    def url(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}"


@dataclass(frozen=True, slots=True)
class Unix:
    """A socket in the file system, for its owner alone."""

    path: Path


@dataclass(frozen=True, slots=True)
class Site:
    """An application and where it listens. Each site has limits and a count of connections of its own."""

    app: ASGIApp
    at: Tcp | Unix
    watch: Watch
    lane: FastLane | None = None


@dataclass(frozen=True, slots=True)
class Drain:
    """Seconds: how long idle connections stay open at the end, and how long anything may take then."""

    linger: float = 1.0
    timeout: float = 30.0


def check_free(at: Tcp) -> None:
    """Raise Conflict where another process has the port, InvalidInput where the address is not ours."""
    _bound(at).close()


def serve(sites: Sequence[Site], drain: Drain, ready: Callable[[], None]) -> None:
    """Serve until a signal; the first site's app is started and shut down (ASGI lifespan).

    `ready` is called once, when connections are accepted. Raises Conflict, InvalidInput, NotReady.
    """
    runner = asyncio.Runner(loop_factory=_loop_factory())
    with runner:
        runner.run(_serve(sites, drain, ready))


def most_connections(wanted: int) -> int:
    """`wanted`, or what the limit on open files leaves room for; that limit is raised as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _OTHER_FILES
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft < needed:
        _log.warning("fewer connections than asked for", most=soft - _OTHER_FILES, open_files=soft)
    return min(wanted, soft - _OTHER_FILES)


_OTHER_FILES = 512
"""Open files beside client connections: editions, accounts, refusals."""


async def _serve(sites: Sequence[Site], drain: Drain, ready: Callable[[], None]) -> None:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # the app logs its own failures
    configs = [
        Config(site.app, log_config=None, access_log=False, ws="none", lifespan="on", proxy_headers=False)
        for site in sites
    ]
    lifespan = LifespanOn(configs[0])
    await lifespan.startup()
    if lifespan.should_exit:
        raise NotReady("the server could not start: see the log")
    try:
        running = [_Running(site, config) for site, config in zip(sites, configs, strict=True)]
        await _until_told(running, drain, ready)
    finally:
        gc.unfreeze()
        await lifespan.shutdown()


async def _until_told(running: "list[_Running]", drain: Drain, ready: Callable[[], None]) -> None:
    loop, told, hurry = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def stop() -> None:
        (hurry if told.is_set() else told).set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    for one in running:
        await one.start()
    # What is there now stays; a request makes no cycles, so looking for some after each 700 of them is waste.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    sys.setswitchinterval(_SWITCH_SECONDS)
    ready()
    await told.wait()
    _log.info("stopping", connections=sum(len(one.connections) for one in running))
    await asyncio.gather(*(one.stop(drain, hurry) for one in running))


class _Running:
    """A site that listens."""

    def __init__(self, site: Site, config: Config) -> None:
        if not config.loaded:
            config.load()
        self._site, self._config = site, config
        self._socket = _bound(site.at)
        self._socket.listen(_BACKLOG)
        self._socket.setblocking(False)

    @property
    def connections(self) -> set[Connection]:
        return cast("set[Connection]", self._site.watch.state.connections)

    async def start(self) -> None:
        """Accept connections from now on."""
        self._site.watch.tell_time()
        self._sweeping = asyncio.create_task(self._site.watch.keep())
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._made, sock=self._socket.dup(), backlog=_BACKLOG)

    async def stop(self, drain: Drain, hurry: asyncio.Event) -> None:
        """Accept what waits, answer what was begun, then close what is left."""
        self._site.watch.draining = True
        self._server.close()
        await self._accept_waiting()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._emptied(hurry), drain.linger)
        for connection in tuple(self.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._emptied(hurry), drain.timeout)
        for connection in tuple(self.connections):
            connection.transport.abort()
        self._sweeping.cancel()
        if isinstance(self._site.at, Unix):
            self._site.at.path.unlink(missing_ok=True)

    def _made(self) -> Connection:
        return Connection(self._config, self._site.watch, self._site.lane)

    async def _accept_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):  # none waits any more, or no more can be accepted
            while True:
                accepted, _ = self._socket.accept()
                await loop.connect_accepted_socket(self._made, accepted)
        self._socket.close()

    async def _emptied(self, hurry: asyncio.Event) -> None:
        while self.connections and not hurry.is_set():
            await asyncio.sleep(_LOOK_SECONDS)


def _bound(at: Tcp | Unix) -> socket.socket:
    return _bound_path(at.path) if isinstance(at, Unix) else _bound_port(at)


def _bound_port(at: Tcp) -> socket.socket:
    family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Inherited by accepted connections: a reply must not wait for the acknowledgement of the one before.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        bound.bind((at.host, at.port))
    except OSError as error:
        bound.close()
        raise _refusal(at, error) from error
    return bound


def _bound_path(path: Path) -> socket.socket:
    """A file left by a server that was killed is replaced: the lock on the accounts says that none runs."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(path))
    except OSError as error:
        bound.close()
        raise InvalidInput("home", f"cannot hold the socket {path}: {error}; try a shorter path") from error
    path.chmod(_OWNER_ONLY)
    return bound


def _refusal(at: Tcp, error: OSError) -> Conflict | InvalidInput:
    if error.errno == errno.EADDRINUSE:
        return Conflict(
            f"port {at.port} on {at.host} is taken by another program;"
            " name another one with --port (make demo: PORT=8001 make demo)"
        )
    if error.errno == errno.EACCES:
        return Conflict(
            f"port {at.port} needs rights that this user does not have; ports from 1024 on do not"
        )
    return InvalidInput("host", f"{at.host!r} is no address of this machine")


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one (not on Windows)."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop
