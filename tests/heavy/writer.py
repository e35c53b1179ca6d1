"""A process that takes in, stores, publishes, rolls and tidies one home until it is killed.

Run as `python -m tests.heavy.writer HOME BATCH TARGET TIME STEP`. It begins with the batch of that number and
tells each phase when it begins and ends, each batch once it is acknowledged and each edition once it is
current. `TARGET`: `roll` publishes a new day each time; `compact` goes on in a thread of its own, as
in `trendwire run`. When the target begins for the `TIME`th time, it says `now`, and kills itself
before the `STEP`th change that its thread makes to names in the home; 0 leaves that to others.
"""

import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Event, Thread, get_ident

from tests.small_world import LAST_DAY, WORLD, settings_of, silent
from trendwire import pipeline
from trendwire.domain.posts import Observation
from trendwire.editions.catalog import Catalog
from trendwire.errors import Conflict
from trendwire.facts.store import FactStore
from trendwire.settings import Settings
from trendwire.sources.records import RecordParser
from trendwire.sources.simulator import simulate

BESIDE = ("compact",)
FIRST_DAY = LAST_DAY - timedelta(days=60)
OBSERVED = datetime(2025, 9, 29, 12, tzinfo=UTC)
BASE = -1
"""The batch that is there before the first writer."""
ROWS, REPEATED = 12, 4
"""New rows of a batch, and those it has in common with the one before."""
FEW_PARTS = 3
"""Parts of a month that are merged: fewer than usual, so that there is always something to do."""
STEPS = {"os.rename", "os.remove", "os.rmdir", "os.chmod"}
"""Between two of these, what others see of a home is the same, whenever a writer is killed."""


@cache
def observations() -> list[Observation]:
    """All there are, in no order; the first half of them is the batch `BASE`."""
    parser = RecordParser(int(OBSERVED.timestamp()), "simulator")
    parsed = [parser.parse(row) for row in simulate(WORLD)]
    random.Random(7).shuffle(parsed)
    return parsed


def batch(number: int) -> list[Observation]:
    """Those of one batch; when all were there, they come again."""
    half = len(observations()) // 2
    if number == BASE:
        return observations()[:half]
    start = half + number * ROWS % half
    return observations()[start - REPEATED : start + ROWS]


def small(home: Path) -> Settings:
    return settings_of(home).model_copy(update={"engine_memory_mb": 512})


def publish(home: Path, as_of: date) -> tuple[int, str]:
    """Number and hash of the edition."""
    rendered = pipeline.Details.RENDERED
    (record,) = pipeline.publish_range(small(home), as_of, as_of, silent, details=rendered, allow_empty=True)
    return record.number, record.content_hash


class Writer:
    """What is done to a home; one thread may tidy beside the one that writes."""

    def __init__(self, home: Path, number: int, target: str, time: int, step: int) -> None:
        self.home, self.number, self.target, self.time, self.step = home, number, target, time, step
        self.store = FactStore(home, threads=1, memory="512MB")
        self.steps, self.thread, self.due = 0, 0, Event()

    def watch(self) -> None:
        """Count the steps that the thread of the target takes, and end before the one that was given."""
        ours = str(self.home)

        def step(event: str, values: tuple[object, ...]) -> None:
            if event in STEPS and get_ident() == self.thread and str(values[0]).startswith(ours):
                self.steps += 1
                if self.steps == self.step and self.time <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(step)

    def write(self) -> None:
        while True:
            self.do("ingest", self.take)
            self.do("drain", self.store.drain)
            if self.target == "roll":
                self.do("roll", self.roll)
            else:
                self.do("publish", self.publish)
            if self.target in BESIDE:
                self.due.set()
            else:
                self.compact()

    def tidy(self) -> None:
        """After each edition, while the next is made."""
        while self.due.wait():
            self.due.clear()
            self.compact()

    def compact(self) -> None:
        self.do("compact", lambda: self.store.compact(FEW_PARTS))

    def do(self, phase: str, work: Callable[[], object]) -> None:
        with self._told(phase), suppress(Conflict):  # another thread is at it
            work()

    def take(self) -> None:
        receipt = self.store.inbox.append(batch(self.number), batch_id=str(self.number))
        say(f"took {self.number} {receipt.batch}")
        self.number += 1

    def publish(self, days: int = 0) -> None:
        as_of = Catalog(self.home).records()[-1].as_of + timedelta(days=days)
        say("published {} {}".format(*publish(self.home, as_of)))

    def roll(self) -> None:
        self.publish(1)

    @contextmanager
    def _told(self, phase: str) -> Iterator[None]:
        say(f"begin {phase}")
        if phase == self.target:
            self.time -= 1
            self.thread = get_ident()
            if self.time == 0:
                self.steps = 0
                say("now")
        yield
        say(f"end {phase}")


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main(home: str, number: str, target: str, time: str, step: str) -> None:
    observations()
    writer = Writer(Path(home), int(number), target, int(time), int(step))
    writer.watch()
    if target in BESIDE:
        Thread(target=writer.tidy, daemon=True).start()
    writer.write()


if __name__ == "__main__":
    main(*sys.argv[1:])
