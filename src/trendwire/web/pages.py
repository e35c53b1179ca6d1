"""What is served beside the dialects, without a key: health, readiness, provenance, OpenAPI documents."""

from collections.abc import Mapping, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from trendwire import __version__
from trendwire.dialects.openapi import document, encoded
from trendwire.dialects.openapi30 import document_30
from trendwire.editions import Editions
from trendwire.errors import TrendwireError
from trendwire.web import provenance
from trendwire.web.page_cache import PageCache, Rendered
from trendwire.web.page_limits import Pace, Page
from trendwire.web.staleness import Words
from trendwire.web.watch import Watch

_KEPT_A_WHILE = "public, max-age=300"
"""Of documents that a new release changes."""

RETRY_SECONDS = 5
"""When to ask `/readyz` again after a 503."""


def pages(
    editions: Editions, cache: PageCache, pace: Pace, watch: Watch, stale: Words, contact: str | None
) -> Mapping[str, Page]:
    """Path -> page. `watch` knows whether the server is about to end, `stale` what is older than it should
    be; `contact` is the operator's. Health and readiness wait for nothing."""

    async def ready(_request: Request) -> Response:
        if watch.draining:
            return _unready("the server is about to end")
        return _ready(editions, await stale())

    async def where_from(request: Request) -> Response:
        asked, make = provenance.asked(request.url.query, editions)
        return await cache.answer(request, (provenance.PATH, asked), make, editions.stamp(), cache.reading)

    return {
        "/healthz": _fixed(_json({"status": "ok", "version": __version__})),
        "/readyz": ready,
        provenance.PATH: pace.of(where_from),
        "/openapi.json": pace.of(_document(cache, "3.1", encoded(document(contact=contact)))),
        "/openapi-3.0.json": pace.of(_document(cache, "3.0", encoded(document_30(contact=contact)))),
    }


def _fixed(body: bytes) -> Page:
    async def page(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    return page


def _document(cache: PageCache, version: str, body: bytes) -> Page:
    made = Rendered(body, "application/json", headers={"cache-control": _KEPT_A_WHILE})

    async def page(request: Request) -> Response:
        return await cache.answer(request, ("openapi", version), lambda: made)

    return page


def _ready(editions: Editions, stale: Sequence[str]) -> Response:
    """Ready as soon as an edition can be read, stale or not; else a 503 that says what is missing."""
    try:
        edition = editions.current()
    except TrendwireError as error:
        return _unready(error.public)
    told = {
        "status": "ready",
        "edition": edition.number,
        "as_of": edition.as_of,
        "content_hash": edition.content_hash,
        "stale": stale,
    }
    return Response(_json(told), media_type="application/json")


def _unready(reason: str) -> Response:
    body = _json({"status": "not ready", "reason": reason})
    return Response(body, 503, {"Retry-After": str(RETRY_SECONDS)}, "application/json")


def _json(told: object) -> bytes:
    return msgspec.json.encode(told)
