"""A small simulated world, published through the real pipeline: what tests of serving read from."""

import os
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from trendwire import pipeline
from trendwire.settings import Settings
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate

LAST_DAY = date(2025, 9, 28)
WORLD = World(posts=2500, days=120, regions=4, seed=11, last_day=LAST_DAY)
NOON_AFTER = datetime(2025, 9, 29, 12, tzinfo=UTC)
DAYS = 3
KEPT = 2
"""Of the `DAYS` editions, numbered from 1, the last `KEPT` are kept: 1 is gone."""


def silent(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""


def settings_of(home: Path) -> Settings:
    return Settings(home=home, keep_editions=KEPT, engine_threads=1, engine_memory_mb=1024)


def publish_world(home: Path) -> None:
    """Ingest the world into `home` and publish its last days."""
    settings = settings_of(home)
    pipeline.ingest_from(settings, [RowSource("world", "simulator", simulate(WORLD))], NOON_AFTER, silent)
    first = LAST_DAY - timedelta(days=DAYS - 1)
    assert len(list(pipeline.publish_range(settings, first, LAST_DAY, silent))) == DAYS


def linked(world: Path, home: Path) -> Path:
    """A home with the same facts, editions and state of the engine, and accounts of its own."""
    for folder in ("facts", "editions", "state"):
        if (world / folder).exists():
            shutil.copytree(world / folder, home / folder, copy_function=_taken_over)
    return home


def _taken_over(source: str, target: str) -> None:
    """Large files are replaced, never changed, and may be shared; others may be appended to."""
    if source.endswith((".parquet", ".sqlite")):
        os.link(source, target)
    else:
        shutil.copy2(source, target)
