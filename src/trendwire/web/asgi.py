"""The slow lane: the one handler as an ASGI application, for requests that were parsed.

It shows the fast lane what it may recognise: the parts of each request that went well.
"""

import asyncio
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from starlette.types import Receive, Scope, Send

from trendwire.web.addresses import Networks, client_address
from trendwire.web.api import Api
from trendwire.web.exchange import Head, Reply, Request
from trendwire.web.lane import Lane

_WENT_WELL = {200, 304}

_NOT_ALONE = {"content-length", "transfer-encoding", "expect", "upgrade", "trailer"}
"""Fields of a request that is more than its head: the lane would take its body for the next request."""


class SlowLane:
    """Answers by `api`, and teaches `lane`. `trusted`: proxies whose word on addresses counts."""

    def __init__(self, api: Api, lane: Lane, trusted: Networks) -> None:
        self._api = api
        self._lane = lane
        self._trusted = trusted

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        head = Head(_fields(scope["headers"]))
        peer = scope["client"][0] if scope["client"] else ""
        address = client_address(peer, head.fields.get("x-forwarded-for"), self._trusted)
        request = Request(scope["method"], target_of(scope), head, address)
        # Shielded: a caller that goes away must not take the charges of others with it.
        reply = await asyncio.shield(asyncio.ensure_future(self._api.reply(request)))
        await sent(reply, send)
        self._teach(scope, request, reply)

    def _teach(self, scope: Scope, request: Request, reply: Reply) -> None:
        block: bytes | None = scope.get("state", {}).get("head_block")
        # What is plain in HTTP/1.0 may not be so in HTTP/1.1, which every line that is learned is of.
        plain = scope["http_version"] == "1.1" and _is_plain(request)
        if block is not None and reply.status in _WENT_WELL and plain:
            self._lane.learn(request.target, block, request.head)


def _is_plain(request: Request) -> bool:
    """Whether the request is its head and nothing more, on a connection that goes on."""
    fields = request.head.fields
    closes = "close" in fields.get("connection", "").lower()
    return request.target.isascii() and not closes and _NOT_ALONE.isdisjoint(fields)


def target_of(scope: Scope) -> str:
    """Path and query as the client sent them, still percent-encoded (raw bytes above ASCII: as UTF-8)."""
    sent: bytes | None = scope.get("raw_path")
    path = quote(scope["path"]) if sent is None else sent.decode("utf-8", "replace")
    query: bytes = scope["query_string"]
    return f"{path}?{query.decode('utf-8', 'replace')}" if query else path


def _fields(pairs: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    joined: dict[str, str] = {}
    for raw_name, raw_text in pairs:
        name, text = raw_name.decode("latin-1"), raw_text.decode("latin-1")
        joined[name] = f"{joined[name]}, {text}" if name in joined else text
    return joined


async def sent(reply: Reply, send: Send) -> None:
    """Give a reply to whoever serves the request."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.fields()})
    await send({"type": "http.response.body", "body": b"".join(reply.body)})
