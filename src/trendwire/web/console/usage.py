"""Usage: requests that were charged for and their credits, drawn by day, key and endpoint."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from starlette.responses import Response

from trendwire.accounts.operations import ListAccounts, ListKeys, ListUsage, Usage
from trendwire.dialects.catalog import ENDPOINTS
from trendwire.errors import InvalidInput
from trendwire.web.console.bars import days_chart, names_chart
from trendwire.web.console.fields import day_of
from trendwire.web.console.visit import ROOT, Visit

TAB = f"{ROOT}/usage"
DAYS, MOST_DAYS = 30, 366
MEASURES = ("calls", "credits")

Sums = list[tuple[str, int, int]]
"""Name, calls, credits."""


async def usage(visit: Visit) -> Response:
    """Three charts, each with its table."""
    fields = visit.fields
    last = fields.day("until") or day_of(visit.at)
    first = fields.day("since") or last - timedelta(days=DAYS - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise InvalidInput("since", f"must be a day before until, by at most {MOST_DAYS} days")
    rows = await visit.do(
        ListUsage(
            account=fields.optional("account"),
            key_id=fields.number("key"),
            endpoint=fields.optional("endpoint"),
            since=first.isoformat(),
            until=last.isoformat(),
        )
    )
    measure = fields.text("measure") if fields.text("measure") in MEASURES else MEASURES[0]
    keys = {key.id: f"{key.id} {key.account}" for key in await visit.do(ListKeys())}
    by_day = _sums(rows, lambda row: row.day)
    by_key = _sums(rows, lambda row: keys.get(row.key_id, str(row.key_id)))
    by_endpoint = _sums(rows, lambda row: row.endpoint)
    return visit.shown(
        "usage",
        "Usage",
        TAB,
        first=first,
        last=last,
        measure=measure,
        measures=MEASURES,
        calls=sum(row.calls for row in rows),
        credits=sum(row.credits for row in rows),
        days=days_chart(_of(by_day, measure), first, last),
        by_day=sorted(by_day, reverse=True),
        charts=(
            ("Key", names_chart(_of(by_key, measure)), by_key),
            ("Endpoint", names_chart(_of(by_endpoint, measure)), by_endpoint),
        ),
        endpoints=ENDPOINTS,
        names=[one.name for one in await visit.do(ListAccounts())],
    )


def _sums(rows: Iterable[Usage], name_of: Callable[[Usage], str]) -> Sums:
    """Added up by name, the most calls first."""
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        calls, credits_ = sums.get(name_of(row), (0, 0))
        sums[name_of(row)] = (calls + row.calls, credits_ + row.credits)
    ranked = ((name, calls, credits_) for name, (calls, credits_) in sums.items())
    return sorted(ranked, key=lambda one: (-one[1], one[0]))


def _of(sums: Sums, measure: str) -> list[tuple[str, int]]:
    return [(name, calls if measure == "calls" else credits_) for name, calls, credits_ in sums]
