"""How often a source may be asked: at most so many requests a second and a day, patiently after a failure,
and for a while not at all after many.

Owns what of this must outlive a process: `Budget` and `Breaker` are handed in and out and kept by the caller.
"""

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

import msgspec

from trendwire import clock
from trendwire.errors import BudgetSpent, SourceError
from trendwire.sources.connector import Quota

TRIES = 5
"""Requests for one call at most, the first one included."""

LONGEST_WAIT = 15 * 60.0
"""Seconds to wait at most at a source's word (`Retry-After`); how long an open breaker stays open."""

FAILURES = 5
"""Calls given up in a row that open the breaker."""

_FIRST_BACKOFF, _LONGEST_BACKOFF = 1.0, 60.0
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time as a client feels it. `sleep` may raise to end the wait; `jitter` gives a number from 0 to 1."""

    now: Callable[[], datetime] = clock.now
    monotonic: Callable[[], float] = clock.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


class Breaker(msgspec.Struct, frozen=True):
    """`failures`: calls given up in a row. `open_until`: the source is left alone until then (UTC)."""

    failures: int = 0
    open_until: datetime | None = None

    def check(self, now: datetime) -> None:
        """SourceError while open."""
        if self.open_until and now < self.open_until:
            raise SourceError(
                f"the source failed {self.failures} times in a row and is left alone until "
                f"{told(self.open_until)}",
                resumes=self.open_until,
            )

    def failed(self, now: datetime) -> "Breaker":
        """After one more call was given up. Once it was open, a single failure opens it again."""
        failures = self.failures + 1
        opened = failures >= FAILURES
        return Breaker(failures, now + timedelta(seconds=LONGEST_WAIT) if opened else None)


class Budget(msgspec.Struct, frozen=True):
    """What was used of a UTC day's quota."""

    day: date
    requests: int = 0
    rows: int = 0

    def on(self, day: date) -> "Budget":
        """This one, or a fresh one if a new day has come."""
        return self if day <= self.day else Budget(day)

    def check(self, quota: Quota) -> None:
        """BudgetSpent where nothing of the day is left."""
        self._check("requests", self.requests, quota.requests_a_day)
        self._check("rows", self.rows, quota.rows_a_day)

    def _check(self, of: str, used: int, allowed: int | None) -> None:
        if allowed is not None and used >= allowed:
            resumes = datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC) + timedelta(days=1)
            raise BudgetSpent(
                f"the {allowed} {of} a day that the source allows are used up; it goes on at {told(resumes)}",
                resumes=resumes,
            )


class Pace:
    """Keeps requests as far apart as `per_second` demands."""

    def __init__(self, per_second: float, clocks: Clocks) -> None:
        self._gap = 1 / per_second
        self._clocks = clocks
        self._next = clocks.monotonic()

    def wait(self) -> None:
        wait = self._next - self._clocks.monotonic()
        if wait > 0:
            self._clocks.sleep(wait)
        self._next = max(self._next, self._clocks.monotonic()) + self._gap


def backoff(failures: int, jitter: float) -> float:
    """Seconds before trying again after so many failures: exponential, with full jitter."""
    return jitter * min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0 ** (failures - 1))


def retry_after(said: str | None, now: datetime) -> float | None:
    """`Retry-After` in seconds: a number or an HTTP date. None where nothing, or nothing legible, is said."""
    if said is None:
        return None
    if _SECONDS.fullmatch(said.strip()):
        return float(said)
    moment = http_date(said)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def http_date(said: str) -> datetime | None:
    """A date of HTTP; None where it is none."""
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def told(moment: datetime) -> str:
    """A moment as errors name it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
