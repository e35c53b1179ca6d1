"""One request of somebody signed in: what they asked, what they may do, how it is shown to them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from trendwire.accounts import Desk
from trendwire.accounts.operations import Operation
from trendwire.accounts.users import Session, Users
from trendwire.errors import TrendwireError
from trendwire.web.addresses import Networks
from trendwire.web.admin import STATUS
from trendwire.web.console.fields import Fields
from trendwire.web.views import Place, Views

R = TypeVar("R")

ROOT = "/console"

KEPT_BY_NOBODY = {"cache-control": "no-store", "referrer-policy": "same-origin"}
"""On every page. Without a referrer of its own, browsers would send forms from nowhere (`Origin: null`)."""

TABS = (
    Place("Overview", ROOT),
    Place("Accounts", f"{ROOT}/accounts"),
    Place("Keys", f"{ROOT}/keys"),
    Place("Ledger", f"{ROOT}/ledger"),
    Place("Usage", f"{ROOT}/usage"),
    Place("Requests", f"{ROOT}/requests"),
    Place("Sources", f"{ROOT}/sources"),
    Place("Ingests", f"{ROOT}/ingests"),
    Place("Editions", f"{ROOT}/editions"),
)

DONE = {
    "opened": "The account is open.",
    "planned": "The account is on that plan now.",
    "granted": "The credits are granted.",
    "plan": "The plan is saved.",
    "changed": "The limits of the key are changed, from its next request on.",
    "revoked": "The key is revoked: its next request is refused.",
    "paused": "The source is paused: its schedule leaves it alone.",
    "resumed": "The source is collected by its schedule again.",
    "asked": "The source is collected within seconds.",
    "unheard": (
        "That is noted, but no trendwire run is at work on this home: start it, or use trendwire collect."
    ),
}
"""What a page says after a form went well, by the word in its address."""


@dataclass(frozen=True, slots=True)
class Console:
    """What the console works with. `desk` answers the archive's operations too (`WholeDesk`).

    `milliseconds`: this moment. `trusted`: proxies whose word on addresses and https counts.
    """

    desk: Desk
    users: Users
    milliseconds: Callable[[], int]
    trusted: Networks = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """`fields`: of the form if one was sent, else of the query. `error`: why a form was refused."""

    request: Request
    views: Views
    console: Console
    session: Session
    at: int
    fields: Fields
    error: TrendwireError | None = None

    async def do(self, operation: Operation[R]) -> R:
        """Raises what the desk raises."""
        return await self.console.desk.do(operation, self.at)

    @property
    def number(self) -> int:
        """The number in the path."""
        found: int = self.request.path_params["number"]
        return found

    def refused(self, error: TrendwireError) -> "Visit":
        """The same visit, to show its form again."""
        return replace(self, error=error)

    def shown(self, template: str, title: str, tab: str, status: int = 200, **told: Any) -> Response:
        """A page under one of `TABS`."""
        if self.error is not None:
            status = status_of(self.error)
        common = {
            "title": f"{title} – Console",
            "heading": title,
            "place": ROOT,
            "tabs": TABS,
            "tab": tab,
            "session": self.session,
            "fields": self.fields,
            "error": self.error,
            "done": DONE.get(self.request.query_params.get("done", "")),
        }
        return self.views.page(
            self.request, f"console/{template}.html", common | told, status, KEPT_BY_NOBODY
        )

    def link(self, **changed: object) -> str:
        """This page's address with other fields; None takes one away."""
        pairs = self.fields.pairs(without=[*changed, "done"])
        pairs += [(name, str(text)) for name, text in changed.items() if text is not None]
        path = self.request.url.path
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def sent(self, path: str, done: str) -> Response:
        """On to another page, which says what was done."""
        return RedirectResponse(f"{path}?done={done}", HTTPStatus.SEE_OTHER, KEPT_BY_NOBODY)


Show = Callable[[Visit], Awaitable[Response]]
"""Makes a page; or does what a form asks for, and says where to go on."""


def status_of(error: TrendwireError) -> int:
    """As the admin API answers it."""
    return STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
