"""Owns the worlds that the engine is measured on: millions of posts, made in SQL (`worlds.sql`) in a minute.

The worlds of `sources/simulator.py` tell what a chart should find; these only have their shape and fields, at
sizes that rows made one by one in Python would take hours for. A home holds what was seen before
`World.last_day`, so that what is seen on that day and the next can come in afterwards, as batches.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.periods import midnight
from trendwire.domain.taxonomy import countries, industries, interests
from trendwire.facts import manifest
from trendwire.facts.duck import connection
from trendwire.facts.manifest import Manifest, Part
from trendwire.sources.simulator_names import REGIONS
from trendwire.sources.simulator_plan import EVERGREEN
from trendwire.statements import named

_SQL = named("bench", "worlds.sql")
_DAY = 86_400
_SEEN_DAYS = 60
"""No post is seen later after its creation."""
_VARIABLES = ("seed", "tags", "regions", "syllables", "often")
_GROUND = ("draw", "pick", "normal", "zipf", "word", "topic", "places", "slots", "share", "audiences")
_AT_ONCE = 250_000
"""Posts made at once: what is held in memory."""


@dataclass(frozen=True, slots=True)
class World:
    """`posts` created in the `days` days before `last_day`, and as many a day on it and after it."""

    posts: int
    last_day: date
    days: int = 1095
    regions: int = 60
    tags: int = 1_000_000
    seed: int = 1

    @property
    def start(self) -> int:
        """The first second."""
        return midnight(self.last_day - timedelta(days=self.days))

    def values(self) -> dict[str, Any]:
        """What the statements name."""
        return {
            "posts": self.posts,
            "days": self.days,
            "regions": self.regions,
            "tags": self.tags,
            "seed": self.seed,
            "start": self.start,
            "sounds": max(30, self.posts // 40),
            "codes": list(dict.fromkeys((*REGIONS, *countries())))[: self.regions],
            "industries": list(industries()),
            "interests": list(interests()),
            "syllables": ["".join(pair) for pair in product("bdfghjklmnprstvz", "aeio")],
            "often": [{"tag": tag, "share": share} for tag, share in EVERGREEN.items()],
        }


def fill(home: Path, world: World, threads: int) -> None:
    """Write what was seen before `last_day` as the parts of a new home."""
    facts, parts, posts, rows = home / "facts", list[Part](), 0, 0
    end = midnight(world.last_day)
    with _world(home, world, threads) as duck:
        for first, last in _months(world):
            _make(duck, world, (first, last), (0, end))
            for month, count, ids in duck.execute(_SQL["months"]).fetchall():
                part = Part(f"{month}/{len(parts) + 1:08d}.parquet", month, count)
                path = facts / "parts" / part.file
                path.parent.mkdir(parents=True, exist_ok=True)
                duck.execute(_SQL["part"], {"month": month, "path": str(path)})
                parts, posts, rows = [*parts, part], posts + ids, rows + count
    made = Manifest(sequence=len(parts), posts=posts, observations=rows, parts=tuple(parts))
    manifest.write(facts / "manifest.json", made)


def append_day(home: Path, world: World, day: date, threads: int, every: int = 1) -> None:
    """Put into the inbox what is seen on a day, or one row in `every` of it."""
    inbox = home / "facts" / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    with _world(home, world, threads) as duck:
        _seen_on(duck, world, day)
        path = inbox / f"k{day:%Y%m%d}-{every}.ndjson.zst"
        duck.execute(_SQL["batch"], {"every": every, "path": str(path)})


def write_records(path: Path, world: World, rows: int, threads: int) -> None:
    """Write so many raw records of the newest posts."""
    with _world(path.parent, world, threads) as duck:
        _make(duck, world, (max(0, world.posts - rows), world.posts), (0, midnight(world.last_day)))
        duck.execute(_SQL["records"], {"rows": rows, "path": str(path)})


def _run(duck: DuckDBPyConnection, statement: str, values: Mapping[str, Any]) -> None:
    """With those values that the statement names."""
    named_there = set(re.findall(r"\$([a-z_]+)", statement))
    duck.execute(statement, {name: values[name] for name in named_there} or None)


@contextmanager
def _world(home: Path, world: World, threads: int) -> Iterator[DuckDBPyConnection]:
    values = world.values()
    with connection(home / "facts" / "scratch", threads, "3GB") as duck:
        for name in _VARIABLES:
            duck.execute(f"SET VARIABLE {name} = $value", {"value": values[name]})
        for name in _GROUND:
            _run(duck, _SQL[name], values)
        yield duck


def _seen_on(duck: DuckDBPyConnection, world: World, day: date) -> None:
    number = (midnight(day) - world.start) // _DAY
    first, last = (max(0, n) * world.posts // world.days for n in (number - _SEEN_DAYS, number + 1))
    _make(duck, world, (first, last), (midnight(day), midnight(day) + _DAY))


def _make(duck: DuckDBPyConnection, world: World, posts: tuple[int, int], seen: tuple[int, int]) -> None:
    """The table facts: of these posts what was seen from one second until another."""
    values = world.values() | dict(zip(("first", "last", "since", "until"), (*posts, *seen), strict=True))
    for name in ("posts", "sightings", "facts", "silent"):
        _run(duck, _SQL[name], values)


def _months(world: World) -> Iterator[tuple[int, int]]:
    """The posts of each month, as numbers from the first until the last; large months in pieces."""
    edges = [world.start, *_firsts(world), midnight(world.last_day)]
    numbers = [(edge - world.start) * world.posts // (_DAY * world.days) for edge in edges]
    for since, until in pairwise(numbers):
        for first in range(since, until, _AT_ONCE):
            yield first, min(until, first + _AT_ONCE)


def _firsts(world: World) -> list[int]:
    """The first seconds of months after the start."""
    days = (world.last_day - timedelta(days=back) for back in range(world.days - 1, 0, -1))
    return [midnight(day) for day in days if day.day == 1]
