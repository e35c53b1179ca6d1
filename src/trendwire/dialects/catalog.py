"""The catalog: every endpoint of every dialect, found by path; the few functions the HTTP edge calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import msgspec

from trendwire.dialects.base import METHODS, Dialect, Endpoint, Refusal, refusal
from trendwire.dialects.crawlora import CRAWLORA
from trendwire.dialects.crawlora import ENDPOINTS as CRAWLORA_ENDPOINTS
from trendwire.dialects.keyapi import ENDPOINTS as KEYAPI_ENDPOINTS
from trendwire.dialects.keyapi import KEYAPI
from trendwire.dialects.parameters import read
from trendwire.domain.queries import Answer, Query
from trendwire.errors import MethodNotAllowed, NotFound, TrendwireError

DIALECTS = (KEYAPI, CRAWLORA)
"""The one with the narrower root first."""

ENDPOINTS = (*KEYAPI_ENDPOINTS, *CRAWLORA_ENDPOINTS)

BY_NAME: Mapping[str, Endpoint] = {endpoint.name: endpoint for endpoint in ENDPOINTS}


@dataclass(frozen=True, slots=True)
class Call:
    """An endpoint, and the decoded parameters that stood in the path."""

    endpoint: Endpoint
    path_parameters: Mapping[str, str] = field(default_factory=dict)


def _segments(raw_path: str) -> tuple[str, ...]:
    return tuple(unquote(part) for part in raw_path.split("/"))


def _pathed() -> tuple[dict[tuple[str, ...], Endpoint], dict[tuple[str, ...], tuple[str, Endpoint]]]:
    """Endpoints by whole path, and by path before a parameter, which is always the last part of a path."""
    whole: dict[tuple[str, ...], Endpoint] = {}
    open_ended: dict[tuple[str, ...], tuple[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        for path in endpoint.paths:
            *start, last = _segments(path)
            if last.startswith("{"):
                open_ended[tuple(start)] = (last.strip("{}"), endpoint)
            else:
                whole[(*start, last)] = endpoint
    return whole, open_ended


_WHOLE, _OPEN_ENDED = _pathed()


def find(method: str, raw_path: str) -> Call:
    """What a request asks of. `raw_path` is still percent-encoded, without the query string.

    Raises NotFound for a path that is no endpoint, MethodNotAllowed for one asked with another method.
    """
    call = _call(_segments(raw_path))
    if call is None:
        raise NotFound("path")
    if method != call.endpoint.method:
        raise MethodNotAllowed(METHODS)
    return call


def _call(segments: tuple[str, ...]) -> Call | None:
    endpoint = _WHOLE.get(segments)
    if endpoint is not None:
        return Call(endpoint)
    named = _OPEN_ENDED.get(segments[:-1])
    if named is None or not segments[-1]:
        return None
    return Call(named[1], {named[0]: segments[-1]})


def dialect_of(raw_path: str) -> Dialect:
    """The dialect in which errors under a path are answered, whether it is an endpoint or not."""
    return next(dialect for dialect in DIALECTS if raw_path.startswith(dialect.root) or dialect.root == "/")


def parse(endpoint: Endpoint, query_string: str, path_parameters: Mapping[str, str]) -> Query:
    """The canonical query of a percent-encoded query string (without `?`) and decoded path parameters.

    Raises InvalidInput or MissingParameter, and nothing else, whatever the texts.
    """
    return endpoint.query(read(endpoint.parameters, query_string, path_parameters))


def render(endpoint: Endpoint, answer: Answer, request_id: str) -> bytes:
    """The body that answers a query of this endpoint. `request_id` is made by its dialect."""
    return msgspec.json.encode(endpoint.render(answer, request_id))


def render_error(dialect: Dialect, error: TrendwireError) -> Refusal:
    """Status, headers and body that answer an error."""
    return refusal(dialect, error)
