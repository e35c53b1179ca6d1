"""Killed at any moment, a writer or a drainer loses no acknowledged batch and doubles none."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.facts.conftest import Stored, seen
from trendwire.facts.store import FactStore

WRITER = """
import sys
from pathlib import Path
from tests.facts.conftest import seen, table
from trendwire.facts.store import FactStore
store = FactStore(Path(sys.argv[1]))
number = int(sys.argv[2])
print("ready", flush=True)
while True:
    batch = [seen(number, time) for time in range(3)]
    if number % 2:
        store.inbox.append(batch, batch_id=str(number))
    else:
        store.inbox.append_table(table(batch))
    print(number, flush=True)
    number += 1
    if number % 5 == 0:
        store.drain()
    if number % 20 == 0:
        store.compact(least=2)
"""
KILLS = 6


def _run_and_kill(home: Path, number: int, after: int) -> list[int]:
    """Start a writer that goes on from `number`, kill it `after` lines, and return what it acknowledged."""
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home), str(number)], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert child.stdout
    with child:
        lines = [child.stdout.readline() for _ in range(after + 1)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
    return [int(line) for line in lines[1:] if line.endswith("\n")]


@pytest.mark.parametrize("seed", range(3))
def test_kill_loses_nothing_and_doubles_nothing(seed: int, tmp_path: Path, stored: Stored) -> None:
    rng, acknowledged = random.Random(seed), set[int]()
    for _ in range(KILLS):
        acknowledged.update(_run_and_kill(tmp_path, len(acknowledged), rng.randrange(4, 25)))
    store = FactStore(tmp_path)
    store.drain()
    keys = [row[1] for row in stored(store)]
    assert len(keys) == len(set(keys)) == store.snapshot().observations
    posts = {int(key[:16], 16) for key in keys}
    assert acknowledged <= posts
    assert len(keys) == 3 * len(posts)
    assert store.snapshot().posts == len(posts)
    assert store.inbox.waiting() == {}
    assert list(store.folder.glob("**/.*.part")) == []


@pytest.mark.parametrize("step", ["trendwire.facts.manifest.write_whole", "pathlib.Path.unlink"])
def test_a_drain_that_breaks_off_is_taken_up(
    step: str, store: FactStore, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.inbox.append([seen(1), seen(2)])

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step, fail)
        with pytest.raises(KeyboardInterrupt):
            store.drain()
    store.drain()
    assert len(stored(store)) == 2
    assert store.snapshot().observations == 2


def test_what_a_killed_drain_had_spilled_goes_with_the_next(store: FactStore) -> None:
    spilled = store.folder / "scratch" / "duckdb-left" / "spilled.tmp"
    spilled.parent.mkdir(parents=True)
    spilled.touch()
    store.inbox.append([seen(1)])
    store.drain()
    assert not spilled.parent.exists()
