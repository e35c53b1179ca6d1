"""The command that goes on by itself: collects, stores, publishes and prunes, each when it is due."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import structlog
import typer

from trendwire import clock, pipeline
from trendwire.cli import printing
from trendwire.cli.collecting import configuration_of, interrupted, means_of
from trendwire.cli.program import Home, app, examples, settings_for
from trendwire.editions import Record
from trendwire.errors import Conflict, NotReady
from trendwire.facts.durable import exclusive
from trendwire.facts.inbox import Inbox
from trendwire.settings import Settings
from trendwire.sources import changes
from trendwire.sources.collect import Stopped, drain
from trendwire.sources.configuration import Configuration, ConfiguredSource, RetentionTable
from trendwire.sources.loop import LOCK, Loop, Task
from trendwire.sources.runs import Runs
from trendwire.sources.schedule import Every, Last, Planned, Schedule
from trendwire.sources.status import planned
from trendwire.sources.visit import Means, visit
from trendwire.web import logs

HOLDER = "run"
MOST_THREADS = 16
PUBLISHED = "published"
_SIGNAL_SECONDS = 0.5
DAILY = Every("1d", timedelta(days=1))
SOON = Every("1m", timedelta(minutes=1))

Publish = Callable[[date], Record]
"""Makes a day what is served."""

_log = structlog.get_logger()


@app.command(epilog=examples("trendwire run"))
def run(context: typer.Context, home: Home = None) -> None:
    """Carry out the schedules of trendwire.toml until Ctrl+C or SIGTERM.

    Collects each source when it is due, takes in what waits in the inbox, publishes yesterday when something
    came, and prunes. Each job is one line on stderr, of JSON where that is no terminal. One such process runs
    for each home.
    """
    settings = settings_for(context, home)
    configuration = configuration_of(settings)
    logs.configure(settings.log_level)
    with exclusive(settings.home / LOCK, "running the schedules of this home"), interrupted() as stop:
        Runs(settings.home).clear(HOLDER + " ", clock.now())
        means = means_of(settings, HOLDER, stop)
        tasks = tasks_of(settings, configuration, means, _published(settings, stop))
        printing.line(_welcome(configuration))
        Loop(
            tasks,
            ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="task"),
            clock.now,
            stop.wait,
        ).run(stop.is_set)
    _log.info("stopped")


def tasks_of(settings: Settings, configuration: Configuration, means: Means, publish: Publish) -> list[Task]:
    """All that is to be done for a home."""
    home = settings.home
    sources = [Collect(source, means) for source in configuration.sources.values()]
    now = means.clocks.now
    return [
        *sources,
        Drain(home),
        PublishChanges(home, configuration.publish.every, publish, now),
        Tidy(settings, now),
        Prune(settings, configuration.retention, now),
    ]


@dataclass(frozen=True, slots=True)
class Collect:
    """Collects one source by its schedule, and when that is wished for."""

    source: ConfiguredSource
    means: Means

    def planned(self) -> Planned | None:
        return planned(self.source, Runs(self.means.home))

    def do(self) -> None:
        run = visit(self.source, self.means, lambda _source, _pages, _rows: None)
        _log.info(
            "collected",
            **{key: value for key, value in msgspec.to_builtins(run).items() if value not in ("", None)},
        )


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
    """Publishes yesterday at a set pace, where something came since the last time."""

    home: Path
    every: Schedule
    publish: Publish
    now: Callable[[], datetime]
    _last: Last | None = field(default=None, init=False)

    def planned(self) -> Planned | None:
        return Planned("publish", self.every, self._last)

    def do(self) -> None:
        started = self.now()
        try:
            record = publish_if_changed(self.home, started.date() - timedelta(days=1), self.publish)
        finally:
            self._last = Last(started, self.now())
        if record is not None:
            told = {"edition": record.number, "as_of": record.as_of.isoformat(), "charts": record.charts}
            _log.info("published", **told, subjects=record.subjects, seconds=round(record.seconds, 1))


@dataclass(slots=True)
class Tidy:
    """Makes few files of many: parts of the facts, and what lean editions are read from."""

    settings: Settings
    now: Callable[[], datetime]
    _last: Last | None = field(default=None, init=False)

    def planned(self) -> Planned | None:
        return Planned("tidy", SOON, self._last)

    def do(self) -> None:
        self._last = Last(self.now(), self.now())
        with suppress(Conflict):  # somebody is storing: a minute later will do
            parts = pipeline.compact(self.settings)
            if parts:
                _log.info("compacted", parts=parts)
        with suppress(Conflict):  # somebody is publishing: what they publish then can be absorbed with it
            if pipeline.absorb(self.settings):
                _log.info("absorbed")


@dataclass(slots=True)
class Prune:
    """Removes what is older than it is to be kept."""

    settings: Settings
    kept: RetentionTable
    now: Callable[[], datetime]
    _last: Last | None = field(default=None, init=False)

    def planned(self) -> Planned | None:
        return Planned("prune", DAILY, self._last)

    def do(self) -> None:
        now, kept = self.now(), self.kept
        self._last = Last(now, now)
        gone = 0 if kept.runs is None else Runs(self.settings.home).prune(now - timedelta(days=kept.runs))
        retained = pipeline.retain(self.settings, now, kept.posts, kept.charts, kept.quarantine)
        _log.info("pruned", runs=gone, **msgspec.to_builtins(retained))


def publish_if_changed(home: Path, as_of: date, publish: Publish) -> Record | None:
    """Publish a day if anything came since it was published last; the record, or None."""
    state = changes.state(home, as_of)
    runs = Runs(home)
    if not changes.anything(home) or runs.mark(PUBLISHED) == state:
        return None
    record = publish(as_of)
    runs.set_mark(PUBLISHED, state)
    return record


def _published(settings: Settings, stop: threading.Event) -> Publish:
    """Publishing in a process of its own, which gives its memory back and ends with this one."""

    def publish(as_of: date) -> Record:
        command = [sys.executable, "-m", "trendwire", "--home", str(settings.home)]
        with subprocess.Popen(  # noqa: S603  our own command
            [*command, "publish", "--as-of", as_of.isoformat(), "--details", "rendered", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            out, err = _outcome(child, stop)
        if child.returncode and stop.wait(
            _SIGNAL_SECONDS
        ):  # Ctrl+C reaches the child as well, maybe before us
            raise Stopped
        if child.returncode:
            words = err.strip().rsplit("\n", 1)[-1].removeprefix("trendwire: ")
            raise NotReady(f"publishing {as_of} failed: {words or f'exit code {child.returncode}'}")
        return msgspec.json.decode(out, type=Record)

    return publish


def _outcome(child: "subprocess.Popen[str]", stop: threading.Event) -> tuple[str, str]:
    while True:
        try:
            return child.communicate(timeout=1.0)
        except subprocess.TimeoutExpired:
            if stop.is_set():
                child.terminate()


def _welcome(configuration: Configuration) -> str:
    by_schedule = sum(source.every is not None for source in configuration.sources.values())
    return f"Trendwire collects {by_schedule} sources by schedule; Ctrl+C stops it"
