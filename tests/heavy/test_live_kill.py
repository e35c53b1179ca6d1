"""A live state survives kill -9 at any moment: what it keeps afterwards is what a state made anew keeps."""

import random
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from tests.trends.live_worlds import Reader, World, again, fresh, full, kept, silent
from tests.trends.test_live import RESOURCES, anew, heard, path_of
from trendwire.trends.live import Change, opened

KILLS = 25
LONGEST = 2.5
"""Seconds until a kill: starting Python takes half of one, a change the other."""

FOLLOW = """
import sys
from datetime import date
from pathlib import Path
from trendwire.facts.store import FactStore
from trendwire.facts.duck import Resources
from trendwire.trends.live import Facts, opened

home, as_of = Path(sys.argv[1]), date.fromisoformat(sys.argv[2])
store = FactStore(home)
with opened(home / "state" / "engine.duckdb", Resources(1, 1024)) as live:
    live.refresh(Facts(store.parts_folder, store.snapshot()), as_of, (), lambda _stage, _done: None)
"""


def test_no_kill_leaves_a_wrong_state(tmp_path: Path) -> None:
    world = World(tmp_path, random.Random(3))
    world.begin()
    followed(world.home, world.as_of, None)
    for _ in range(KILLS):
        world.take([*fresh(world), *again(world)])
        world.as_of += timedelta(days=world.rng.randint(0, 1))
        followed(world.home, world.as_of, world.rng.uniform(0.3, LONGEST))
    with opened(path_of(world), RESOURCES) as live:
        assert live.refresh(world.facts(), world.as_of, (), silent) != Change.ANEW
        assert kept(live.connection) == anew(world)
        assert heard(live, Reader(), 1) == full(world)


def followed(home: Path, as_of: date, killed_after: float | None) -> None:
    """Bring the state to the facts in a process of its own, which may not live to the end."""
    command = [sys.executable, "-c", FOLLOW, str(home), str(as_of)]
    with subprocess.Popen(command) as process:
        if killed_after is not None:
            time.sleep(killed_after)
            process.kill()
    assert killed_after is not None or process.returncode == 0
