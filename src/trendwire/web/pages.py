"""What is served beside the dialects, without a key: health, provenance, OpenAPI documents, a first page."""

from collections.abc import Awaitable, Callable, Mapping
from html import escape

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from trendwire import __version__
from trendwire.dialects.catalog import ENDPOINTS
from trendwire.dialects.openapi import document, encoded
from trendwire.dialects.openapi30 import document_30
from trendwire.editions import Editions
from trendwire.errors import TrendwireError
from trendwire.web import provenance
from trendwire.web.watch import Watch

Page = Callable[[Request], Awaitable[Response]]

RETRY_SECONDS = 5
"""When to ask `/readyz` again after a 503."""


def pages(editions: Editions, watch: Watch) -> Mapping[str, Page]:
    """Path -> page. `watch` knows whether the server is about to end."""
    openapi, openapi_30 = encoded(document()), encoded(document_30())

    async def ready(_request: Request) -> Response:
        return _unready("the server is about to end") if watch.draining else _ready(editions)

    async def where_from(request: Request) -> Response:
        return provenance.reply(request, editions)

    async def first(_request: Request) -> Response:
        return HTMLResponse(_first_page(editions))

    return {
        "/": first,
        "/healthz": _fixed(_json({"status": "ok", "version": __version__})),
        "/readyz": ready,
        provenance.PATH: where_from,
        "/openapi.json": _fixed(openapi),
        "/openapi-3.0.json": _fixed(openapi_30),
    }


def _fixed(body: bytes) -> Page:
    async def page(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    return page


def _ready(editions: Editions) -> Response:
    """Ready as soon as an edition can be read; else a 503 that says in words what is missing."""
    try:
        edition = editions.current()
    except TrendwireError as error:
        return _unready(error.public)
    told = {
        "status": "ready",
        "edition": edition.number,
        "as_of": edition.as_of,
        "content_hash": edition.content_hash,
    }
    return Response(_json(told), media_type="application/json")


def _unready(reason: str) -> Response:
    body = _json({"status": "not ready", "reason": reason})
    return Response(body, 503, {"Retry-After": str(RETRY_SECONDS)}, "application/json")


def _first_page(editions: Editions) -> str:
    """Plain HTML: what this is, which edition it serves, where everything is."""
    rows = "".join(
        f"<li><code>{escape(endpoint.method)} {escape(endpoint.path)}</code> {escape(endpoint.summary)}"
        f" ({endpoint.credits} credits)</li>"
        for endpoint in ENDPOINTS
    )
    links = "".join(
        f'<li><a href="{path}">{path}</a></li>'
        for path in ("/readyz", "/healthz", "/openapi.json", "/openapi-3.0.json")
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Trendwire</title></head>'
        f"<body><h1>Trendwire {escape(__version__)}</h1><p>{escape(_edition_words(editions))}</p>"
        f"<h2>Endpoints</h2><ul>{rows}</ul><h2>Documents</h2><ul>{links}</ul></body></html>"
    )


def _edition_words(editions: Editions) -> str:
    try:
        edition = editions.current()
    except TrendwireError as error:
        return f"Not ready: {error.public}."
    return f"Serving edition {edition.number}, as of {edition.as_of}."


def _json(told: object) -> bytes:
    return msgspec.json.encode(told)
