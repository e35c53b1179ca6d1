"""What commands print: tables for people, JSON for programs, progress for whoever waits."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from trendwire.sources.streams import printable

Told = Callable[[str, float], None]
"""Hears the stage that is going on and the share (0..1) of it that is done."""

_BARS = "▁▂▃▄▅▆▇█"
_NARROWEST = 100


def console() -> Console:
    """Stdout; into a pipe it writes wide lines, not ones folded at 80 columns."""
    out = Console(highlight=False, soft_wrap=True)
    return out if out.is_terminal else Console(highlight=False, width=max(out.width, 160))


def as_json(told: object) -> None:
    """One JSON document on stdout."""
    text = msgspec.json.format(msgspec.json.encode(told), indent=2)
    sys.stdout.write(text.decode() + "\n")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> None:
    """A table on stdout; the columns named in `right` are numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    for row in rows:
        made.add_row(*(Text(printable(str(cell))) for cell in row))
    console().print(made)


def pairs(rows: Sequence[tuple[str, object]]) -> None:
    """Names and values, one a line."""
    widest = max(len(name) for name, _ in rows)
    for name, value in rows:
        sys.stdout.write(f"{name:<{widest}}  {printable(str(value))}\n")


def line(text: str = "") -> None:
    """One plain line on stdout, at once also where stdout is a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def sparkline(values: Sequence[int]) -> str:
    """One bar a value, the largest highest; nothing for nothing."""
    best = max(values, default=0)
    if not best:
        return _BARS[0] * len(values)
    return "".join(_BARS[min(len(_BARS) * value // best, len(_BARS) - 1)] for value in values)


@contextmanager
def progress() -> Iterator[Told]:
    """Bars on a terminal, one plain line a stage elsewhere; always on stderr."""
    out = Console(stderr=True, highlight=False)
    if not out.is_terminal:
        yield _plain()
        return
    name = TextColumn("{task.description:<14}", markup=False)
    columns = (name, BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*columns, TimeElapsedColumn(), console=out) as bars:
        yield _barred(bars)


@contextmanager
def counting() -> Iterator[Callable[[str, int, int], None]]:
    """A line for each source with its pages and rows, where stderr is a terminal; else nothing."""
    out = Console(stderr=True, highlight=False)
    if not out.is_terminal:
        yield lambda _source, _pages, _rows: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}  {task.fields[pages]} pages, {task.fields[rows]} rows"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=out) as bars:
        yield _counted(bars)


def _counted(bars: Progress) -> Callable[[str, int, int], None]:
    tasks: dict[str, TaskID] = {}

    def told(source: str, pages: int, rows: int) -> None:
        if source not in tasks:
            tasks[source] = bars.add_task(source, total=None, pages=0, rows=0)
        bars.update(tasks[source], pages=pages, rows=rows)

    return told


def _plain() -> Told:
    seen: set[str] = set()

    def told(stage: str, _done: float) -> None:
        if stage not in seen:
            seen.add(stage)
            sys.stderr.write(f"{stage} ...\n")
            sys.stderr.flush()

    return told


def _barred(bars: Progress) -> Told:
    tasks: dict[str, TaskID] = {}

    def told(stage: str, done: float) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=1.0)
        bars.update(tasks[stage], completed=done)

    return told


def builtins(told: object) -> Any:
    """A Struct as plain dicts and lists, to be joined with others in one JSON document."""
    return msgspec.to_builtins(told)


def moment(at: int) -> str:
    """Unix milliseconds as a person reads them, UTC."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M}"


def iso(at: int | None) -> str | None:
    """Unix milliseconds as a program reads them."""
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC).isoformat().replace("+00:00", "Z")
