"""Owns the charts of a state: everything that is counted from its posts, and the documents."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from duckdb import DuckDBPyConnection

from trendwire.statements import named
from trendwire.trends import documents, ranking, rollups
from trendwire.trends.execution import Progress, run, run_all
from trendwire.trends.ranking import Published

_SQL = named(__package__, "charts.sql")


def chart(
    connection: DuckDBPyConnection, as_of: date, published: Sequence[Published], progress: Progress
) -> None:
    """Make the charts of `as_of` from the posts, in the schema `work`, and keep them."""
    values = rollups.values(as_of, ranking.ends(as_of))
    run_all(connection, rollups.SQL, rollups.WHOLE, values, partial(progress, "rollups"))
    ranking.create(connection, as_of, published, progress)
    documents.draw(connection, as_of, progress)
    run(connection, _SQL["set_memberships"], {})
