"""Owns one day of one home: what an edition is made from, and where its details are."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from trendwire import __version__
from trendwire.domain.provenance import Provenance
from trendwire.editions.markets import Market, Rule
from trendwire.editions.markets import markets as recorded_markets
from trendwire.editions.recorded import LISTED_DAYS, LISTED_PERIOD, RecordedContent, recorded_content
from trendwire.facts.duck import Resources
from trendwire.facts.durable import folder_aside
from trendwire.facts.memberships import Memberships
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore
from trendwire.settings import Settings

Progress = Callable[[str, float], None]
"""Told what is being made and which share (0..1) of that stage is done."""

SCRATCH = "scratch-"
"""How the folders of a build begin."""


class Details(StrEnum):
    """When the detail of a subject is made: with the edition, or when somebody asks for it."""

    WRITTEN = "written"
    RENDERED = "rendered"


@dataclass(frozen=True, slots=True)
class Day:
    """A day to be published from the facts of a home. `rules`: see editions/markets.py."""

    settings: Settings
    as_of: date
    rules: Mapping[str, Rule]
    progress: Progress

    @property
    def home(self) -> Path:
        return self.settings.home

    def published(self) -> Mapping[date, Path]:
        """The memberships of all days published so far; a build looks at those before its own day."""
        return Memberships(self.home).by_day(date.max)

    def markets(self, computed: Mapping[str, Provenance]) -> Mapping[str, Market]:
        """The regions whose charts a source ranked, by the rules. `computed`: those that have posts."""
        return recorded_markets(Recorded(self.home).filed(), self.as_of, self.rules, computed)

    def recorded(self, markets: Mapping[str, Market]) -> RecordedContent:
        """What they add to an edition."""
        standing = Memberships(self.home).standing(self.as_of, markets, LISTED_PERIOD, LISTED_DAYS)
        return recorded_content(markets, self.as_of, standing, __version__)

    def resources(self) -> Resources:
        """What a build may use."""
        return resources(self.settings)


def details_of(settings: Settings) -> Details:
    """Written as long as that takes seconds."""
    small = FactStore(settings.home).snapshot().posts <= settings.written_details
    return Details.WRITTEN if small else Details.RENDERED


def resources(settings: Settings) -> Resources:
    """What is set."""
    return Resources(threads(settings), settings.engine_memory_mb)


def threads(settings: Settings) -> int:
    """What is set, else the processors that this process may run on (the machine may have more)."""
    allowed = getattr(os, "sched_getaffinity", None)
    return settings.engine_threads or (len(allowed(0)) if allowed else os.cpu_count() or 1)


@contextmanager
def scratch(home: Path) -> Iterator[Path]:
    """A folder in the home for what does not fit into memory; gone at the end, or with the next one."""
    with folder_aside(home, SCRATCH) as folder:
        yield folder
