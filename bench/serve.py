"""make bench-serve: this server beside nginx and beside a FastAPI twin, in one run, each on one core.

    SECONDS=5 ROUNDS=3 python -m bench.serve

The sides take turns; the figures are medians of the rounds. Every side is first asked each question once and
its answer compared; at the end the ledger must hold a debit for each answer that the load generator has
counted.
"""

import json
import os
import platform
import re
import statistics
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import load, sides, world
from bench.load import Run
from bench.world import Questions
from trendwire.accounts.operations import CheckLedger, ListUsage
from trendwire.cli.desk import desk
from trendwire.editions.catalog import Catalog
from trendwire.settings import Settings

SECONDS = float(os.environ.get("SECONDS_EACH", "5"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SERVER_CORE, LOAD_CORE = 0, 1
FLIP_SECONDS = 1.0

PAGE = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "performance.md"
MARKS = ("<!-- measured: make bench-serve -->", "<!-- end -->")

_IDS = re.compile(rb'"requestId":"[0-9a-f-]{36}"')


@dataclass(frozen=True, slots=True)
class Side:
    """A server in the comparison. `command` starts it on a port; `targets` is what it calls the questions."""

    name: str
    command: Callable[[int], list[str]]
    targets: Callable[[str], str] = str


def main() -> None:
    """Measure, write the page, print the figures."""
    home = Path(os.environ.get("BENCH_HOME", Path.home() / ".cache" / "trendwire-bench"))
    say(f"a world of {world.WORLD.posts:,} posts in {home}")
    edition = world.made(home)
    credentials = world.keys(home)
    questions = (world.lists(edition), world.details(edition))
    with TemporaryDirectory() as scratch:
        bodies = _bodies(home, questions, credentials[0])
        compared = _sides(home, Path(scratch), bodies, credentials)
        runs = _measured(compared, questions, credentials, bodies, Path(scratch))
        flipped = _flipped(home, compared[1], questions[0], credentials, Path(scratch))
    charged = _check(home, runs, flipped)
    figures = _figures(runs, flipped, charged)
    _write(figures, runs, flipped)
    sys.stdout.write(json.dumps(figures) + "\n")


def _sides(home: Path, scratch: Path, bodies: dict[str, bytes], credentials: list[str]) -> list[Side]:
    return [
        Side(
            "nginx",
            lambda port: sides.nginx(scratch / "nginx", port, bodies),
            lambda one: f"/{sides.file_of(one)}",
        ),
        Side("full", lambda port: sides.trendwire(home, port)),
        Side("free", lambda port: sides.free(home, port)),
        Side("fastapi", lambda port: sides.twin(home, port, credentials)),
    ]


def _bodies(home: Path, questions: tuple[Questions, ...], credential: str) -> dict[str, bytes]:
    """What this server answers to each question: the bytes that all sides must give."""
    port = sides.free_port()
    with sides.running(sides.trendwire(home, port), port, SERVER_CORE):
        targets = [target for one in questions for target in one.targets]
        say(f"{len(targets)} questions")
        return {target: sides.fetched(port, target, credential) for target in targets}


def _measured(
    compared: list[Side],
    questions: tuple[Questions, ...],
    credentials: list[str],
    bodies: dict[str, bytes],
    scratch: Path,
) -> dict[tuple[str, str], list[Run]]:
    runs: defaultdict[tuple[str, str], list[Run]] = defaultdict(list)
    for number in range(ROUNDS):
        for side in compared:
            port = sides.free_port()
            with sides.running(side.command(port), port, SERVER_CORE) as pid:
                if number == 0:
                    _compare(side, port, bodies, credentials[0])
                for asked in questions:
                    run = _run(side, port, pid, asked, credentials, scratch)
                    runs[side.name, asked.name].append(run)
                    say(f"round {number + 1}/{ROUNDS} {side.name:>8} {asked.name:>6}: {_words(run)}")
    return runs


def _run(side: Side, port: int, pid: int, asked: Questions, credentials: list[str], scratch: Path) -> Run:
    requests = scratch / "requests"
    requests.write_bytes(world.requests([side.targets(one) for one in asked.drawn()], credentials))
    load.run(port, pid, requests, 1, LOAD_CORE)
    run = load.run(port, pid, requests, SECONDS, LOAD_CORE)
    if run.not_2xx or run.broken:
        raise SystemExit(f"{side.name} {asked.name}: {run.not_2xx} refused, {run.broken} broken")
    return run


def _compare(side: Side, port: int, bodies: dict[str, bytes], credential: str) -> None:
    """Nobody wins by a wrong answer. The twin may order and space its JSON as it does."""
    for target, expected in bodies.items():
        found = sides.fetched(port, side.targets(target), credential)
        same = _IDS.sub(b"", found) == _IDS.sub(b"", expected)
        if not same and _told(found) != _told(expected):
            raise SystemExit(f"{side.name} answers {target} otherwise")


def _told(body: bytes) -> object:
    return json.loads(_IDS.sub(b'"requestId":""', body))


def _flipped(home: Path, full: Side, asked: Questions, credentials: list[str], scratch: Path) -> Run:
    """The full path while the current edition changes every second."""
    port = sides.free_port()
    with sides.running(full.command(port), port, SERVER_CORE) as pid, _flipping(Catalog(home)):
        run = _run(full, port, pid, asked, credentials, scratch)
    say(f"with editions flipping: {_words(run)}")
    return run


@contextmanager
def _flipping(catalog: Catalog) -> Iterator[None]:
    records, stopped = catalog.records(), threading.Event()

    def flip() -> None:
        turned = records
        while not stopped.wait(FLIP_SECONDS):
            turned = turned[::-1]
            catalog.replace(turned)

    with ExitStack() as after:
        thread = threading.Thread(target=flip)
        thread.start()
        after.callback(catalog.replace, records)
        after.callback(thread.join)
        after.callback(stopped.set)
        yield


def _check(home: Path, runs: dict[tuple[str, str], list[Run]], flipped: Run) -> int:
    """Every answer that was counted is in the ledger; the debits of this home add up."""
    with desk(Settings(home=home)) as opened:
        opened.do(CheckLedger())
        calls = sum(row.calls for row in opened.do(ListUsage()) if row.credits)
    answered = sum(run.requests for (side, _), many in runs.items() if side == "full" for run in many)
    if calls < answered + flipped.requests:
        raise SystemExit(f"{answered + flipped.requests} answers, but {calls} debits")
    return calls


def _figures(runs: dict[tuple[str, str], list[Run]], flipped: Run, charged: int) -> dict[str, float]:
    def rate(side: str, asked: str) -> float:
        return statistics.median(run.rate for run in runs[side, asked])

    full = runs["full", "list"]
    return {
        "full_vs_nginx": round(rate("full", "list") / rate("nginx", "list"), 3),
        "full_vs_fastapi": round(rate("full", "list") / rate("fastapi", "list"), 2),
        "list_rps": round(rate("full", "list")),
        "detail_rps": round(rate("full", "detail")),
        "p50_ms": round(statistics.median(run.p50 for run in full), 2),
        "p99_ms": round(statistics.median(run.p99 for run in full), 2),
        "rss_mb": round(max(run.rss for run in full)),
        "detail_vs_nginx": round(rate("full", "detail") / rate("nginx", "detail"), 3),
        "detail_vs_fastapi": round(rate("full", "detail") / rate("fastapi", "detail"), 2),
        "free_vs_nginx": round(rate("free", "list") / rate("nginx", "list"), 3),
        "flipping_rps": round(flipped.rate),
        "debits_in_ledger": charged,
    }


def _write(figures: dict[str, float], runs: dict[tuple[str, str], list[Run]], flipped: Run) -> None:
    rows = ["| | questions | requests/s | per CPU second | p50 ms | p99 ms | memory MB |"]
    rows.append("|---|---|---|---|---|---|---|")
    rows += [_row(_NAMES[side], asked, many) for (side, asked), many in runs.items()]
    rows.append(_row("full path, an edition a second", "list", [flipped]))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    told = [
        MARKS[0],
        f"Medians of {ROUNDS} rounds of {SECONDS:g} s on {machine}; one core for the server, one for wrk.",
        "",
        *rows,
        "",
        f"Lists: **{figures['full_vs_nginx']}** of nginx, **{figures['full_vs_fastapi']}** times FastAPI.",
        f"Details: {figures['detail_vs_nginx']} of nginx, {figures['detail_vs_fastapi']} times FastAPI.",
        MARKS[1],
    ]
    page = PAGE.read_text()
    before, rest = page.split(MARKS[0])
    PAGE.write_text(before + "\n".join(told) + rest.split(MARKS[1])[1])


_NAMES = {
    "nginx": "nginx, the same bytes from files",
    "full": "Trendwire: key, limit, durable charge, answer",
    "free": "the same without charging",
    "fastapi": "FastAPI and uvicorn",
}


def _row(name: str, asked: str, many: list[Run]) -> str:
    def median(of: Callable[[Run], float]) -> float:
        return statistics.median(map(of, many))

    rates = f"{median(lambda run: run.rate):,.0f} | {median(lambda run: run.per_cpu_second):,.0f}"
    times = f"{median(lambda run: run.p50):.2f} | {median(lambda run: run.p99):.2f}"
    return f"| {name} | {asked} | {rates} | {times} | {median(lambda run: run.rss):,.0f} |"


def _words(run: Run) -> str:
    return f"{run.rate:>8,.0f}/s, p99 {run.p99:.1f} ms, core {run.cpu / run.seconds:.0%}"


def say(words: str) -> None:
    """Progress, for whoever waits."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
