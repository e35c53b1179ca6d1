"""The wall clock: the one place that reads it. Everywhere else time is an argument."""

import time
from datetime import UTC, date, datetime, timedelta


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def yesterday() -> date:
    """The last whole UTC day: the default `as_of` of an edition."""
    return now().date() - timedelta(days=1)


monotonic = time.monotonic
"""Seconds from an arbitrary start, for durations."""


nanoseconds = time.time_ns
"""This moment in Unix nanoseconds (UTC)."""


def milliseconds() -> int:
    """This moment in Unix milliseconds (UTC)."""
    return nanoseconds() // 1_000_000
