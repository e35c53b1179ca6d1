"""Owns the steps that are measured, each in a process of its own: `python -m bench.engine_steps STEP ...`.

A step prints one JSON object. Time that is not the step's own (starting Python, reading settings) does not
count; memory is the process's, told by the system when it has ended.
"""

import json
import os
import random
import shutil
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench import engine_charts
from bench.engine_rivals import RIVALS, check
from trendwire import clock, pipeline
from trendwire.domain.charts import WORLD, Kind
from trendwire.editions import Editions
from trendwire.facts.duck import connection
from trendwire.facts.store import FactStore
from trendwire.publishing import large
from trendwire.publishing.day import resources
from trendwire.publishing.resident import Resident, checkpoint_of
from trendwire.settings import Settings
from trendwire.statements import named

Told = dict[str, Any]
THREADS = int(os.environ.get("CORES", "2"))
MEMORY_MB = int(os.environ.get("MEMORY_MB", "6000"))
"""What the engine is given; the process takes more beside it."""
_LOOK_UPS = 5_000
_AT = datetime(2026, 11, 3, 12, tzinfo=UTC)


def rebuild(home: Path, day: str) -> Told:
    """Seconds from facts to a published edition, and how many each stage took; the charts are compared with
    those kept for a world of this size.
    """
    stages = _Stages()
    begun = clock.monotonic()
    pipeline.publish(settings_of(home), date.fromisoformat(day), stages, allow_empty=True)
    seconds = clock.monotonic() - begun
    posts = FactStore(home).snapshot().posts
    differing = engine_charts.differing(Editions(home).current(), posts)
    return {"seconds": seconds, "stages": stages.seconds(), "differing": differing}


def resident(home: Path, *batches: str) -> Told:
    """What a process that keeps the state, and has published before, takes for each `DAY=FILE`: the file
    waits in the inbox, then it is served; `DAY` alone is a roll. Then the details, and the size of the
    checkpoint.
    """
    state = Resident(home, resources(settings_of(home)))
    with _measured() as opened:
        state.follow(Editions(home).current().as_of, _unwatched)
        for key in state.shown.charts.keys:
            state.shown.charts.entries(key)
    told: Told = {"open": opened, "steps": []}
    for batch in batches:
        day, _, file = batch.partition("=")
        if file:
            shutil.copy(file, home / "facts" / "inbox")
        with _measured() as step:
            FactStore(home).drain()
            as_of = date.fromisoformat(day)
            publish = partial(pipeline.publish_range, settings_of(home), as_of, as_of, _unwatched)
            list(publish(allow_empty=True, resident=state))
        told["steps"].append(step)
    state.save()
    size = sum(path.stat().st_size for path in checkpoint_of(home).iterdir())
    return told | {"details": _details(home, state), "state_gb": size / 1e9}


def _details(home: Path, state: Resident) -> Told:
    """Milliseconds to look up the detail of hashtags drawn evenly, each for the first time, and of the
    largest one.
    """
    edition = Editions(home, large.StateSource(state)).current()
    edition.detail(Kind.HASHTAG, "-", WORLD)  # what all details share is not told of one
    took = [_detail_ms(edition, name) for name in _names(home)]
    cuts = statistics.quantiles(took, n=100)
    largest = _detail_ms(edition, _largest(home))
    return {"p50": cuts[49], "p99": cuts[98], "largest": largest, "subjects": edition.record.subjects}


def _detail_ms(edition: Any, name: str) -> float:
    begun = clock.monotonic()
    found = edition.detail(Kind.HASHTAG, name, WORLD)
    if found is None:
        raise SystemExit(f"{name} has no detail")
    return 1000 * (clock.monotonic() - begun)


def _unwatched(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""


@contextmanager
def _measured() -> Iterator[dict[str, float]]:
    """Seconds, and processor seconds of this process."""
    told, begun, used = dict[str, float](), clock.monotonic(), _cpu()
    yield told
    told |= {"seconds": clock.monotonic() - begun, "cpu": _cpu() - used}


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


def ingest(home: Path, records: str) -> Told:
    """Rows a second from a file of raw posts to stored facts."""
    begun = clock.monotonic()
    report = pipeline.ingest(settings_of(home), [records], _AT, _unwatched)
    seconds = clock.monotonic() - begun
    return {"seconds": seconds, "rows": report.rows, "per_second": report.rows / seconds}


def limit(home: Path) -> Told:
    """Seconds that DuckDB alone takes for each part of the work that nothing can leave out."""
    statements, told = named("bench", "engine_limits.sql"), Told()
    with connection(home / "facts" / "scratch", THREADS, f"{MEMORY_MB}MB") as duck:
        for name in ("scan", "unnest", "group"):
            begun = clock.monotonic()
            duck.execute(statements[name], {"parts": _parts(home)}).fetchall()
            told[name] = clock.monotonic() - begun
    return told


def rival(home: Path, name: str, day: str) -> Told:
    """Seconds of pandas or Spark; none where it is not installed."""
    begun = clock.monotonic()
    try:
        counted, rows = RIVALS[name](list(map(Path, _parts(home))), date.fromisoformat(day), THREADS)
    except ModuleNotFoundError as error:
        return {"seconds": None, "skipped": f"{error.name} is not installed"}
    seconds = clock.monotonic() - begun
    return {"seconds": seconds, "rows": counted, "compared": check(rows(), Editions(home).current())}


STEPS: dict[str, Callable[..., Told]] = {
    step.__name__: step for step in (rebuild, resident, ingest, limit, rival)
}


def settings_of(home: Path) -> Settings:
    """All steps publish into a home of these."""
    return Settings(
        home=home, keep_editions=2, written_details=0, engine_threads=THREADS, engine_memory_mb=MEMORY_MB
    )


class _Stages:
    """Listens to the progress of a build: how long each stage took."""

    def __init__(self) -> None:
        self._begun: list[tuple[str, float]] = []

    def __call__(self, stage: str, _done: float) -> None:
        if not self._begun or self._begun[-1][0] != stage:
            self._begun.append((stage, clock.monotonic()))

    def seconds(self) -> dict[str, float]:
        took: defaultdict[str, float] = defaultdict(float)
        ends = [at for _, at in self._begun[1:]] + [clock.monotonic()]
        for (stage, begun), end in zip(self._begun, ends, strict=True):
            took[stage] += end - begun
        return dict(took)


def _parts(home: Path) -> list[str]:
    return list(map(str, FactStore(home).parts()))


def _names(home: Path) -> list[str]:
    """Hashtags drawn evenly from all of them."""
    known = _asked(home, "hashtags")
    return random.Random(7).sample(known, min(_LOOK_UPS, len(known)))


def _largest(home: Path) -> str:
    """The hashtag with most rows."""
    (name,) = _asked(home, "largest")
    return name


def _asked(home: Path, statement: str) -> list[str]:
    with connection(home / "facts" / "scratch", THREADS, f"{MEMORY_MB}MB") as duck:
        sql = named("bench", "engine_limits.sql")[statement]
        return [name for (name,) in duck.execute(sql, {"parts": _parts(home)}).fetchall()]


def main() -> None:
    """One step, named by the arguments; the second is the home."""
    name, home, *rest = sys.argv[1:]
    sys.stdout.write(json.dumps(STEPS[name](Path(home), *rest)) + "\n")


if __name__ == "__main__":
    main()
