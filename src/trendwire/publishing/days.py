"""Owns what is asked of the facts by day: how many posts one has, whether it has any, which are older."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from trendwire.domain.periods import epoch_day, from_epoch_day
from trendwire.domain.posts import UNDATED
from trendwire.facts.duck import Resources
from trendwire.facts.manifest import Part
from trendwire.statements import named

_SQL = named(__package__, "days.sql")
_SECONDS = 86_400


def posts_by_day(parts: Sequence[Path], scratch: Path, resources: Resources) -> dict[date, int]:
    """UTC day -> posts created on it, of the days that have some. Reads all facts."""
    if not parts:
        return {}
    with duckdb.connect(config=resources.config(scratch)) as connection:
        rows = connection.execute(_SQL["by_day"], [[str(part) for part in parts], UNDATED]).fetchall()
    return {from_epoch_day(day): posts for day, posts in rows}


def has_posts(
    folder: Path, parts: Sequence[Part], first: date, last: date, scratch: Path, resources: Resources
) -> bool:
    """Whether a row tells of a post created from `first` to `last`, both UTC days. Reads those months."""
    months = {f"{first:%Y-%m}", f"{last:%Y-%m}"}
    paths = [str(folder / part.file) for part in parts if min(months) <= part.month <= max(months)]
    if not paths:
        return False
    seconds = [epoch_day(day) * _SECONDS for day in (first, last + timedelta(days=1))]
    with duckdb.connect(config=resources.config(scratch)) as connection:
        return bool(connection.execute(_SQL["any"], [paths, *seconds]).fetchall())


def older_posts(folder: Path, parts: Sequence[Part], before: int, resources: Resources) -> tuple[str, ...]:
    """The ids of posts with a row that tells of a creation before that moment (Unix seconds)."""
    month = f"{datetime.fromtimestamp(before, UTC):%Y-%m}"
    paths = [str(folder / part.file) for part in parts if part.month <= month]
    if not paths:
        return ()
    with duckdb.connect(config={"threads": resources.threads or 1}) as connection:
        return tuple(id_ for (id_,) in connection.execute(_SQL["older"], [paths, before]).fetchall())
