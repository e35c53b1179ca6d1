"""Editions: all that were published, and what changed in a chart from one to another."""

from starlette.responses import Response

from trendwire.domain.charts import WORLD, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.domain.taxonomy import countries, industries
from trendwire.errors import InvalidInput, TrendwireError
from trendwire.web.archive import CompareEditions, ListEditions
from trendwire.web.console.visit import ROOT, Visit

TAB = f"{ROOT}/editions"
ROWS = 100
MOST_CHOICES = 1000


async def editions(visit: Visit) -> Response:
    """Newest first."""
    found = await visit.do(ListEditions(before=visit.fields.number("before"), limit=ROWS + 1))
    kept = [one.number for one in found if one.kept]
    found = found[:ROWS]
    return visit.shown(
        "editions",
        "Editions",
        TAB,
        editions=found,
        compared=kept[:-1],
        older=visit.link(before=found[-1].number) if len(found) == ROWS else None,
    )


async def changes(visit: Visit) -> Response:
    """Who entered a chart, who left it, who moved. The form stays where an answer is refused."""
    listed = await visit.do(ListEditions(limit=MOST_CHOICES))
    change = None
    try:
        change = await visit.do(_asked(visit))
    except TrendwireError as error:
        visit = visit.refused(error)
    return visit.shown(
        "changes",
        "What changed",
        TAB,
        change=change,
        editions=[one for one in listed if one.kept],
        kinds=tuple(Kind),
        periods=CHART_PERIODS,
        regions=[(WORLD, "Whole world"), *((one.code, one.name) for one in countries().values())],
        industries=industries().values(),
    )


def _asked(visit: Visit) -> CompareEditions:
    fields = visit.fields
    kind = fields.text("kind", Kind.HASHTAG)
    if kind not in set(Kind):
        raise InvalidInput("kind", f"must be one of {', '.join(Kind)}")
    return CompareEditions(
        before=fields.number("before"),
        after=fields.number("after"),
        kind=Kind(kind),
        period=fields.whole("period", CHART_PERIODS[0]),
        region=fields.text("region", WORLD),
        industry=fields.whole("industry", 0),
    )
