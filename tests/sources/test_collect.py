"""Collecting: rows before cursors, nothing lost or doubled, nothing good replaced by less, always an end."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.sources.made_up import (
    START,
    MadeUp,
    MadeUpClient,
    MadeUpFiles,
    MadeUpOptions,
    Script,
    Simulated,
    chart,
    page,
    post,
)
from trendwire.errors import BudgetSpent, Conflict, SourceError
from trendwire.facts.durable import exclusive
from trendwire.facts.inbox import Inbox
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore
from trendwire.sources import collect as collecting
from trendwire.sources.collect import Stopped, collect, drain
from trendwire.sources.connector import Connector
from trendwire.sources.runs import Ending, Run, Runs

HOLDER = "test"
THREE = {1: page([post(1), post(2)], 2), 2: page([post(3)], 3), 3: page([post(4)])}


def _run(
    home: Path,
    pages: Any,
    stopped: Callable[[], bool] = lambda: False,
    connector: Connector | None = None,
    time: Simulated | None = None,
) -> tuple[Run, Script]:
    time, script = time or Simulated(), Script(dict(pages))
    Runs(home).lease("made", HOLDER, time.at)
    connector = connector or MadeUp("made", MadeUpOptions(), {})
    run = collect(
        "made", connector, MadeUpClient(time, script), home, time.at, HOLDER, lambda *_: None, stopped
    )
    return run, script


def _stored(home: Path) -> tuple[int, int]:
    drain(home)
    snapshot = FactStore(home).snapshot()
    return snapshot.posts, snapshot.observations


def _aside(home: Path) -> list[dict[str, Any]]:
    files = sorted((home / "facts" / "quarantine").glob("*.ndjson"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_all_pages_become_facts_and_the_next_run_begins_anew(tmp_path: Path) -> None:
    run, script = _run(tmp_path, THREE)
    assert (run.ending, run.rows, run.pages, run.requests, run.quarantined) == (Ending.DONE, 4, 3, 3, 0)
    assert script.asked == [1, 2, 3]
    assert Runs(tmp_path).kept("made").cursor is None
    assert _stored(tmp_path) == (4, 4)


def test_a_failure_keeps_what_came_and_the_next_run_goes_on(tmp_path: Path) -> None:
    pages = {**THREE, 3: [SourceError("it answered 500"), page([post(4)])]}
    script = Script(pages)
    for ending in (Ending.FAILED, Ending.DONE):
        run, _ = _run(tmp_path, {}, connector=_Scripted(script))
        assert run.ending == ending
    assert script.asked == [1, 2, 3, 3]
    assert _stored(tmp_path) == (4, 4)


def test_a_source_that_fails_again_at_once_keeps_its_place(tmp_path: Path) -> None:
    pages = {**THREE, 2: SourceError("it answered 500")}
    for _ in range(3):
        assert _run(tmp_path, pages)[0].ending == Ending.FAILED
    assert Runs(tmp_path).kept("made").cursor == {"page": 2}


class _Scripted(MadeUp):
    """Asks a script that outlives the client."""

    def __init__(self, script: Script) -> None:
        super().__init__("made", MadeUpOptions(), {})
        self._script = script

    def page(self, fetch: Any, cursor: Any) -> Any:
        return super().page(self._script, cursor)  # type: ignore[arg-type]


def test_a_spent_budget_holds_the_run_until_there_is_one(tmp_path: Path) -> None:
    tomorrow = START + timedelta(days=1)
    run, _ = _run(tmp_path, {**THREE, 2: BudgetSpent("used up", resumes=tomorrow)})
    assert (run.ending, run.again) == (Ending.HELD, int(tomorrow.timestamp() * 1000))
    assert Runs(tmp_path).kept("made").cursor == {"page": 2}


def test_a_stop_is_between_two_pages_and_loses_nothing(tmp_path: Path) -> None:
    run, script = _run(tmp_path, THREE, stopped=lambda: True)
    assert (run.ending, script.asked) == (Ending.STOPPED, [1])
    again, script = _run(tmp_path, THREE)
    assert (again.ending, script.asked) == (Ending.DONE, [2, 3])
    assert _stored(tmp_path) == (4, 4)


def test_a_stop_in_a_wait_keeps_the_place(tmp_path: Path) -> None:
    run, _ = _run(tmp_path, {**THREE, 3: Stopped()})
    assert run.ending == Ending.STOPPED
    assert Runs(tmp_path).kept("made").cursor == {"page": 3}


def test_a_kill_before_the_cursor_is_saved_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are appended, then the process dies: they come again, and are known."""

    class Killed(BaseException):
        pass

    def killed(*_args: object, **_options: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Runs, "save", killed)
        with pytest.raises(Killed):
            _run(tmp_path, THREE)
    assert Inbox(tmp_path).waiting()
    assert Runs(tmp_path).kept("made").cursor is None
    later = Simulated(START + timedelta(minutes=5))
    run, script = _run(tmp_path, THREE, time=later)
    assert (run.ending, script.asked) == (Ending.DONE, [1, 2, 3])
    assert _stored(tmp_path) == (4, 4)


