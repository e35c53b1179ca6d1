"""What an operator looks up and does about sources, as messages: how they stand, pause, resume, run now.

Nothing is collected here: a run that is wanted is a wish in the home, which `trendwire run` fulfils at its
next look, within seconds. Moments are Unix milliseconds (UTC).
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from trendwire.accounts import checks
from trendwire.accounts.operations import Operation
from trendwire.errors import NotFound
from trendwire.sources.loop import is_at_work
from trendwire.sources.runs import Run, Runs, moment
from trendwire.sources.status import SourceStatus, statuses
from trendwire.web.staleness import Stale, Staleness, configuration_of

R = TypeVar("R")

SOON = "trendwire run is at work and begins within seconds"
UNHEARD = (
    "it is noted, but no trendwire run is at work on this home: start it, or use trendwire collect {name}"
)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is wanted. `at`: since when; `is_at_work`: whether `trendwire run` is there to see it."""

    source: str
    at: int
    is_at_work: bool
    message: str


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """For how many days things are kept; None is for ever."""

    posts: int | None
    charts: int | None
    quarantine: int | None
    runs: int | None


class SourceSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """When a source is collected. `schedule`: None where that is by hand alone; `next_run`: where it is
    paused, too."""

    name: str
    schedule: str | None
    paused: bool
    next_run: int | None


class Schedules(msgspec.Struct, frozen=True, kw_only=True):
    """What `trendwire run` does when. `is_at_work`: whether it does now. `markets`: region -> what its charts
    are made from."""

    is_at_work: bool
    sources: tuple[SourceSchedule, ...]
    publish_every: str
    markets: dict[str, str]
    retention: Retention


class ListSources(Operation[tuple[SourceStatus, ...]], frozen=True, kw_only=True):
    """All of trendwire.toml, in its order. NotReady where that is not accepted."""


class ListRuns(Operation[tuple[Run, ...]], frozen=True, kw_only=True):
    """Of one source, newest first; also of one that is no longer configured."""

    name: str
    limit: int = 100


class PauseSource(Operation[SourceStatus], frozen=True, kw_only=True):
    """Have the schedule leave it alone."""

    name: str


class ResumeSource(Operation[SourceStatus], frozen=True, kw_only=True):
    """Have the schedule collect it again; what was missed is made up for once."""

    name: str


class RunSource(Operation[Wish], frozen=True, kw_only=True):
    """Have it collected as soon as may be, even if it is paused."""

    name: str


class ReadSchedules(Operation[Schedules], frozen=True, kw_only=True):
    """What is collected and published when."""


class ListStale(Operation[tuple[Stale, ...]], frozen=True, kw_only=True):
    """What is older than it should be; nothing where all is well."""


OPERATIONS: tuple[type[Operation[Any]], ...] = (
    ListSources,
    ListRuns,
    PauseSource,
    ResumeSource,
    RunSource,
    ReadSchedules,
    ListStale,
)


class Collecting:
    """Answers the messages above over one home; its files are read and written in threads."""

    def __init__(self, home: Path, staleness: Staleness) -> None:
        self._home = home
        self._runs = Runs(home)
        self._answers: dict[type, Callable[[Any, int], Any]] = {
            ListSources: lambda _, at: self._all(at),
            ListRuns: lambda asked, _: self._list_runs(asked),
            PauseSource: lambda asked, at: self._pause(asked.name, at, paused=True),
            ResumeSource: lambda asked, at: self._pause(asked.name, at, paused=False),
            RunSource: self._wish,
            ReadSchedules: lambda _, at: self._schedules(at),
            ListStale: lambda _, at: staleness.found(at),
        }

    def knows(self, operation: Operation[Any]) -> bool:
        """Whether it is one of ours."""
        return type(operation) in self._answers

    async def do(self, operation: Operation[R], at: int) -> R:
        """Raises InvalidInput, NotFound for what is asked; NotReady, Corrupt for the home."""
        answered: R = await asyncio.to_thread(self._answers[type(operation)], operation, at)
        return answered

    def _all(self, at: int) -> tuple[SourceStatus, ...]:
        return statuses(self._home, configuration_of(self._home), moment(at))

    def _one(self, name: str, at: int) -> SourceStatus:
        for one in self._all(at):
            if one.name == name:
                return one
        raise NotFound("source")

    def _list_runs(self, asked: ListRuns) -> tuple[Run, ...]:
        found = self._runs.latest(asked.name, checks.whole("limit", asked.limit, 1, checks.MAX_ROWS))
        if not found and asked.name not in configuration_of(self._home).sources:
            raise NotFound("source")
        return found

    def _pause(self, name: str, at: int, *, paused: bool) -> SourceStatus:
        self._runs.pause(self._one(name, at).name, paused=paused)
        return self._one(name, at)

    def _wish(self, asked: RunSource, at: int) -> Wish:
        name = self._one(asked.name, at).name
        self._runs.wish(name, moment(at))
        at_work = is_at_work(self._home)
        return Wish(
            source=name,
            # a run that began in this very moment has fulfilled it already
            at=self._runs.wished(name) or at,
            is_at_work=at_work,
            message=SOON if at_work else UNHEARD.format(name=name),
        )

    def _schedules(self, at: int) -> Schedules:
        configuration = configuration_of(self._home)
        found = statuses(self._home, configuration, moment(at))
        return Schedules(
            is_at_work=is_at_work(self._home),
            sources=tuple(
                SourceSchedule(name=one.name, schedule=one.schedule, paused=one.paused, next_run=one.next_run)
                for one in found
            ),
            publish_every=configuration.publish.every.text,
            markets=dict(configuration.publish.markets),
            retention=Retention(**msgspec.structs.asdict(configuration.retention)),
        )
