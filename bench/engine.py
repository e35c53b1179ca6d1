"""make bench-engine: the engine on worlds of 1 and 10 million posts, beside its limits, pandas and Spark.

    SIZES=1m,10m CORES=2 MEMORY_MB=6000 python -m bench.engine

Every step is a process of its own, so that its peak memory is its own. A home holds what was seen before
`DAY`. The process that keeps the state then takes what is seen on that day as one batch, rolls, and takes ten
minutes and a tenth of the next day.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import engine_report
from bench.engine_report import Step
from bench.engine_world import World, append_day, fill, write_records
from trendwire.facts.store import FactStore

ROOT = Path(__file__).resolve().parents[1]
DISK = ROOT
"""Where the homes are made: tens of gigabytes for ten million posts."""
PAGE = ROOT / "docs" / "explanation" / "performance.md"
DAY = date(2026, 10, 31)
SIZES = tuple(os.environ.get("SIZES", "1m,10m").lower().split(","))
CORES = int(os.environ.get("CORES", "2"))
RAW_ROWS = 200_000
TEN_MINUTES = 144
"""There are so many in a day."""
RIVALS_UNTIL = 1_000_000
"""Posts from which pandas and Spark are left out."""
_UNITS = {"k": 1000, "m": 1_000_000}


def main() -> None:
    """Measure, write the page, print the figures."""
    measured = {}
    for size in SIZES:
        with TemporaryDirectory(dir=DISK, prefix=".bench-") as folder:
            measured[size] = measure(Path(folder), World(posts_of(size), DAY))
    figures = engine_report.figures(measured)
    PAGE.write_text(engine_report.written(PAGE.read_text(), figures, measured, CORES))
    sys.stdout.write(json.dumps(figures) + "\n")


def posts_of(size: str) -> int:
    """`200k` and `10m` as numbers."""
    return int(size[:-1]) * _UNITS[size[-1]]


def measure(folder: Path, world: World) -> Mapping[str, Step]:
    """All steps of one size, in the order in which each needs those before it."""
    home, raw = folder / "home", folder / "raw.ndjson"
    steps: dict[str, Step] = {}
    say(f"making a world of {world.posts:,} posts")
    write_records(raw, world, RAW_ROWS, CORES)
    steps["ingest"] = step("ingest", folder / "fed", str(raw))
    fill(home, world, CORES)
    steps["stored"] = Step(_stored(home))
    steps["rebuild"] = step("rebuild", home, f"{DAY}")
    steps["limit"] = step("limit", home)
    if world.posts <= RIVALS_UNTIL:
        for name in ("pandas", "spark"):
            steps[name] = step("rival", home, name, f"{DAY}")
    return {**steps, **_resident(folder, home, world)}


def _resident(folder: Path, home: Path, world: World) -> Mapping[str, Step]:
    """What comes in after the first edition, in one process."""
    tomorrow = DAY + timedelta(days=1)
    batches = {
        "batch_day": f"{DAY}={_batch(folder / 'day', world, DAY, 1)}",
        "day_roll": f"{tomorrow}",
        "batch_10min": f"{tomorrow}={_batch(folder / 'minutes', world, tomorrow, TEN_MINUTES)}",
        "batch_tenth": f"{tomorrow}={_batch(folder / 'tenth', world, tomorrow, 10)}",
    }
    found = step("resident", home, *batches.values())
    changes = zip(batches, found.told["steps"], strict=True)
    steps = {name: Step(told, found.peak_gb, told["cpu"]) for name, told in changes}
    return {**steps, "open": Step(found.told["open"]), "details": Step(found.told["details"]), "state": found}


def _batch(folder: Path, world: World, day: date, every: int) -> Path:
    """A file for the inbox with what is seen on a day, or one row in `every` of it."""
    append_day(folder, world, day, CORES, every=every)
    (file,) = (folder / "facts" / "inbox").iterdir()
    return file


def step(name: str, home: Path, *rest: str) -> Step:
    """Run one step; what it told, with its peak memory and the processor time it took."""
    command: Sequence[str] = (sys.executable, "-m", "bench.engine_steps", name, str(home), *rest)
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        out = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the step {name} {' '.join(rest)} failed")
    told: dict[str, Any] = json.loads(out.splitlines()[-1])
    found = Step(told, peak_gb=used.ru_maxrss / 1e6, cpu=used.ru_utime + used.ru_stime)
    say(f"{name} {' '.join(rest[-1:])}: {found}")
    return found


def _stored(home: Path) -> dict[str, Any]:
    facts = FactStore(home)
    known, stored = facts.snapshot(), sum(part.stat().st_size for part in facts.parts())
    return {"posts": known.posts, "rows": known.observations, "bytes_per_post": stored / known.posts}


def say(words: str) -> None:
    """Tell who waits how far it is."""
    sys.stderr.write(words + "\n")


if __name__ == "__main__":
    main()
