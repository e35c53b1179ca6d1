"""Periods, windows and the buckets of a trend curve: pure calendar arithmetic in UTC days.

Definitions: a window of period P at `as_of` is the days `as_of-P+1 .. as_of`; weeks run Sunday to
Saturday and are labelled by the Saturday; months are labelled by their first day. Only weeks and
months wholly inside the window count.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

CHART_PERIODS = (7, 30, 120)
DETAIL_PERIODS = (7, 30, 120, 365, 1095)
LONGEST = max(DETAIL_PERIODS)

_WEEKLY = (120, 365)
_MONTHLY = (1095,)
_SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The days from `first` to `last`, both counted."""

    first: date
    last: date

    @classmethod
    def of(cls, period: int, as_of: date) -> "Window":
        """The window of `period` days that ends with `as_of`."""
        return cls(as_of - timedelta(days=period - 1), as_of)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self, count: int = 1) -> "Window":
        """The window of equal length `count` lengths earlier."""
        shift = timedelta(days=self.days * count)
        return Window(self.first - shift, self.last - shift)

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Bucket:
    """One point of a curve: the days it sums, and the day it is labelled by."""

    label: date
    window: Window

    @property
    def time(self) -> int:
        """The label as Unix seconds at 00:00 UTC."""
        return midnight(self.label)


@lru_cache(maxsize=64)
def buckets(period: int, as_of: date) -> tuple[Bucket, ...]:
    """The points of the trend, ascending: days for 7 and 30, weeks for 120 and 365, months for 1095.

    Kept, because all rows of an edition share a few of them.
    """
    window = Window.of(period, as_of)
    if period in _WEEKLY:
        return _weeks(window)
    if period in _MONTHLY:
        return _months(window)
    return tuple(Bucket(day, Window(day, day)) for day in _days(window))


def epoch_day(day: date) -> int:
    """Days since 1970-01-01: how stores write a day."""
    return (day - date(1970, 1, 1)).days


def from_epoch_day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def midnight(day: date) -> int:
    """Unix seconds at the start of `day`, UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _days(window: Window) -> tuple[date, ...]:
    return tuple(window.first + timedelta(days=n) for n in range(window.days))


def _weeks(window: Window) -> tuple[Bucket, ...]:
    saturdays = (day for day in _days(window) if day.weekday() == _SATURDAY)
    weeks = (Bucket(day, Window(day - timedelta(days=6), day)) for day in saturdays)
    return tuple(week for week in weeks if week.window.first >= window.first)


def _months(window: Window) -> tuple[Bucket, ...]:
    firsts = (day for day in _days(window) if day.day == 1)
    months = (Bucket(day, Window(day, _month_end(day))) for day in firsts)
    return tuple(month for month in months if month.window.last <= window.last)


def _month_end(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - _DAY
