"""Owns the way from a simulated world to its charts: real ingest, real facts, the engine that publishes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from tests.engine.states import NOTHING, state_of
from trendwire import pipeline
from trendwire.domain.charts import NO_INDUSTRY, HashtagEntry, Kind
from trendwire.domain.periods import epoch_day
from trendwire.engine import compiling
from trendwire.engine.changes import roll
from trendwire.engine.charts import Charts
from trendwire.facts.store import FactStore
from trendwire.settings import Settings
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate


class Listed(NamedTuple):
    """A row of a chart of hashtags; `move` as on the wire, 4 is new."""

    end: date
    period: int
    region: str
    tag: str
    rank: int
    move: int


def charts(world: World, ends: list[date], home: Path) -> Iterator[list[Listed]]:
    """The rows of all charts of `world` for each of `ends`, which ascend; `home`: an empty folder for its
    facts. One state goes from day to day.
    """
    noon = datetime.combine(world.last_day + timedelta(days=1), time(12), UTC)
    pipeline.ingest_from(
        Settings(home=home), [RowSource("world", "simulator", simulate(world))], noon, _silent
    )
    compiling.ensure(_silent)
    with FactStore(home).reading() as parts:
        state = state_of(parts, ends[0])
    for end in ends:
        if state.as_of < epoch_day(end):
            roll(state, epoch_day(end))
        yield list(_listed(Charts(state, NOTHING), end))


def _listed(charts: Charts, end: date) -> Iterator[Listed]:
    for key in charts.keys:
        if key.kind == Kind.HASHTAG and key.industry == NO_INDUSTRY:
            for row in charts.entries(key):
                assert isinstance(row, HashtagEntry)
                yield Listed(end, key.period, key.region, row.name, row.rank, row.move)


def _silent(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""


def days(last: date, count: int) -> list[date]:
    """The `count` days that end with `last`, ascending."""
    return [last - timedelta(days=back) for back in reversed(range(count))]
