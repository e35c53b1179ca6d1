"""kill -9 while publishing: no half edition is ever current, and none that was acknowledged is lost."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editions.worlds import KEY, publish
from trendwire.editions import Editions
from trendwire.editions.publish import publishing
from trendwire.errors import NotReady

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("seed", range(8))
def test_a_killed_publisher_leaves_whole_editions(tmp_path: Path, seed: int) -> None:
    acknowledged = _run_and_kill(tmp_path, random.Random(seed))
    before = _current(tmp_path)
    assert before >= acknowledged
    with publishing(tmp_path) as publisher:
        expected = publisher.next_number()
    assert expected - 1 >= _current(tmp_path) >= before
    assert [path.name for path in (tmp_path / "editions").rglob(".*")] == []
    assert publish(tmp_path, "after").number == expected
    assert Editions(tmp_path).current().verify()


def _run_and_kill(home: Path, chance: random.Random) -> int:
    """Kill the publisher at a random moment after a random edition; the last number it acknowledged."""
    command = [sys.executable, "-m", "tests.editions.publisher", str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(chance.randint(1, 6)):
            last = child.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=chance.uniform(0, 0.15))
        child.kill()
        return int(([last, *child.stdout.read().split()])[-1])


def _current(home: Path) -> int:
    """The number of the current edition, which is whole."""
    try:
        edition = Editions(home).current()
    except NotReady:
        return 0
    assert edition.verify()
    assert {row.views for row in edition.chart(KEY) or ()} == {edition.number}
    return edition.number
