"""The state of a home that follows its facts tells what the facts alone tell, and says when it cannot."""

import random
import stat
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.agreement.pair import silent
from tests.editions.test_details import stated
from tests.editions.worlds import publish
from tests.engine.worlds import BATCHES, LAST, World
from trendwire.domain.charts import Kind
from trendwire.domain.periods import midnight
from trendwire.engine import changes
from trendwire.errors import Gone, NotReady
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore
from trendwire.publishing.resident import Resident, checkpoint_of
from trendwire.publishing.taken import taken

ONE = Resources(1)
DAY = timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "home", random.Random(5))
    world.begin()
    return world


def told(resident: Resident) -> Iterator[Any]:
    """All that a state says."""
    shown = resident.shown
    yield len(shown.subjects)
    yield {key.text: shown.charts.entries(key) for key in shown.charts.keys}
    for kind in (Kind.HASHTAG, Kind.SOUND):
        identities = resident.identities(resident.name, kind, "", 1000)
        assert identities
        yield {name: resident.detail(resident.name, kind, name, None) for name in identities}


def anew(home: Path, as_of: date) -> Resident:
    """Of the facts alone."""
    resident = Resident(home, ONE)
    resident._rebuild(taken(FactStore(home).snapshot(), as_of, Memberships(home)), silent)
    return resident


def followed(resident: Resident, world: World) -> None:
    """Follow the world; what is told then is what a state made anew tells, under the same name."""
    resident.follow(world.as_of, silent)
    other = anew(world.home, world.as_of)
    assert resident.name == other.name
    assert list(told(resident)) == list(told(other))


def test_batches_days_merges_and_removals_are_followed(world: World) -> None:
    resident = Resident(world.home, ONE)
    followed(resident, world)
    for batch in BATCHES.values():
        world.take(batch(world))
        followed(resident, world)
    world.as_of += DAY
    followed(resident, world)
    FactStore(world.home).compact(least=2)
    name = resident.name
    followed(resident, world)
    assert resident.name == name
    FactStore(world.home).remove_older(midnight(LAST - 60 * DAY))
    followed(resident, world)
    assert resident.name != name
    world.as_of -= 3 * DAY
    followed(resident, world)


def test_a_checkpoint_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    resident = Resident(world.home, ONE)
    resident.follow(world.as_of, silent)
    resident.save()
    assert stat.S_IMODE((world.home / "state").stat().st_mode) == 0o700  # it holds names of people
    world.take(BATCHES["again"](world))
    world.as_of += DAY
    other = Resident(world.home, ONE)
    with monkeypatch.context() as patched:
        patched.setattr(Resident, "_rebuild", None)
        other.follow(world.as_of, silent)
    assert list(told(other)) == list(told(anew(world.home, world.as_of)))


def test_a_damaged_checkpoint_is_made_anew(world: World) -> None:
    resident = Resident(world.home, ONE)
    resident.follow(world.as_of, silent)
    resident.save()
    path = checkpoint_of(world.home) / "state.columns.by_name.hot"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert Resident.opened(world.home, ONE) is None
    followed(Resident(world.home, ONE), world)


def test_a_change_that_fails_is_made_up_for_by_the_facts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = Resident(world.home, ONE)
    resident.follow(world.as_of, silent)
    world.take(BATCHES["fresh"](world))
    world.as_of += DAY

    def broken(state: Any, as_of: int) -> None:
        state.surroundings.as_of = as_of
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(changes, "roll", broken)
        resident.follow(world.as_of, silent)
    assert list(told(resident)) == list(told(anew(world.home, world.as_of)))


def test_only_the_state_of_that_name_answers(world: World) -> None:
    resident = Resident(world.home, ONE)
    assert resident.name == ""
    with pytest.raises(Gone):
        resident.detail("", Kind.HASHTAG, "t1", None)
    resident.follow(world.as_of, silent)
    name = resident.name
    assert resident.detail(name, Kind.HASHTAG, "t1", None) is not None
    assert resident.detail(name, Kind.VIDEO, "t1", None) is None
    world.take(BATCHES["fresh"](world))
    resident.follow(world.as_of, silent)
    with pytest.raises(Gone, match="no longer kept"):
        resident.detail(name, Kind.HASHTAG, "t1", None)
    with pytest.raises(Gone, match="no longer kept"):
        resident.identities(name, Kind.HASHTAG, "t", 10)


def test_without_posts_there_is_nothing_to_follow(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="no posts yet"):
        Resident(tmp_path, ONE).follow(LAST, silent)
    assert Resident.opened(tmp_path, ONE) is None


def test_what_is_removed_by_age_is_taken_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    resident = Resident(world.home, ONE)
    resident.follow(world.as_of, silent)
    with monkeypatch.context() as patched:
        patched.setattr(Resident, "_rebuild", None)
        patched.setattr("trendwire.publishing.resident.MOST_DEAD", 0.5)  # worlds are small
        for ago in (140, 130):
            world.take(BATCHES["again"](world))
            assert resident.remove_older(midnight(LAST - ago * DAY)).posts
            world.take(BATCHES["late"](world))
            world.as_of += DAY
            resident.follow(world.as_of, silent)
    assert list(told(resident)) == list(told(anew(world.home, world.as_of)))
    assert resident.name == anew(world.home, world.as_of).name


def test_where_much_was_removed_the_state_is_made_anew(world: World) -> None:
    resident = Resident(world.home, ONE)
    resident.follow(world.as_of, silent)
    for ago in (60, 50):
        resident.remove_older(midnight(LAST - ago * DAY))
        followed(resident, world)
    hot = resident.shown.state.columns["hot"]
    assert (hot["peak"] != -1).any()
    assert len(hot) == FactStore(world.home).snapshot().posts


def test_the_newest_edition_of_another_process_is_answered_from_its_checkpoint(world: World) -> None:
    """A publish by hand beside the process that has the state: that one takes over what was left."""
    resident, other = Resident(world.home, ONE), Resident(world.home, ONE)
    resident.follow(world.as_of, silent)
    before = resident.name
    other.follow(world.as_of - DAY, silent)
    other.save()
    with pytest.raises(Gone):
        resident.identities(other.name, Kind.HASHTAG, "", 1)
    publish(world.home, as_of=world.as_of - DAY)
    stated(world.home, 1, other.name)
    assert resident.identities(other.name, Kind.HASHTAG, "", 9) == other.identities(
        other.name, Kind.HASHTAG, "", 9
    )
    with pytest.raises(Gone):
        resident.identities(before, Kind.HASHTAG, "", 1)
