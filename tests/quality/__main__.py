"""Prints the figures of three worlds by seeds that no constant was tuned on, and of all three together."""

import sys
import tempfile
from dataclasses import fields
from datetime import date
from pathlib import Path

from tests.quality.engine import Listed, charts, days
from tests.quality.figures import Figures, Share, figures
from trendwire.sources.simulator import World, truth

SEEDS = (101, 102, 103)
LAST_DAY = date(2026, 6, 30)
WATCHED_DAYS = 56

NAMES = {
    "at_peak": "bursts in the first 10 of their region by their peak",
    "still_listed": "bursts above a third of it a week later: still listed",
    "moved": "... and shown as a move, not as new",
    "evergreen": "places of evergreen tags in a first 20",
    "habits": "places of a region's own evergreen tag in a first 20",
    "weekend": "places of weekend tags in a first 20",
    "ring": "places of a ring's tags in a first 20",
    "spam": "places of a spammer's tag in any chart",
    "precision_10": "precision at 10 (rows that a burst put there)",
    "precision_20": "precision at 20",
    "recall": "recall (bursts that reach a first 20)",
    "lead": "lead time (days from the first 20 to the peak, median)",
}


def measured(seed: int) -> Figures:
    """The figures of the world of `seed`."""
    world = World(posts=80_000, days=180, regions=12, seed=seed, last_day=LAST_DAY)
    ends = days(LAST_DAY, WATCHED_DAYS)
    rows: list[Listed] = []
    with tempfile.TemporaryDirectory() as home:
        for number, found in enumerate(charts(world, ends, Path(home)), start=1):
            rows += found
            sys.stderr.write(f"\rseed {seed}: day {number} of {len(ends)} ")
    return figures(truth(world), rows, ends)


def total(name: str, found: list[Figures]) -> str:
    """A figure of all worlds together."""
    values = [getattr(each, name) for each in found]
    if isinstance(values[0], Share):
        return str(sum(values[1:], values[0]))
    return f"{sum(values) / (len(values) if name == 'lead' else 1):g}"


def main() -> None:
    found = [measured(seed) for seed in SEEDS]
    head = ["", *(f"seed {seed}" for seed in SEEDS), "together"]
    lines = [
        [NAMES[f.name], *(str(getattr(each, f.name)) for each in found), total(f.name, found)]
        for f in fields(Figures)
    ]
    sys.stderr.write("\n")
    for line in [head, *lines]:
        sys.stdout.write(f"{line[0]:56}" + "".join(f"{cell:>20}" for cell in line[1:]) + "\n")


if __name__ == "__main__":
    main()
