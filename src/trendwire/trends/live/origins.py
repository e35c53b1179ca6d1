"""Owns where the numbers of a state come from: `trends.provenance` from what is kept.

origins(region, origin, rows, oldest, newest)    rows of the facts
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import DETAIL_PERIODS, epoch_day
from trendwire.domain.provenance import Provenance, computed
from trendwire.statements import named
from trendwire.trends.execution import fetched, run

_SQL = named(__package__, "origins.sql")

CREATE = _SQL["create"]


def count(connection: DuckDBPyConnection, parts: Sequence[Path], *, anew: bool) -> None:
    """Count the rows of these parts; `anew`: they are all there are."""
    if anew:
        run(connection, _SQL["forget"], {})
    if parts:
        run(connection, _SQL["add"], {"parts": list(map(str, parts))})
        run(connection, _SQL["merge"], {})


def provenance(connection: DuckDBPyConnection, as_of: date, engine: str) -> dict[str, Provenance]:
    """See `trends.provenance.provenance`."""
    values = {"as_of": epoch_day(as_of), "periods": list(DETAIL_PERIODS), "world": WORLD}
    spans, samples, origins = (
        fetched(connection, _SQL[name], values) for name in ("spans", "samples", "origins")
    )
    return computed(spans, samples, origins, as_of, engine)
