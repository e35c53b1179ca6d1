"""Owns the way from a simulated world to its charts: real ingest, real facts, real ranking."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from trendwire import pipeline
from trendwire.facts.duck import Resources
from trendwire.facts.store import FactStore
from trendwire.settings import Settings
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate
from trendwire.trends import ranking, rollups

LISTED = """
    SELECT period, region, identity, rank, move
    FROM charted JOIN subjects USING (kind, subject)
    WHERE kind = 'hashtag' AND industry = 0
"""


class Listed(NamedTuple):
    """A row of a chart of hashtags; `move` as on the wire, 4 is new."""

    end: date
    period: int
    region: str
    tag: str
    rank: int
    move: int


def charts(world: World, ends: list[date], home: Path) -> Iterator[list[Listed]]:
    """The rows of all charts of `world` for each of `ends`; `home`: an empty folder for its facts.

    The tables that all days share are made once; those of a day are rolled back before the next.
    """
    noon = datetime.combine(world.last_day + timedelta(days=1), time(12), UTC)
    pipeline.ingest_from(
        Settings(home=home), [RowSource("world", "simulator", simulate(world))], noon, _silent
    )
    config = Resources(threads=2).config(home)
    with FactStore(home).reading() as parts, duckdb.connect(config=config) as connection:
        known = sorted({day for end in ends for day in ranking.ends(end)})
        rollups.create(connection, parts, world.last_day, known, _silent)
        for end in ends:
            connection.begin()
            ranking.create(connection, end, [], _silent)
            yield [Listed(end, *row) for row in connection.execute(LISTED).fetchall()]
            connection.rollback()


def _silent(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""


def days(last: date, count: int) -> list[date]:
    """The `count` days that end with `last`, ascending."""
    return [last - timedelta(days=back) for back in reversed(range(count))]
