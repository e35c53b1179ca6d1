"""Posts by day, asked of the facts, are those that the engine counts."""

import random
from pathlib import Path

import numpy as np

from tests.engine.states import state_of
from tests.engine.worlds import World, again, fresh, late
from trendwire.domain.periods import from_epoch_day
from trendwire.facts.duck import Resources
from trendwire.facts.store import FactStore
from trendwire.publishing.days import posts_by_day


def test_posts_by_day_are_those_the_engine_counts(tmp_path: Path) -> None:
    """Also where newer rows tell another creation, rows have no time, and only the id tells the day."""
    world = World(tmp_path / "home", random.Random(9))
    world.begin()
    for batch in (again, fresh, late, again):
        world.take(batch(world))
    parts = FactStore(world.home).parts()
    created = state_of(parts, world.as_of).surroundings.created[0]
    counted = {from_epoch_day(day): int(created[day]) for day in np.flatnonzero(created).tolist()}
    assert posts_by_day(parts, tmp_path, Resources(1)) == counted
