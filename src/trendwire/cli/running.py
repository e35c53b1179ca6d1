"""The command that goes on by itself: collects, stores, publishes and prunes, each when it is due."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog
import typer

from trendwire import clock, pipeline
from trendwire.cli import printing
from trendwire.cli.collecting import configuration_of, interrupted, means_of
from trendwire.cli.program import Home, app, examples, settings_for
from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail
from trendwire.editions import Record
from trendwire.editions.catalog import Catalog
from trendwire.errors import Conflict, NotReady
from trendwire.facts.durable import exclusive
from trendwire.facts.inbox import Inbox
from trendwire.publishing.service import answering
from trendwire.settings import ENV_PREFIX, Settings
from trendwire.sources import changes, push
from trendwire.sources.arrivals import Arrivals, watchful
from trendwire.sources.collect import Stopped, drain
from trendwire.sources.configuration import FILE, Configuration, ConfiguredSource, RetentionTable
from trendwire.sources.loop import LOCK, Loop, Task
from trendwire.sources.runs import Runs
from trendwire.sources.schedule import Every, Last, Planned
from trendwire.sources.status import planned, statuses
from trendwire.sources.visit import Means, visit
from trendwire.sources.watched import FilesOptions
from trendwire.web import logs

HOLDER = "run"
MOST_THREADS = 16
PUBLISHED = "published"
LOOKED_AT = "looked at"
"""What is kept of the facts: as they were published last, and as they were when that was decided last."""

KEPT_EVERY = 3600.0
"""Seconds between two checkpoints of a day."""

DAILY = Every("1d", timedelta(days=1))
SOON = Every("1m", timedelta(minutes=1))

if TYPE_CHECKING:
    from trendwire.publishing.resident import Resident

Publish = Callable[[date], Record]
"""Publishes a day."""

Choose = Callable[[date], pipeline.Choice]
"""Which day there is to publish on a day."""

_log = structlog.get_logger()


@app.command(epilog=examples("trendwire run"))
def run(context: typer.Context, home: Home = None) -> None:
    """Carry out the schedules of trendwire.toml until Ctrl+C or SIGTERM.

    Collects each source when it is due, takes in what waits in the inbox, publishes yesterday when something
    came, and prunes. Where yesterday has no posts, what is served stays, and the log says which sources are
    stale. Each job is one line on stderr, of JSON where that is no terminal. One such process runs for each
    home.
    """
    settings = settings_for(context, home)
    configuration = configuration_of(settings)
    if not configuration.sources and not _is_pushed_to(settings):
        raise NotReady(
            f"no sources configured: write {FILE} into the home, or set {ENV_PREFIX}INGEST_KEY where posts"
            " are pushed",
            path=str(settings.home),
        )
    logs.configure(settings.log_level)
    with exclusive(settings.home / LOCK, "running the schedules of this home"), interrupted() as stop:
        Runs(settings.home).clear(HOLDER + " ", clock.now())
        means = means_of(settings, HOLDER, stop)
        publishing = Publishing(settings, configuration, stop)
        tasks = tasks_of(
            settings, configuration, means, publishing, publishing.merged, lambda: publishing.resident
        )
        printing.line(_welcome(configuration))
        with answering(settings.home, publishing):
            publishing.begin()
            Loop(
                tasks,
                ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="task"),
                clock.now,
                watchful(
                    stop.wait,
                    [task.arrivals.look for task in tasks if isinstance(task, Collect) and task.arrivals],
                ),
            ).run(stop.is_set)
            publishing.keep()
    _log.info("stopped")


def _is_pushed_to(settings: Settings) -> bool:
    """Whether posts may be pushed, or were."""
    return settings.ingest_key is not None or any((settings.home / "facts" / push.FOLDER).glob("*"))


def tasks_of(
    settings: Settings,
    configuration: Configuration,
    means: Means,
    publish: Publish,
    merged: Callable[[], None] = lambda: None,
    state: Callable[[], "Resident | None"] = lambda: None,
) -> list[Task]:
    """All that is to be done for a home. `merged`: called when parts of the facts were. `state`: gives the
    one of the engine.
    """
    home = settings.home
    now = means.clocks.now
    sources = [Collect(one, means, _arrivals(one, now)) for one in configuration.sources.values()]
    return [
        *sources,
        Drain(home),
        PublishChanges(settings, configuration, publish, now),
        Tidy(settings, now, merged),
        Prune(settings, configuration.retention, now, state),
    ]


@dataclass(frozen=True, slots=True)
class Collect:
    """Collects one source by its schedule, when that is wished for, and when files arrive in its folder."""

    source: ConfiguredSource
    means: Means
    arrivals: Arrivals | None = None

    def planned(self) -> Planned | None:
        plan = planned(self.source, Runs(self.means.home))
        if plan is not None and self.arrivals is not None and self.arrivals.waits():
            return Planned(plan.name, plan.schedule)
        return plan

    def do(self) -> None:
        if self.arrivals is not None:
            self.arrivals.begin()
        run = visit(self.source, self.means, lambda _source, _pages, _rows: None)
        told = {key: value for key, value in msgspec.to_builtins(run).items() if value not in ("", None)}
        started, ended = told.pop("started"), told.pop("ended", clock.milliseconds())
        _log.info("collected", **told, seconds=round((ended - started) / 1000, 1))


def _arrivals(source: ConfiguredSource, now: Callable[[], datetime]) -> Arrivals | None:
    if source.every is None or not isinstance(source.options, FilesOptions):
        return None
    return Arrivals(source.options, now)


@dataclass(frozen=True, slots=True)
class Drain:
    """Takes in what waits in the inbox, whoever put it there."""

    home: Path

    def planned(self) -> Planned | None:
        return Planned("drain", SOON) if Inbox(self.home).waiting() else None

    def do(self) -> None:
        drained = drain(self.home)
        if drained is not None:
            _log.info("stored", **msgspec.structs.asdict(drained))


@dataclass(slots=True)
class PublishChanges:
    """Publishes at a set pace, where something came since the last time."""

    settings: Settings
    configuration: Configuration
    publish: Publish
    now: Callable[[], datetime]
    _last: Last | None = field(default=None, init=False)

    def planned(self) -> Planned | None:
        return Planned("publish", self.configuration.publish.every, self._last)

    def do(self) -> None:
        started = self.now()
        try:
            record = publish_if_changed(self.settings.home, started.date(), self._chosen, self.publish)
        finally:
            self._last = Last(started, self.now())
        if record is not None:
            told = {"edition": record.number, "as_of": record.as_of.isoformat(), "charts": record.charts}
            held = Catalog(self.settings.home).listing().held
            told |= {"held": held.number} if held else {}
            _log.info("published", **told, subjects=record.subjects, seconds=round(record.seconds, 1))

    def _chosen(self, today: date) -> pipeline.Choice:
        """The default day, but none before the one that is served; why it is not yesterday is logged."""
        choice = pipeline.default_day(self.settings, today)
        if not choice.reason:
            return choice
        current = Catalog(self.settings.home).listing().current()
        if current is not None and current.charts and choice.as_of < current.as_of < today:
            choice = pipeline.Choice(current.as_of, f"{choice.reason}; what is served is later and stays")
        found = statuses(self.settings.home, self.configuration, self.now())
        _log.warning("no posts", reason=choice.reason, stale=[one.name for one in found if one.stale])
        return choice


@dataclass(slots=True)
class Tidy:
    """Makes few files of many: parts of the facts. `merged`: called when some were."""

    settings: Settings
    now: Callable[[], datetime]
    merged: Callable[[], None]
    _last: Last | None = field(default=None, init=False)

    def planned(self) -> Planned | None:
        return Planned("tidy", SOON, self._last)

    def do(self) -> None:
        self._last = Last(self.now(), self.now())
        with suppress(Conflict):  # somebody is storing: a minute later will do
            parts = pipeline.compact(self.settings)
            if parts:
                _log.info("compacted", parts=parts)
                self.merged()


@dataclass(slots=True)
class Prune:
    """Removes what is older than it is to be kept."""

    settings: Settings
    kept: RetentionTable
    now: Callable[[], datetime]
    state: Callable[[], "Resident | None"]
    _last: Last | None = field(default=None, init=False)

    def planned(self) -> Planned | None:
        return Planned("prune", DAILY, self._last)

    def do(self) -> None:
        now, kept = self.now(), self.kept
        self._last = Last(now, now)
        gone = 0 if kept.runs is None else Runs(self.settings.home).prune(now - timedelta(days=kept.runs))
        retained = pipeline.retain(self.settings, now, kept.posts, kept.charts, kept.quarantine, self.state())
        _log.info("pruned", runs=gone, **msgspec.to_builtins(retained))


def publish_if_changed(home: Path, today: date, choose: Choose, publish: Publish) -> Record | None:
    """Publish the day that is chosen if anything came since it was published last; the record, or None."""
    runs, looked_at = Runs(home), changes.state(home, today)
    if not changes.anything(home) or runs.mark(LOOKED_AT) == looked_at:
        return None
    as_of = choose(today).as_of
    state, record = changes.state(home, as_of), None
    if runs.mark(PUBLISHED) != state:
        record = publish(as_of)
        runs.set_mark(PUBLISHED, state)
    runs.set_mark(LOOKED_AT, looked_at)
    return record


class Publishing:
    """Publishes in this process, which keeps the state of the engine of a large home in memory."""

    def __init__(self, settings: Settings, configuration: Configuration, stop: threading.Event) -> None:
        self._settings, self._stop = settings, stop
        self._markets = configuration.publish.markets
        self._resident: Resident | None = None
        self._as_of: date | None = None
        self._kept = clock.monotonic()
        self._opening = threading.Lock()

    @property
    def resident(self) -> "Resident | None":
        """The state that tells details; None in a home whose editions hold them all."""
        with self._opening:
            if self._resident is None and pipeline.details_of(self._settings) is pipeline.Details.RENDERED:
                self._resident = pipeline.opened_state(self._settings)
            return self._resident

    def __call__(self, as_of: date) -> Record:
        """Publish a day, and write the checkpoint where it is another one than before."""
        self._go_on("", 0.0)
        (record,) = pipeline.publish_range(
            self._settings,
            as_of,
            as_of,
            self._go_on,
            self._markets,
            keep_held=True,
            resident=self.resident,
        )
        if as_of != self._as_of:
            self.keep()
        self._as_of = as_of
        return record

    def begin(self) -> None:
        """Open the state. Where it cannot tell the details of the newest edition, that is published again."""
        newest = [one for one in Catalog(self._settings.home).records() if one.kept][-1:]
        if any(one.state != (self.resident.name if self.resident else "") for one in newest):
            for mark in (PUBLISHED, LOOKED_AT):
                Runs(self._settings.home).set_mark(mark, "")

    def detail(self, state: str, kind: Kind, identity: str, region: str | None) -> Detail | None:
        """See `Resident.detail`."""
        return self._engine().detail(state, kind, identity, region)

    def identities(self, state: str, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """See `Resident.identities`."""
        return self._engine().identities(state, kind, beginning, most)

    def _engine(self) -> "Resident":
        if self._resident is None:
            raise NotReady("the state of the engine is being opened: ask again in a moment")
        return self._resident

    def keep(self) -> None:
        """Write the checkpoint, unless somebody else publishes: they do."""
        self._kept = clock.monotonic()
        if self._resident is not None:
            with suppress(Conflict):
                pipeline.keep_state(self._settings, self._resident)

    def merged(self) -> None:
        """The same, but not often: replaying parts that were merged takes little, a checkpoint seconds."""
        if clock.monotonic() - self._kept > KEPT_EVERY:
            self.keep()

    def _go_on(self, _stage: str, _done: float) -> None:
        if self._stop.is_set():
            raise Stopped


def _welcome(configuration: Configuration) -> str:
    sources = configuration.sources.values()
    by_schedule = ", ".join(one.name for one in sources if one.every is not None)
    by_hand = ", ".join(one.name for one in sources if one.every is None)
    left = f"; not {by_hand}, without `every` in {FILE}" if by_hand else ""
    return f"Trendwire collects by schedule: {by_schedule or 'no source'}{left}; Ctrl+C stops it"
