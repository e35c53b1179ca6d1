"""Owns the steps that are measured, each in a process of its own: `python -m bench.engine_steps STEP ...`.

A step prints one JSON object. Time that is not the step's own (starting Python, reading settings) does not
count; memory is the process's, told by the system when it has ended.

`freshen` is what is done when something came in: what waits is stored, and what is new is published.
"""

import json
import os
import random
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bench.engine_rivals import RIVALS, check
from trendwire import clock, pipeline
from trendwire.domain.charts import Kind
from trendwire.editions import Editions
from trendwire.facts.duck import connection
from trendwire.facts.store import FactStore
from trendwire.publishing.day import resources
from trendwire.publishing.details import HomeDetails
from trendwire.settings import Settings
from trendwire.statements import named

Told = dict[str, Any]
THREADS = int(os.environ.get("CORES", "2"))
MEMORY_MB = int(os.environ.get("MEMORY_MB", "6000"))
"""What the engine is given; the process takes more beside it."""
_LOOK_UPS = 5_000
_AT = datetime(2026, 11, 3, 12, tzinfo=UTC)


def freshen(settings: Settings, as_of: date, progress: pipeline.Progress) -> str:
    """What waits in the inbox and what is new about the day, in a published edition; its content hash."""
    FactStore(settings.home).drain()
    return pipeline.publish(settings, as_of, progress, allow_empty=True).content_hash


def fresh(home: Path, day: str) -> Told:
    """Seconds until it is published, and how many each stage took."""
    stages = _Stages()
    begun = clock.monotonic()
    content_hash = freshen(settings_of(home), date.fromisoformat(day), stages)
    return {"seconds": clock.monotonic() - begun, "stages": stages.seconds(), "hash": content_hash}


def details(home: Path) -> Told:
    """Milliseconds to look up a hashtag's detail, drawn evenly, in the world; each for the first time."""
    edition = Editions(home, HomeDetails(home, resources(settings_of(home)))).current()
    names = _names(home)
    took = []
    for name in names:
        begun = clock.monotonic()
        found = edition.detail(Kind.HASHTAG, name, "ALL")
        took.append(1000 * (clock.monotonic() - begun))
        if found is None:
            raise SystemExit(f"{name} has no detail")
    cuts = statistics.quantiles(took, n=100)
    return {"p50": cuts[49], "p99": cuts[98], "subjects": edition.record.subjects}


def ingest(home: Path, records: str) -> Told:
    """Rows a second from a file of raw posts to stored facts."""
    begun = clock.monotonic()
    report = pipeline.ingest(settings_of(home), [records], _AT, lambda _stage, _done: None)
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
    step.__name__: step for step in (fresh, details, ingest, limit, rival)
}


def settings_of(home: Path) -> Settings:
    """All steps publish into a home of these."""
    return Settings(home=home, keep_editions=2, engine_threads=THREADS, engine_memory_mb=MEMORY_MB)


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
    with connection(home / "facts" / "scratch", THREADS, f"{MEMORY_MB}MB") as duck:
        known = duck.execute(
            named("bench", "engine_limits.sql")["hashtags"], {"parts": _parts(home)}
        ).fetchall()
    return [name for (name,) in random.Random(7).sample(known, min(_LOOK_UPS, len(known)))]


def main() -> None:
    """One step, named by the arguments; the second is the home."""
    name, home, *rest = sys.argv[1:]
    sys.stdout.write(json.dumps(STEPS[name](Path(home), *rest)) + "\n")


if __name__ == "__main__":
    main()
