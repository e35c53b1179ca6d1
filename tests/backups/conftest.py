"""Furnished homes, and backups of them."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.accounts.moments import START
from tests.furnished import AT, Furnished
from tests.small_world import silent
from trendwire import backups

VERSION = "0.0.test"

Progress = Callable[[str, float], None]


@pytest.fixture
def key(furnished: Furnished) -> str:
    return furnished.key


@pytest.fixture
def file(furnished: Furnished, tmp_path: Path) -> Path:
    """A backup of a furnished home."""
    return Path(shutil.copy2(furnished.file, tmp_path / "kept"))


@pytest.fixture
def home(file: Path, tmp_path: Path) -> Path:
    """A furnished home."""
    backups.restore(str(file), tmp_path / "home", START, silent, verified=False)
    return tmp_path / "home"


def take(home: Path, file: Path, progress: Progress = silent) -> Path:
    backups.backup(home, str(file), AT, VERSION, progress)
    return file


def restored(file: Path) -> Path:
    """The home of a backup, verified."""
    home = file.with_name(f"{file.name}-restored")
    backups.restore(str(file), home, START, silent, verified=True)
    return home


def names(home: Path) -> set[str]:
    """The files of a folder and below."""
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}


def once_at(moment: int, do: Callable[[], object]) -> tuple[Progress, list[float]]:
    """A progress that does something when it is told of the `moment`-th time, and what it was told of."""
    heard: list[float] = []

    def told(_stage: str, share: float) -> None:
        heard.append(share)
        if len(heard) == moment + 1:
            do()

    return told, heard


@contextmanager
def changed(path: Path) -> Iterator[bytearray]:
    """The bytes of a file, to be changed."""
    data = bytearray(path.read_bytes())
    yield data
    path.chmod(0o644)
    path.write_bytes(data)
