"""A file in a watched folder is taken within two seconds, once, and without a run for nothing."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.sources.made_up import START, Simulated
from tests.sources.test_watched_files import rows
from tests.sources.test_week import Inline
from trendwire.cli.running import Collect
from trendwire.sources import arrivals
from trendwire.sources.arrivals import Arrivals, watchful
from trendwire.sources.configuration import ConfiguredSource, read
from trendwire.sources.loop import Loop
from trendwire.sources.registry import CONNECTORS
from trendwire.sources.runs import Run, Runs
from trendwire.sources.visit import Means
from trendwire.sources.watched import FilesOptions
from trendwire.sources.writing import is_open_for_writing

SECOND = timedelta(seconds=1)


class Running:
    """`trendwire run` with one watched folder, in simulated time. `events`: what happens at which second."""

    def __init__(self, folder: Path, then: str = "move", every: str = "1d") -> None:
        folder.mkdir()
        self.folder, self.home, self.time = folder, folder.parent / "home", Simulated()
        self.events: dict[float, Callable[[], object]] = {}
        self.source: ConfiguredSource = read(
            f'[sources.drop]\nkind = "files"\nfolder = "{folder}"\nthen = "{then}"\nevery = "{every}"',
            CONNECTORS,
            self.home,
        ).source("drop")
        assert isinstance(self.source.options, FilesOptions)
        self.looked = 0
        self.arrivals = Arrivals(self.source.options, self.time.now)

    def run(self, seconds: float) -> list[Run]:
        """All runs, oldest first."""
        means = Means(self.home, {}, "test", self.time.clocks)
        task = Collect(self.source, means, self.arrivals)
        loop = Loop([task], Inline(), self.time.now, watchful(self._wait, [self._look]))
        end = START + seconds * SECOND
        loop.run(lambda: self.time.at >= end)
        return list(reversed(Runs(self.home).latest("drop", 100)))

    def put(self, name: str, count: int) -> None:
        (self.folder / name).write_bytes(rows(1, count))

    def _wait(self, seconds: float) -> bool:
        self.time.sleep(seconds)
        for at in sorted(self.events):
            if START + at * SECOND <= self.time.at:
                self.events.pop(at)()
        return False

    def _look(self) -> bool:
        self.looked += 1
        return self.arrivals.look()


@pytest.fixture
def running(tmp_path: Path) -> Running:
    (tmp_path / "probe").touch()
    if is_open_for_writing(tmp_path / "probe") is None:
        pytest.skip("this system does not say who writes a file")
    return Running(tmp_path / "drop")


def seconds(run: Run) -> float:
    """When it began."""
    return run.started / 1000 - START.timestamp()


def test_a_new_file_is_taken_within_two_seconds(running: Running) -> None:
    for at in (11.0, 23.5, 31.0):
        running.events[at] = lambda at=at: running.put(f"{at}.ndjson", 3)  # type: ignore[misc]
    runs = running.run(60)
    taken = [(seconds(run), run.rows) for run in runs if run.rows]
    assert [rows for _, rows in taken] == [3, 3, 3]
    assert all(0 <= began - at <= 2 for (began, _), at in zip(taken, (11.0, 23.5, 31.0), strict=True))
    assert len(list((running.folder / "done").iterdir())) == 3


def test_nothing_runs_where_nothing_arrives(running: Running) -> None:
    running.events[11.0] = lambda: running.put("a.ndjson", 3)
    assert len(running.run(600)) == 2  # the first one after the start, and that of the file


def test_a_file_that_stays_is_taken_once_and_again_when_it_changes(tmp_path: Path) -> None:
    running = Running(tmp_path / "drop", then="keep")
    running.events = {11.0: lambda: running.put("a", 3), 60.0: lambda: running.put("a", 4)}
    assert [run.rows for run in running.run(120)] == [0, 3, 4]


def test_a_file_is_taken_when_it_is_closed_not_before(running: Running) -> None:
    file = (running.folder / "a.ndjson").open("ab")

    def written() -> None:
        file.write(rows(1, 2))
        file.flush()

    running.events = {5.0: written, 20.0: file.close}
    runs = running.run(40)
    assert [(run.rows, 20 <= seconds(run) <= 22) for run in runs if run.rows] == [(2, True)]


def test_a_paused_source_is_left_alone_and_not_asked_about_more_often(running: Running) -> None:
    Runs(running.home).pause("drop", paused=True)
    running.put("a.ndjson", 3)
    assert running.run(30) == []
    assert running.looked <= 30 / arrivals.LOOK + 1


def test_a_large_folder_is_looked_into_less_often(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "FILES_A_LOOK", 10)
    for number in range(100):
        (running.folder / f"{number}.ndjson").write_text(json.dumps({"id": str(number)}))
    assert [running.arrivals.look() for _ in range(12)] == [True] + [False] * 11
    running.put("new", 1)
    assert sum(running.arrivals.look() for _ in range(11)) == 1


def test_a_folder_that_is_not_there_is_looked_for_quietly(running: Running) -> None:
    running.folder.rmdir()
    assert running.arrivals.look() is False
