"""Owns what was gained day by day: the tables that documents of whole histories are written from.

Made of the tables of `rollups`, and much larger than they are: charts do without.

    gains(post, day, views)                       views gained on a day <= as_of, above 0 only
    daily(subject, region, day, views, posts)     the sums of gains and of posts created; also for the world
"""

from datetime import date

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import epoch_day
from trendwire.statements import named
from trendwire.trends.execution import run

_SQL = named("trendwire.trends", "histories.sql")


def create(connection: DuckDBPyConnection, as_of: date) -> None:
    """Make the tables above for the as_of that `rollups` were made for."""
    for name in ("gains", "daily"):
        run(connection, _SQL[name], {"as_of": epoch_day(as_of), "world": WORLD})
