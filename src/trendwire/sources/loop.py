"""Carries out tasks when they are due: each one alone, all of them beside each other, until it is stopped.

Owns no clock and no threads: both are handed in, so that a week passes in a second where that is wanted.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from trendwire.errors import TrendwireError
from trendwire.facts.durable import held
from trendwire.sources.collect import Stopped
from trendwire.sources.schedule import Planned, due

LOCK = "run.lock"
"""In a home, held by the process that carries out its schedules."""

TICK = timedelta(seconds=5)
"""How often the loop looks around at least: for batches in the inbox, for sources paused, resumed and
wished for."""

PENALTY = timedelta(minutes=1)
"""How long a task is left alone that could not even note how it went."""

_log = structlog.get_logger()


def is_at_work(home: Path) -> bool:
    """Whether a process carries out the schedules of the home (`trendwire run`)."""
    return held(home / LOCK)


class Task(Protocol):
    """Something that is done again and again."""

    def planned(self) -> Planned | None:
        """When it was done last, and its schedule; None where there is nothing to do for now."""

    def do(self) -> None:
        """Do it once, and log one line. What it raises is logged for it; Stopped is no failure."""


class Loop:
    """`now`: this moment, UTC. `wait`: waits so many seconds, or less where something stops it."""

    def __init__(
        self,
        tasks: Sequence[Task],
        executor: Executor,
        now: Callable[[], datetime],
        wait: Callable[[float], object],
        tick: timedelta = TICK,
    ) -> None:
        self._tasks = tasks
        self._executor = executor
        self._now, self._wait, self._tick = now, wait, tick
        self._running: dict[str, Future[None]] = {}
        self._not_before: dict[str, datetime] = {}

    def run(self, stopped: Callable[[], bool]) -> None:
        """Go on until stopped, then wait for what is going on to end."""
        while not stopped():
            self.turn()
            self._wait(self._tick.total_seconds())
        self._executor.shutdown(wait=True, cancel_futures=True)

    def turn(self) -> None:
        """Start what is due and not going on."""
        now = self._now()
        self._running = {name: one for name, one in self._running.items() if not one.done()}
        ready = {plan.name: (plan, task) for task in self._tasks if (plan := self._plan(task))}
        for name in due(now, [plan for plan, _ in ready.values()]):
            if name not in self._running and self._not_before.get(name, now) <= now:
                self._running[name] = self._executor.submit(self._do, name, ready[name][1])

    def _plan(self, task: Task) -> Planned | None:
        try:
            return task.planned()
        except TrendwireError as error:
            _log.error("a plan cannot be made", reason=error.public, **error.facts)
            return None

    def _do(self, name: str, task: Task) -> None:
        try:
            task.do()
        except Stopped:
            _log.info("a job was stopped", job=name)
        except TrendwireError as error:
            self._not_before[name] = self._now() + PENALTY
            _log.error("a job failed", job=name, reason=error.public, **error.facts)
        except Exception:  # noqa: BLE001  one job must not end the others
            self._not_before[name] = self._now() + PENALTY
            _log.exception("a job failed unexpectedly", job=name)
