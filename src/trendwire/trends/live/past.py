"""Owns what a state knows of the editions of earlier days, so that their memberships are read once.

stood(kind, period, region, industry, identity)
stood_days(as_of, kind, region, identity)
listed_before(kind, identity, region, days)
"""

from collections.abc import Mapping, Sequence
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.periods import epoch_day
from trendwire.statements import named
from trendwire.trends.execution import run
from trendwire.trends.ranking import Published

_SQL = named(__package__, "past.sql")

CREATE = _SQL["create"]


def read(
    connection: DuckDBPyConnection,
    known: Sequence[Published],
    wanted: Sequence[Published],
    values: Mapping[str, Any],
) -> None:
    """Read those of the `wanted` editions that are not `known`; all where a known one is not wanted."""
    added = [edition for edition in wanted if edition not in known]
    if not set(known) <= set(wanted):
        run(connection, _SQL["forget"], {})
        added = list(wanted)
    if added:
        files = {
            "memberships": [str(edition.path) for edition in added],
            "published_days": [epoch_day(edition.as_of) for edition in added],
        }
        for name in ("read", "add_stood", "add_days"):
            run(connection, _SQL[name], {**values, **files})
    for name in ("forget_listed", "list"):
        run(connection, _SQL[name], values)


def tell(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Make the tables `published` and `listed` of ranking, in `work`, after `ranks`."""
    for name in ("published", "listed"):
        run(connection, _SQL[name], values)
