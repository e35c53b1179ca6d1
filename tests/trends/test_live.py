"""A live state is what a full build of the same facts is, whatever came in, in whatever order."""

import random
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trends.live_worlds import BATCHES, World, full, silent, told
from trendwire.facts.store import FactStore
from trendwire.trends.build import Resources
from trendwire.trends.live import Change, Live, opened

RESOURCES = Resources(threads=2, memory_mb=1024)
STEPS = (*BATCHES, "roll", "roll far", "publish", "merge", "open again")

_LIVE = {
    "charts": "SELECT key, document FROM chart_documents",
    "memberships": "SELECT * FROM memberships",
    "listed": "SELECT kind, identity, region, days FROM listed",
}


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


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=7))
def test_it_says_what_a_full_build_says(seed: int, steps: list[str]) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), random.Random(seed))
        world.begin()
        path = world.home / "state" / "engine.duckdb"
        live = Live(path, RESOURCES)
        try:
            assert refreshed(live, world) == Change.ANEW
            for name in steps:
                step(live, world, name)
                if name == "open again":
                    live.close()
                    live = Live(path, RESOURCES)
                assert refreshed(live, world) != Change.ANEW
                assert told(live.connection, _LIVE) == full(world)
        finally:
            live.close()
