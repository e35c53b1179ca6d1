"""A small simulated world whose days come in one after the other, for editions that follow them."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.small_world import LAST_DAY, NOON_AFTER, WORLD, settings_of, silent
from trendwire import pipeline
from trendwire.domain.charts import Kind
from trendwire.editions import Edition, Editions, Record
from trendwire.pipeline import Details
from trendwire.publishing import large
from trendwire.settings import Settings
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import simulate

ROWS = list(simulate(WORLD))
KINDS = (Kind.HASHTAG, Kind.SOUND)


class Home:
    """A home, and what is done to it."""

    def __init__(self, folder: Path) -> None:
        self.settings: Settings = settings_of(folder).model_copy(update={"keep_editions": 100})

    def take(self, rows: Iterable[dict[str, object]], name: str = "world") -> None:
        source = RowSource(name, "simulator", rows)
        pipeline.ingest_from(self.settings, [source], NOON_AFTER, silent)

    def publish(self, as_of: date = LAST_DAY, details: Details = Details.RENDERED) -> Record:
        (record,) = pipeline.publish_range(
            self.settings, as_of, as_of, silent, details=details, allow_empty=True
        )
        return record

    def current(self) -> Edition:
        return self.at(None)

    def at(self, number: int | None) -> Edition:
        """The edition of that number, or the current one, as who opens the checkpoint reads it."""
        editions = Editions(self.settings.home, large.StateSource(large.opened(self.settings)))
        return editions.current() if number is None else editions.at(number)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def days_before(number: int) -> date:
    return LAST_DAY - timedelta(days=number)
