"""What pages may take of the server, so that calls of the API hardly wait for them.

Pages need no key, so nothing else bounds them. `Pace` bounds how many begin in a millisecond.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from trendwire.errors import NotReady

PAGES_AT_ONCE, INTERVAL_SECONDS = 2, 0.001
"""A kept page takes about 0.2 ms, and the event loop tells no less than a millisecond."""

MOST_WAITING = 1024
"""Requests for pages that wait for their turn; one more is answered 503."""

RETRY_SECONDS = 1

Page = Callable[[Request], Awaitable[Response]]


class Pace:
    """Lets `PAGES_AT_ONCE` pages begin in each millisecond: between them calls of the API are read.

    Without it, as many pages as there are clients are answered one after the other before the next call, and
    the server takes a whole processor.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._left = PAGES_AT_ONCE
        self._ticking = False

    def of(self, page: Page) -> Page:
        """The page, begun when it is its turn; words and a 503 where too many wait."""

        @wraps(page)
        async def begun(request: Request) -> Response:
            try:
                await self._turn()
                return await page(request)
            except NotReady as error:
                return _busy(error)

        return begun

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._ticking:
            self._ticking = True
            loop.call_later(INTERVAL_SECONDS, self._tick)
        if self._left:
            self._left -= 1
            return
        if len(self._waiting) >= MOST_WAITING:
            raise NotReady("too many pages are asked for at this moment")
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _tick(self) -> None:
        self._ticking = self._left < PAGES_AT_ONCE
        self._left = PAGES_AT_ONCE
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._left -= 1
        if self._ticking:
            asyncio.get_running_loop().call_later(INTERVAL_SECONDS, self._tick)


def _busy(error: NotReady) -> Response:
    """The refusal of a page, in words."""
    headers = {"retry-after": str(RETRY_SECONDS)}
    return PlainTextResponse(f"{error.public}\n", HTTPStatus.SERVICE_UNAVAILABLE, headers)
