"""What came in: the ingests, and the rows that could not be read, with the reason of each."""

from starlette.responses import Response

from trendwire.web.archive import ListIngests, ListQuarantine, ReadQuarantine
from trendwire.web.console.visit import ROOT, Visit

TAB = f"{ROOT}/ingests"
SAMPLES = 20
LONGEST_ROW = 2000
"""Characters of a sample row that are shown."""


async def ingests(visit: Visit) -> Response:
    """The ingests, and the files of the quarantine."""
    return visit.shown(
        "ingests",
        "Ingests",
        TAB,
        ingests=await visit.do(ListIngests()),
        quarantine=await visit.do(ListQuarantine()),
    )


async def quarantine(visit: Visit) -> Response:
    """One file of the quarantine: reasons with their counts, and rows as they came."""
    reason = visit.fields.optional("reason")
    name = visit.request.path_params["name"]
    found = await visit.do(ReadQuarantine(name=name, reason=reason, limit=SAMPLES))
    return visit.shown(
        "quarantine",
        f"Refused rows of {name}",
        TAB,
        refusals=found.refusals,
        reason=reason,
        samples=[(one, one.row[:LONGEST_ROW], len(one.row) > LONGEST_ROW) for one in found.samples],
    )
