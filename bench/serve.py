"""make bench-serve: this server beside nginx and beside a FastAPI twin, in one run, each on one core.

    SECONDS_EACH=5 ROUNDS=3 python -m bench.serve

The sides take turns; the figures are medians of the rounds. In each round a side is first asked every
question once and its answer compared, so that all are warm; at the end the ledger must hold a debit for each
answer that was received.
"""

import json
import os
import re
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import load, report, sides, world
from bench.load import CONNECTIONS, Run
from bench.world import Questions
from trendwire.editions.catalog import Catalog, Listing

SECONDS = float(os.environ.get("SECONDS_EACH", "5"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SERVER_CORE, LOAD_CORE = 0, 1
FLIP_SECONDS = 1.0
QUIET = 0.85
"""A server that is asked all the time is as busy as that, if it has its core for itself."""

DISK = Path(__file__).resolve().parents[1]
"""Where ledgers are written meanwhile: a real disk, whose fsync takes its time."""
PAGE = DISK / "docs" / "explanation" / "performance.md"

_IDS = re.compile(rb'"(requestId|request_id)":"[0-9A-Fa-f-]+"')


@dataclass(frozen=True, slots=True)
class Side:
    """A server in the comparison. `command` starts it on a port; `path` is what it calls a target."""

    name: str
    command: Callable[[int], list[str]]
    questions: Sequence[Questions]
    path: Callable[[str], str] = str


@dataclass(slots=True)
class Counted:
    """What the server under test has answered: `answers` received, by `loads` of the load generator.

    A load that ends leaves up to one request for each connection on its way.
    """

    answers: int = 0
    loads: int = 0

    def add(self, run: Run) -> None:
        self.answers += run.requests + run.warmed
        self.loads += 2

    def check(self, debits: int) -> None:
        """Each answer is in the ledger, and nothing that nobody asked for."""
        most = self.answers + self.loads * CONNECTIONS
        say(f"{self.answers:,} answers received, {debits:,} debits in the ledger (at most {most:,})")
        if not self.answers <= debits <= most:
            raise SystemExit("the ledger does not agree with the answers")


@dataclass(frozen=True, slots=True)
class Bench:
    """One comparison: the sides, the answers they must give, the keys they are asked with."""

    home: Path
    scratch: Path
    credentials: list[str]
    bodies: dict[str, bytes]
    counted: Counted = field(default_factory=Counted)

    def run(self, side: Side, port: int, pid: int, asked: Questions) -> Run:
        """Load a side that runs; not one answer may be anything but a 200."""
        requests = self.scratch / "requests"
        requests.write_bytes(world.requests([side.path(one) for one in asked.drawn()], self.credentials))
        run = load.run(port, pid, requests, SECONDS, LOAD_CORE)
        if run.not_2xx or run.broken:
            raise SystemExit(f"{side.name} {asked.name}: {run.not_2xx} refused, {run.broken} broken")
        if side.name == "full":
            self.counted.add(run)
        return run

    def compare(self, side: Side, port: int) -> None:
        """Nobody wins by a wrong answer. The twin may order and space its JSON as it does."""
        for target in {target for asked in side.questions for target in asked.targets}:
            found = sides.fetched(port, side.path(target), self.credentials[0])
            self.counted.answers += side.name == "full"
            expected = self.bodies[target]
            same = _IDS.sub(b"", found) == _IDS.sub(b"", expected)
            if not same and _told(found) != _told(expected):
                raise SystemExit(f"{side.name} answers {target} otherwise")


def main() -> None:
    """Measure, write the page, print the figures."""
    with TemporaryDirectory(dir=DISK, prefix=".bench-") as folder:
        bench, questions = _prepared(Path(folder))
        compared = _sides(bench, questions)
        runs = _measured(bench, compared)
        flipped = _flipped(bench, compared[1], questions[0])
        debits = world.debits(bench.home)
    bench.counted.check(debits)
    figures = report.figures(runs, flipped, bench.counted.answers, debits)
    if figures["least_core"] < QUIET:
        say("another program ran on the server's core: measure again when this machine does nothing else")
    PAGE.write_text(report.written(PAGE.read_text(), figures, runs, flipped, (ROUNDS, SECONDS)))
    sys.stdout.write(json.dumps(figures) + "\n")


def _prepared(folder: Path) -> tuple[Bench, Sequence[Questions]]:
    home = folder / "home"
    say(f"making a world of {world.WORLD.posts:,} posts and two editions of it")
    edition = world.made(home)
    credentials = world.keys(home)
    questions = (world.lists(edition), world.details(edition), world.mixed(edition))
    bodies = _bodies(home, questions, credentials[0])
    return Bench(home, folder, credentials, bodies, Counted(len(bodies))), questions


def _sides(bench: Bench, questions: Sequence[Questions]) -> list[Side]:
    home, scratch = bench.home, bench.scratch
    return [
        Side(
            "nginx",
            lambda port: sides.nginx(scratch / "nginx", port, bench.bodies),
            questions,
            lambda one: f"/{sides.file_of(one)}",
        ),
        Side("full", lambda port: sides.trendwire(home, port), questions),
        Side("free", lambda port: sides.free(home, port), questions),
        Side("fastapi", lambda port: sides.twin(home, port, bench.credentials), questions[:2]),
    ]


def _bodies(home: Path, questions: Sequence[Questions], credential: str) -> dict[str, bytes]:
    """What this server answers to each question: the bytes that all sides must give."""
    port = sides.free_port()
    with sides.running(sides.trendwire(home, port), port, SERVER_CORE):
        targets = list(dict.fromkeys(target for one in questions for target in one.targets))
        say(f"{len(targets)} questions")
        return {target: sides.fetched(port, target, credential) for target in targets}


def _measured(bench: Bench, compared: Sequence[Side]) -> dict[tuple[str, str], list[Run]]:
    runs: defaultdict[tuple[str, str], list[Run]] = defaultdict(list)
    for number in range(ROUNDS):
        for side in compared:
            port = sides.free_port()
            with sides.running(side.command(port), port, SERVER_CORE) as pid:
                bench.compare(side, port)
                for asked in side.questions:
                    run = bench.run(side, port, pid, asked)
                    runs[side.name, asked.name].append(run)
                    say(f"round {number + 1}/{ROUNDS} {side.name:>8} {asked.name:>6}: {run}")
    return runs


def _told(body: bytes) -> object:
    return json.loads(_IDS.sub(b'"id":""', body))


def _flipped(bench: Bench, full: Side, asked: Questions) -> Run:
    """The full path while the current edition changes every second."""
    port = sides.free_port()
    with sides.running(full.command(port), port, SERVER_CORE) as pid, _flipping(Catalog(bench.home)):
        run = bench.run(full, port, pid, asked)
    say(f"with editions flipping: {run}")
    return run


@contextmanager
def _flipping(catalog: Catalog) -> Iterator[None]:
    stopped = threading.Event()

    def flip() -> None:
        *older, before, current = catalog.records()
        while not stopped.wait(FLIP_SECONDS):
            before, current = current, before
            catalog.replace(Listing(editions=(*older, before, current)))

    with ExitStack() as after:
        thread = threading.Thread(target=flip)
        thread.start()
        after.callback(thread.join)
        after.callback(stopped.set)
        yield


def say(words: str) -> None:
    """Tell who waits how far it is."""
    sys.stderr.write(words + "\n")


if __name__ == "__main__":
    main()
