"""What the measurements of serving come to: the figures, and the page that shows them."""

import os
import platform
import re
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from bench.load import Run
from trendwire import clock

MARKS = ("<!-- measured: make bench-serve -->", "<!-- end -->")

Runs = Mapping[tuple[str, str], Sequence[Run]]
"""By side and questions, a run for each round."""

_NAMES = {
    "nginx": "nginx, the same bytes from files",
    "full": "Trendwire: key, limit, durable charge, answer",
    "free": "the same without charging",
    "fastapi": "FastAPI and uvicorn",
}


def figures(runs: Runs, flipped: Run, answers: int, debits: int) -> dict[str, float]:
    """The last line of a run. Ratios are of requests a second on one core; memory in MB.

    `least_core`: how busy the least busy server was. Well below 1, another program was on its core.
    """

    def rate(side: str, asked: str) -> float:
        return _median(runs[side, asked], lambda run: run.rate)

    def per_cpu_second(side: str) -> float:
        return _median(runs[side, "list"], lambda run: run.per_cpu_second)

    full = runs["full", "list"]
    return {
        "full_vs_nginx": round(rate("full", "list") / rate("nginx", "list"), 3),
        "full_vs_fastapi": round(rate("full", "list") / rate("fastapi", "list"), 2),
        "list_rps": round(rate("full", "list")),
        "detail_rps": round(rate("full", "detail")),
        "mixed_rps": round(rate("full", "mixed")),
        "flipping_rps": round(flipped.rate),
        "nginx_rps": round(rate("nginx", "list")),
        "fastapi_rps": round(rate("fastapi", "list")),
        "p50_ms": round(_median(full, lambda run: run.p50), 2),
        "p99_ms": round(_median(full, lambda run: run.p99), 2),
        "rss_mb": round(max(run.rss for run in full)),
        "list_per_cpu_second": round(per_cpu_second("full")),
        "full_vs_nginx_per_cpu_second": round(per_cpu_second("full") / per_cpu_second("nginx"), 3),
        "least_core": round(min(run.core for many in runs.values() for run in many), 2),
        "detail_vs_nginx": round(rate("full", "detail") / rate("nginx", "detail"), 3),
        "detail_vs_fastapi": round(rate("full", "detail") / rate("fastapi", "detail"), 2),
        "mixed_vs_nginx": round(rate("full", "mixed") / rate("nginx", "mixed"), 3),
        "free_vs_nginx": round(rate("free", "list") / rate("nginx", "list"), 3),
        "answers_received": answers,
        "debits_in_ledger": debits,
    }


def written(page: str, told: Mapping[str, float], runs: Runs, flipped: Run, size: tuple[int, float]) -> str:
    """The page with this run between its marks. `size`: rounds, and seconds of each."""
    rows = ["| | questions | requests/s | per CPU second | core | p50 ms | p99 ms | memory MB |"]
    rows.append("|---|---|---|---|---|---|---|---|")
    rows += [_row(_NAMES[side], asked, many) for (side, asked), many in runs.items()]
    rows.append(_row("full path, another edition each second", "list", [flipped]))
    return placed(page, MARKS, (_where(size), "", *rows, "", *_said(told)))


def placed(page: str, marks: tuple[str, str], lines: Sequence[str]) -> str:
    """The page with these lines between the marks, and nothing else changed."""
    before, first, rest = page.partition(marks[0])
    _, last, after = rest.partition(marks[1])
    return before + "\n".join((first, *lines, last)) + after


def _said(told: Mapping[str, float]) -> tuple[str, ...]:
    return (
        f"Lists: **{told['full_vs_nginx']}** of nginx, **{told['full_vs_fastapi']}** times FastAPI;",
        f"per CPU second {told['full_vs_nginx_per_cpu_second']} of nginx.",
        f"Details: {told['detail_vs_nginx']} of nginx, {told['detail_vs_fastapi']} times FastAPI.",
        f"Both dialects mixed: {told['mixed_vs_nginx']} of nginx.",
        f"For {told['answers_received']:,} answers the ledger has {told['debits_in_ledger']:,} debits:",
        "each answer's, and those of answers that were on their way when a run ended.",
    )


def _row(name: str, asked: str, many: Sequence[Run]) -> str:
    columns = (
        name,
        asked,
        f"{_median(many, lambda run: run.rate):,.0f}",
        f"{_median(many, lambda run: run.per_cpu_second):,.0f}",
        f"{_median(many, lambda run: run.core):.0%}",
        f"{_median(many, lambda run: run.p50):.2f}",
        f"{_median(many, lambda run: run.p99):.2f}",
        f"{_median(many, lambda run: run.rss):,.0f}",
    )
    return "| " + " | ".join(columns) + " |"


def _median(many: Sequence[Run], of: Callable[[Run], float]) -> float:
    return statistics.median(map(of, many))


def _where(size: tuple[int, float]) -> str:
    """When, on what, with which versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("uvicorn", "uvloop", "fastapi"))
    return f"""\
Medians of `ROUNDS={size[0]} SECONDS_EACH={size[1]:g} make bench-serve` on {clock.now().date()},
one core for the server, another for wrk. {processor()}, {os.cpu_count()} cores, Linux {platform.release()},
Python {platform.python_version()}, {versions}, {_nginx()}."""


def processor() -> str:
    """What this machine computes with."""
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _nginx() -> str:
    told = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    return told.strip().rpartition(": ")[2].replace("/", " ")
