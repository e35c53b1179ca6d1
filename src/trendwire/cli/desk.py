"""The operator's desk as commands use it: the running server's if there is one, else the home's own books."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from trendwire import clock
from trendwire.accounts import Accounts
from trendwire.accounts.operations import Operation
from trendwire.errors import Code, Conflict, InvalidInput, NotReady, TrendwireError
from trendwire.settings import Settings
from trendwire.web.admin import BY_OPERATION, ROOT, Row
from trendwire.web.app import accounts_of, now, socket_of

R = TypeVar("R")

_SECONDS = 60


class Desk(Protocol):
    """Does one operation after the other, now."""

    def do(self, operation: Operation[R]) -> R:
        """Raises what the desk raises: InvalidInput, NotFound, Conflict, NotReady, Corrupt."""


@contextmanager
def desk(settings: Settings) -> Iterator[Desk]:
    """The desk of the home of `settings`."""
    try:
        books = accounts_of(settings, now)
    except Conflict as taken:
        yield _Servers(socket_of(settings.home), taken)
        return
    with asyncio.Runner() as runner:
        runner.run(books.start())
        try:
            yield _Own(books, runner)
        finally:
            runner.run(books.close())


class _Own:
    def __init__(self, books: Accounts, runner: asyncio.Runner) -> None:
        self._books = books
        self._runner = runner

    def do(self, operation: Operation[R]) -> R:
        return self._runner.run(self._books.desk.do(operation, clock.milliseconds()))


class _Servers:
    """The desk of a running server, over the socket in its home. `taken`: why it must be that one."""

    def __init__(self, path: Path, taken: Conflict) -> None:
        self._path = path
        self._taken = taken

    def do(self, operation: Operation[R]) -> R:
        row = BY_OPERATION[type(operation)]
        status, body = self._exchanged(row, msgspec.to_builtins(operation))
        if status != 200:
            raise _refusal(body)
        if row.is_list or row.answer is int:
            rows = msgspec.json.decode(body, type=dict[str, msgspec.Raw])["rows"]
            return msgspec.json.decode(rows, type=row.answer)  # type: ignore[no-any-return]
        return msgspec.json.decode(body, type=row.answer)  # type: ignore[no-any-return]

    def _exchanged(self, row: Row, values: dict[str, Any]) -> tuple[int, bytes]:
        in_path = {name: values.pop(name) for name in tuple(values) if f"{{{name}}}" in row.path}
        target = ROOT + row.path.format(**{name: quote(str(one), safe="") for name, one in in_path.items()})
        body = None
        if row.method == "GET":
            asked = {name: one for name, one in values.items() if one is not None}
            target = f"{target}?{urlencode(asked)}" if asked else target
        else:
            body = msgspec.json.encode(values)
        connection = _UnixConnection(self._path)
        try:
            connection.request(row.method, target, body)
            reply = connection.getresponse()
            return reply.status, reply.read()
        except (OSError, HTTPException) as error:
            raise NotReady(
                f"{self._taken.public}; it could not be asked through its socket ({error})"
            ) from error
        finally:
            connection.close()


class _UnixConnection(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _refusal(body: bytes) -> TrendwireError:
    told = msgspec.json.decode(body)["error"]
    if "accepted" in told:
        return InvalidInput(told["name"], told["accepted"])
    error = TrendwireError(told.get("message", "the server could not do it: see its log"))
    error.code = Code(told["code"])
    return error
