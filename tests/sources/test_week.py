"""A week of scheduled collecting in simulated time, with a fault or two every day: no gap, no double."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.sources.made_up import CONNECTORS, HOUR, START, Simulated, chart, opener, page, post
from trendwire.cli.running import PublishChanges, publish_if_changed, tasks_of
from trendwire.editions import Record
from trendwire.errors import BudgetSpent, NotReady, SourceError
from trendwire.facts.inbox import Inbox
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore
from trendwire.pipeline import Choice
from trendwire.settings import Settings
from trendwire.sources.configuration import read
from trendwire.sources.connector import Call
from trendwire.sources.loop import Loop, Task
from trendwire.sources.runs import Ending, Runs
from trendwire.sources.schedule import Planned
from trendwire.sources.visit import Means

DAY = timedelta(days=1)
TICK = timedelta(minutes=10)
PAGE = 10
SEEN = 48
"""The source shows the posts of the last 48 hours, one an hour, and yesterday's chart."""

CONFIGURATION = """
[sources.made]
kind = "made-up"
every = "6h"
token = { env = "TOKEN" }
[publish]
every = "3h"
"""


class Inline(Executor):
    """Does what is submitted at once, in this thread."""

    def submit(self, done: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(done(*args, **named))
        return future


class World:
    """What the source says by the hour. `faults`: by day, what its requests of that day meet, one by one."""

    def __init__(self, time: Simulated, faults: dict[int, list[Any]]) -> None:
        self._time, self._faults = time, faults
        self.asked: Counter[date] = Counter()

    def __call__(self, call: Call) -> dict[str, Any]:
        at = self._time.at
        self.asked[at.date()] += 1
        self._time.sleep(1)
        waiting = self._faults.get((at - START).days, [])
        told = waiting.pop(0) if waiting else None
        if isinstance(told, BaseException):
            raise told
        return told or self.page(int(call.params["page"]), at)

    def page(self, number: int, at: datetime) -> dict[str, Any]:
        newest = at.replace(minute=0, second=0, microsecond=0)
        hours = [newest - HOUR * back for back in range(SEEN)]
        posts = [post(1, hour) for hour in hours[(number - 1) * PAGE : number * PAGE]]
        if number * PAGE < SEEN:
            return page(posts, number + 1)
        return page(posts, charts=[chart(100, at.date() - DAY)])


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def told() -> Iterator[list[Any]]:
    """The log."""
    with capture_logs() as lines:
        yield lines


def _faults() -> dict[int, list[Any]]:
    fine = None
    return {
        0: [SourceError("it did not answer"), fine, SourceError("it answered 500")],
        1: [page(), fine, KeyError("data"), {"posts": ["no post"], "next": None}],
        2: [fine, fine, fine, fine, SourceError("cut off")] * 3,
        3: [fine, fine, fine, fine, fine, fine, fine, BudgetSpent("used up", resumes=START + 4 * DAY)],
        4: [fine, page(charts=[chart(2, START.date() + 3 * DAY)]), fine, ValueError("<html>")],
        5: [fine, fine, fine, Killed()],
        6: [SourceError("wait", resumes=START + 6 * DAY + HOUR), fine, page([post(1, START)], 1)],
    }


class House:
    """A home with its loop, which can be killed and started again."""

    def __init__(self, home: Path, time: Simulated, world: World) -> None:
        self.home, self.time = home, time
        self.configuration = read(CONFIGURATION, CONNECTORS, home)
        self.means = Means(home, {"TOKEN": "a-long-secret"}, "run 1", time.clocks, open=opener(time, world))
        self.published: list[date] = []

    def publish(self, as_of: date) -> Record:
        self.published.append(as_of)
        return record(len(self.published), as_of, self.time.at)

    def run_until(self, end: datetime) -> None:
        Runs(self.home).clear("run ", self.time.at)
        tasks = tasks_of(Settings(home=self.home), self.configuration, self.means, self.publish)
        loop = Loop(tasks, Inline(), self.time.now, self.time.sleep, TICK)
        loop.run(lambda: self.time.at >= end)


def record(number: int, as_of: date, at: datetime) -> Record:
    return Record(
        number=number,
        as_of=as_of,
        content_hash="0",
        charts=1,
        subjects=1,
        published_at=at,
        seconds=1.0,
        engine="0",
    )


def test_a_week_with_faults_leaves_no_gap_and_no_double(tmp_path: Path) -> None:
    time = Simulated()
    world = World(time, _faults())
    house = House(tmp_path, time, world)
    with pytest.raises(Killed):
        house.run_until(START + 7 * DAY)
    time.sleep(12 * 3600)
    house.run_until(START + 7 * DAY + 7 * HOUR)

    snapshot = FactStore(tmp_path).snapshot()
    assert snapshot.observations == snapshot.posts
    last_success = Runs(tmp_path).last_success("made") or 0
    hours = (last_success / 1000 - START.timestamp()) // 3600 + SEEN
    assert hours <= snapshot.posts <= hours + 1
    assert not Inbox(tmp_path).waiting()

    days = [one.as_of for one in Recorded(tmp_path).charts()]
    assert days == [START.date() + number * DAY for number in range(-1, 7)]
    assert all(len(one.rows) == 100 for one in Recorded(tmp_path).charts())

    endings = Counter(run.ending for run in Runs(tmp_path).latest("made", 1000))
    assert {Ending.DONE, Ending.FAILED, Ending.HELD, Ending.BROKEN, Ending.SUSPICIOUS} <= endings.keys()
    assert max(world.asked.values()) < 60
    assert house.published == sorted(house.published)
    assert set(house.published) == {START.date() + number * DAY for number in range(-1, 7)}


def test_after_downtime_a_source_is_collected_once(tmp_path: Path) -> None:
    time = Simulated()
    house = House(tmp_path, time, World(time, {}))
    house.run_until(START + HOUR)
    before = len(Runs(tmp_path).latest("made", 100))
    time.at = START + 3 * DAY
    house.run_until(START + 3 * DAY + timedelta(minutes=6))
    assert len(Runs(tmp_path).latest("made", 100)) == before + 1


def test_a_paused_source_is_left_alone(tmp_path: Path) -> None:
    time = Simulated()
    world = World(time, {})
    house = House(tmp_path, time, world)
    Runs(tmp_path).pause("made", paused=True)
    house.run_until(START + DAY)
    assert not world.asked
    Runs(tmp_path).pause("made", paused=False)
    house.run_until(START + DAY + HOUR)
    assert world.asked


def test_nothing_new_is_not_published_again(tmp_path: Path) -> None:
    time = Simulated()
    house = House(tmp_path, time, World(time, {}))
    asked: list[date] = []

    def published(today: date, as_of: date) -> bool:
        def chosen(on: date) -> Choice:
            asked.append(on)
            return Choice(as_of)

        return publish_if_changed(tmp_path, today, chosen, house.publish) is not None

    first = START.date()
    assert not published(first, first - DAY)
    Recorded(tmp_path).append(chart(5))
    assert published(first, first - DAY)
    assert not published(first, first - DAY)
    assert published(first + DAY, first)
    Recorded(tmp_path).append(chart(6))
    assert published(first + DAY, first)
    assert not published(first + 2 * DAY, first)
    assert not published(first + 2 * DAY, first)
    assert asked == [first, first + DAY, first + DAY, first + 2 * DAY]


def test_days_without_posts_leave_what_is_served_and_name_the_stale_sources(
    tmp_path: Path, told: list[Any]
) -> None:
    time = Simulated()
    dead = [SourceError("gone")] * 1000
    house = House(tmp_path, time, World(time, {2: dead, 3: dead, 4: dead, 5: dead}))
    house.run_until(START + 5 * DAY)
    assert house.published
    assert max(house.published) <= START.date() + 2 * DAY
    silent = [line for line in told if line["event"] == "no posts"]
    assert [line["stale"] for line in silent] == [["made"], ["made"]]
    assert "has no posts: as of" in silent[0]["reason"]


def test_a_publish_that_failed_is_tried_again_at_its_pace(tmp_path: Path) -> None:
    time, tried = Simulated(), []
    Recorded(tmp_path).append(chart(5))

    def failing(as_of: date) -> Record:
        tried.append(time.at)
        raise NotReady("no space")

    configuration = read(CONFIGURATION, CONNECTORS, tmp_path)
    task = PublishChanges(Settings(home=tmp_path), configuration, failing, time.now)
    Loop([task], Inline(), time.now, time.sleep, TICK).run(lambda: time.at >= START + 10 * HOUR)
    assert len(tried) == 4
    assert min(later - sooner for sooner, later in pairwise(tried[1:])) == 3 * HOUR


class _Broken(Task):
    """A job that always fails in a way that nobody thought of."""

    def __init__(self, plan: Planned) -> None:
        self._plan, self.tried = plan, 0

    def planned(self) -> Planned:
        return self._plan

    def do(self) -> None:
        self.tried += 1
        raise RuntimeError("surprise")


def test_a_broken_job_neither_ends_the_others_nor_spins(tmp_path: Path, told: list[Any]) -> None:
    time = Simulated()
    every = read(CONFIGURATION, CONNECTORS, tmp_path).publish.every
    broken = [_Broken(Planned("one", every)), _Broken(Planned("two", every))]
    second = timedelta(seconds=1)
    Loop(broken, Inline(), time.now, time.sleep, second).run(lambda: time.at >= START + HOUR / 6)
    assert [one.tried for one in broken] == [10, 10]
    assert {line["job"] for line in told} == {"one", "two"}
