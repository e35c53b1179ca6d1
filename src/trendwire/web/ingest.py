"""Posts that are pushed: `POST /ingest/v1/posts`, for whoever shows the ingest key.

A body is taken whole or not at all: it is unpacked, parsed and written aside as it comes, in a thread and
never held, and the answer says what became of it once that is on the disk (sources/push.py).
"""

from asyncio import to_thread
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from trendwire.errors import (
    BadCredential,
    BadFile,
    Code,
    Conflict,
    InvalidInput,
    MethodNotAllowed,
    MissingParameter,
    NoCredential,
    NotReady,
    TrendwireError,
)
from trendwire.sources.push import Push, Receipt
from trendwire.sources.unpacking import PACKINGS, TooLarge
from trendwire.web import bearer

PATH = "/ingest/v1/posts"
KEY_HEADER = "Idempotency-Key"
MOST_KEY = 200
"""Characters."""

MOST_AT_ONCE = 4
RETRY_SECONDS = 5

CONTENT_TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")

_AT_ONCE = 1 << 16
"""Bytes that are handed to the thread in one go."""

_log = structlog.get_logger()


class WrongType(InvalidInput):
    """A body of another kind than is read here."""


STATUS: Mapping[type[TrendwireError], int] = {
    NoCredential: 401,
    BadCredential: 401,
    MethodNotAllowed: 405,
    MissingParameter: 400,
    WrongType: 415,
    InvalidInput: 400,
    Conflict: 409,
    TooLarge: 413,
    BadFile: 400,
    NotReady: 503,
}
"""The first that an error is one of; any other error is a 500."""


class Ingest:
    """The route. `most`: unpacked bytes of one body; `seconds` tells the time (Unix)."""

    def __init__(self, home: Path, key: str, most: int, seconds: Callable[[], int]) -> None:
        self._home, self._key, self._most, self._seconds = home, key, most, seconds
        self._at_once = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = _told(await self._answer(request))
        except TrendwireError as error:
            _log.info("push refused", reason=error.public)
            response = refused(error)
        except ClientDisconnect:
            return
        except OSError as error:
            _log.error("a push cannot be stored", reason=error.strerror or type(error).__name__)
            response = refused(NotReady("posts cannot be stored now"))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Receipt:
        if request.method != "POST":
            raise MethodNotAllowed("POST")
        bearer.check(request.headers.get("authorization"), self._key, "ingest key")
        _check_type(request.headers.get("content-type", ""))
        key = _key_of(request)
        if self._at_once >= MOST_AT_ONCE:
            raise NotReady(f"{MOST_AT_ONCE} pushes are being taken in already, the most at once")
        self._at_once += 1
        try:
            return await self._taken(request, key)
        finally:
            self._at_once -= 1

    async def _taken(self, request: Request, key: str) -> Receipt:
        packing = request.headers.get("content-encoding", "")
        try:
            push = await to_thread(Push, self._home, key, packing, self._seconds(), self._most)
        except InvalidInput as error:
            raise WrongType(error.name, error.accepted) from error
        try:
            await _read(request, push)
            receipt = await to_thread(push.end)
        except ClientDisconnect:
            _log.warning("a push was cut off: nothing of it is stored", batch=push.batch, bytes=push.received)
            raise
        finally:
            push.close()
        _log.info("pushed", **{name: told for name, told in msgspec.to_builtins(receipt).items() if told})
        return receipt


async def _read(request: Request, push: Push) -> None:
    waiting = bytearray()
    async for chunk in request.stream():
        waiting += chunk
        if len(waiting) >= _AT_ONCE:
            await to_thread(push.feed, bytes(waiting))
            waiting.clear()
    await to_thread(push.feed, bytes(waiting))


def _check_type(given: str) -> None:
    kind, _, parameters = given.lower().partition(";")
    name, _, charset = parameters.strip().partition("=")
    if kind and kind.strip() not in CONTENT_TYPES:
        raise WrongType("Content-Type", f"must be {CONTENT_TYPES[0]}")
    if name == "charset" and charset.strip('"') not in ("utf-8", "utf8"):
        raise WrongType("Content-Type", "must name no other charset than utf-8")


def _key_of(request: Request) -> str:
    key = request.headers.get(KEY_HEADER)
    if key is None:
        raise MissingParameter(f"the header {KEY_HEADER}")
    if not (0 < len(key) <= MOST_KEY and key.isascii() and key.isprintable()):
        raise InvalidInput(KEY_HEADER, f"must have 1 to {MOST_KEY} printable ASCII characters")
    return key


def _told(receipt: Receipt) -> Response:
    return Response(msgspec.json.encode(receipt), media_type="application/json")


def refused(error: TrendwireError) -> Response:
    """The answer to an error."""
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)
    told = {"code": Code.INTERNAL.value, "message": "internal error"}
    if status != 500:
        told = {"code": error.code.value, "message": error.public}
    return Response(msgspec.json.encode({"error": told}), status, _fields(error), "application/json")


def _fields(error: TrendwireError) -> dict[str, str]:
    if isinstance(error, NotReady):
        return {"Retry-After": str(RETRY_SECONDS)}
    if isinstance(error, NoCredential | BadCredential):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": error.allowed}
    return {"Accept-Encoding": ", ".join(PACKINGS)} if isinstance(error, WrongType) else {}
