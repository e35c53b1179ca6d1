"""Commands of collecting: collect, sources, sources pause, sources resume."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Annotated

import typer

from trendwire import clock
from trendwire.cli import printing
from trendwire.cli.outcomes import ExitCode, say
from trendwire.cli.program import Home, Json, app, examples, settings_for
from trendwire.errors import Conflict, NotReady
from trendwire.settings import Settings
from trendwire.sources.collect import Stopped, Told, drain
from trendwire.sources.configuration import FILE, Configuration, ConfiguredSource, load
from trendwire.sources.pace import Clocks
from trendwire.sources.registry import CONNECTORS
from trendwire.sources.runs import FAILURES, INTERRUPTED, MEANINGS, Run, Runs
from trendwire.sources.status import SourceStatus, statuses
from trendwire.sources.visit import Means, visit
from trendwire.web import logs

group = typer.Typer(help="Sources: how they stand, pause, resume.", invoke_without_command=True)
app.add_typer(group, name="sources")

Name = Annotated[str, typer.Argument(metavar="NAME", help="A source of trendwire.toml.")]


@app.command(epilog=examples("trendwire collect", "trendwire collect research"))
def collect(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE", help="One source; else all that are not paused.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Collect the sources of trendwire.toml once, now, whatever their schedules say.

    Each goes on where it was left. Prints a table on a terminal, else one line of JSON for each run.
    """
    settings = settings_for(context, home)
    logs.configure(settings.log_level)
    chosen = _chosen(settings, configuration_of(settings), source)
    with interrupted() as stop, printing.counting() as told:
        means = means_of(settings, "collect", stop)
        runs = [run for one in chosen if (run := _visited(one, means, told)) is not None]
    drained = drain(settings.home)
    if as_json or not printing.console().is_terminal:
        for run in runs:
            printing.json_line(run)
    else:
        _print(runs)
    if drained is None:
        say("another process is storing facts: what came waits in the inbox for it")
    raise typer.Exit(_code(runs, missed=len(chosen) - len(runs), stopped=stop.is_set()))


def _visited(source: ConfiguredSource, means: Means, told: Told) -> Run | None:
    """The run; None where another process is at that source, which is said."""
    if means.stopped():
        return None
    try:
        return visit(source, means, told)
    except Conflict as error:
        say(error.public)
        return None


def _chosen(settings: Settings, configuration: Configuration, name: str | None) -> list[ConfiguredSource]:
    if name is not None:
        return [configuration.source(name)]
    if not configuration.sources:
        raise NotReady(f"no source is configured: write {FILE} into the home", path=str(settings.home))
    runs = Runs(settings.home)
    return [one for one in configuration.sources.values() if not runs.kept(one.name).paused]


def _code(runs: list[Run], *, missed: int, stopped: bool) -> ExitCode:
    if stopped:
        return ExitCode.INTERRUPTED
    failed = missed + sum(run.ending in FAILURES for run in runs)
    if failed == missed + len(runs) and failed:
        return ExitCode.FAILED
    partly = failed or any(run.quarantined or run.ending in INTERRUPTED for run in runs)
    return ExitCode.PARTLY if partly else ExitCode.DONE


def _print(runs: list[Run]) -> None:
    columns = ("source", "ended", "rows", "charts", "quarantined", "requests", "")
    rows = [
        (run.source, run.ending, run.rows, run.charts, run.quarantined, run.requests, words(run))
        for run in runs
    ]
    printing.table(columns, rows, right=("rows", "charts", "quarantined", "requests"))


def words(run: Run) -> str:
    """How a run ended, in words."""
    return run.message or (MEANINGS[run.ending] if run.ending else "it goes on")


@group.callback(epilog=examples("trendwire sources", "trendwire sources --json"))
def sources(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the sources: when each gave something last, how often it fails, when it is due.

    A source is stale when its last success is more than three turns of its schedule ago.
    """
    settings = settings_for(context, home)
    context.obj = settings.home
    if context.invoked_subcommand is not None:
        return
    now = clock.now()
    found = statuses(settings.home, configuration_of(settings), now)
    if as_json:
        printing.as_json(found)
        return
    if not found:
        say(f"no source is configured: write {FILE} into {settings.home}")
        return
    printing.table(_COLUMNS, [_row(one) for one in found], right=_NUMBERS)


_NUMBERS = ("success", "rows", "charts", "quarantined")
_COLUMNS = ("source", "kind", "schedule", "state", "last success", *_NUMBERS, "next")


def _row(one: SourceStatus) -> tuple[object, ...]:
    rate = "" if one.success_rate is None else f"{one.success_rate:.0%}"
    success = "never" if one.last_success is None else printing.moment(one.last_success)
    due = "" if one.next_run is None else printing.moment(one.next_run)
    return (
        one.name,
        one.kind,
        one.schedule or "by hand",
        _state(one),
        success,
        rate,
        one.rows,
        one.charts,
        one.quarantined,
        due,
    )


def _state(one: SourceStatus) -> str:
    said = [word for word, is_so in (("paused", one.paused), ("stale", one.stale)) if is_so]
    if one.running:
        said.append("running")
    elif one.last is not None and one.last.ending is not None:
        said.append(one.last.ending.value)
    return ", ".join(said) or "not yet run"


@group.command(epilog=examples("trendwire sources pause research"))
def pause(context: typer.Context, name: Name, home: Home = None) -> None:
    """Have the schedule leave a source alone; `collect NAME` still collects it."""
    _pause(context, name, home, paused=True)


@group.command(epilog=examples("trendwire sources resume research"))
def resume(context: typer.Context, name: Name, home: Home = None) -> None:
    """Have the schedule collect a source again; what was missed is made up for once."""
    _pause(context, name, home, paused=False)


def _pause(context: typer.Context, name: str, home: Home, *, paused: bool) -> None:
    settings = settings_for(context, home)
    found = configuration_of(settings).source(name)
    Runs(settings.home).pause(found.name, paused=paused)
    say(f"{found.name} is {'paused' if paused else 'resumed'}")


def configuration_of(settings: Settings) -> Configuration:
    """The configuration of a home, for all connectors there are."""
    return load(settings.home, CONNECTORS)


def means_of(settings: Settings, holder: str, stop: threading.Event) -> Means:
    """What a visit needs of this process; it ends soon after `stop` is set."""

    def sleep(seconds: float) -> None:
        if stop.wait(seconds):
            raise Stopped

    return Means(
        home=settings.home,
        environment=os.environ,
        holder=f"{holder} {os.getpid()}",
        clocks=replace(Clocks(), sleep=sleep),
        stopped=stop.is_set,
    )


@contextmanager
def interrupted() -> Iterator[threading.Event]:
    """Set by SIGTERM and SIGINT: what is going on ends gracefully. A second one ends the process as ever."""
    stop = threading.Event()
    before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}

    def stopping(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in (int(signal.SIGTERM), int(signal.SIGINT)):
        before[number] = signal.signal(number, stopping)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
