"""A home that any released version wrote opens in this one and says what it said."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.accounts.moments import START, admit, books
from tests.backups.golden import FOLDER, HOME, MADE, SAYS, Says, said
from tests.furnished import COST, CURSOR, SOURCE
from tests.small_world import silent
from trendwire import backups
from trendwire.accounts.soundness import checked
from trendwire.accounts.users import Users
from trendwire.backups import formats
from trendwire.backups.formats import FORMATS
from trendwire.editions import Editions
from trendwire.errors import NotReady
from trendwire.facts import forgotten
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore
from trendwire.sources.runs import Runs

VERSIONS = sorted(path.name for path in FOLDER.iterdir())


def says_of(version: str) -> Says:
    return msgspec.json.decode((FOLDER / version / SAYS).read_bytes(), type=Says)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def home(version: str, tmp_path: Path) -> Path:
    """The home that the version left."""
    restored = tmp_path / "home"
    backups.restore(str(FOLDER / version / HOME), restored, START, silent, verified=False)
    return restored


def test_it_answers_the_same_and_publishes_the_same(home: Path, version: str) -> None:
    says = says_of(version)
    assert all(Editions(home).at(int(number)).verify() for number in says.editions)
    assert said(home, says.formats, says.key) == says


def test_it_is_sound(version: str) -> None:
    found = backups.check(str(FOLDER / version / HOME), START, silent, verified=True).verified
    says = says_of(version)
    assert found is not None
    assert (found.posts, found.observations, found.editions) == (
        says.posts,
        says.observations,
        len(says.editions),
    )
    assert (found.batches, found.recorded_charts, found.accounts.keys) == (1, 1, 1)


def test_its_key_is_let_in(home: Path, version: str) -> None:
    async def story() -> None:
        async with books(home) as opened:
            admission = await admit(opened, says_of(version).key, 5, COST)
            await opened.gate.settle(admission, charged=True)

    asyncio.run(story())


def test_its_users_sources_and_the_forgotten_are_known(home: Path) -> None:
    assert [user.name for user in Users(home).list()] == ["ada"]
    assert Runs(home).kept(SOURCE).cursor == CURSOR
    assert len(forgotten.read(home).hashes) > 1
    assert len(Memberships(home).records()) > 1


def test_every_format_of_now_is_in_a_golden_home() -> None:
    kept = [says_of(version).formats for version in VERSIONS]
    assert dict(FORMATS) in kept, (
        f"a format changed ({dict(FORMATS)}), and no golden home was written in it: write what brings an"
        " older home up to date, then keep a home of this version: `python -m tests.backups.golden`"
    )


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("facts/manifest.json", lambda home: FactStore(home).snapshot()),
        ("facts/memberships/manifest.json", lambda home: Memberships(home).records()),
        ("facts/forgotten.json", forgotten.read),
        ("editions/catalog.json", lambda home: Editions(home).current()),
    ],
)
def test_a_file_of_a_later_version_is_refused_in_plain_words(
    home: Path, name: str, read: Callable[[Path], object]
) -> None:
    """Also one that this version could not make anything of."""
    (home / name).write_bytes(msgspec.json.encode({"version": max(FORMATS.values()) + 1, "posts": "many"}))
    with pytest.raises(NotReady, match="made by a later Trendwire"):
        read(home)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("accounts.sqlite", lambda home: checked(home, START)),
        ("console.sqlite", lambda home: Users(home).list()),
        ("sources.sqlite", lambda home: Runs(home).kept(SOURCE)),
    ],
)
def test_a_database_of_a_later_version_is_refused_in_plain_words(
    home: Path, name: str, read: Callable[[Path], object]
) -> None:
    with closing(sqlite3.connect(home / name)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(NotReady, match=r"later Trendwire|newer version of Trendwire"):
        read(home)


def test_a_backup_of_a_later_version_is_refused_before_anything_is_unpacked(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        later.setitem(formats.FORMATS, "accounts", 99)
        backups.backup(home, str(tmp_path / "file"), MADE, "9.0", silent)
    with pytest.raises(NotReady, match=r"Trendwire 9\.0, whose accounts this one cannot read"):
        backups.restore(str(tmp_path / "file"), tmp_path / "new", START, silent, verified=False)
    assert not (tmp_path / "new").exists()
