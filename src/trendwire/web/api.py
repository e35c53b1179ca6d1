"""The one handler of all endpoints: admit, look up or render, settle. Read this second (first: pipeline).

The order of refusals is fixed: the path and its method (404, 405), the key (401, 403), its rate (429), its
credits (402), then what was asked (400, 404, 410), then the state of the house (503). Only a success of a GET
is charged, and it is charged, on the disk, before its first byte leaves. Whatever goes wrong becomes one
refusal in the endpoint's dialect; nothing private is in it, the log has the facts under the same request id.

Both lanes call `Api.reply`. The fast one steps the coroutine by hand: nothing here may need a running task.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec
import structlog

from trendwire import clock
from trendwire.accounts.gate import Admission, Ask, Gate, Moment
from trendwire.accounts.operations import LoggedRequest, RequestLog
from trendwire.dialects.base import METHODS, REQUEST_ID_BYTES
from trendwire.dialects.catalog import Call, dialect_of, find, render_error
from trendwire.errors import NotReady, Refused, TrendwireError
from trendwire.web import fields
from trendwire.web.exchange import Reply, Request, lines
from trendwire.web.metrics import Metrics
from trendwire.web.shelf import Ready, Shelf
from trendwire.web.variants import IDENTITY

_log = structlog.get_logger()

_OPAQUE_TAG = re.compile(r'"[^"]*"')
_METHODS = {"HEAD": "GET", "OPTIONS": "GET"}
"""Asked of an endpoint as if they were a GET."""

_REFUSED = lines((fields.NOT_KEPT, *fields.ALWAYS))
_PREFLIGHT = lines((("allow", METHODS), *fields.PREFLIGHT, *fields.ALWAYS))


@dataclass(slots=True)
class Api:
    """What a request needs. `samples` answers test keys; above `most_in_flight` requests at once: 503."""

    gate: Gate
    live: Shelf
    samples: Shelf
    requests: RequestLog
    metrics: Metrics
    moment: Callable[[], Moment]
    most_in_flight: int
    in_flight: int = 0

    async def reply(self, request: Request) -> Reply:
        """The answer to one request to any path below the dialects' roots; never raises."""
        at = self.moment()
        ready = self.live.find(request.target, at.tick)
        method = _METHODS.get(request.method, request.method)
        kept = ready and ready.call
        try:
            call = kept if kept and method == kept.endpoint.method else find(method, request.path)
        except TrendwireError as error:
            return refused(request.path, error)
        if request.method == "OPTIONS":
            return Reply(204, (_PREFLIGHT,), ())
        asked = _Asked(request, call, at, call.endpoint.dialect.request_id(at.wall, _noise()))
        made = await self._served(asked, ready)
        self._tell(asked, made.status)
        return made

    async def _served(self, asked: "_Asked", ready: Ready | None) -> Reply:
        """Admit, answer, settle; whatever goes wrong on the way becomes a refusal."""
        if self.in_flight >= self.most_in_flight:
            return asked.refused(NotReady("too many requests at once"))
        self.in_flight += 1
        try:
            admission = asked.admission = await self.gate.admit(asked.ask(self.gate))
            asked.key_id, asked.account_id = admission.key_id, admission.account_id
            try:
                if ready is None or admission.test:
                    ready = await self._prepared(asked, admission.test)
                made = asked.answered(ready, admission)
            except BaseException:
                await self.gate.settle(admission, charged=False)
                raise
            await self.gate.settle(admission, charged=asked.charged)
        except TrendwireError as error:
            return asked.refused(error)
        except Exception:  # noqa: BLE001  the last door: whatever it is, the caller gets words
            _log.exception("failed", **asked.facts)
            return asked.refused(TrendwireError("internal error"))
        finally:
            self.in_flight -= 1
        return made

    async def _prepared(self, asked: "_Asked", test: bool) -> Ready:
        target = asked.request.target
        if test:
            return self.samples.find(target, asked.at.tick) or await self.samples.prepare(asked.call, target)
        return await self.live.prepare(asked.call, target)

    def _tell(self, asked: "_Asked", status: int) -> None:
        seconds = clock.monotonic() - asked.at.tick
        self.metrics.observe(asked.call.endpoint.name, status, seconds, asked.request.fast)
        weight = self.requests.wanted(status)
        if weight:
            self.requests.note(asked.row(status, seconds, weight))


