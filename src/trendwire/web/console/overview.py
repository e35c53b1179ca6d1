"""The first page: how the house stands now."""

from datetime import timedelta

from starlette.responses import Response

from trendwire.accounts.checks import MAX_ROWS
from trendwire.accounts.operations import ListAccounts, ListKeys, ListRequests, ListUsage
from trendwire.web.archive import ListEditions, ListIngests, ListQuarantine
from trendwire.web.collecting import ListStale
from trendwire.web.console.bars import days_chart
from trendwire.web.console.fields import day_of
from trendwire.web.console.keys import is_active
from trendwire.web.console.visit import ROOT, Visit

LAST_DAYS = 14
LAST_REFUSALS = 5
CLIENT_ERRORS = 4
MOST_NAMED = 8
"""Regions of a row of what is stale that are named; the others are counted."""


async def overview(visit: Visit) -> Response:
    """Figures, the last days, what was refused lately, what came in, what is served, what is stale."""
    today = day_of(visit.at)
    first = today - timedelta(days=LAST_DAYS - 1)
    accounts = await visit.do(ListAccounts())
    keys = await visit.do(ListKeys())
    usage = await visit.do(ListUsage(since=first.isoformat()))
    todays = [row for row in usage if row.day == today.isoformat()]
    quarantine = await visit.do(ListQuarantine())
    return visit.shown(
        "overview",
        "Overview",
        ROOT,
        accounts=accounts,
        active=sum(is_active(key, visit.at) for key in keys),
        keys=keys,
        credits=sum(one.balance for one in accounts),
        calls=sum(row.calls for row in todays),
        spent=sum(row.credits for row in todays),
        days=days_chart([(row.day, row.calls) for row in usage], first, today),
        stale=await visit.do(ListStale()),
        most_named=MOST_NAMED,
        editions=[one for one in await visit.do(ListEditions(limit=MAX_ROWS)) if one.current],
        ingests=await visit.do(ListIngests(limit=1)),
        quarantined=sum(one.rows for one in quarantine),
        counted=all(one.whole for one in quarantine),
        refusals=await visit.do(ListRequests(status=CLIENT_ERRORS, limit=LAST_REFUSALS)),
    )
