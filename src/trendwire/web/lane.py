"""The fast lane: requests whose every byte was accepted before, answered without parsing them again.

The strict parser of the slow lane reads each new request line and each new block of header lines. Once a
request of theirs was answered well, the lane remembers both; a later request that is made of a line and a
block it knows is the same handler's business at the price of two look-ups. A client repeats its headers and a
service its questions, so most requests go this way. Anything else (another method, a body, half a request) is
not recognised and takes the slow lane, which gives the same bytes.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any

import structlog

from trendwire.web.api import Api
from trendwire.web.connection import Connection
from trendwire.web.exchange import Head, Reply, Request

MOST_KNOWN = 16_384
"""Request lines, and blocks of header lines, that are remembered; the one learned longest ago goes first."""

_METHOD, _VERSION = b"GET ", b" HTTP/1.1"
_STATUS_LINES = {one.value: f"HTTP/1.1 {one.value} {one.phrase}\r\n".encode() for one in HTTPStatus}

_log = structlog.get_logger()

_Answering = Coroutine[Any, Any, Reply]


class Lane:
    """What was learned from the slow lane, for all connections of one event loop."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._targets: OrderedDict[bytes, str] = OrderedDict()
        self._heads: OrderedDict[bytes, Head] = OrderedDict()
        self._waiting: dict[asyncio.Future[Any], list[tuple[Connection, _Answering]]] = {}

    def learn(self, target: str, block: bytes, head: Head) -> None:
        """Remember the parts of a GET that was answered well; `block` is all after its first line."""
        _remember(self._targets, b"%b%b%b" % (_METHOD, target.encode("ascii"), _VERSION), target)
        _remember(self._heads, block, head)

    def take(self, connection: Connection, data: bytes) -> bool:
        """Answer `data` if it is one whole request that is known; False leaves it to the slow lane."""
        line, _, block = data.partition(b"\r\n")
        head, target = self._heads.get(block), self._targets.get(line)
        if head is None or target is None:
            return False
        connection.busy = True
        forwarded = head.fields.get("x-forwarded-for")
        address = connection.peer if forwarded is None else connection.client_address(forwarded)
        self._step(connection, self._api.reply(Request("GET", target, head, address, True)))
        return True

    def _step(self, connection: Connection, answering: _Answering) -> None:
        """Run the handler up to its end or to what it waits for: what a Task does, without its price."""
        try:
            waits_for = answering.send(None)
        except StopIteration as done:
            connection.finish(_written(connection, done.value))
            return
        except Exception:  # noqa: BLE001  one that fails must not keep the others of its batch waiting
            _log.exception("failed in the fast lane")
            connection.transport.abort()
            return
        waits_for._asyncio_future_blocking = False  # its word to whoever drives a coroutine
        waiting = self._waiting.get(waits_for)
        if waiting is None:
            waiting = self._waiting[waits_for] = []
            waits_for.add_done_callback(self._resume)
        waiting.append((connection, answering))

    def _resume(self, waited_for: asyncio.Future[Any]) -> None:
        """Go on with all who waited for the same: a commit is waited for by many."""
        for connection, answering in self._waiting.pop(waited_for):
            self._step(connection, answering)


def _remember(known: OrderedDict[bytes, Any], key: bytes, value: object) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > MOST_KNOWN:
        known.popitem(last=False)


def _written(connection: Connection, reply: Reply) -> bytes:
    head = (_STATUS_LINES[reply.status], connection.default_lines, *reply.head, connection.closing_line)
    return b"".join((*head, b"\r\n", *reply.body))
