"""States of the kernel made of parts of the facts, for tests."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import epoch_day
from trendwire.engine.build import by_month
from trendwire.engine.charts import LISTED_DAYS, LISTED_PERIOD
from trendwire.engine.state import State, rebuilt
from trendwire.facts.memberships import Memberships, Standing

NOTHING = Standing()


def state_of(parts: Sequence[Path], as_of: date, threads: int = 1) -> State:
    """A state made of all parts."""
    with duckdb.connect(config={"threads": threads}) as connection:
        return rebuilt(connection, by_month(parts), epoch_day(as_of), lambda _done: None, threads)


def standing(state: State, as_of: date, published: Mapping[date, Path], folder: Path) -> Standing:
    """What editions of earlier days say."""
    memberships = Memberships(folder)
    for day, path in published.items():
        memberships.adopt(day, 1, path)
    regions = [WORLD, *(state.columns.regions[place] for place in range(len(state.columns.regions)))]
    return memberships.standing(as_of, regions, LISTED_PERIOD, LISTED_DAYS)
