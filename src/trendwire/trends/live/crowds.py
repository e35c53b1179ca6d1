"""Owns what is counted over creators, who are many under one subject but each one once: it is kept.

    debuts(origin, creator, day, views), debut_counts(origin, period, back, floor, creators)
    floors(origin, period, back, views)
    scopes(scope, region, period, back, first_day, last_day, covered, cold, cut)
    tallies(subject, region, period, back, creators, ...)

Of a batch, the creators of changed posts are counted as they were and as they are; the difference is added.
Where a floor moved, the posts it passed changed too. A subject that has enough posts only now is counted from
all of its posts, and a scope that is not as it was from all posts. When the day rolls, the posts of a few
days are in another window: they changed, too.
"""

from collections.abc import Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.statements import named
from trendwire.trends import ranking, rollups
from trendwire.trends.execution import fetched, run

_SQL = named(__package__, "crowds.sql")
_RANKING = ranking.SQL
_WHOLE = ("scopes", "debuts", "debut_counts", "floors", "marks", "wanted", "tallies")


def count_all(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Count all creators, after `counts.count_all`."""
    run(connection, _SQL["look_at_main"], {})
    run(connection, rollups.SQL["regions"], values)
    for name in _WHOLE:
        run(connection, _RANKING[name], values)
    for name in ("forget_marks", "look_at_work"):
        run(connection, _SQL[name], {})


def count_touched(connection: DuckDBPyConnection, values: Mapping[str, Any], *, rolled: bool) -> None:
    """Count what the touched posts change, and if the day rolled those of days in another window now.

    After `counts.count_touched`.
    """
    _debuts(connection, values, rolled=rolled)
    run(connection, rollups.SQL["regions"], values)
    for name in ("scopes", "floors"):
        run(connection, _RANKING[name], values)
    for name in ("moved", "add_moved", "crossed", "steady", "pairs", "rest", "sides", "fresh", "wanted"):
        run(connection, _SQL[name], values)
    for side in ("look_at_then", "look_at_now"):
        run(connection, _SQL[side], {})
        _tally(connection, values)
    run(connection, _SQL["look_at_work"], {})
    for name in ("merge_tallies", "drop_unwanted", "drop_unsteady"):
        run(connection, _SQL[name], values)
    _tally_whole(connection, values)
    for name in ("look_at_work", "keep"):
        run(connection, _SQL[name], {})


def _debuts(connection: DuckDBPyConnection, values: Mapping[str, Any], *, rolled: bool) -> None:
    for name in ("changed_posts", "debutants", "debuts_before", "debuts_after"):
        run(connection, _SQL[name], {})
    run(connection, _RANKING["debuts"], values)
    run(connection, _SQL["merge_debuts"], {})
    if rolled:
        for name in ("forget_debut_counts", "look_at_main"):
            run(connection, _SQL[name], {})
        run(connection, _RANKING["debut_counts"], values)
        run(connection, _SQL["look_at_work"], {})
        return
    for side in ("look_at_before", "look_at_again"):
        run(connection, _SQL[side], {})
        run(connection, _RANKING["debut_counts"], values)
    run(connection, _SQL["merge_debut_counts"], {})


def _tally(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    for name in ("marks", "tallies"):
        run(connection, _RANKING[name], values)


def _tally_whole(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """What no difference can be told of."""
    for name in ("fresh_uses", "look_at_fresh"):
        run(connection, _SQL[name], values)
    _tally(connection, values)
    run(connection, _SQL["add_fresh"], {})
    run(connection, _SQL["unsteady"], {})
    if fetched(connection, _SQL["any_unsteady"], {}):
        for name in ("unsteady_posts", "unsteady_uses", "look_at_unsteady"):
            run(connection, _SQL[name], values)
        run(connection, _RANKING["wanted"], values)
        _tally(connection, values)
        run(connection, _SQL["add_unsteady"], {})
