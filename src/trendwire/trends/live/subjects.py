"""Owns what the subjects of a state are: the table `subjects` of rollups, kept for all that have a post."""

from collections.abc import Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.statements import named
from trendwire.trends import rollups
from trendwire.trends.execution import run

_SQL = named(__package__, "subjects.sql")


def tell_all(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Of all subjects."""
    run(connection, _SQL["look_at_main"], {})
    _tell(connection, values)
    for name in ("forget_ways", "look_at_work"):
        run(connection, _SQL[name], {})


def tell_touched(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Of those of touched posts; `about.changed` names those that changed."""
    run(connection, _SQL["touched"], {})
    _tell(connection, values)
    for name in ("look_at_work", "changed"):
        run(connection, _SQL[name], {})


def replace_touched(connection: DuckDBPyConnection) -> None:
    """After it: what changed takes the place of what was."""
    run(connection, _SQL["replace"], {})


def _tell(connection: DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    for name in rollups.SUBJECTS:
        run(connection, rollups.SQL[name], values)
