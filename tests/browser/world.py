"""A simulated world with full pages: charts in every region, several editions, rows that were refused."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from tests.small_world import settings_of, silent
from trendwire import pipeline
from trendwire.sources.base import RowSource
from trendwire.sources.configuration import FILE
from trendwire.sources.runs import Ending, Run, Runs, ms
from trendwire.sources.simulator import World, simulate

LAST_DAY = date(2025, 9, 28)
NOON_AFTER = datetime(2025, 9, 29, 12, tzinfo=UTC)
WORLD_SHOWN = World(posts=20_000, days=120, regions=3, seed=3, last_day=LAST_DAY)
BROKEN: tuple[dict[str, object], ...] = ({"username": "without an id"}, {"id": "7", "create_time": "never"})


SOURCES = """\
[sources.upstream]
kind = "tiktok-research"
every = "6h"
client_key = { env = "NO_SUCH_KEY" }
client_secret = { env = "NO_SUCH_SECRET" }
regions = ["VN"]

[sources.drop]
kind = "files"
folder = "drop"

[sources.a-name-that-is-as-long-as-a-name-of-a-source-may-be-in-the-file]
kind = "files"
every = "15m"
folder = "other"
"""
MESSAGE = f"it did not answer: https://upstream.example/{'long/' * 30}"


def publish_shown_world(home: Path) -> None:
    """The world in `home`, with the editions of its last two days, and sources with runs."""
    settings = settings_of(home)
    sources = [
        RowSource("world", "simulator", simulate(WORLD_SHOWN)),
        RowSource("broken", "hands", BROKEN),
    ]
    pipeline.ingest_from(settings, sources, NOON_AFTER, silent)
    assert len(list(pipeline.publish_range(settings, LAST_DAY - timedelta(days=1), LAST_DAY, silent))) == 2
    (home / FILE).write_text(SOURCES)
    _collect_from_sources(Runs(home))


def _collect_from_sources(runs: Runs) -> None:
    """A week of runs of one source, most of them good; another one is paused."""
    for number in range(28):
        begun = NOON_AFTER - timedelta(hours=6 * (28 - number))
        ending = (Ending.DONE, Ending.DONE, Ending.SUSPICIOUS, Ending.FAILED, Ending.HELD)[number % 5]
        message = MESSAGE if ending is Ending.FAILED else ""
        run = Run(
            source="upstream", started=ms(begun), ended=ms(begun) + 72_500, ending=ending, message=message
        )
        runs.end(runs.begin("upstream", begun), msgspec.structs.replace(run, rows=1234 * number, requests=17))
    runs.pause("drop", paused=True)
    runs.wish("drop", NOON_AFTER)
