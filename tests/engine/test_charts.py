"""The charts of the engine are those of the SQL engine, row for row and to the last bit of heat."""

import gzip
import json
import random
from datetime import timedelta
from pathlib import Path

import pytest

from tests.agreement.pair import take_in
from tests.agreement.test_real_sets import SETS
from tests.engine.sides import NOTHING, chart_differences, documents, row_count, standing, state_of
from tests.small_world import LAST_DAY
from tests.trends.conftest import AS_OF, write_parts
from tests.trends.live_worlds import BATCHES, World
from tests.trends.test_build import make_facts
from trendwire.engine.charts import Charts
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore


def test_a_small_world_in_every_order_and_split(tmp_path: Path) -> None:
    facts = make_facts()
    expected = documents(write_parts(tmp_path, facts), AS_OF, tmp_path)
    assert row_count(expected) > 500
    for parts in (1, 5):
        random.Random(parts).shuffle(facts)
        state = state_of(write_parts(tmp_path, [*facts, *facts[:50]], parts), AS_OF)
        assert chart_differences(Charts(state, NOTHING), expected) == []


@pytest.mark.parametrize("seed", range(1, 13))
def test_worlds_with_late_repeated_and_changed_posts_day_after_day(seed: int, tmp_path: Path) -> None:
    world = World(tmp_path / "home", random.Random(seed))
    world.begin()
    kinds = list(BATCHES)
    for number in range(3):
        for name in world.rng.sample(kinds, 4):
            world.take(BATCHES[name](world))
        parts = FactStore(world.home).parts()
        expected = documents(parts, world.as_of, tmp_path, world.earlier())
        state = state_of(parts, world.as_of)
        said = standing(state, world.as_of, world.earlier(), tmp_path / f"said{number}")
        charts = Charts(state, said)
        assert chart_differences(charts, expected) == []
        world.published[world.as_of] = tmp_path / f"{world.as_of}.parquet"
        _write(charts, world.published[world.as_of], tmp_path)
        world.as_of += timedelta(days=world.rng.choice([1, 1, 9, 40]))


def _write(charts: Charts, path: Path, folder: Path) -> None:
    Memberships(folder / "writer").write(path, charts.members())


def test_the_world_of_the_demo(demo_home: Path, tmp_path: Path) -> None:
    parts = FactStore(demo_home).parts()
    expected = documents(parts, LAST_DAY, tmp_path)
    assert row_count(expected) > 300
    assert chart_differences(Charts(state_of(parts, LAST_DAY), NOTHING), expected) == []


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_the_real_sets(name: str, real_posts: Path, tmp_path: Path) -> None:
    with gzip.open(real_posts / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        take_in(tmp_path, [json.loads(line) for line in lines])
    parts, as_of = FactStore(tmp_path).parts(), SETS[name][0]
    expected = documents(parts, as_of, tmp_path)
    assert row_count(expected) > 300
    assert chart_differences(Charts(state_of(parts, as_of), NOTHING), expected) == []
