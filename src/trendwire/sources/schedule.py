"""When something is due: schedules as they are written, and pure arithmetic on UTC moments.

A schedule is a row of slots. A slot that was missed is made up for once, however many were missed; a failed
run is tried again before its next slot; and the slots of two names lie a little apart, always the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from typing import Protocol

from cronsim import CronSim, CronSimError

from trendwire.errors import InvalidInput

ACCEPTED = 'must be a time such as "15m", "6h" or "1d" (from 1m to 366d), or five fields of cron in UTC'
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=366)

RETRY = timedelta(minutes=5)
"""After a first failure; twice as long after each one more."""

LONGEST_RETRY = timedelta(hours=1)

LONGEST_WAIT = timedelta(days=1)
"""The most that a source's own word about when to come again counts for."""

MOST_JITTER = 600
"""Seconds. At most a tenth of the period, too; of a cron text at most 59 seconds."""

STALE_SLOTS = 3

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_CRON_FIELDS = 5
_CRON_JITTER = 60
_SECOND = timedelta(seconds=1)


class Schedule(Protocol):
    """A row of slots. `name` moves them a little."""

    @property
    def text(self) -> str:
        """As it is written."""

    def after(self, at: datetime, name: str) -> datetime:
        """The slot that follows what was begun at `at`."""

    def stale_before(self, at: datetime) -> datetime:
        """What was last done before this moment is stale at `at`: more than three slots have passed."""


@dataclass(frozen=True, slots=True)
class Every:
    """Slots at equal distances; one that follows a late run within half a distance is left out."""

    text: str
    period: timedelta

    def after(self, at: datetime, name: str) -> datetime:
        tenth = int(self.period.total_seconds()) // 10
        shift = timedelta(seconds=_jitter(name, min(tenth, MOST_JITTER)))
        passed = (at + self.period / 2 - _EPOCH - shift) // self.period
        return _EPOCH + shift + (passed + 1) * self.period

    def stale_before(self, at: datetime) -> datetime:
        return at - STALE_SLOTS * self.period


@dataclass(frozen=True, slots=True)
class Cron:
    """Slots by five fields of cron, in UTC."""

    text: str

    def after(self, at: datetime, name: str) -> datetime:
        shift = timedelta(seconds=_jitter(name, _CRON_JITTER))
        return next(CronSim(self.text, at - shift)) + shift

    def stale_before(self, at: datetime) -> datetime:
        return next(islice(CronSim(self.text, at, reverse=True), STALE_SLOTS - 1, None))


@dataclass(frozen=True, slots=True)
class Last:
    """How the last run of a job went. `failures`: in a row, with this one. `again`: when it is to be gone on
    with, where that is known (a budget that is filled up again, a run that was stopped)."""

    started: datetime
    ended: datetime
    failures: int = 0
    again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A job and when it is to run; `last` is None before its first run."""

    name: str
    schedule: Schedule
    last: Last | None = None


def parse(name: str, text: str) -> Schedule:
    """The schedule that `text` describes. InvalidInput says at `name` what is accepted."""
    if len(text.split()) == _CRON_FIELDS:
        return _cron(name, text)
    number, unit = text.strip()[:-1], text.strip()[-1:]
    if not (number.isascii() and number.isdigit() and len(number) < 10 and unit in _UNITS):
        raise InvalidInput(name, ACCEPTED)
    period = int(number) * _UNITS[unit]
    if not SHORTEST <= period <= LONGEST:
        raise InvalidInput(name, ACCEPTED)
    return Every(text.strip(), period)


def next_run(job: Planned, now: datetime) -> datetime:
    """When the job is to run next: `now` or earlier where it is due."""
    last = job.last
    if last is None:
        return now
    again = last.again and min(last.again, last.ended + LONGEST_WAIT)
    # a clock that was wrong for a while must not keep a source waiting for the moment it has seen
    slot = job.schedule.after(min(last.started, now), job.name)
    if last.failures:
        retry = last.ended + retry_after(last.failures)
        return max(again, retry) if again else min(slot, retry)
    return again or slot


def due(now: datetime, jobs: Iterable[Planned]) -> list[str]:
    """The names of the jobs to be run now, the one that has waited longest first."""
    waiting = ((next_run(job, now), job.name) for job in jobs)
    return [name for moment, name in sorted(waiting) if moment <= now]


def retry_after(failures: int) -> timedelta:
    """How long after the last of so many failures in a row it is tried again."""
    doubled: timedelta = RETRY * 2 ** min(failures - 1, 10)
    return min(doubled, LONGEST_RETRY)


def _cron(name: str, text: str) -> Schedule:
    try:
        next(CronSim(text, _EPOCH))
    except (CronSimError, StopIteration, AssertionError, TypeError) as error:
        reason = str(error).removeprefix("Bad ") or "it never comes"
        raise InvalidInput(name, f"{ACCEPTED}; of {text!r} this is not understood: {reason}") from None
    return Cron(text)


def _jitter(name: str, most: int) -> int:
    """Seconds from 0 to below `most`, the same for the same name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) % max(most, 1)
