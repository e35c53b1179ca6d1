"""A state survives kill -9 at any moment: what its checkpoint gives is what the facts give."""

import random
import subprocess
import sys
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from tests.agreement.pair import silent
from tests.engine.worlds import World, again, fresh
from tests.publishing.test_resident import ONE, anew, told
from trendwire.publishing.resident import Resident

KILLS = 12
LONGEST = 1.0
"""Seconds from the first checkpoint of a process until it is killed, while it writes others."""

FOLLOW = """
import sys
from datetime import date
from pathlib import Path
from trendwire.facts.duck import Resources
from trendwire.publishing.resident import Resident

home, limits = Path(sys.argv[1]), Resources(1, 1024)
resident = Resident.opened(home, limits) or Resident(home, limits)
while True:
    resident.follow(date.fromisoformat(sys.argv[2]), lambda _stage, _done: None)
    resident._saved = None
    resident.save()
    print("saved", flush=True)
"""


def test_no_kill_leaves_a_wrong_state(tmp_path: Path) -> None:
    world, found, state = World(tmp_path, random.Random(3)), 0, Resident(tmp_path, ONE)
    world.begin()
    state.follow(world.as_of, silent)
    for _ in range(KILLS):
        world.take([*fresh(world), *again(world)])
        world.as_of += timedelta(days=world.rng.randint(0, 1))
        _followed(world.home, world.as_of, world.rng.uniform(0, LONGEST))
        opened = Resident.opened(world.home, ONE)
        found += opened is not None
        state = opened or Resident(world.home, ONE)
        state.follow(world.as_of, silent)
    assert list(told(state)) == list(told(anew(world.home, world.as_of)))
    assert found > KILLS // 3


def _followed(home: Path, as_of: date, killed_after: float) -> None:
    """Follow the facts and write checkpoints in a process of its own, which does not live long."""
    command = [sys.executable, "-c", FOLLOW, str(home), str(as_of)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with suppress(subprocess.TimeoutExpired):
            process.wait(killed_after)
        process.kill()
