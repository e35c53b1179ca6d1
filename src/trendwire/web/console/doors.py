"""The doors of the console: who comes in, by which session, and which forms are taken.

A page is for sessions; without one, the way leads to the sign-in. A form must come from a page of this very
site (Sec-Fetch-Site, or Origin where browsers do not send it) and bring back its session's own token.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from trendwire.accounts.users import Session
from trendwire.errors import (
    BadCredential,
    InvalidInput,
    MissingParameter,
    NotReady,
    RateLimited,
    TrendwireError,
)
from trendwire.web.addresses import client_address, is_within
from trendwire.web.console.fields import Fields, decoded
from trendwire.web.console.visit import KEPT_BY_NOBODY, ROOT, Console, Show, Visit, status_of
from trendwire.web.views import Views

SIGN_IN = f"{ROOT}/sign-in"
MOST_BODY = 65_536
"""Bytes."""

COOKIE, SECURE_COOKIE = "trendwire-console", "__Host-trendwire-console"
"""Over https under a name that no other host, and no page without https, can set."""

TRIES_AT_ONCE, MOST_TRIES_WAITING = 2, 16
"""A try takes 64 MB and some processors for a moment: more than these wait, more than those are refused."""

Endpoint = Callable[[Request], Awaitable[Response]]


class Doors:
    """Lets people in and out; wraps pages and forms of those who are in."""

    def __init__(self, views: Views, console: Console) -> None:
        self._views = views
        self._console = console
        self._turns = asyncio.Semaphore(TRIES_AT_ONCE)
        self._waiting = 0

    def page(self, show: Show) -> Endpoint:
        """A page for who is signed in."""

        async def handle(request: Request) -> Response:
            visit = await self._visit(request, [])
            if visit is None:
                return self._to_sign_in(request)
            return await self._made(show, visit)

        return self.answering(handle)

    def form(self, show: Show, act: Show) -> Endpoint:
        """A form that does `act`; what is refused leads back to `show`, which says why."""

        async def handle(request: Request) -> Response:
            pairs = await _sent(request)
            if not _is_from_here(request):
                return self._refused(request, "This form did not come from a page of this site.")
            visit = await self._visit(request, pairs)
            if visit is None:
                return self._to_sign_in(request)
            if not hmac.compare_digest(dict(pairs).get("csrf", "").encode(), visit.session.csrf.encode()):
                return self._refused(request, "This form is out of date: load its page again.")
            try:
                return await act(visit)
            except TrendwireError as error:
                return await self._made(show, visit.refused(error))

        return self.answering(handle)

    def answering(self, handle: Endpoint) -> Endpoint:
        """The same, with a page for what goes wrong before anybody is known."""

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except TrendwireError as error:
                return self._refused(request, error.public, status_of(error))

        return answered

    def behind(self, page: Endpoint) -> Endpoint:
        """A page of another part of the site, for those signed in alone."""

        async def handle(request: Request) -> Response:
            signed_in = await self._session(request) is not None
            return await page(request) if signed_in else self._to_sign_in(request)

        return self.answering(handle)

    async def _made(self, show: Show, visit: Visit) -> Response:
        try:
            return await show(visit)
        except TrendwireError as error:
            return visit.refused(visit.error or error).shown("trouble", "That did not work", "")

    async def _visit(self, request: Request, pairs: list[tuple[str, str]]) -> Visit | None:
        session = await self._session(request)
        if session is None:
            return None
        fields = Fields(pairs or request.query_params.multi_items())
        return Visit(request, self._views, self._console, session, self._console.milliseconds(), fields)

    async def _session(self, request: Request) -> Session | None:
        token = _token(request)
        if token is None:
            return None
        return await asyncio.to_thread(self._console.users.session, token, self._console.milliseconds())

    # In and out.

    async def sign_in(self, request: Request) -> Response:
        """The page of the sign-in, and what its form does."""
        if request.method == "POST":
            return await self._try(request)
        aim = local(request.query_params.get("next", ""))
        if await self._session(request) is not None:
            return RedirectResponse(aim, HTTPStatus.SEE_OTHER, KEPT_BY_NOBODY)
        return await self._sign_in_page(request, aim)

    async def _try(self, request: Request) -> Response:
        told = dict(await _sent(request))
        if not _is_from_here(request):
            return self._refused(request, "This form did not come from a page of this site.")
        aim, name = local(told.get("next", "")), told.get("name", "")
        try:
            token = await self._token_for(request, name, told.get("password", ""))
        except (BadCredential, RateLimited, InvalidInput, MissingParameter, NotReady) as error:
            return await self._sign_in_page(request, aim, error)
        before = _token(request)
        if before is not None:
            await asyncio.to_thread(self._console.users.sign_out, before)
        return self._with_cookie(request, aim, token)

    async def _token_for(self, request: Request, name: str, password: str) -> str:
        users, at = self._console.users, self._console.milliseconds()
        if not await asyncio.to_thread(users.exist):
            raise BadCredential("nobody can sign in yet")
        if self._waiting >= MOST_TRIES_WAITING:
            raise NotReady("too many people sign in at this moment")
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(users.sign_in, self._address(request), name, password, at)
        finally:
            self._waiting -= 1

    async def _sign_in_page(
        self, request: Request, aim: str, error: TrendwireError | None = None
    ) -> Response:
        told = {
            "title": "Sign in – Console",
            "place": ROOT,
            "next": aim,
            "ready": await asyncio.to_thread(self._console.users.exist),
            "error": error,
        }
        headers, status = dict(KEPT_BY_NOBODY), 200 if error is None else status_of(error)
        if isinstance(error, RateLimited):
            headers["retry-after"] = f"{error.retry_after:.0f}"
            status = HTTPStatus.TOO_MANY_REQUESTS
        return self._views.page(request, "console/sign-in.html", told, status, headers)

    def _with_cookie(self, request: Request, aim: str, token: str) -> Response:
        secure = self._is_https(request)
        response = RedirectResponse(aim, HTTPStatus.SEE_OTHER, KEPT_BY_NOBODY)
        response.set_cookie(
            SECURE_COOKIE if secure else COOKIE,
            token,
            path="/",
            secure=secure,
            httponly=True,
            samesite="strict",
        )
        return response

    async def sign_out(self, visit: Visit) -> Response:
        """End the session, here and in the browser."""
        token = _token(visit.request)
        if token is not None:
            await asyncio.to_thread(self._console.users.sign_out, token)
        response = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER, KEPT_BY_NOBODY)
        for name in (COOKIE, SECURE_COOKIE):
            secure = name == SECURE_COOKIE
            response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")
        return response

    def _to_sign_in(self, request: Request) -> Response:
        aim = request.url.path if request.method in ("GET", "HEAD") else ROOT
        if request.url.query and aim != ROOT:
            aim = f"{aim}?{request.url.query}"
        return RedirectResponse(f"{SIGN_IN}?{urlencode({'next': aim})}", HTTPStatus.SEE_OTHER, KEPT_BY_NOBODY)

    def _refused(self, request: Request, words: str, status: int = HTTPStatus.FORBIDDEN) -> Response:
        told = {"title": "Not taken – Console", "place": ROOT, "words": words}
        return self._views.page(request, "console/refused.html", told, status, KEPT_BY_NOBODY)

    def _address(self, request: Request) -> str:
        return client_address(_peer(request), request.headers.get("x-forwarded-for"), self._console.trusted)

    def _is_https(self, request: Request) -> bool:
        told = request.headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        by_proxy = told == "https" and is_within(_peer(request), self._console.trusted)
        return by_proxy or request.url.scheme == "https"


def local(aim: str) -> str:
    """`aim` if it is a path of this server, else the console's first page: nobody is sent elsewhere."""
    plain = aim.isascii() and aim.isprintable() and "\\" not in aim and not aim.startswith(SIGN_IN)
    path = aim.partition("?")[0]
    inside = path.startswith("/") and "//" not in path and "/." not in path
    return aim if plain and inside else ROOT


def _token(request: Request) -> str | None:
    return request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE)


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _is_from_here(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", "")).netloc
    return bool(origin) and origin.lower() == request.headers.get("host", "").lower()


async def _sent(request: Request) -> list[tuple[str, str]]:
    """The fields of a form. Raises InvalidInput where they are too many or too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            raise InvalidInput("the form", f"must have at most {MOST_BODY} bytes")
    return decoded(body)
