"""One connection: uvicorn's HTTP/1.1 protocol, with deadlines and limits, and a fast lane beside its parser.

Parsing, keep-alive and the ASGI cycle are uvicorn's (its minor version is pinned: this class reads and
replaces parts of it). Ours are the limits on what a client may take (`watch.Limits`), the clean refusals, the
drain, and the question to the lane before anything is parsed. What a client sends ahead of an answer stays
bytes until that answer is written: one request of a connection at a time is parsed, and begun in its turn
(`watch.Turns`).
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from trendwire.web import request_head
from trendwire.web.addresses import client_address, plain
from trendwire.web.unparsed import Unparsed
from trendwire.web.watch import Watch

_NEVER = float("inf")
_KEPT_BYTES = 65_536
"""Of what a client sends ahead while its last request is being answered; beyond it, reading pauses."""

_RETRY_SECONDS = 1

_PARTING_SECONDS = 2
"""How long a refused client may go on sending: closing at once would take the refusal away from it."""

_FRAMING = 8
"""Bytes received for each byte of a body, at most: a chunk of one byte takes six."""

_PARTS_AT_ONCE = 64
"""Parts of one request that are parsed before others have their turn."""

_KEEP_ALIVE = (b"connection", b"keep-alive")


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
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True, lenient_version=True)
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
        self._unparsed = Unparsed()
        self._awaits_turn = False
        self._ended = False  # the client sends no more
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
        else:
            self._go_on()

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
        if self._unwelcome is not None:
            # Only now: a client does not look for a reply before it has asked.
            self._refuse(503, self._unwelcome)
        elif self._is_open and self._lane is not None and self._lane.take(self, data):
            return
        elif not self._refused:
            self._unparsed.add(data)
            if self._may_parse:
                self._parse_on()
            if len(self._unparsed) > _KEPT_BYTES:
                self.flow.pause_reading()

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that sends no more still reads: it is answered first, and then the connection closes."""
        self._ended = True
        if self._receiving and not self._awaits_turn:
            self._refuse_half()
        return not self._refused and (self.busy or self._awaits_turn or not self._idle)

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
        self._head_size = self._body_size = self._unparsed.body_left = 0
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
        if self._in_head:  # a trailer says nothing: whoever judged the head has not seen it
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        version = self.parser.get_http_version()
        flaw = request_head.flaw(self.parser.get_method(), version, self.url, self.headers)
        if flaw is not None:
            self._reject(*flaw)
        if self.parser.should_upgrade():
            return  # parsed anew without its wish
        limits = self._watch.limits
        self._most_body = limits.larger_bodies.get(self.url.partition(b"?")[0], limits.body_bytes)
        self._unparsed.body_left = _declared(self.headers)
        if self._unparsed.body_left > self._most_body:
            self._reject(413, "the body is too large")
        super().on_headers_complete()
        self._in_head = False
        self._received = 0
        self._body_since = self._watch.now
        self._deadline = self._watch.now + limits.body_seconds
        if self._watch.draining:
            self.cycle.keep_alive = False
        elif version == "1.0" and self.parser.should_keep_alive():
            self.cycle.keep_alive = True
            self.cycle.default_headers = [*self.cycle.default_headers, _KEEP_ALIVE]

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
        if self.parser.should_upgrade():
            return
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
        if self._receiving:  # a body that nobody reads
            self.flow.resume_reading()
        else:
            self._go_on()

    def shutdown(self) -> None:
        """The server ends: what was begun is finished, an idle connection closes."""
        if self.busy or self._awaits_turn:
            return
        if self._idle:
            self.transport.close()
        elif self.cycle is not None:
            self.cycle.keep_alive = False
            self.cycle.default_headers = self.server_state.default_headers

    @property
    def _idle(self) -> bool:
        """Between two requests: nothing half received, nothing being answered by the app."""
        cycle: RequestResponseCycle | None = self.cycle
        return not self._receiving and (cycle is None or cycle.response_complete)

    @property
    def _is_open(self) -> bool:
        """Whether the lane may answer: between requests, to a client that reads its replies."""
        waits = self.busy or self._awaits_turn or self.flow.write_paused or self._refused
        return not waits and self._idle

    @property
    def _may_parse(self) -> bool:
        """Whether what arrives now belongs to the request that is being received, or is the next one."""
        return not (self.busy or self._awaits_turn) and (self._receiving or self._idle)

    def _go_on(self) -> None:
        """An answer is written: on to what the client has sent ahead."""
        self._deadline = self._watch.now + self._watch.limits.idle_seconds
        if self._unparsed:
            self._await_turn()
        elif self._ended:
            self.transport.close()
        else:
            self.flow.resume_reading()

    def _await_turn(self) -> None:
        self._awaits_turn = True
        self._watch.turns.wait(self._have_turn)

    def _have_turn(self) -> None:
        self._awaits_turn = False
        if self.transport.is_closing():
            return
        self._parse_on()
        if len(self._unparsed) <= _KEPT_BYTES and not self.transport.is_closing():
            self.flow.resume_reading()

    def _parse_on(self) -> None:
        """Parse what has arrived, up to the end of one request."""
        for _ in range(_PARTS_AT_ONCE):
            if not self._receiving:
                self._unparsed.drop_empty_lines()
            if self._unparsed:
                self._parse_part(self._unparsed.take())
            if not (self._unparsed and self._receiving):
                break
        if self._unparsed and self._may_parse:  # the answer may be written before its request's body is whole
            self._await_turn()
        if self._ended and not self._unparsed:
            self._finish_ended()

    def _parse_part(self, part: bytes) -> None:
        if self._is_open and self._lane is not None and self._lane.take(self, part):
            return
        limits, in_head = self._watch.limits, self._in_head or not self._receiving
        self._block = _block(part) if self._idle else None
        self._received += len(part)
        self._feed(part)
        if self._in_head and self._received > limits.head_bytes:
            self._refuse(431, "the header lines are too long")
        elif not in_head and self._received > _FRAMING * self._most_body:
            self._refuse(413, "the body is too large")

    def _feed(self, part: bytes) -> None:
        try:
            self.parser.feed_data(part)
        except HttpParserUpgrade:
            self._block = None
            self._feed(self._without_upgrade())
        except HttpParserError:
            preface = self._in_head and self.parser.get_method() == b"PRI"
            self._refuse(*(request_head.OTHER_VERSION if preface else (400, "this is not valid HTTP/1.1")))

    def _without_upgrade(self) -> bytes:
        """The head that was parsed, without its wish for another protocol: for its sake the body was not."""
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % (name, text) for name, text in self.headers if name != b"upgrade"]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        cycle.scope["state"]["head_block"] = self._block
        super()._start_asgi_task(cycle, app)

    def _finish_ended(self) -> None:
        """The client sends no more, and all that it has sent is parsed."""
        if self._receiving:
            self._refuse_half()
        elif self._idle and not self.busy:
            self.transport.close()

    def _refuse_half(self) -> None:
        self._refuse(400, "the connection ended before the request was whole")

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
        self._unparsed.clear()
        self._part(b"" if self._drop_answer() else _refusal(status, words, self.default_lines))

    def _drop_answer(self) -> bool:
        """Take the request from the app if its body is what is refused; whether it is answered in part."""
        if self._in_head or not self._receiving:
            return False
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        return bool(self.cycle.response_started)

    def _part(self, last: bytes) -> None:
        """Say the last, then hear the client out for a moment."""
        self._receiving = False
        self._deadline = self._watch.now + _PARTING_SECONDS
        self.transport.write(last)
        if self._ended:
            self.transport.close()
            return
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
