"""One connection: uvicorn's HTTP/1.1 protocol, with deadlines and limits, and a fast lane beside its parser.

Parsing, keep-alive, pipelining and the ASGI cycle are uvicorn's (its minor version is pinned: this class
reads and replaces parts of it). Ours are the limits on what a client may take (`watch.Limits`), the clean
refusals, the drain, and the question to the lane before anything is parsed.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from trendwire.web.addresses import client_address, plain
from trendwire.web.watch import Watch

_NEVER = float("inf")
_KEPT_BYTES = 65_536
"""Of what a client sends ahead while its last request is being answered; beyond it, reading pauses."""

_RETRY_SECONDS = 1

_PARTING_SECONDS = 2
"""How long a refused client may go on sending: closing at once would take the refusal away from it."""

_FRAMING = 8
"""Bytes received for each byte of a body, at most: a chunk of one byte takes six."""


class _RefusedError(Exception):
    """Raised to the parser, which gives up: nothing that follows a refused request is read."""


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
        self._received = 0  # bytes of the head, then of the body with its framing, that is being received
        self._head_size = 0  # of its header lines and trailers
        self._body_size = 0
        self._most_body = watch.limits.body_bytes
        self._body_since = watch.now
        self._kept = bytearray()
        self._block: bytes | None = None
        self._unwelcome: str | None = None
        self._refused = False  # nothing is read any more
        self._deadline = watch.now + watch.limits.head_seconds
        self._unsent = 0
        self._unsent_since = watch.now

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
        if self.client:
            self.peer = plain(self.client[0])
            self.client = (self.peer, self.client[1])
        self._unwelcome = self._watch.admits(self.peer)
        if self._unwelcome is not None and self._watch.is_flooded(self.peer):
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.gone(self.peer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.busy:
            self._keep(data)
        elif self._unwelcome is not None:
            # Only now: a client does not look for a reply before it has asked.
            self._refuse(503, self._unwelcome)
        elif not (self._lane is not None and self._is_open and self._lane.take(self, data)):
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
        self._head_size = self._body_size = 0
        # Not before: empty lines between requests are no progress.
        self._deadline = self._watch.now + self._watch.limits.head_seconds

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._watch.limits.target_bytes:
            self._reject(414, "the path and query are too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value)
        if self._head_size > self._watch.limits.head_bytes:
            self._reject(431, "the header lines are too long")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        limits = self._watch.limits
        self._most_body = limits.larger_bodies.get(self.url.partition(b"?")[0], limits.body_bytes)
        if _declared(self.headers) > self._most_body:
            self._reject(413, "the body is too large")
        self._in_head = False
        self._received = 0
        self._body_since = self._watch.now
        self._deadline = self._watch.now + limits.body_seconds
        super().on_headers_complete()
        if self._watch.draining:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        limits = self._watch.limits
        # What is answered already may run out, but not to a length that was granted for the answer's sake.
        if self._body_size > (limits.body_bytes if self.cycle.response_complete else self._most_body):
            self._reject(413, "the body is too large")
        shares = 1 + self._body_size // limits.body_bytes
        self._deadline = self._body_since + shares * limits.body_seconds
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._receiving = False
        self._received = 0
        answered = self._idle  # before the body was whole
        self._deadline = self._watch.now + self._watch.limits.idle_seconds if answered else _NEVER
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
        if self.busy:
            return
        if self._idle:
            self.transport.close()
        elif self.cycle is not None:
            self.cycle.keep_alive = False

    @property
    def _idle(self) -> bool:
        """Between two requests: nothing half received, nothing being answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return not self._receiving and not self.pipeline and (cycle is None or cycle.response_complete)

    @property
    def _is_open(self) -> bool:
        """Whether the lane may answer: between requests, to a client that reads its replies."""
        return self._idle and not self.flow.write_paused and not self._refused

    def _parse(self, data: bytes) -> None:
        if self._refused:
            return
        limits, in_head = self._watch.limits, self._in_head or not self._receiving
        self._block = _block(data) if self._idle else None
        self._received += len(data)
        super().data_received(data)
        if self._in_head and self._received > limits.head_bytes:
            self._refuse(431, "the header lines are too long")
        elif not in_head and self._received > _FRAMING * self._most_body:
            self._refuse(413, "the body is too large")

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if cycle.disconnected:  # refused while it waited for its turn
            self.transport.close()
            return
        cycle.scope["state"]["head_block"] = self._block
        super()._start_asgi_task(cycle, app)

    def _keep(self, data: bytes) -> None:
        self._kept += data
        if len(self._kept) > _KEPT_BYTES:
            self.flow.pause_reading()

    def _replay(self) -> None:
        data = bytes(self._kept)
        self._kept.clear()
        self.flow.resume_reading()
        self.data_received(data)

    def _overdue(self) -> None:
        if self._receiving and not self._refused:
            self._refuse(408, "the request took too long to arrive")
        else:
            self.transport.close()

    def _reject(self, status: int, words: str) -> NoReturn:
        """A refusal out of the parser's calls."""
        self._refuse(status, words)
        raise _RefusedError

    def _refuse(self, status: int, words: str) -> None:
        """A plain refusal, after which the connection ends. What was understood is refused by the app."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._watch.refused[words] += 1
        if not self._is_answering_another():
            self._part(b"" if self._is_answered() else _refusal(status, words, self.default_lines))

    def _is_answering_another(self) -> bool:
        """Whether an earlier request's answer is due: it becomes the last one, in place of the refusal."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        if self._receiving and not self._in_head and not self.pipeline:
            # Its own: the app must not answer any more.
            cycle.disconnected = True
            cycle.message_event.set()
            return False
        if self._receiving and not self._in_head:
            cycle.disconnected = True
        cycle.keep_alive = False
        self._deadline = _NEVER
        return True

    def _is_answered(self) -> bool:
        """Whether what is refused was answered, at least in part, before its body was whole."""
        return self._receiving and not self._in_head and bool(self.cycle.response_started)

    def _part(self, last: bytes) -> None:
        """Say the last, then hear the client out for a moment."""
        self._receiving = False
        self._deadline = self._watch.now + _PARTING_SECONDS
        self.transport.write(last)
        self.transport.write_eof()
        self.flow.resume_reading()


def _refusal(status: int, words: str, default_lines: bytes) -> bytes:
    body = words.encode() + b"\n"
    retry = b"retry-after: %d\r\n" % _RETRY_SECONDS if status == 503 else b""
    head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n" % len(body)
    return b"".join((STATUS_LINE[status], default_lines, head, retry, b"connection: close\r\n\r\n", body))


def _declared(headers: Sequence[tuple[bytes, bytes]]) -> int:
    """The bytes that a request says its body has; the parser has seen that it is a number."""
    return max((int(text) for name, text in headers if name == b"content-length"), default=0)


def _block(data: bytes) -> bytes | None:
    """The header lines of a chunk that is one request without a body, as the lane would see them."""
    line, _, block = data.partition(b"\r\n")
    whole = line.startswith(b"GET ") and 0 < block.find(b"\r\n\r\n") == len(block) - 4
    return block if whole else None
