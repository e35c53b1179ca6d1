"""An older edition can be made current at once, and stays so until somebody releases it or publishes."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.editions.worlds import DAY, NOON, content, publish
from trendwire.domain.charts import Kind
from trendwire.editions import Editions
from trendwire.editions.catalog import Catalog, Listing
from trendwire.editions.hold import hold, release
from trendwire.editions.publish import Publisher, publishing
from trendwire.errors import Gone, NotFound, NotReady
from trendwire.web.explorer.asked import edition_of, read


def add(publisher: Publisher, home: Path, name: str) -> int:
    return publisher.publish(content(home, name), NOON, seconds=1, engine="0").number


def by_hand(home: Path, name: str) -> int:
    with publishing(home, release=True) as publisher:
        return add(publisher, home, name)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        publish(tmp_path, name)
    return tmp_path


def test_a_reader_serves_it_at_once_and_the_newest_again(home: Path) -> None:
    reader = Editions(home)
    assert reader.current().number == 3
    assert hold(home, 1, NOON).number == 1
    assert reader.current().number == 1
    assert reader.current().detail(Kind.HASHTAG, "a") is not None
    assert [(one.number, one.current, one.held_since) for one in reader.listed()] == [
        (1, True, NOON),
        (2, False, None),
        (3, False, None),
    ]
    assert release(home).number == 3
    assert reader.current().number == 3
    assert [one.current for one in reader.listed()] == [False, False, True]


def test_what_a_schedule_publishes_leaves_it_current(home: Path) -> None:
    hold(home, 1, NOON)
    assert publish(home, "d").number == 4
    assert Editions(home).current().number == 1
    assert release(home).number == 4


def test_what_is_published_by_hand_ends_it(home: Path) -> None:
    hold(home, 1, NOON)
    number = by_hand(home, "d")
    assert Editions(home).current().number == number
    assert not any(one.held_since for one in Editions(home).listed())
    publish(home, "e")
    assert Editions(home).current().number == number + 1


@pytest.mark.parametrize("before", [None, 2])
def test_one_that_is_held_while_a_new_one_is_made_stays(home: Path, before: int | None) -> None:
    """A rollback in an emergency is not undone by a publish that began before it; nor does it wait for it."""
    if before:
        hold(home, before, NOON)
    with publishing(home, release=True) as publisher:
        hold(home, 1, NOON + timedelta(minutes=1))
        add(publisher, home, "d")
    assert Editions(home).current().number == 1


def test_it_is_not_pruned(home: Path) -> None:
    hold(home, 1, NOON)
    with publishing(home) as publisher:
        assert publisher.prune(1) == (2,)
        assert publisher.prune(1) == ()
    assert Editions(home).current().number == 1
    release(home)
    with publishing(home) as publisher:
        assert publisher.prune(1) == (1,)


def test_the_hold_goes_with_the_edition(home: Path) -> None:
    hold(home, 1, NOON)
    with publishing(home) as publisher:
        publisher.remove([1])
    assert Editions(home).current().number == 3
    assert Catalog(home).listing().held is None


def test_only_what_is_kept_can_be_held(home: Path) -> None:
    with publishing(home) as publisher:
        publisher.prune(2)
    with pytest.raises(Gone):
        hold(home, 1, NOON)
    with pytest.raises(NotFound, match="edition 9"):
        hold(home, 9, NOON)
    assert Editions(home).current().number == 3


def test_nothing_can_be_released_where_nothing_is_published(tmp_path: Path) -> None:
    with pytest.raises(NotReady):
        release(tmp_path)


def test_a_catalog_of_before_holds_is_read(home: Path) -> None:
    file = Catalog(home).file
    listing = msgspec.json.decode(file.read_bytes())
    file.write_bytes(msgspec.json.encode({"version": listing["version"], "editions": listing["editions"]}))
    assert Catalog(home).listing() == Listing(editions=Editions(home).records())


def test_the_day_of_the_held_edition_is_answered_from_it(home: Path) -> None:
    hold(home, 1, NOON)
    asked = read(Kind.HASHTAG, [("as_of", DAY.isoformat())])
    assert edition_of(asked, Editions(home)) == 1
