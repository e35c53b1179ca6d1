"""What browsers, crawlers and people who found a weakness look for at fixed addresses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trendwire.accounts import Moment
from trendwire.web.page_cache import PageCache, Rendered
from trendwire.web.statics import Statics

ROBOTS = "/robots.txt"
SECURITY = "/.well-known/security.txt"
FAVICON = "/favicon.ico"

VALID_DAYS = 180
"""How long what security.txt says may be relied on; RFC 9116 asks for less than a year."""

_TEXT = "text/plain; charset=utf-8"
_KEPT_A_DAY = {"cache-control": "public, max-age=86400"}

_ROBOTS = b"""\
User-agent: *
Disallow: /admin/
Disallow: /console
Disallow: /compare/
Disallow: /docs/search
Disallow: /search
Disallow: /*.csv
Disallow: /*.json
Disallow: /*.parquet
"""

_NO_CONTACT = b"The operator of this server has named no contact (the setting TRENDWIRE_CONTACT).\n"


def well_known_routes(
    statics: Statics, cache: PageCache, contact: str | None, moment: Callable[[], Moment]
) -> list[Route]:
    """The routes of these files. `contact`: the operator's address, for security.txt."""

    def security(expires: str) -> Rendered:
        if contact is None:
            return Rendered(_NO_CONTACT, _TEXT, 404)
        told = f"Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\n"
        return Rendered(told.encode(), _TEXT, headers=_KEPT_A_DAY)

    async def robots_page(request: Request) -> Response:
        return await cache.answer(request, ROBOTS, lambda: Rendered(_ROBOTS, _TEXT, headers=_KEPT_A_DAY))

    async def security_page(request: Request) -> Response:
        expires = _expiry(moment().wall)
        return await cache.answer(request, (SECURITY, expires), lambda: security(expires))

    async def icon_page(request: Request) -> Response:
        return await cache.answer(request, FAVICON, lambda: statics.bytes_of("favicon.ico", _KEPT_A_DAY))

    pages = {ROBOTS: robots_page, SECURITY: security_page, FAVICON: icon_page}
    return [Route(path, page, methods=["GET"]) for path, page in pages.items()]


def _expiry(wall: int) -> str:
    """The same all day long."""
    day = datetime.fromtimestamp(wall // 1000, UTC).date() + timedelta(days=VALID_DAYS)
    return f"{day.isoformat()}T00:00:00Z"
