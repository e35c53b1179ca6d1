"""A live state is what a full build of the same facts is, whatever came in, in whatever order."""

import random
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.trends.live_worlds import BATCHES, Reader, Told, World, full, silent
from trendwire.facts.store import FactStore
from trendwire.trends import records
from trendwire.trends.build import Resources
from trendwire.trends.live import Change, Live, opened

RESOURCES = Resources(threads=2, memory_mb=1024)
STEPS = (*BATCHES, "roll", "roll far", "publish", "merge", "open again")


@pytest.fixture(autouse=True)
def _many_posts_are_forty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worlds are small."""
    monkeypatch.setattr(records, "REACH_FROM", 40)


def refreshed(live: Live, world: World) -> Change:
    return live.refresh(world.facts(), world.as_of, world.earlier(), silent)


def step(live: Live, world: World, name: str) -> None:
    """Change the world."""
    if name in BATCHES:
        world.take(BATCHES[name](world))
    elif name.startswith("roll"):
        world.as_of += timedelta(days=world.rng.randint(2, 40) if name == "roll far" else 1)
    elif name == "publish":
        path = world.home / f"{world.as_of}-{len(world.rows)}.parquet"
        live.write_memberships(path)
        world.published[world.as_of] = path
    elif name == "merge":
        FactStore(world.home).compact(least=2)


def heard(live: Live, reader: Reader, number: int) -> Told:
    """Tell the reader; what it can say then, and who is in the charts."""
    with live.news() as news:
        reader.hear(news)
    live.told(number, reader.total)
    return reader.told() | {"memberships": sorted(live.connection.execute("FROM memberships").fetchall())}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=7))
def test_it_says_what_a_full_build_says(seed: int, steps: list[str]) -> None:
    with TemporaryDirectory() as folder:
        world, reader = World(Path(folder), random.Random(seed)), Reader()
        world.begin()
        path = world.home / "state" / "engine.duckdb"
        live = Live(path, RESOURCES)
        try:
            assert refreshed(live, world) == Change.ANEW
            for number, name in enumerate(steps, 1):
                step(live, world, name)
                if name == "open again":
                    live.close()
                    live = Live(path, RESOURCES)
                assert refreshed(live, world) != Change.ANEW
                if world.rng.random() < 0.7:
                    assert heard(live, reader, number) == full(world)
        finally:
            live.close()
