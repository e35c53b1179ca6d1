"""Owns what a build knows of where its numbers come from: sources, times and sample sizes of each region."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import DETAIL_PERIODS, LONGEST, epoch_day, from_epoch_day
from trendwire.domain.provenance import COMPUTED, Provenance, Sample, SourceSpan
from trendwire.statements import named
from trendwire.trends.execution import fetched

_SQL = named("trendwire.trends", "provenance.sql")

VERSION = "computed/1"
"""Of the definitions: goes up with whatever changes the numbers that the same facts give."""

MOST_SOURCES = 20
"""Of more sources than this, those with most rows are told."""

STALE_AFTER = 1
"""Days before the edition's last day that the newest post may be created without being called stale."""


def provenance(
    connection: DuckDBPyConnection, parts: Sequence[Path], as_of: date, engine: str
) -> dict[str, Provenance]:
    """Of each region that has posts, the world too. `engine`: the version that computes."""
    values: dict[str, Any] = {
        "as_of": epoch_day(as_of),
        "longest": LONGEST,
        "periods": DETAIL_PERIODS,
        "parts": [str(part) for part in parts],
        "world": WORLD,
    }
    spans, samples, origins = (
        fetched(connection, _SQL[name], values) for name in ("spans", "samples", "origins")
    )
    return told(spans, samples, origins, as_of, engine)


Rows = Sequence[tuple[Any, ...]]


def told(spans: Rows, samples: Rows, origins: Rows, as_of: date, engine: str) -> dict[str, Provenance]:
    """The same from the rows of the statements above."""
    counted: dict[str, dict[int, Sample]] = {}
    for region, period, posts, creators in samples:
        counted.setdefault(region, {})[period] = Sample(posts=posts, creators=creators)
    came: dict[str, list[SourceSpan]] = {}
    for region, name, rows, oldest, newest in origins:
        span = SourceSpan(name=name, rows=rows, oldest=oldest, newest=newest)
        came.setdefault(region, []).append(span)
    return {
        region: Provenance(
            method=COMPUTED,
            transformation=f"trendwire/{engine} {VERSION}",
            sources=tuple(sorted(came.get(region, ()), key=lambda s: (-s.rows, s.name))[:MOST_SOURCES]),
            samples=counted.get(region, {}),
            first_day=from_epoch_day(first),
            last_day=from_epoch_day(last),
            stale=_stale(from_epoch_day(last), as_of),
        )
        for region, first, last in sorted(spans)
    }


def _stale(newest: date, as_of: date) -> tuple[str, ...]:
    days = (as_of - newest).days
    words = f"the newest post was created {days} days before the edition's last day"
    return (words,) if days > STALE_AFTER else ()
