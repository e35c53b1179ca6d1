"""The detail of every subject is the one that the SQL engine writes, to the byte."""

import gzip
import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.agreement.pair import take_in
from tests.agreement.test_real_sets import SETS
from tests.agreement.test_small_worlds import small_world
from tests.engine.sides import detail_differences, standing, state_of, subjects
from tests.trends.live_worlds import BATCHES, World
from trendwire.domain.charts import WORLD, Kind
from trendwire.engine.charts import Charts
from trendwire.engine.details import Details
from trendwire.facts.memberships import Standing
from trendwire.facts.store import FactStore


def details_of(parts: list[Path], as_of: date, said: Standing | None = None) -> Details:
    state = state_of(parts, as_of)
    return Details(state, Charts(state, said or Standing()))


@pytest.mark.parametrize("seed", range(1, 7))
def test_worlds_with_late_repeated_and_changed_posts(seed: int, tmp_path: Path) -> None:
    world = World(tmp_path / "home", random.Random(seed))
    world.begin()
    for name in BATCHES:
        world.take(BATCHES[name](world))
    world.as_of += timedelta(days=seed % 3)
    parts = FactStore(world.home).parts()
    expected = subjects(parts, world.as_of, tmp_path)
    assert len(expected) > 60
    assert detail_differences(details_of(parts, world.as_of), expected) == []


def test_days_on_a_chart_are_those_of_earlier_editions(tmp_path: Path) -> None:
    world = World(tmp_path / "home", random.Random(3))
    world.begin()
    parts = FactStore(world.home).parts()
    for number in range(3):
        world.as_of += timedelta(days=1)
        path = tmp_path / f"{number}.parquet"
        expected = subjects(parts, world.as_of, tmp_path, world.earlier(), path)
        state = state_of(parts, world.as_of)
        said = standing(state, world.as_of, world.earlier(), tmp_path / f"said{number}")
        assert detail_differences(Details(state, Charts(state, said)), expected) == []
        world.published[world.as_of] = path
    assert any('"popular_days":3' in document for document in expected.values())


def test_audiences_with_unknown_bands_interests_and_countries(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = small_world(7)
    take_in(tmp_path, rows)
    parts, as_of = FactStore(tmp_path).parts(), date(2025, 6, 30)
    expected = subjects(parts, as_of, tmp_path)
    assert sum('"interests"' in document for document in expected.values()) > 5
    assert detail_differences(details_of(parts, as_of), expected) == []


def test_one_region_alone_is_told_as_with_the_others(tmp_path: Path) -> None:
    world = World(tmp_path / "home", random.Random(1))
    world.begin()
    details = details_of(FactStore(world.home).parts(), world.as_of)
    whole, one = details.detail(Kind.HASHTAG, "fyp"), details.detail(Kind.HASHTAG, "fyp", "VN")
    assert whole is not None
    assert one is not None
    assert set(whole.regions) == {WORLD, "US", "VN"}
    assert msgspec.structs.replace(whole, regions={"VN": whole.regions["VN"]}) == one


def test_nothing_is_told_of_what_nobody_used_yet(tmp_path: Path) -> None:
    world = World(tmp_path / "home", random.Random(1))
    world.begin()
    world.take(world.seen(world.post(-3, hashtag_info_list=None, hashtag_names=["tomorrow"])))
    details = details_of(FactStore(world.home).parts(), world.as_of)
    assert details.detail(Kind.HASHTAG, "tomorrow") is None
    assert details.detail(Kind.SOUND, "unheard") is None


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_the_real_sets(name: str, real_posts: Path, tmp_path: Path) -> None:
    with gzip.open(real_posts / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        take_in(tmp_path, [json.loads(line) for line in lines])
    parts, as_of = FactStore(tmp_path).parts(), SETS[name][0]
    expected = subjects(parts, as_of, tmp_path)
    assert len(expected) > 3000
    assert detail_differences(details_of(parts, as_of), expected)[:3] == []
