"""Owns what observations were ingested from, counted part by part."""

from collections.abc import Iterable, Sequence

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.statements import named

_SQL = named("trendwire.engine", "provenance.sql")

Origin = tuple[str, str, int, int, int]
"""Region, source, its rows, and when the first and the last of them was ingested."""


def origins(connection: DuckDBPyConnection, parts: Sequence[str]) -> list[Origin]:
    """Of all rows of some parts."""
    values = {"parts": list(parts), "world": WORLD}
    return connection.execute(_SQL["origins"], values).fetchall()


def summed(found: Iterable[Origin]) -> list[Origin]:
    """Of the parts together, in order."""
    sums: dict[tuple[str, str], tuple[int, int, int]] = {}
    for region, source, rows, first, last in found:
        before = sums.get((region, source), (0, first, last))
        sums[region, source] = before[0] + rows, min(before[1], first), max(before[2], last)
    return [(*key, *counted) for key, counted in sorted(sums.items())]


class Origins:
    """Counts of parts, which never change."""

    def __init__(self) -> None:
        self._by_part: dict[str, list[Origin]] = {}

    def count(self, connection: DuckDBPyConnection, parts: Sequence[str]) -> list[Origin]:
        """Those of the parts together; only new ones are read."""
        known = self._by_part
        self._by_part = {part: known.get(part) or origins(connection, [part]) for part in parts}
        return summed(one for part in self._by_part.values() for one in part)
