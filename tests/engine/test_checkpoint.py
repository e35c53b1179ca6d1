"""A state comes back from its checkpoint as it was, or not at all."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.test_changes import Follower, check, recorded
from tests.engine.worlds import World
from trendwire.engine import checkpoint


@pytest.fixture
def follower(tmp_path: Path) -> Follower:
    world = World(tmp_path / "home", random.Random(21))
    world.begin()
    return Follower(world)


def test_what_comes_back_says_and_follows_as_before(follower: Follower, tmp_path: Path) -> None:
    for name in ("again", "elsewhere"):
        follower.step(name)
    checkpoint.save(follower.state, tmp_path / "state", "edition 7")
    found = checkpoint.opened(tmp_path / "state")
    assert found is not None
    state, taken = found
    assert taken == "edition 7"
    assert recorded(state) == recorded(follower.state)
    follower.state = state
    for name in ("again", "fresh", "roll"):
        follower.step(name)
    check(follower)


def test_a_later_checkpoint_takes_the_place_of_an_earlier_one(follower: Follower, tmp_path: Path) -> None:
    for taken in ("one", "two"):
        checkpoint.save(follower.state, tmp_path / "state", taken)
    found = checkpoint.opened(tmp_path / "state")
    assert found is not None
    assert found[1] == "two"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("state")] == ["state"]


def _flip(folder: Path) -> None:
    path = folder / "state.columns.by_name.hot"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)


def _cut(folder: Path) -> None:
    path = folder / "state.columns.by_name.seen_at"
    path.write_bytes(path.read_bytes()[:-8])


def _lose(folder: Path) -> None:
    (folder / "state.candidates._key").unlink()


def _forget_meta(folder: Path) -> None:
    (folder / "meta.json").unlink()


def _tear_meta(folder: Path) -> None:
    path = folder / "meta.json"
    path.write_bytes(path.read_bytes()[:200])


def _other_version(folder: Path) -> None:
    path = folder / "meta.json"
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))


def _other_kernel(folder: Path) -> None:
    path = folder / "meta.json"
    path.write_bytes(path.read_bytes().replace(b'"kernel":"', b'"kernel":"0'))


@pytest.mark.parametrize(
    "damage", [_flip, _cut, _lose, _forget_meta, _tear_meta, _other_version, _other_kernel]
)
def test_damage_is_no_checkpoint(damage: Callable[[Path], None], follower: Follower, tmp_path: Path) -> None:
    checkpoint.save(follower.state, tmp_path / "state", "")
    damage(tmp_path / "state")
    assert checkpoint.opened(tmp_path / "state") is None


def test_there_may_be_none(tmp_path: Path) -> None:
    assert checkpoint.opened(tmp_path / "state") is None
