"""Owns the way from a simulated world to its charts: real ingest, real facts, real ranking."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from trendwire import pipeline
from trendwire.domain.charts import NO_INDUSTRY, HashtagEntry, Kind
from trendwire.domain.periods import epoch_day
from trendwire.engine.build import by_month
from trendwire.engine.changes import roll
from trendwire.engine.charts import Charts
from trendwire.engine.state import rebuilt
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Standing
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
    """The rows of all charts of `world` for each of `ends`, ascending; `home`: an empty folder for its facts.

    What posts are is counted once; one state rolls from day to day.
    """
    noon = datetime.combine(world.last_day + timedelta(days=1), time(12), UTC)
    pipeline.ingest_from(
        Settings(home=home), [RowSource("world", "simulator", simulate(world))], noon, _silent
    )
    config = Resources(threads=2).config(home)
    with FactStore(home).reading() as parts, duckdb.connect(config=config) as connection:
        state = rebuilt(connection, by_month(parts), epoch_day(ends[0]))
        for end in ends:
            if epoch_day(end) > state.as_of:
                roll(state, epoch_day(end))
            yield list(_listed(Charts(state, Standing()), end))


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
