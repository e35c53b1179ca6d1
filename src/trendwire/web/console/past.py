"""What happened: the ledger and the request log, filtered and paged."""

from typing import Any, get_args
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from trendwire.accounts.operations import (
    EntryKind,
    ListAccounts,
    ListEntries,
    ListRequests,
    LoggedRequest,
)
from trendwire.accounts.redaction import REDACTED
from trendwire.dialects.catalog import ENDPOINTS, find
from trendwire.errors import InvalidInput, TrendwireError
from trendwire.web.console.visit import ROOT, Visit

LEDGER_TAB, REQUESTS_TAB = f"{ROOT}/ledger", f"{ROOT}/requests"
ROWS = 50

KINDS: tuple[EntryKind, ...] = get_args(EntryKind)

STATUSES = ((2, "answered (2xx)"), (3, "unchanged (3xx)"), (4, "refused (4xx)"), (5, "failed (5xx)"))


async def ledger(visit: Visit) -> Response:
    """Grants, refills and debits, newest first."""
    fields, names = visit.fields, await _names(visit)
    entries = await visit.do(
        ListEntries(
            account=fields.optional("account"),
            key_id=fields.number("key"),
            kind=_kind(fields.optional("kind")),
            since=fields.start("since"),
            until=fields.end("until"),
            before=fields.number("before"),
            limit=ROWS,
        )
    )
    return visit.shown(
        "ledger",
        "Ledger",
        LEDGER_TAB,
        entries=entries,
        names=names,
        kinds=KINDS,
        paging=_paging(visit, entries),
    )


async def requests(visit: Visit) -> Response:
    """Single requests, newest first, each with a way to ask again."""
    fields, names = visit.fields, await _names(visit)
    found = await visit.do(
        ListRequests(
            account=fields.optional("account"),
            key_id=fields.number("key"),
            endpoint=fields.optional("endpoint"),
            status=fields.number("status"),
            request_id=fields.optional("id"),
            since=fields.start("since"),
            until=fields.end("until"),
            before=fields.number("before"),
            limit=ROWS,
        )
    )
    return visit.shown(
        "requests",
        "Requests",
        REQUESTS_TAB,
        rows=[(row, replay(row)) for row in found],
        names=names,
        endpoints=ENDPOINTS,
        statuses=STATUSES,
        paging=_paging(visit, found),
    )


def replay(row: LoggedRequest) -> str | None:
    """Where the playground shows the same request; None for what is no request of an endpoint.

    Of its query only what the endpoint knows goes along, and never what a key was cut out of.
    """
    path, _, query = row.target.partition("?")
    try:
        call = find("GET", path)
    except TrendwireError:
        return None
    known = {parameter.name for parameter in call.endpoint.parameters}
    told = [*call.path_parameters.items(), *parse_qsl(query, keep_blank_values=True)]
    kept = [(name, text) for name, text in told if name in known and REDACTED not in text]
    return f"/playground?{urlencode([('endpoint', call.endpoint.name), *kept])}"


async def _names(visit: Visit) -> dict[int, str]:
    return {one.id: one.name for one in await visit.do(ListAccounts())}


def _paging(visit: Visit, rows: tuple[Any, ...]) -> dict[str, str | None]:
    """Links to older rows, if there may be more, and back to the newest."""
    return {
        "older": visit.link(before=rows[-1].id) if len(rows) == ROWS else None,
        "newest": visit.link(before=None) if visit.fields.optional("before") else None,
    }


def _kind(text: str | None) -> EntryKind | None:
    found = next((kind for kind in KINDS if kind == text), None)
    if text is not None and found is None:
        raise InvalidInput("kind", f"must be one of {', '.join(KINDS)}")
    return found