class _Asked(msgspec.Struct):
    """One request on its way: its id, who was let in, whether it is charged."""

    request: Request
    call: Call
    at: Moment
    request_id: str
    admission: Admission | None = None
    charged: bool = False
    key_id: int | None = None
    account_id: int | None = None

    @property
    def facts(self) -> dict[str, object]:
        """What the log tells of the request."""
        return {"request_id": self.request_id, "endpoint": self.call.endpoint.name, "key_id": self.key_id}

    def ask(self, gate: Gate) -> Ask:
        """What to ask the gate. Raises NoCredential, BadCredential."""
        endpoint, head = self.call.endpoint, self.request.head
        place = endpoint.dialect.credential
        fingerprint = head.fingerprints.get(place.header)
        if fingerprint is None:
            fingerprint = gate.fingerprint(place.read(head.fields.get(place.header.lower())))
            head.fingerprints[place.header] = fingerprint
        return Ask(fingerprint, endpoint.name, endpoint.credits, self.request.address, self.at)

    def answered(self, ready: Ready, admission: Admission) -> Reply:
        """A 200, which is charged if it is a GET's; a 304 where the caller has this answer already."""
        head = self.request.head.fields
        if "if-none-match" in head and _names(head["if-none-match"], ready.etag):
            return Reply(304, (ready.unchanged(), *self._told(admission)), ())
        accepted = head.get("accept-encoding")
        encoding = IDENTITY if accepted is None else ready.variants.choice(accepted)
        self.charged = self.request.method == "GET"
        request_id = self.request_id.encode()
        body = ready.variants.encoded(encoding, request_id) if self.charged else ()
        told = fields.admitted(admission, self.charged, request_id)
        return Reply(200, (ready.head(encoding), told, _rate_of(admission)), body)

    def _told(self, admission: Admission) -> tuple[bytes, bytes]:
        return fields.admitted(admission, self.charged, self.request_id.encode()), _rate_of(admission)

    def refused(self, error: TrendwireError) -> Reply:
        """The refusal, with what is known of the caller."""
        self.charged = False
        _log.debug("refused", code=error.code, public=error.public, why=error.facts, **self.facts)
        path = self.request.path
        if isinstance(error, Refused):
            self.key_id, self.account_id = error.key_id, error.account_id
            return refused(path, error, fields.refused(error, self.request_id.encode()), _rate_of(error))
        if self.admission is not None:
            return refused(path, error, *self._told(self.admission))
        return refused(path, error, fields.unknown(self.request_id.encode()))

    def row(self, status: int, seconds: float, weight: int) -> LoggedRequest:
        """The request as the request log keeps it."""
        cost = self.admission.cost if self.admission is not None and self.charged else 0
        return LoggedRequest(
            id=0,
            at=self.at.wall,
            request_id=self.request_id,
            key_id=self.key_id,
            account_id=self.account_id,
            endpoint=self.call.endpoint.name,
            method=self.request.method,
            target=self.request.target,
            status=status,
            cost=cost,
            ms=round(seconds * 1000, 3),
            address=self.request.address,
            weight=weight,
        )


def refused(path: str, error: TrendwireError, *told: bytes) -> Reply:
    """The answer to an error in the dialect that is spoken under the path."""
    made = render_error(dialect_of(path), error)
    own = tuple((name.lower(), text) for name, text in made.headers.items())
    length = ("content-length", str(len(made.body)))
    return Reply(made.status, (_REFUSED, lines((*own, length)), *told), (made.body,))


def _rate_of(told: Admission | Refused) -> bytes:
    return fields.rate(told.per_second_limit, told.per_second_remaining, told.reset)


def _names(if_none_match: str, etag: str) -> bool:
    """Whether the field names that tag, by weak comparison (RFC 9110, 13.1.2)."""
    if if_none_match.strip() == "*":
        return True
    return etag.removeprefix("W/") in _OPAQUE_TAG.findall(if_none_match)


def _noises() -> Iterator[bytes]:
    """Random bytes for request ids, fetched many at a time: a system call costs as much as an id."""
    while True:
        chunk = os.urandom(REQUEST_ID_BYTES * 256)
        for start in range(0, len(chunk), REQUEST_ID_BYTES):
            yield chunk[start : start + REQUEST_ID_BYTES]


_noise = _noises().__next__
