"""One region of a detail alone, days on charts, and what nobody used yet."""

import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import msgspec

from tests.engine.states import standing, state_of
from tests.engine.worlds import World
from trendwire.domain.charts import WORLD, ChartKey, Kind
from trendwire.engine.charts import Charts
from trendwire.engine.details import Details
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore


def details_of(parts: list[Path], as_of: date) -> Details:
    state = state_of(parts, as_of)
    return Details(state, Charts(state, standing(state, as_of, {}, parts[0].parent)))


def test_days_on_a_chart_are_those_of_earlier_editions_and_today(tmp_path: Path) -> None:
    world, published, stood = World(tmp_path / "home", random.Random(3)), dict[date, Path](), Counter[str]()
    world.begin()
    parts, chart = FactStore(world.home).parts(), ChartKey(Kind.HASHTAG, 7)
    for number in range(3):
        world.as_of += timedelta(days=1)
        state = state_of(parts, world.as_of)
        charts = Charts(state, standing(state, world.as_of, published, tmp_path / f"said{number}"))
        published[world.as_of] = tmp_path / f"{number}.parquet"
        Memberships(tmp_path / "writer").write(published[world.as_of], charts.members())
        stood.update(one.subject for one in charts.members() if one.chart_key == chart.text)
    assert 3 in stood.values()
    details = Details(state, charts)
    for name, days in stood.items():
        told = details.detail(Kind.HASHTAG, name, WORLD)
        assert told is not None
        assert told.regions[WORLD].popular_days == days


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
