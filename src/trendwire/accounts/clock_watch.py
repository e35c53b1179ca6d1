"""Logs it when the clock jumps by more than a day: monthly credits and caps follow it, so it must be known.

The first moment is held against the last row of the ledger, where only a step back can be told from a rest;
every later one against the monotonic clock, which does not jump.
"""

from datetime import UTC, datetime

import structlog

from trendwire.accounts.gate import Moment
from trendwire.accounts.state import DAY_MS

MOST_MS = DAY_MS
"""By how much the clock may differ from what is expected before that is a jump."""

_log = structlog.get_logger()


class ClockWatch:
    """`last_row`: when the last row of the ledger was written, in Unix milliseconds; None without any."""

    def __init__(self, last_row: int | None) -> None:
        self._last_row = last_row
        self._seen: Moment | None = None
        self._day = -1

    def look(self, at: Moment) -> None:
        """To be called with every request; it costs a comparison but for the first request of a day."""
        day = at.wall // DAY_MS
        if day == self._day:
            return
        self._day = day
        expected = self._expected(at)
        self._seen = at
        if expected is not None and abs(at.wall - expected) > MOST_MS:
            days = round((at.wall - expected) / DAY_MS, 1)
            _log.warning("the clock jumped", days=days, expected=_iso(expected), now=_iso(at.wall))

    def _expected(self, at: Moment) -> int | None:
        """What the clock should say about now; None where nothing is known that it could contradict."""
        if self._seen is not None:
            return self._seen.wall + round((at.tick - self._seen.tick) * 1000)
        return None if self._last_row is None else max(self._last_row, at.wall)  # later: it rested


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
