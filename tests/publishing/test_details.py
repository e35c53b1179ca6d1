"""Where a server asks for details: the process that has the state, else the checkpoint, opened once."""

import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.agreement.pair import silent
from tests.editions.test_details import stated
from tests.editions.worlds import publish
from tests.engine.worlds import BATCHES, World
from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail
from trendwire.editions import Editions
from trendwire.errors import Gone, NotReady
from trendwire.facts.duck import Resources
from trendwire.publishing.details import HomeDetails
from trendwire.publishing.resident import Resident
from trendwire.publishing.service import answering

ONE = Resources(1)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "home", random.Random(5))
    world.begin()
    return world


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The homes whose checkpoints were opened."""
    homes, real = list[Path](), Resident.opened

    def counting(home: Path, resources: Resources) -> Resident | None:
        homes.append(home)
        return real(home, resources)

    monkeypatch.setattr(Resident, "opened", counting)
    return homes


def published(world: World, resident: Resident, number: int) -> None:
    """An edition of the state as it is; the checkpoint leads to it."""
    resident.follow(world.as_of, silent)
    resident.save()
    publish(world.home, as_of=world.as_of)
    stated(world.home, number, resident.name)


def everything(editions: Editions, number: int | None = None) -> dict[str, Detail | None]:
    def read(edition: Any) -> dict[str, Detail | None]:
        names = edition.identities(Kind.HASHTAG, "", 100)
        return {name: edition.detail(Kind.HASHTAG, name, "VN") for name in names}

    return editions.read(number, read)


def of_resident(resident: Resident) -> dict[str, Detail | None]:
    names = resident.identities(resident.name, Kind.HASHTAG, "", 100)
    assert names
    return {name: resident.detail(resident.name, Kind.HASHTAG, name, "VN") for name in names}


def test_the_checkpoint_tells_what_the_state_tells_and_is_opened_once_per_edition(
    world: World, opened: list[Path]
) -> None:
    resident = Resident(world.home, ONE)
    editions = Editions(world.home, HomeDetails(world.home, ONE))
    published(world, resident, 1)
    first = of_resident(resident)
    assert everything(editions) == everything(editions) == first
    assert len(opened) == 1
    world.take(next(iter(BATCHES.values()))(world))
    published(world, resident, 2)
    assert everything(editions) == of_resident(resident) != first
    for _ in range(2):
        with pytest.raises(Gone, match="edition 1 are no longer kept: ask for edition 2"):
            everything(editions, 1)
    assert len(opened) == 2


def test_who_has_the_state_is_asked_first_and_the_copy_let_go(world: World, opened: list[Path]) -> None:
    resident, source = Resident(world.home, ONE), HomeDetails(world.home, ONE)
    editions = Editions(world.home, source)
    published(world, resident, 1)
    with answering(world.home, resident):
        assert everything(editions) == of_resident(resident)
        assert opened == []
    assert everything(editions) == of_resident(resident)
    with answering(world.home, resident):
        assert everything(editions) == of_resident(resident)
    assert len(opened) == 1
    assert source._opening is None


def test_the_current_edition_answers_while_its_state_goes_on(world: World) -> None:
    """Who asks in between waits for the edition that comes, and is answered by it."""
    resident = Resident(world.home, ONE)
    published(world, resident, 1)
    editions = Editions(world.home, HomeDetails(world.home, ONE))
    world.take(next(iter(BATCHES.values()))(world))
    changing, asked = threading.Event(), threading.Event()

    def publish_next() -> None:
        with resident.changing():
            resident.follow(world.as_of, silent)
            changing.set()
            assert asked.wait(30)
            published(world, resident, 2)

    publisher = threading.Thread(target=publish_next)
    with answering(world.home, resident):
        publisher.start()
        assert changing.wait(60)
        threading.Timer(0.1, asked.set).start()
        number = editions.read(None, lambda edition: (edition.detail(Kind.HASHTAG, "t0"), edition.number)[1])
        publisher.join()
    assert number == 2


def test_without_a_checkpoint_it_says_what_to_do(world: World, opened: list[Path]) -> None:
    publish(world.home, as_of=world.as_of)
    stated(world.home, 1, "0123456789abcdef")
    editions = Editions(world.home, HomeDetails(world.home, ONE))
    for _ in range(3):
        with pytest.raises(NotReady, match="run `trendwire publish`"):
            everything(editions)
    assert len(opened) == 1
    resident = Resident(world.home, ONE)
    published(world, resident, 2)
    assert everything(editions) == of_resident(resident)
    assert len(opened) == 2


def test_a_request_waits_for_the_opening_as_long_as_it_may(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident, go, real = Resident(world.home, ONE), threading.Event(), Resident.opened
    published(world, resident, 1)

    def slowly(home: Path, resources: Resources) -> Resident | None:
        assert go.wait(60)
        return real(home, resources)

    monkeypatch.setattr(Resident, "opened", slowly)
    editions = Editions(world.home, HomeDetails(world.home, ONE, patience=0.05))
    with pytest.raises(NotReady, match="being opened: ask again"):
        everything(editions)
    go.set()
    patient = Editions(world.home, HomeDetails(world.home, ONE))
    assert everything(patient) == of_resident(resident)


def test_small_homes_never_load_the_kernel(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    told = f"""
import sys
from pathlib import Path
from trendwire.cli import app
from trendwire.domain.charts import Kind
from trendwire.settings import Settings
from trendwire.web import app as web
service = web.of_settings(Settings(home=Path({str(tmp_path)!r})))
edition = service.metrics.house.editions.current()
assert edition.detail(Kind.HASHTAG, "a") is not None and edition.detail(Kind.HASHTAG, "b") is None
assert edition.identities(Kind.HASHTAG, "", 10) == ("a",)
print(*(name for name in ("numba", "numpy", "llvmlite") if name in sys.modules))
"""
    found = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True)
    assert found.stdout.split() == []
