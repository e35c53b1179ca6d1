"""Owns what observations were ingested from, counted part by part."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.statements import named

_SQL = named("trendwire.engine", "provenance.sql")

Origin = tuple[str, str, int, int, int]
"""Region, source, its rows, and when the first and the last of them was ingested."""


class Origins:
    """Counts of parts, which never change."""

    def __init__(self) -> None:
        self._by_part: dict[str, list[Origin]] = {}

    def count(self, connection: DuckDBPyConnection, parts: Sequence[str]) -> list[Origin]:
        """Those of the parts together; only new ones are read."""
        self._by_part = {
            part: self._by_part.get(part)
            or connection.execute(_SQL["origins"], {"parts": [part], "world": WORLD}).fetchall()
            for part in parts
        }
        sums: dict[tuple[str, str], tuple[int, int, int]] = {}
        for region, source, rows, first, last in (one for part in self._by_part.values() for one in part):
            before = sums.get((region, source), (0, first, last))
            sums[region, source] = before[0] + rows, min(before[1], first), max(before[2], last)
        return [(*key, *counted) for key, counted in sorted(sums.items())]
