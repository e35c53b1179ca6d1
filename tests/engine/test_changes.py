"""A state that follows batches, days and removals is the state that is made of the facts anew."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.states import NOTHING, state_of
from tests.engine.worlds import BATCHES, World
from trendwire.domain.periods import epoch_day, midnight
from trendwire.engine import leaders, provenance
from trendwire.engine.changes import remove, roll, take
from trendwire.engine.charts import Charts
from trendwire.engine.details import Details
from trendwire.engine.industries import industry_ids
from trendwire.engine.rows import Rows
from trendwire.engine.state import State
from trendwire.facts.store import FactStore

STEPS = (*BATCHES, "roll", "roll far", "retain", "merge")


class Follower:
    """A state and the parts that it took."""

    def __init__(self, world: World) -> None:
        self.world, self.store = world, FactStore(world.home)
        self.parts = self.store.parts()
        self.state = state_of(self.parts, world.as_of)
        self.charts: Charts | None = None

    def step(self, name: str) -> None:
        """Change the world, and follow."""
        world = self.world
        if name in BATCHES:
            world.take(BATCHES[name](world))
            self.follow()
        elif name == "retain":
            self._retain()
        elif name == "merge":
            self.store.compact(least=2)
            self.parts = self.store.parts()
        else:
            world.as_of += timedelta(days=world.rng.randint(2, 40) if name == "roll far" else 1)
            roll(self.state, epoch_day(world.as_of))

    def follow(self) -> None:
        """Take what came in."""
        every = self.store.parts()
        new = [str(part) for part in every if part not in self.parts]
        with duckdb.connect(config={"threads": 1}) as connection:
            take(self.state, connection, new, [str(part) for part in every])
        self.parts = every

    def _retain(self) -> None:
        before = midnight(self.world.as_of - timedelta(days=self.world.rng.randint(60, 140)))
        columns = self.state.columns
        alive = (columns["ids"] != -1) & (columns["created"] < before + 10 * 86_400)
        ids = [columns.ids.text(int(id_)) for id_ in columns["ids"][alive]]
        self.store.remove_older(before)
        self.parts = self.store.parts()
        with duckdb.connect(config={"threads": 1}) as connection:
            remove(self.state, connection, ids, [str(part) for part in self.parts])


def recorded(state: State) -> dict[tuple[str, str], Any]:
    """What is counted of each subject and place."""
    columns, records = state.columns, state.candidates.records
    ids, found = industry_ids(columns).tolist(), {}
    for slot, key in enumerate(records.key.tolist()):
        of_all = slot <= len(columns.regions)
        if slot > len(columns.regions) and slot < 256:
            continue
        subject = "" if of_all else columns.subjects[key >> 8]
        region = columns.regions[(key & 255) - 1] if key & 255 else "ALL"
        row = records.industry_row[slot]
        industries = records.industries[row] if row >= 0 else records.industries[:0]
        by_id = sorted(zip(ids, industries.T.tolist(), strict=False)) if row >= 0 else []
        counted = (
            records.creators[slot].tolist(),
            records.posts[slot].tolist(),
            records.views[slot].tolist(),
        )
        found[subject, region] = (*counted, [one for one in by_id if any(one[1])])
    return found


def parameters(state: State) -> dict[str, Any]:
    """Floors, windows covered and cuts."""
    regions = ["", *(state.columns.regions[n] for n in range(len(state.columns.regions)))]
    by = state.surroundings.parameters
    return {
        region: (by.floors[n].tolist(), by.covered[n].tolist(), by.cuts[n].tolist())
        for n, region in enumerate(regions)
        if (by.covered[n] != -99).any()
    }


def of_all(state: State) -> dict[str, Any]:
    """The audiences of all posts of each region."""
    regions = ["", *(state.columns.regions[n] for n in range(len(state.columns.regions)))]
    posts, shares = state.audiences.overall
    return {
        region: (posts[n].tolist(), shares[n].tolist()) for n, region in enumerate(regions) if posts[n].any()
    }


def told(state: State, charts: Charts, rng: random.Random) -> Iterator[Any]:
    """All charts, where numbers come from, and some details."""
    yield {key.text: charts.entries(key) for key in charts.keys}
    yield sorted(provenance.spans(state)), sorted(provenance.samples(state))
    details = Details(state, charts)
    names = sorted({text for text, _ in recorded(state) if text})
    for name in rng.sample(names, min(12, len(names))):
        yield details.detail(charts.attributes.kind(state.columns.subjects.find(name)), name[1:])


def check(follower: Follower) -> None:
    """The state is what the facts give."""
    anew, seed = state_of(follower.store.parts(), follower.world.as_of), follower.world.rng.random()
    assert parameters(follower.state) == parameters(anew)
    expected, found = recorded(anew), recorded(follower.state)
    assert {key: found[key] for key in expected} == expected
    assert of_all(follower.state) == of_all(anew)
    follower.charts = Charts(follower.state, NOTHING, follower.charts)
    followed = told(follower.state, follower.charts, random.Random(seed))
    pairs = zip(followed, told(anew, Charts(anew, NOTHING), random.Random(seed)), strict=True)
    for first, other in islice(pairs, 2):
        assert first == other
    if set(expected) == set(found):
        assert all(one == two for one, two in pairs)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=6))
def test_following_is_making_anew(seed: int, steps: list[str]) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), random.Random(seed))
        world.begin()
        follower = Follower(world)
        for name in steps:
            follower.step(name)
            if world.rng.random() < 0.5:
                check(follower)
        check(follower)


@pytest.mark.parametrize("name", STEPS)
def test_each_step(name: str, tmp_path: Path) -> None:
    world = World(tmp_path, random.Random(11))
    world.begin()
    follower = Follower(world)
    for _ in range(2):
        follower.step(name)
        check(follower)


@pytest.mark.parametrize("seed", range(4))
def test_short_charts_that_lose_more_than_is_kept(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaders, "CHART_SIZE", 4)
    monkeypatch.setattr(leaders, "KEPT", 6)
    world = World(tmp_path, random.Random(seed))
    world.begin()
    follower = Follower(world)
    for name in ("again", "retain", "late", "again", "ring", "roll", "again"):
        follower.step(name)
        check(follower)


def test_the_same_batch_again_changes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, random.Random(12))
    world.begin()
    follower = Follower(world)
    for part in follower.parts[:2]:
        with duckdb.connect() as connection:
            take(follower.state, connection, [str(part)], [str(one) for one in follower.parts])
    check(follower)


def test_rows_that_a_batch_does_not_touch_are_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, random.Random(13))
    world.begin()
    follower = Follower(world)
    check(follower)
    shown = list[tuple[int, int]]()
    show = Rows._show
    monkeypatch.setattr(Rows, "_show", lambda rows, *key: (shown.append(key), show(rows, *key))[1])
    post = world.post(1, hashtag_info_list=None, hashtag_names=["rise"], music_id=None, region_code="US")
    world.take(world.seen(post))
    follower.follow()
    charts = Charts(follower.state, NOTHING, follower.charts)
    assert len([charts.entries(key) for key in charts.keys]) > 20
    assert {follower.state.columns.subjects[subject] for subject, _ in shown} <= {"\x00rise"}