def test_the_cursor_is_saved_after_the_rows_never_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Inbox, "append", full)
    run, _ = _run(tmp_path, THREE)
    assert run.ending == Ending.FAILED
    assert "No space left on device" in run.message
    monkeypatch.undo()
    run, script = _run(tmp_path, THREE)
    assert script.asked == [1, 2, 3]
    assert _stored(tmp_path) == (4, 4)


def test_a_long_run_is_stored_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "PAGES_AT_ONCE", 2)
    pages = {n: page([post(n)], n + 1) for n in range(1, 6)}
    run, _ = _run(tmp_path, {**pages, 6: KeyError("surprise")})
    assert (run.ending, run.rows) == (Ending.FAILED, 5)
    assert "KeyError at made_up.py" in run.message
    assert "surprise" not in run.message
    assert len(Inbox(tmp_path).waiting()) == 3
    assert Runs(tmp_path).kept("made").cursor == {"page": 6}


def test_a_page_that_comes_twice_doubles_nothing(tmp_path: Path) -> None:
    """The source answers the second request with the first page, whose cursor asks for the second again."""
    pages = {1: page([post(1)], 2), 2: [page([post(1)], 2), page([post(2)])]}
    run, _ = _run(tmp_path, pages)
    assert run.ending == Ending.DONE
    assert _stored(tmp_path) == (2, 2)


@pytest.mark.parametrize(
    ("pages", "words", "asked"),
    [
        ({1: page([post(1)], 2), 2: page([post(2)], 1)}, "leads back", 2),
        ({1: page([post(1)], 2), 2: page([post(2)], 2)}, "leads back", 4),
        ({n: page([post(1)], n + 1) for n in range(1, 50)}, "same page 4 times", 4),
    ],
)
def test_a_walk_in_circles_ends_and_begins_anew(
    tmp_path: Path, pages: dict[int, Any], words: str, asked: int
) -> None:
    run, script = _run(tmp_path, pages)
    assert run.ending == Ending.FAILED
    assert words in run.message
    assert len(script.asked) == asked
    assert Runs(tmp_path).kept("made").cursor is None


def test_a_cursor_that_never_ends_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MOST_PAGES", 7)
    run, script = _run(tmp_path, {n: page([post(n)], n + 1) for n in range(1, 50)})
    assert (run.ending, len(script.asked)) == (Ending.PARTLY, 7)
    assert Runs(tmp_path).kept("made").cursor == {"page": 8}


def test_empty_pages_on_the_way_are_no_circle(tmp_path: Path) -> None:
    pages = {**{n: page([], n + 1) for n in range(1, 9)}, 9: page([post(1)])}
    assert _run(tmp_path, pages)[0].ending == Ending.DONE


def test_a_bad_row_is_put_aside_with_its_reason(tmp_path: Path) -> None:
    run, _ = _run(tmp_path, {1: page([post(1), {"id": 1.5e18}, "text"])})
    assert (run.ending, run.rows, run.quarantined) == (Ending.DONE, 1, 2)
    assert [row["line"] for row in _aside(tmp_path)] == [2, 3]


@pytest.mark.parametrize("strange", [2**70, "\ud800", float("nan")])
def test_a_strange_value_stops_no_run(tmp_path: Path, strange: object) -> None:
    run, _ = _run(tmp_path, {1: page([post(1), post(2) | {"view_count": strange, "nickname": strange}])})
    assert (run.ending, run.rows + run.quarantined) == (Ending.DONE, 2)


def test_rows_of_which_none_can_be_read_are_suspicious(tmp_path: Path) -> None:
    run, _ = _run(tmp_path, {1: page([{"unknown": 1}])})
    assert (run.ending, run.quarantined) == (Ending.SUSPICIOUS, 1)


