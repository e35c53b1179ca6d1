"""Owns how the engine runs a statement: each gets exactly the values it names."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from duckdb import DuckDBPyConnection

_PARAMETER = re.compile(r"\$([a-z_]+)")

Progress = Callable[[str, float], None]
"""Told what is being made and which share (0..1) of that stage is done."""


def run(connection: DuckDBPyConnection, statement: str, values: Mapping[str, Any]) -> None:
    """Run one statement with those of `values` that it names (`$name`)."""
    connection.execute(statement, _named(statement, values) or None)


def fetched(
    connection: DuckDBPyConnection, statement: str, values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """The rows of one statement, with those of `values` that it names."""
    return connection.execute(statement, _named(statement, values) or None).fetchall()


def _named(statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in set(_PARAMETER.findall(statement))}


def run_all(
    connection: DuckDBPyConnection,
    statements: Mapping[str, str],
    names: tuple[str, ...],
    values: Mapping[str, Any],
    told: Callable[[float], None],
) -> None:
    """Run the statements of these names in order; `told` hears the share (0..1) that is done."""
    for number, name in enumerate(names):
        told(number / len(names))
        run(connection, statements[name], values)
    told(1.0)
