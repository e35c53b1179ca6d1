"""The one handler of all endpoints: admit, parse, answer, render, settle. Read this second (first: pipeline).

The order of refusals is fixed: the key (401), its rate (429), its credits (402), then what was asked
(400, 404, 410), then the state of the house (503). Only a success of a GET is charged, and it is charged, on
the disk, before its first byte leaves. Whatever goes wrong becomes one refusal in the endpoint's dialect;
nothing private is in it, the log has the facts under the same request id.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import Response

from trendwire.accounts import Admission, Gate, Moment
from trendwire.dialects.base import CONTENT_TYPE, EDITION_HEADER, RATE_HEADER, REQUEST_ID_BYTES
from trendwire.dialects.catalog import Call, dialect_of, find, parse, render, render_error
from trendwire.editions import Editions
from trendwire.errors import OutOfCredits, RateLimited, TrendwireError
from trendwire.web.answers import answer

_log = structlog.get_logger()

_GET, _HEAD = "GET", "HEAD"


@dataclass(frozen=True, slots=True)
class Api:
    """What a request needs: the gate, the editions, and what time it is."""

    gate: Gate
    editions: Editions
    moment: Callable[[], Moment]

    async def reply(self, request: Request) -> Response:
        """The answer to one request to any path below the dialects' roots; never raises."""
        try:
            call = find(_GET if request.method == _HEAD else request.method, raw_path(request))
        except TrendwireError as error:
            return refused(request, error)
        return await self._called(_Asked(call, request, self.moment()))

    async def _called(self, asked: "_Asked") -> Response:
        try:
            made = await self._admitted(asked)
        except TrendwireError as error:
            made = asked.refused(error)
        except Exception:  # noqa: BLE001  the last door: whatever it is, the caller gets words
            _log.exception("failed", **asked.facts)
            made = asked.refused(TrendwireError("internal error"))
        _log.info("answered", status=made.status_code, **asked.facts)
        return made

    async def _admitted(self, asked: "_Asked") -> Response:
        admission = await self._admit(asked)
        charged = False
        try:
            made = self._answered(asked)
            charged = asked.request.method != _HEAD
        finally:
            await self.gate.settle(admission, charged)
        return made

    async def _admit(self, asked: "_Asked") -> Admission:
        endpoint = asked.call.endpoint
        place = endpoint.dialect.credential
        key = place.read(asked.request.headers.get(place.header))
        admission = await self.gate.admit(key, endpoint.name, endpoint.credits, asked.at)
        asked.admitted(admission)
        return admission

    def _answered(self, asked: "_Asked") -> Response:
        endpoint = asked.call.endpoint
        query_string = asked.request.scope["query_string"].decode("utf-8", "replace")
        found = answer(parse(endpoint, query_string, asked.call.path_parameters), self.editions)
        body = render(endpoint, found, asked.request_id)
        return Response(body, 200, asked.headers | {EDITION_HEADER: str(found.edition)}, CONTENT_TYPE)


class _Asked:
    """One request on its way: its id, who was let in, and the headers its reply has come to need."""

    def __init__(self, call: Call, request: Request, at: Moment) -> None:
        self.call = call
        self.request = request
        self.at = at
        self.request_id = call.endpoint.dialect.request_id(at.wall, os.urandom(REQUEST_ID_BYTES))
        self.headers: dict[str, str] = {}
        self._key_id: int | None = None

    @property
    def facts(self) -> dict[str, object]:
        """What the log tells of the request."""
        return {"request_id": self.request_id, "endpoint": self.call.endpoint.name, "key_id": self._key_id}

    def admitted(self, admission: Admission) -> None:
        self._key_id = admission.key_id
        self.headers[RATE_HEADER] = str(admission.per_second_remaining)

    def refused(self, error: TrendwireError) -> Response:
        if isinstance(error, RateLimited):
            self.headers[RATE_HEADER] = "0"
        elif isinstance(error, OutOfCredits):
            self.headers[RATE_HEADER] = str(error.per_second_remaining)
        _log.debug("refused", code=error.code, public=error.public, why=error.facts, **self.facts)
        return refused(self.request, error, self.headers)


def refused(request: Request, error: TrendwireError, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to an error in the dialect that is spoken under the request's path."""
    made = render_error(dialect_of(raw_path(request)), error)
    return Response(made.body, made.status, made.headers | dict(headers or {}))


def raw_path(request: Request) -> str:
    """The path as the client sent it, still percent-encoded (raw bytes above ASCII: read as UTF-8)."""
    sent: bytes | None = request.scope.get("raw_path")
    if sent is None:
        return quote(request.scope["path"])
    return sent.decode("utf-8", "replace")