def test_charts_are_recorded_as_told(tmp_path: Path) -> None:
    run, _ = _run(tmp_path, {1: page(charts=[chart(100), chart(50, region="DE")])})
    assert (run.ending, run.charts) == (Ending.DONE, 2)
    assert [len(one.rows) for one in Recorded(tmp_path).charts()] == [50, 100]


def _day(number: int) -> date:
    return START.date() + timedelta(days=number)


@pytest.mark.parametrize("rows", [0, 1, 49])
def test_a_chart_that_shrank_is_put_aside(tmp_path: Path, rows: int) -> None:
    _run(tmp_path, {1: page(charts=[chart(100)])})
    run, _ = _run(tmp_path, {1: page(charts=[chart(rows, _day(1))])})
    assert (run.ending, run.suspicious, run.charts) == (Ending.SUSPICIOUS, 1, 0)
    assert [len(one.rows) for one in Recorded(tmp_path).charts()] == [100]
    (aside,) = _aside(tmp_path)
    assert aside["reason"] == f"the chart hashtag/7/VN/0 has {rows} rows, where it had 100"
    assert json.loads(aside["row"])["as_of"] == _day(1).isoformat()


def test_a_chart_a_little_shorter_is_fine(tmp_path: Path) -> None:
    _run(tmp_path, {1: page(charts=[chart(100)])})
    assert _run(tmp_path, {1: page(charts=[chart(50, _day(1))])})[0].ending == Ending.DONE


def test_after_a_week_the_smaller_chart_is_what_there_is(tmp_path: Path) -> None:
    _run(tmp_path, {1: page(charts=[chart(100)])})
    late = Simulated(START + timedelta(days=8))
    run, _ = _run(tmp_path, {1: page(charts=[chart(3, _day(8))])}, time=late)
    assert run.ending == Ending.DONE


def test_no_charts_where_there_were_some_is_suspicious(tmp_path: Path) -> None:
    _run(tmp_path, {1: page(charts=[chart(100)])})
    run, _ = _run(tmp_path, {1: page()})
    assert (run.ending, run.message) == (Ending.SUSPICIOUS, "no chart came, where there were 1")


def test_files_of_ones_own_are_what_they_are(tmp_path: Path) -> None:
    for number, rows in enumerate((100, 3)):
        files = MadeUpFiles("made", MadeUpOptions(), {})
        run, _ = _run(tmp_path, {1: page(charts=[chart(rows, _day(number))])}, connector=files)
        assert run.ending == Ending.DONE


def test_a_chart_of_no_region_is_put_aside(tmp_path: Path) -> None:
    run, _ = _run(tmp_path, {1: page([post(1)], charts=[chart(5, region="../x")])})
    assert (run.ending, run.suspicious) == (Ending.SUSPICIOUS, 1)


def test_nothing_is_said(tmp_path: Path) -> None:
    assert _run(tmp_path, {1: page()})[0].ending == Ending.EMPTY


def test_a_lease_that_ran_out_ends_the_run(tmp_path: Path) -> None:
    """Another process has the source by now: its cursor is not overwritten."""

    class Overtaken(MadeUp):
        def page(self, fetch: Any, cursor: Any) -> Any:
            Runs(tmp_path).lease("made", "other", START + timedelta(hours=1))
            return super().page(fetch, cursor)

    run, _ = _run(tmp_path, THREE, connector=Overtaken("made", MadeUpOptions(), {}))
    assert run.ending == Ending.FAILED
    assert "another process" in run.message
    assert _stored(tmp_path) == (4, 4)


def test_a_cursor_of_an_older_version_does_not_stop_a_source(tmp_path: Path) -> None:
    class Strict(MadeUp):
        def begin(self, at: Any, last: Any) -> Any:
            return {"page": last["number"]} if last else {"page": 1}

    _run(tmp_path, {**THREE, 2: SourceError("no")})
    run, script = _run(tmp_path, THREE, connector=Strict("made", MadeUpOptions(), {}))
    assert (run.ending, script.asked) == (Ending.DONE, [1, 2, 3])


def test_rows_wait_while_another_process_stores(tmp_path: Path) -> None:
    _run(tmp_path, THREE)
    with exclusive(tmp_path / "facts" / "write.lock", "draining the inbox"):
        assert drain(tmp_path) is None
    assert _stored(tmp_path) == (4, 4)


def test_two_do_not_collect_one_source(tmp_path: Path) -> None:
    Runs(tmp_path).lease("made", "one", START)
    with pytest.raises(Conflict, match="being collected already"):
        Runs(tmp_path).lease("made", "two", START)
