"""Owns the figures: what the charts of a world show against what happened in it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from tests.quality.engine import Listed
from trendwire.sources.simulator_plan import EVERGREEN, Burst, Truth

BIG = 30
"""A burst counts from so many extra creators in the seven days up to its peak on ..."""
TIMES = 5
"""... and from so many times the creators who would have used the tag anyway."""
WEEK = timedelta(days=7)
NEW = 4


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `cases`."""

    hits: int
    cases: int

    @classmethod
    def of(cls, outcomes: Iterable[bool]) -> "Share":
        known = list(outcomes)
        return cls(sum(known), len(known))

    def __add__(self, other: "Share") -> "Share":
        return Share(self.hits + other.hits, self.cases + other.cases)

    def __str__(self) -> str:
        return f"{self.hits} of {self.cases}" + (f" ({self.hits / self.cases:.0%})" if self.cases else "")


@dataclass(frozen=True, slots=True)
class Figures:
    """What is printed of a world.

    `at_peak`: bursts in the first 10 of their region at the peak; `still_listed`, `moved`: of those still
    above a third of it a week later. `evergreen`, `habits` (of one region), `weekend`, `ring`: places in
    a first 20, `spam`: in any chart, that they must not have. `lead`: days from the first place in a first 20
    to the peak, median.
    """

    at_peak: Share
    still_listed: Share
    moved: Share
    evergreen: int
    habits: int
    weekend: int
    ring: int
    spam: int
    precision_10: Share
    precision_20: Share
    recall: Share
    lead: float


def figures(truth: Truth, rows: Sequence[Listed], ends: Sequence[date]) -> Figures:
    """The figures of one world from the rows of all its charts of `ends`."""
    weekly = {(row.end, row.region, row.tag): row for row in rows if row.period == WEEK.days}
    bursts = [b for b in truth.bursts if is_big(b) and b.peak in ends and b.peak + WEEK in ends]
    lasting = [b for b in bursts if _creators(b, b.peak + WEEK) * 3 > _creators(b, b.peak)]
    later = [weekly.get((b.peak + WEEK, b.region, b.tag)) for b in lasting]
    top = [row for row in rows if row.rank <= 20 and row.period in (7, 30)]
    first = [_first_seen(b, weekly) for b in bursts]
    ring = {tag for r in truth.rings for tag in r.tags}
    return Figures(
        at_peak=Share.of(_rank(weekly, b, b.peak) <= 10 for b in bursts),
        still_listed=Share.of(row is not None for row in later),
        moved=Share.of(row is not None and row.move != NEW for row in later),
        evergreen=sum(row.tag in EVERGREEN for row in top),
        habits=sum(row.tag in set(truth.evergreen) - set(EVERGREEN) for row in top),
        weekend=sum(row.tag in truth.weekend for row in top),
        ring=sum(row.tag in ring for row in top),
        spam=sum(row.tag in {s.tag for s in truth.spammers} for row in rows),
        precision_10=_precision(truth, weekly.values(), 10),
        precision_20=_precision(truth, weekly.values(), 20),
        recall=Share.of(day is not None for day in first),
        lead=median([(b.peak - day).days for b, day in zip(bursts, first, strict=True) if day] or [0]),
    )


def is_big(burst: Burst) -> bool:
    """Whether the charts must show it."""
    extra = burst.extra(burst.peak)
    return extra >= BIG and extra + burst.usual >= TIMES * burst.usual


def _creators(burst: Burst, last: date) -> float:
    """Creators to expect under the tag in the week that ends with `last`."""
    return burst.extra(last) + burst.usual


def _rank(weekly: dict[tuple[date, str, str], Listed], burst: Burst, end: date) -> int:
    row = weekly.get((end, burst.region, burst.tag))
    return row.rank if row else 1000


def _first_seen(burst: Burst, weekly: dict[tuple[date, str, str], Listed]) -> date | None:
    """The first day of the burst on which it is in the first 20 of its region."""
    days = (burst.start + timedelta(days=n) for n in range(burst.length + WEEK.days))
    return next((day for day in days if _rank(weekly, burst, day) <= 20), None)


def _precision(truth: Truth, weekly: Iterable[Listed], places: int) -> Share:
    """Of the rows in the first `places` of the regions' charts, those that a burst of any size put there."""
    spans: dict[tuple[str, str], list[tuple[date, date]]] = {}
    for burst in truth.bursts:
        end = burst.start + timedelta(days=burst.length) + WEEK
        spans.setdefault((burst.region, burst.tag), []).append((burst.start, end))
    return Share.of(
        any(start <= row.end < end for start, end in spans.get((row.region, row.tag), ()))
        for row in weekly
        if row.rank <= places and row.region != "ALL"
    )
