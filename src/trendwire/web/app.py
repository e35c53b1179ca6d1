"""The web application: its parts put together, and the headers that every answer carries."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from trendwire import clock
from trendwire.accounts import Gate, Moment, Store
from trendwire.editions import Editions
from trendwire.errors import MethodNotAllowed
from trendwire.web.api import Api, refused
from trendwire.web.pages import Page, pages

SECURITY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer. Nothing that this server sends may run, be framed, or be kept by a cache in between."""


def now() -> Moment:
    """Now, as admission takes it."""
    return Moment(clock.now(), clock.monotonic())


def of_home(home: Path, moment: Callable[[], Moment] = now) -> ASGIApp:
    """The application over the data folder `home`; it opens its accounts now and closes them at its shutdown.

    `moment` tells when a request came. Raises NotReady or Corrupt where they cannot be opened.
    """
    store = Store.open(home)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    editions = Editions(home)
    return _Guarded(_site(Api(Gate(store), editions, moment), pages(editions), lifespan))


def _site(api: Api, known: Mapping[str, Page], lifespan: Lifespan[Starlette]) -> Starlette:
    """Pages by path; every other path is the dialects' business, also to be told that it does not exist."""

    async def elsewhere(request: Request) -> Response:
        if request.url.path in known:
            return refused(request, MethodNotAllowed("GET, HEAD"))
        return await api.reply(request)

    routes = [Route(path, page, methods=["GET"]) for path, page in known.items()]
    return Starlette(routes=[*routes, Route("/{path:path}", _AnyMethod(elsewhere))], lifespan=lifespan)


class _AnyMethod:
    """A handler for every method: a function would be given GET alone."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._page(Request(scope, receive))
        await response(scope, receive, send)


class _Guarded:
    """Puts the security headers on every answer, where the answer does not have them already."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)
