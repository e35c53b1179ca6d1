"""Sources: how they stand, what became of their runs, and the forms to pause, resume and run them now."""

from starlette.responses import Response

from trendwire.errors import NotFound, NotReady
from trendwire.sources.configuration import FILE
from trendwire.sources.runs import FAILURES, MEANINGS, SUCCESSES, Run
from trendwire.sources.status import SourceStatus
from trendwire.web.collecting import (
    ListRuns,
    ListSources,
    PauseSource,
    ReadSchedules,
    ResumeSource,
    RunSource,
    Schedules,
)
from trendwire.web.console.visit import ROOT, Visit

TAB = f"{ROOT}/sources"
LAST_RUNS = 50
FROM_LIST = "list"

UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))
"""Seconds, and how they are called; of less than two of a unit the next smaller one is told."""


async def sources(visit: Visit) -> Response:
    """The table of sources; a configuration that is not accepted is said in their place."""
    found, schedules, wrong = await _known(visit)
    return visit.shown(
        "sources",
        "Sources",
        TAB,
        sources=[(one, _state(one.last)) for one in found],
        schedules=schedules,
        wrong=wrong,
        file=FILE,
        at=visit.at,
        words=words,
    )


async def source(visit: Visit) -> Response:
    """One source: how it stands, and its last runs. Of one that is no longer configured, its runs alone."""
    name = visit.request.path_params["name"]
    runs = await _runs(visit, name)
    found, schedules, wrong = await _known(visit)
    return visit.shown(
        "source",
        name,
        TAB,
        name=name,
        source=next((one for one in found if one.name == name), None),
        schedules=schedules,
        wrong=wrong,
        file=FILE,
        at=visit.at,
        runs=[(run, _state(run)) for run in runs],
        words=words,
    )


async def pause(visit: Visit) -> Response:
    await visit.do(PauseSource(name=visit.request.path_params["name"]))
    return _back(visit, "paused")


async def resume(visit: Visit) -> Response:
    await visit.do(ResumeSource(name=visit.request.path_params["name"]))
    return _back(visit, "resumed")


async def run_now(visit: Visit) -> Response:
    wish = await visit.do(RunSource(name=visit.request.path_params["name"]))
    return _back(visit, "asked" if wish.is_at_work else "unheard")


def ago(seconds: int) -> str:
    """How long ago, as people say it."""
    for size, unit in UNITS:
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return "just now"


def words(run: Run) -> str:
    """How a run ended, in words."""
    return run.message or (MEANINGS[run.ending] if run.ending else "it goes on")


def _state(run: Run | None) -> tuple[str, str]:
    """How a run ended in one word, and the look of its badge."""
    if run is None:
        return "not yet run", ""
    if run.ending is None:
        return "running", "accent"
    look = "good" if run.ending in SUCCESSES else "bad" if run.ending in FAILURES else "warm"
    return run.ending.value, look


def _back(visit: Visit, done: str) -> Response:
    """To the page that the form was on."""
    listed = visit.fields.text("from") == FROM_LIST
    return visit.sent(TAB if listed else f"{TAB}/{visit.request.path_params['name']}", done)


async def _known(visit: Visit) -> tuple[tuple[SourceStatus, ...], Schedules | None, str | None]:
    """The sources and schedules, or why they cannot be told."""
    try:
        return await visit.do(ListSources()), await visit.do(ReadSchedules()), None
    except NotReady as error:
        return (), None, error.public


async def _runs(visit: Visit, name: str) -> tuple[Run, ...]:
    """Its last runs. None where the page says already why they cannot be told. Raises NotFound."""
    try:
        return await visit.do(ListRuns(name=name, limit=LAST_RUNS))
    except NotReady:
        return ()
    except NotFound:
        if visit.error is None:
            raise
        return ()
