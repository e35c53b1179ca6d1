"""One connection: uvicorn's HTTP/1.1 protocol, with deadlines and limits, and a fast lane beside its parser.

Parsing, keep-alive, pipelining and the ASGI cycle are uvicorn's (its minor version is pinned: this class
reads and replaces parts of it). Ours are the limits on what a client may take (`watch.Limits`), the clean
refusals, the drain, and the question to the lane before anything is parsed.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from trendwire.web.addresses import client_address
from trendwire.web.watch import Watch

_NEVER = float("inf")
_KEPT_BYTES = 65_536
"""Of what a client sends ahead while its last request is being answered; beyond it, reading pauses."""

_RETRY_SECONDS = 1


class FastLane(Protocol):
    """Answers requests that it knows to the byte."""

    def take(self, connection: "Connection", data: bytes) -> bool:
        """Answer `data` (`busy`, then `finish`), or leave it (False)."""


class Connection(HttpToolsProtocol):
    """Made for each connection that is accepted."""

    def __init__(self, config: Config, watch: Watch, lane: FastLane | None) -> None:
        super().__init__(config, watch.state, {})
        self._watch = watch
        self._lane = lane
        self.peer = ""
        self.busy = False
        """Set by the lane while it answers: whatever arrives then must wait."""
        self._receiving = False  # between the first byte of a request and its last
        self._in_head = False
        self._received = 0  # bytes of the head, then of the body, that is being received
        self._kept: list[bytes] = []
        self._block: bytes | None = None
        self._unwelcome: str | None = None
        self._deadline = watch.now + watch.limits.head_seconds
        self._unsent = 0
        self._unsent_since = _NEVER

    # What the lane uses.

    @property
    def default_lines(self) -> bytes:
        """The header lines of every reply."""
        return self._watch.default_lines

    @property
    def closing_line(self) -> bytes:
        """Said in a reply after which the connection ends."""
        return b"connection: close\r\n" if self._watch.draining else b""

    def client_address(self, forwarded_for: str | None) -> str:
        """The client's address, past trusted proxies."""
        return client_address(self.peer, forwarded_for, self._watch.limits.trusted)

    def finish(self, reply: bytes) -> None:
        """The lane's reply, whole; then on to what has arrived meanwhile."""
        self.busy = False
        if self.transport.is_closing():
            return
        self.transport.write(reply)
        if self._watch.draining:
            self.transport.close()
            return
        self._deadline = self._watch.now + self._watch.limits.idle_seconds
        if self._kept:
            self._replay()

    # asyncio's calls.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.peer = self.client[0] if self.client else ""
        self._unwelcome = self._watch.admits(self.peer)
        if self._watch.is_flooded:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.gone(self.peer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.busy:
            self._keep(data)
        elif self._unwelcome is not None:
            # Only now: a reply that is sent before its request is often lost when the connection closes.
            self._refuse(503, self._unwelcome)
        elif not (self._lane is not None and self._idle and self._lane.take(self, data)):
            self._parse(data)

    def sweep(self, now: float) -> None:
        """End what has taken too long: a head, a body, an idle connection, a client that does not read."""
        if now > self._deadline and not self.busy:
            self._overdue()
        unsent = self.transport.get_write_buffer_size()
        if not unsent or unsent < self._unsent:
            self._unsent_since = now
        self._unsent = unsent
        if unsent and now - self._unsent_since > self._watch.limits.stall_seconds:
            self._watch.refused["reads too slowly"] += 1
            self.transport.abort()

    # The parser's calls.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._receiving = self._in_head = True

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._watch.limits.target_bytes:
            self._refuse(414, "the path and query are too long")

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._received = 0
        if self.transport.is_closing():
            return
        if _declared(self.headers) > self._watch.limits.body_bytes:
            self._refuse(413, "the body is too large")
            return
        self._deadline = self._watch.now + self._watch.limits.body_seconds
        super().on_headers_complete()
        if self._watch.draining:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._received += len(body)
        if self._received > self._watch.limits.body_bytes:
            self._refuse(413, "the body is too large")
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._receiving = False
        self._received = 0
        self._deadline = _NEVER
        if not self.transport.is_closing():
            super().on_message_complete()

    # uvicorn's calls.

    def on_response_complete(self) -> None:
        """Without uvicorn's timer per reply: the sweep looks after idle connections."""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif not self._receiving:
            self._deadline = self._watch.now + self._watch.limits.idle_seconds

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def shutdown(self) -> None:
        """The server ends: what was begun is finished, an idle connection closes."""
        if self._idle and not self.busy:
            self.transport.close()
        elif not self.busy:
            self.cycle.keep_alive = False

    @property
    def _idle(self) -> bool:
        """Between two requests: nothing half received, nothing being answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return not self._receiving and not self.pipeline and (cycle is None or cycle.response_complete)

    def _parse(self, data: bytes) -> None:
        fresh = self._idle
        if fresh:
            self._deadline = self._watch.now + self._watch.limits.head_seconds
        self._block = _block(data) if fresh else None
        if fresh or self._in_head:
            self._received += len(data)
        super().data_received(data)
        if self._in_head and self._received > self._watch.limits.head_bytes:
            self._refuse(431, "the header lines are too long")

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        cycle.scope["state"]["head_block"] = self._block
        super()._start_asgi_task(cycle, app)

    def _keep(self, data: bytes) -> None:
        self._kept.append(data)
        if sum(map(len, self._kept)) > _KEPT_BYTES:
            self.flow.pause_reading()

    def _replay(self) -> None:
        data = b"".join(self._kept)
        self._kept.clear()
        self.flow.resume_reading()
        self.data_received(data)

    def _overdue(self) -> None:
        if self._receiving:
            self._refuse(408, "the request took too long to arrive")
        else:
            self.transport.close()

    def _refuse(self, status: int, words: str) -> None:
        """A plain refusal, after which the connection ends. What was understood is refused by the app."""
        if self.transport.is_closing():
            return
        self._watch.refused[words] += 1
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and cycle.response_started and self._receiving and not self._in_head:
            self.transport.close()  # its answer is on the way already: nothing may follow it
            return
        body = words.encode() + b"\n"
        retry = b"retry-after: %d\r\n" % _RETRY_SECONDS if status == 503 else b""
        head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n" % len(body)
        lines = (STATUS_LINE[status], self.default_lines, head, retry, b"connection: close\r\n\r\n", body)
        self.transport.write(b"".join(lines))
        self.transport.close()


def _declared(headers: Sequence[tuple[bytes, bytes]]) -> int:
    """The bytes that a request says its body has; the parser has seen that it is a number."""
    return max((int(text) for name, text in headers if name == b"content-length"), default=0)


def _block(data: bytes) -> bytes | None:
    """The header lines of a chunk that is one request without a body, as the lane would see them."""
    line, _, block = data.partition(b"\r\n")
    whole = line.startswith(b"GET ") and block.find(b"\r\n\r\n") == len(block) - 4
    return block if whole else None
