"""Backups of a home at work, at every moment, and killed at any: nothing is missing, nothing is half."""

import asyncio
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.accounts.moments import START
from tests.backups.conftest import names, restored
from tests.backups.test_take import MOMENTS, check_through, published, stored_and_merged
from tests.furnished import AT, COST, LAST_DAY, Furnished, push
from tests.heavy.clients import Client, load, request_of
from tests.heavy.conftest import number
from tests.house.tree import ROOT
from tests.serving import ask_desk, create_key, running
from tests.small_world import settings_of, silent
from trendwire import backups, pipeline
from trendwire.accounts.operations import ListAccounts
from trendwire.errors import Conflict
from trendwire.facts.store import FactStore

KILLS = number("KILLS", 20)
BACKUPS = 5
CREDITS = 10**9

FIRST_POST = (1_758_900_000 << 32) + 1000


@pytest.fixture
def file(furnished: Furnished) -> Path:
    return furnished.file


@pytest.fixture
def home(file: Path, tmp_path: Path) -> Path:
    return _home_of(file, tmp_path / "home")


TAKER = """
import sys
from pathlib import Path
from tests.furnished import AT
from tests.small_world import silent
from trendwire import backups
print("ready", flush=True)
while True:
    backups.backup(Path(sys.argv[1]), sys.argv[2], AT, "0", silent, replace=True)
    print("done", flush=True)
"""

RESTORER = """
import sys
from pathlib import Path
from tests.small_world import silent
from trendwire import backups
homes, first = Path(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
for number in range(first, first + 1000):
    home = homes / str(number)
    if number % 2:
        home.mkdir()
    backups.restore(sys.argv[1], home, 0, silent, verified=number % 4 > 1)
    print(number, flush=True)
"""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("meanwhile", [stored_and_merged, published])
def test_nothing_is_missing_whatever_happens_at_any_moment(
    file: Path, tmp_path: Path, meanwhile: Callable[[Path], None]
) -> None:
    for moment in range(MOMENTS):
        begun = tmp_path / f"home{moment}"
        backups.restore(str(file), begun, START, silent, verified=False)
        check_through(begun, tmp_path / f"file{moment}", meanwhile, moment)


@contextmanager
def _collecting(home: Path) -> Iterator[None]:
    """`trendwire run`, which stores what is pushed. It publishes no day without posts: see `_Publisher`."""
    (home / "trendwire.toml").write_text('[publish]\nevery = "1m"\n')
    command = [sys.executable, "-m", "trendwire", "--home", str(home), "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        try:
            yield
        finally:
            process.terminate()


class _Pusher(threading.Thread):
    """Pushes one post after the other; `told`: how many were acknowledged."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self._home, self.told, self.stopped = home, 0, threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            push(self._home, f"push {self.told}", {"id": str(FIRST_POST + self.told)})
            self.told += 1
            self.stopped.wait(0.02)


class _Publisher(threading.Thread):
    """Publishes the last day with posts again and again; `told`: how often."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self._home, self.told, self.stopped = home, 0, threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            with suppress(Conflict):  # what was pushed is being stored
                pipeline.publish(settings_of(self._home), LAST_DAY, silent)
                self.told += 1


class _Load(threading.Thread):
    """Asks a server for as long as it takes."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__(daemon=True)
        self.client, self.stopped = Client(port, request_of(key)), threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            asyncio.run(load([self.client], 0.5))

    @property
    def told(self) -> int:
        return self.client.statuses[200]


@pytest.mark.timeout(300)
def test_a_home_at_work_is_backed_up_whole(home: Path, tmp_path: Path) -> None:
    """While it is served, collected and published; nobody is refused or waits for it."""
    key = create_key(home, CREDITS, 10_000, "load")
    posts = FactStore(home).snapshot().posts
    begun: list[tuple[Path, int, int]] = []
    with running(home) as server, _collecting(home):
        pusher, publisher, load_ = _Pusher(home), _Publisher(home), _Load(server.port, key)
        for worker in (pusher, publisher, load_):
            worker.start()
        for number_ in range(BACKUPS):
            begun.append((tmp_path / f"file{number_}", pusher.told, load_.told))
            command = [sys.executable, "-m", "trendwire", "--home", str(home), "backup", str(begun[-1][0])]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for worker in (pusher, publisher, load_):
            worker.stopped.set()
            worker.join()
    assert set(load_.client.statuses) == {200}
    assert load_.client.failed == 0
    assert publisher.told > 0
    for taken, pushed, charged in begun:
        after = restored(taken)
        FactStore(after).drain()
        assert FactStore(after).snapshot().posts >= posts + pushed
        spent = CREDITS - next(one.balance for one in ask_desk(after, ListAccounts()) if one.name == "load")
        assert charged * COST <= spent <= load_.told * COST


def _kill(program: str, *words: object, after: float) -> list[str]:
    """What a program said until it was killed so many seconds after it was ready."""
    command = [sys.executable, "-c", program, *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        with suppress(subprocess.TimeoutExpired):
            child.wait(after)
        child.kill()
        return child.stdout.readlines()


@pytest.mark.timeout(60 + 10 * KILLS)
def test_a_backup_that_is_killed_is_not_there_or_whole(home: Path, tmp_path: Path) -> None:
    chance, to = random.Random(3), tmp_path / "to"
    to.mkdir()
    for _ in range(KILLS):
        told = _kill(TAKER, home, to / "file", after=chance.uniform(0, 0.2))
        assert (to / "file").exists() or not told
        if (to / "file").exists():
            backups.check(str(to / "file"), START, silent, verified=True)
    backups.backup(home, str(to / "file"), AT, "0", silent, replace=True)
    assert [path.name for path in to.iterdir()] == ["file"]
    assert not list(home.glob(".backup*"))


@pytest.mark.timeout(60 + 20 * KILLS)
def test_a_restore_that_is_killed_leaves_no_half_home(file: Path, tmp_path: Path) -> None:
    """In a folder that was there too: what was cut off at its end, the next restore finishes."""
    chance, homes = random.Random(4), tmp_path / "homes"
    homes.mkdir()
    whole = names(_home_of(file, tmp_path / "whole"))
    for kill in range(KILLS):
        _kill(RESTORER, file, homes, kill * 1000, after=chance.uniform(0, 0.4))
        for made in homes.iterdir():
            if made.name.startswith(".") or not _is_begun(made):
                continue
            with suppress(Conflict):
                backups.restore(str(file), made, START, silent, verified=False)
            assert names(made) - {"accounts.lock", "facts/read.lock"} == whole
            assert not list(made.glob(".restor*"))
    _home_of(file, homes / "last")


def _is_begun(home: Path) -> bool:
    """Whether anything was put into its place."""
    return any(not path.name.startswith(".restoring-") for path in home.iterdir())


def _home_of(file: Path, home: Path) -> Path:
    backups.restore(str(file), home, START, silent, verified=False)
    return home
