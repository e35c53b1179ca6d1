"""Owns the charts of a state: from what is counted, the rows and their documents, in `work`."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import MIN_CREATORS
from trendwire.statements import named
from trendwire.trends import details, documents, ranking, rollups
from trendwire.trends.execution import Progress, run, run_all
from trendwire.trends.live import past

_SQL = named(__package__, "charts.sql")
_RANKING = ("charted", "videos", "stars", "memberships")


def values(as_of: date) -> dict[str, Any]:
    """What the statements of rollups.sql and ranking.sql name; only what charts need is counted."""
    found = rollups.values(as_of, ranking.ends(as_of)) | details.values(as_of)
    return found | ranking.values(as_of, ()) | {"told_from": MIN_CREATORS}


def chart(connection: DuckDBPyConnection, as_of: date, values: Mapping[str, Any], progress: Progress) -> None:
    """Make the charts of `as_of`, and keep who is in them."""
    run(connection, ranking.SQL["counts"], values)
    run(connection, _SQL["forget_small"], values)
    run(connection, ranking.SQL["scored"], values)
    run(connection, _SQL["uses_of_scored"], values)
    run(connection, rollups.SQL["industries"], values)
    run(connection, _SQL["forget_uses"], {})
    run(connection, ranking.SQL["ranks"], values)
    past.tell(connection, values)
    run_all(connection, ranking.SQL, _RANKING, values, partial(progress, "ranking"))
    run(connection, _SQL["uses_of_charted"], values)
    run(connection, rollups.SQL["subject_regions"], values)
    run(connection, _SQL["forget_uses"], {})
    place = documents.TABLES.index("faces")
    drawing, dressing = documents.TABLES[:place], documents.TABLES[place:]
    given = documents.values(as_of)
    run_all(connection, documents.SQL, drawing, given, partial(progress, "charts"))
    run(connection, _SQL["posts_of_charts"], {})
    run_all(connection, documents.SQL, dressing, given, partial(progress, "charts"))
    run(connection, _SQL["set_memberships"], {})
