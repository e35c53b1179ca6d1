"""Which page of the console is where: one table of pages, one of forms."""

from datetime import UTC, datetime
from http import HTTPStatus

from starlette.responses import Response
from starlette.routing import Route

from trendwire.web.console import accounts, editions, intake, keys, past, sources
from trendwire.web.console.doors import SIGN_IN, Doors
from trendwire.web.console.overview import overview
from trendwire.web.console.usage import usage
from trendwire.web.console.visit import ROOT, Show, Visit
from trendwire.web.views import Views

PAGES: tuple[tuple[str, Show], ...] = (
    ("", overview),
    ("/", overview),
    ("/accounts", accounts.accounts),
    ("/accounts/{number:int}", accounts.account),
    ("/keys", keys.keys),
    ("/keys/new", keys.new_key),
    ("/keys/{number:int}", keys.key),
    ("/keys/{number:int}/rotate", keys.rotation),
    ("/keys/{number:int}/revoke", keys.revocation),
    ("/ledger", past.ledger),
    ("/usage", usage),
    ("/requests", past.requests),
    ("/sources", sources.sources),
    ("/sources/{name}", sources.source),
    ("/ingests", intake.ingests),
    ("/quarantine/{name}", intake.quarantine),
    ("/editions", editions.editions),
    ("/editions/changes", editions.changes),
)

FORMS: tuple[tuple[str, Show, Show], ...] = (
    ("/accounts", accounts.accounts, accounts.open_account),
    ("/plans", accounts.accounts, accounts.set_plan),
    ("/accounts/{number:int}/plan", accounts.account, accounts.change_plan),
    ("/accounts/{number:int}/grants", accounts.account, accounts.grant),
    ("/keys/new", keys.new_key, keys.create_key),
    ("/keys/{number:int}", keys.key, keys.change_key),
    ("/keys/{number:int}/rotate", keys.rotation, keys.rotate_key),
    ("/keys/{number:int}/revoke", keys.revocation, keys.revoke_key),
    ("/sources/{name}/pause", sources.source, sources.pause),
    ("/sources/{name}/resume", sources.source, sources.resume),
    ("/sources/{name}/run", sources.source, sources.run_now),
)
"""Path, the page that shows a refusal, and what the form does."""


def console_routes(views: Views, doors: Doors) -> list[Route]:
    """All pages under /console, for the application to put before its catch-all."""
    views.environment.filters |= {"utc": utc, "ago": sources.ago}
    return [
        Route(SIGN_IN, doors.answering(doors.sign_in), methods=["GET", "POST"]),
        Route(f"{ROOT}/sign-out", doors.form(_nowhere, doors.sign_out), methods=["POST"]),
        *[Route(ROOT + path, doors.page(show)) for path, show in PAGES],
        *[Route(ROOT + path, doors.form(show, act), methods=["POST"]) for path, show, act in FORMS],
        Route(f"{ROOT}/{{rest:path}}", doors.page(_nowhere), methods=["GET", "POST"]),
    ]


async def _nowhere(visit: Visit) -> Response:
    return visit.shown("nowhere", "No such page", "", HTTPStatus.NOT_FOUND)


def utc(at: int | datetime) -> str:
    """A moment (a datetime or Unix milliseconds) as people read it."""
    moment = at if isinstance(at, datetime) else datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%d %H:%M}"
