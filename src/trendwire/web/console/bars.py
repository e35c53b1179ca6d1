"""Where the bars of a chart stand: plain numbers that a template draws as SVG. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

STEP, WIDTH, HEIGHT = 10.0, 8.0, 100.0
"""Of a bar of a day: where the next one begins, how wide and how high one can be (units of the drawing)."""

LINE, LENGTH = 34.0, 320.0
"""Of a bar of a name: what one takes of the height, its text included, and how long one can be."""

MOST_NAMES = 12
LONGEST_NAME = 36


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its label and number, where it begins, how long or high it is."""

    label: str
    number: int
    at: float
    size: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars in order. `extent`: how wide (days) or high (names) the drawing is. `rest`: names not drawn."""

    bars: tuple[Bar, ...]
    extent: float
    total: int
    rest: int = 0

    @property
    def peak(self) -> Bar | None:
        """The largest bar; None where all are 0."""
        best = max(self.bars, key=lambda bar: bar.number, default=None)
        return best if best is not None and best.number else None


def days_chart(rows: Iterable[tuple[str, int]], first: date, last: date) -> Chart:
    """A bar for each day from `first` to `last`. `rows`: ISO days and numbers, to be added up."""
    sums = _sums(rows)
    days = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    most = max((sums[day] for day in days), default=0) or 1
    bars = (Bar(day, sums[day], n * STEP, HEIGHT * sums[day] / most) for n, day in enumerate(days))
    return Chart(tuple(bars), len(days) * STEP, sum(sums[day] for day in days))


def names_chart(rows: Iterable[tuple[str, int]]) -> Chart:
    """A bar for each name, the largest first; the smallest of many are left out."""
    ranked = _sums(rows).most_common()
    most = max((number for _, number in ranked), default=0) or 1
    bars = tuple(
        Bar(_cut(name), number, n * LINE, LENGTH * number / most)
        for n, (name, number) in enumerate(ranked[:MOST_NAMES])
    )
    total = sum(number for _, number in ranked)
    return Chart(bars, len(bars) * LINE, total, max(0, len(ranked) - MOST_NAMES))


def _sums(rows: Iterable[tuple[str, int]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for name, number in rows:
        sums[name] += number
    return sums


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
