"""What is remembered of sources: leases that exclude, cursors that are fenced, runs that are listed."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.sources.made_up import CONNECTORS, START
from trendwire.errors import Conflict, Corrupt, NotReady
from trendwire.sources.configuration import read
from trendwire.sources.pace import Breaker, Budget
from trendwire.sources.runs import FILE, LEASE, Ending, Run, Runs, ms
from trendwire.sources.schedule import due
from trendwire.sources.status import SourceStatus, job_name, planned, statuses

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
CONFIGURATION = '[sources.a]\nkind = "made-up"\nevery = "6h"\ntoken = { env = "T" }\n'


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "home")


def _ran(runs: Runs, ending: Ending, at: int = 0, **told: int) -> None:
    """A run that began so many hours after START and took a minute."""
    begun = START + at * HOUR
    number = runs.begin("a", begun)
    ended = ms(begun + timedelta(minutes=1))
    run = Run(source="a", started=ms(begun), ended=ended, ending=ending)
    runs.end(number, msgspec.structs.replace(run, **told))


def _status(runs: Runs, hours: float) -> SourceStatus:
    home = runs.path.parent
    (found,) = statuses(home, read(CONFIGURATION, CONNECTORS, home), START + hours * HOUR)
    return found


def test_one_of_many_has_the_lease(runs: Runs) -> None:
    def asks(number: int) -> bool:
        try:
            runs.lease("a", f"holder {number}", START)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(asks, range(40))) == 1


def test_a_lease_that_ran_out_is_free_and_its_holder_saves_nothing(runs: Runs) -> None:
    runs.lease("a", "one", START)
    with pytest.raises(Conflict, match=r"a is being collected already \(one\)"):
        runs.lease("a", "two", START + LEASE - DAY / 86_400)
    runs.save("a", "one", START, {"page": 2}, None, Breaker())
    runs.lease("a", "two", START + LEASE)
    with pytest.raises(Conflict, match="ran out"):
        runs.save("a", "one", START + LEASE, {"page": 9}, None, Breaker())
    assert runs.kept("a").cursor == {"page": 2}


def test_saving_holds_the_lease_longer(runs: Runs) -> None:
    runs.lease("a", "one", START)
    runs.save("a", "one", START + LEASE / 2, None, None, Breaker())
    with pytest.raises(Conflict):
        runs.lease("a", "two", START + LEASE)


def test_who_is_not_the_holder_releases_nothing(runs: Runs) -> None:
    runs.lease("a", "one", START)
    runs.release("a", "two")
    with pytest.raises(Conflict):
        runs.lease("a", "two", START)
    runs.release("a", "one")
    runs.lease("a", "two", START)


def test_the_leases_of_the_dead_are_taken_and_their_runs_ended(runs: Runs) -> None:
    for source, holder in (("a", "run 7 x"), ("b", "collect 8 y")):
        runs.lease(source, holder, START)
        runs.begin(source, START)
    runs.clear("run ", START + HOUR / 60)
    assert [run.ending for run in (*runs.latest("a", 1), *runs.latest("b", 1))] == [Ending.BROKEN, None]
    runs.lease("a", "run 9 z", START)
    with pytest.raises(Conflict):
        runs.lease("b", "run 9 z", START)


def test_a_killed_run_is_ended_by_who_comes_next(runs: Runs) -> None:
    runs.lease("a", "one", START)
    runs.begin("a", START)
    runs.lease("a", "two", START + LEASE)
    (run,) = runs.latest("a", 5)
    assert (run.ending, run.ended) == (Ending.BROKEN, ms(START + LEASE))


def test_what_a_client_keeps_comes_back(runs: Runs) -> None:
    budget = Budget(date(2026, 11, 2), requests=7, rows=9)
    breaker = Breaker(5, START + HOUR)
    runs.lease("a", "one", START)
    runs.save("a", "one", START, {"id": 7506832682593094928}, budget, breaker)
    kept = Runs(runs.path.parent).kept("a")
    assert (kept.cursor, kept.budget, kept.breaker) == ({"id": 7506832682593094928}, budget, breaker)


def test_reading_makes_no_file(runs: Runs) -> None:
    assert runs.kept("a").cursor is None
    assert runs.latest("a", 5) == ()
    assert not runs.path.parent.exists()


def test_pruning_leaves_the_last_run(runs: Runs) -> None:
    for hour in (0, 1):
        _ran(runs, Ending.DONE, hour, rows=1)
    assert runs.prune(START + 90 * DAY) == 1
    assert len(runs.latest("a", 5)) == 1


def test_the_table_says_how_a_source_stands(runs: Runs) -> None:
    _ran(runs, Ending.DONE, 0, rows=10, charts=1)
    _ran(runs, Ending.FAILED, 6)
    _ran(runs, Ending.STOPPED, 7)
    _ran(runs, Ending.EMPTY, 8, quarantined=3)
    found = _status(runs, 9)
    assert (found.rows, found.charts, found.quarantined) == (10, 1, 3)
    assert found.success_rate == pytest.approx(2 / 3)
    assert found.last_success == ms(START + 8 * HOUR + HOUR / 60)
    assert found.last_given == ms(START + HOUR / 60)
    assert (found.stale, found.paused, found.running) == (False, False, False)


def test_a_source_without_success_for_three_slots_is_stale(runs: Runs) -> None:
    assert not _status(runs, 1000).stale
    _ran(runs, Ending.FAILED, 0)
    assert not _status(runs, 17).stale
    assert _status(runs, 19).stale
    _ran(runs, Ending.DONE, 20)
    assert not _status(runs, 37).stale
    _ran(runs, Ending.SUSPICIOUS, 38, suspicious=1)
    assert _status(runs, 39).stale


def test_a_held_run_is_a_success_where_something_came(runs: Runs) -> None:
    _ran(runs, Ending.HELD, 0)
    assert _status(runs, 1).last_success is None
    _ran(runs, Ending.HELD, 2, rows=5)
    assert _status(runs, 3).last_success is not None


def test_a_paused_source_is_not_planned(runs: Runs, tmp_path: Path) -> None:
    source = read(CONFIGURATION, CONNECTORS, tmp_path).source("a")
    assert planned(source, runs) is not None
    runs.pause("a", paused=True)
    assert planned(source, runs) is None
    assert _status(runs, 0).paused


def test_a_wish_is_due_at_once_until_a_run_begins(runs: Runs, tmp_path: Path) -> None:
    source = read(CONFIGURATION.replace('every = "6h"', ""), CONNECTORS, tmp_path).source("a")
    _ran(runs, Ending.DONE, 0)
    runs.pause("a", paused=True)
    assert (planned(source, runs), runs.wished("a")) == (None, None)
    for hour in (1, 2):
        runs.wish("a", START + hour * HOUR)
    assert runs.wished("a") == ms(START + HOUR)
    plan = planned(source, runs)
    assert plan is not None
    assert due(START + 3 * HOUR, [plan]) == [job_name("a")]
    assert _status(runs, 3).wished == ms(START + HOUR)
    assert _status(runs, 3).next_run == ms(START + 3 * HOUR)
    _ran(runs, Ending.FAILED, 3)
    assert (planned(source, runs), runs.wished("a")) == (None, None)


def test_a_file_from_before_there_were_wishes_takes_them(runs: Runs) -> None:
    runs.pause("a", paused=True)
    with sqlite3.connect(runs.path) as db:
        db.execute("DROP TABLE wish")
        db.execute("PRAGMA user_version = 1")
    db.close()
    runs.wish("a", START)
    assert runs.wished("a") == ms(START)
    assert runs.kept("a").paused


def test_freshness_is_the_time_since_something_came(runs: Runs) -> None:
    assert _status(runs, 0).freshness is None
    _ran(runs, Ending.DONE, 0, rows=1)
    _ran(runs, Ending.EMPTY, 1)
    assert _status(runs, 2).freshness == 2 * 3600 - 60


def test_what_goes_on_is_running_and_not_due_again(runs: Runs, tmp_path: Path) -> None:
    runs.lease("a", "one", START)
    runs.begin("a", START)
    found = _status(runs, 0.1)
    assert found.running
    assert (found.next_run or 0) > ms(START + HOUR)


def test_a_damaged_file_is_named(runs: Runs) -> None:
    runs.path.parent.mkdir()
    runs.path.write_bytes(b"no database at all, but long enough to look at" * 100)
    with pytest.raises(Corrupt, match=FILE):
        runs.latest("a", 1)


def test_a_newer_file_is_left_alone(runs: Runs) -> None:
    runs.pause("a", paused=False)
    with sqlite3.connect(runs.path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(NotReady, match="newer version"):
        runs.kept("a")
