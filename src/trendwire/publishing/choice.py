"""Owns which day is published: the default one, and those refused because they would blank a site."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from trendwire.editions import Record
from trendwire.editions.catalog import Catalog
from trendwire.errors import InvalidInput, NotReady
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore
from trendwire.publishing import days
from trendwire.publishing.day import resources, scratch
from trendwire.settings import Settings

ENOUGH_SHARE = 0.5
"""A day has enough posts with this share of the median of the days before it: less is a day that a file was
cut off in, or a stray post; the quiet days of a week have more."""

DAYS_BEFORE = 7
"""The days with posts that a day is compared with: a week has every weekday once."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Choice:
    """A day to publish. `reason`: why it is not yesterday, in words; empty where it is."""

    as_of: date
    reason: str = ""


def default_day(settings: Settings, today: date) -> Choice:
    """Yesterday, or where nothing is known of it, the last day before with enough posts.

    Recorded charts of a day count as enough. Raises NotReady where there is nothing at all.
    """
    yesterday = today - _DAY
    if _has_anything(settings, yesterday, yesterday):
        return Choice(yesterday)
    counts = _known_days(settings, today)
    charted = {day for day in _charted_days(settings) if day <= today}
    last = yesterday if min([*counts, *charted]) < today else today
    posts = {day: number for day, number in counts.items() if day <= last}
    chosen = max([*(day for day in charted if day <= last), *([last_with_enough(posts)] if posts else [])])
    words = "the last day with enough posts" if chosen in posts else "the last day of recorded charts"
    return Choice(chosen, f"yesterday, {yesterday}, has no posts: as of {chosen}, {words}")


def last_with_enough(counts: Mapping[date, int]) -> date:
    """The last of these days that has enough posts: see `ENOUGH_SHARE`. `counts` must not be empty."""
    ascending = sorted(counts)
    for place in range(len(ascending) - 1, 0, -1):
        before = [counts[day] for day in ascending[max(0, place - DAYS_BEFORE) : place]]
        if counts[ascending[place]] >= ENOUGH_SHARE * median(before):
            return ascending[place]
    return ascending[0]


def latest_day(settings: Settings, until: date = date.max) -> date:
    """The last UTC day up to that one with a post or a recorded chart. Raises NotReady without any."""
    return max([*_known_days(settings, until), *(day for day in _charted_days(settings) if day <= until)])


def check_day(settings: Settings, as_of: date) -> None:
    """Raise InvalidInput for a day after the last one with posts; it names that one."""
    if not _has_anything(settings, as_of, date.max - _DAY):
        newest = latest_day(settings)
        raise InvalidInput(
            "--as-of",
            f"{as_of} is after {newest}, the last day with posts:"
            " name that one, or add --allow-empty to publish the other all the same",
        )


def check_charts(settings: Settings, record: Record) -> None:
    """Raise InvalidInput for an edition without charts where the current one has some."""
    current = Catalog(settings.home).listing().current()
    if record.charts or current is None or not current.charts:
        return
    newest = latest_day(settings)
    raise InvalidInput(
        "--as-of",
        f"{record.as_of} gives no charts, and edition {current.number}, as of {current.as_of}, has"
        f" {current.charts}: the last day with posts is {newest}; add --allow-empty to publish"
        f" {record.as_of} all the same",
    )


def _has_anything(settings: Settings, first: date, last: date) -> bool:
    if any(first <= day <= last for day in _charted_days(settings)):
        return True
    store = FactStore(settings.home)
    with store.reading(), scratch(settings.home) as folder:
        parts = store.snapshot().parts
        return days.has_posts(store.parts_folder, parts, first, last, folder, resources(settings))


def _known_days(settings: Settings, until: date) -> dict[date, int]:
    """The posts of each day up to that one. Raises NotReady where there is nothing to publish at all."""
    with FactStore(settings.home).reading() as parts, scratch(settings.home) as folder:
        counts = days.posts_by_day(parts, folder, resources(settings))
    known = {day: posts for day, posts in counts.items() if day <= until}
    if not known and not any(day <= until for day in _charted_days(settings)):
        raise NotReady("there are no posts yet: run `trendwire ingest FILE...`")
    return known


def _charted_days(settings: Settings) -> set[date]:
    """The days of the charts that sources ranked."""
    return {one.as_of for filed in Recorded(settings.home).filed().values() for one in filed}
