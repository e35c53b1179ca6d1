"""The process that serves: one Granian worker inside this event loop, from a free port to the last answer.

Embedded, because the accounts and the rate limits of a home live in one process. On SIGINT or SIGTERM it
stops accepting, finishes what it has begun, closes the accounts and returns.
"""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from starlette.types import ASGIApp

from trendwire.errors import Conflict, InvalidInput

_POLL_SECONDS = 0.02
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen, and how long (seconds) a client may take to send a request's head."""

    host: str
    port: int
    header_timeout: int

    @property
    def url(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}"


def check_free(host: str, port: int) -> None:
    """Raise Conflict where another process has the port, InvalidInput where the address is not ours.

    Asked before the start: the server itself would share the port with another of its kind.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _refusal(host, port, error) from error


def serve(app: ASGIApp, at: Listening, ready: Callable[[], None]) -> None:
    """Serve `app` until a signal; `ready` is called once, when connections are accepted.

    The caller has asked `check_free` before it opened what `app` serves from.
    """
    asyncio.run(_serve(app, at, ready))


async def _serve(app: ASGIApp, at: Listening, ready: Callable[[], None]) -> None:
    server = Server(
        app,
        address=at.host,
        port=at.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        http1_settings=HTTP1Settings(header_read_timeout=at.header_timeout * 1000),
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, server.stop)
    announced = asyncio.create_task(_announce(at, ready))
    try:
        await server.serve()
    finally:
        announced.cancel()


async def _announce(at: Listening, ready: Callable[[], None]) -> None:
    while not await _accepts(at):
        await asyncio.sleep(_POLL_SECONDS)
    ready()


async def _accepts(at: Listening) -> bool:
    try:
        _, writer = await asyncio.open_connection(at.host, at.port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


def _refusal(host: str, port: int, error: OSError) -> Conflict | InvalidInput:
    if error.errno == errno.EADDRINUSE:
        return Conflict(
            f"port {port} on {host} is taken by another program;"
            " name another one with --port (make demo: PORT=8001 make demo)"
        )
    if error.errno == errno.EACCES:
        return Conflict(f"port {port} needs rights that this user does not have; ports from 1024 on do not")
    return InvalidInput("host", f"{host!r} is no address of this machine")
