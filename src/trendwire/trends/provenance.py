"""Owns what a build knows of where its numbers come from: sources, times and sample sizes of each region."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import DETAIL_PERIODS, LONGEST, epoch_day
from trendwire.domain.provenance import Provenance, computed
from trendwire.statements import named
from trendwire.trends.execution import fetched

_SQL = named("trendwire.trends", "provenance.sql")


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
    return computed(spans, samples, origins, as_of, engine)
