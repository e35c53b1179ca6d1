"""A simulated world with full pages: charts in every region, several editions, rows that were refused."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.small_world import settings_of, silent
from trendwire import pipeline
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate

LAST_DAY = date(2025, 9, 28)
NOON_AFTER = datetime(2025, 9, 29, 12, tzinfo=UTC)
WORLD_SHOWN = World(posts=20_000, days=120, regions=3, seed=3, last_day=LAST_DAY)
BROKEN: tuple[dict[str, object], ...] = ({"username": "without an id"}, {"id": "7", "create_time": "never"})


def publish_shown_world(home: Path) -> None:
    """The world in `home`, with the editions of its last two days."""
    settings = settings_of(home)
    sources = [
        RowSource("world", "simulator", simulate(WORLD_SHOWN)),
        RowSource("broken", "hands", BROKEN),
    ]
    pipeline.ingest_from(settings, sources, NOON_AFTER, silent)
    assert len(list(pipeline.publish_range(settings, LAST_DAY - timedelta(days=1), LAST_DAY, silent))) == 2
