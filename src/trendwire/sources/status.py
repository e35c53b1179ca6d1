"""How the sources stand: when each is due, when it last gave something, and whether that is too long ago."""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from trendwire.sources.configuration import Configuration, ConfiguredSource
from trendwire.sources.runs import FAILURES, SUCCESSES, Ending, Run, Runs, moment, ms
from trendwire.sources.schedule import Every, Last, Planned, Schedule, next_run

LOOKED_AT = 20
"""Runs that the success rate is of."""

_AT_ONCE = Every("at once", timedelta(minutes=1))
"""Of a run that is wished for, where the source has no schedule of its own."""

_RETRIED = (Ending.FAILED, Ending.BROKEN)


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One source. Moments are Unix milliseconds (UTC).

    `schedule`, `next_run`: None where it is only collected by hand; `next_run` also where it is paused.
    `wished`: since when a run is asked for that has not begun. `last_success`: a run that did what it should,
    even if nothing came; `last_given`: one that brought something; `freshness`: seconds since then. `stale`:
    no success for more than three slots of its schedule. `success_rate`: of the last 20 runs, 0 to 1, without
    those stopped or held; None without any. `rows`, `charts`, `quarantined`: in the runs that are still
    listed.
    """

    name: str
    kind: str
    schedule: str | None
    paused: bool
    running: bool
    wished: int | None
    stale: bool
    last_success: int | None
    last_given: int | None
    freshness: int | None
    success_rate: float | None
    rows: int
    charts: int
    quarantined: int
    next_run: int | None
    last: Run | None


def statuses(home: Path, configuration: Configuration, at: datetime) -> tuple[SourceStatus, ...]:
    """All sources of the configuration, in its order."""
    runs = Runs(home)
    return tuple(_status(source, runs, at) for source in configuration.sources.values())


def stale(schedule: Schedule, success: datetime | None, since: datetime | None, at: datetime) -> bool:
    """Whether the last success (without one: the first run, `since`) is more than three slots ago."""
    newest = success or since
    return newest is not None and newest < schedule.stale_before(at)


def planned(source: ConfiguredSource, runs: Runs) -> Planned | None:
    """The source with its last run, for the schedule; None where it has none, or is paused.

    Where a run is wished for, it is planned as if there had been none before: it is due at once.
    """
    if runs.wished(source.name) is not None:
        return Planned(job_name(source.name), source.every or _AT_ONCE)
    if source.every is None or runs.kept(source.name).paused:
        return None
    return Planned(job_name(source.name), source.every, _last(runs.latest(source.name, LOOKED_AT)))


def job_name(source: str) -> str:
    """What collecting a source is called beside other jobs; no source has a name with a colon."""
    return f"collect:{source}"


def _status(source: ConfiguredSource, runs: Runs, at: datetime) -> SourceStatus:
    latest, totals = runs.latest(source.name, LOOKED_AT), runs.totals(source.name)
    success, given = runs.last_success(source.name), runs.last_given(source.name)
    plan = planned(source, runs)
    return SourceStatus(
        name=source.name,
        kind=source.kind,
        schedule=None if source.every is None else source.every.text,
        paused=runs.kept(source.name).paused,
        running=bool(latest) and latest[0].ended is None,
        wished=runs.wished(source.name),
        stale=source.every is not None and stale(source.every, _moment(success), _moment(totals.since), at),
        last_success=success,
        last_given=given,
        freshness=None if given is None else max(0, ms(at) - given) // 1000,
        success_rate=_success_rate(latest),
        rows=totals.rows,
        charts=totals.charts,
        quarantined=totals.quarantined,
        next_run=None if plan is None else ms(max(next_run(plan, at), at)),
        last=next(iter(latest), None),
    )


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)


def _success_rate(latest: tuple[Run, ...]) -> float | None:
    judged = [run.ending in SUCCESSES for run in latest if run.ending in (*SUCCESSES, *FAILURES)]
    return sum(judged) / len(judged) if judged else None


def _last(latest: tuple[Run, ...]) -> Last | None:
    """A run that goes on is taken as one that ended when it began: nobody starts it a second time."""
    if not latest:
        return None
    run = latest[0]
    failures = next((n for n, run in enumerate(latest) if run.ending not in _RETRIED), len(latest))
    ended = run.started if run.ended is None else run.ended
    return Last(moment(run.started), moment(ended), failures, _moment(run.again))
