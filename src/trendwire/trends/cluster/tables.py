"""Owns where the tables of a build on a cluster are kept: Parquet in a folder that every machine sees.

Each table is written once and read again, so no plan grows longer than one step and nothing is counted twice;
Spark has no temporary tables. `Tables` needs an Ibis backend and three ways to read and write with it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import ibis

from trendwire.domain.charts import WORLD

Table = Any
Column = Any
"""Ibis' own types say little: a column is known when the backend has read it."""

ENTRIES = ("audience_ages", "audience_countries", "audience_interests")


class Tables(Protocol):
    """The tables of one build."""

    @property
    def folder(self) -> Path:
        """Seen by every machine of the cluster under the same path."""
        ...

    def facts(self, parts: Sequence[Path]) -> Table:
        """The fact rows of these Parquet files."""
        ...

    def keep(self, name: str, rows: Table) -> Table:
        """Write the rows to `folder`/`name`/*.parquet, and read them from there."""
        ...


@ibis.udf.scalar.builtin(name="to_json")  # type: ignore[untyped-decorator]
def json_text(value) -> str:  # type: ignore[no-untyped-def,empty-body]
    """The backend's own function: lists and objects as JSON."""


@ibis.udf.agg.builtin(name="row_number")  # type: ignore[untyped-decorator]
def _row_number() -> int:  # type: ignore[empty-body]
    """From 1. Ibis counts from 0 by taking 1 off, and Spark sends only the first few rows of each group to
    where they are put in order if it sees the number itself compared."""


def with_world(rows: Table) -> Table:
    """Each row in its region, if it has one, and in the world."""
    return rows.filter(rows.region.notnull()).union(rows.mutate(region=ibis.literal(WORLD)))


def whole(dividend: Column, divisor: Column | int) -> Column:
    """How often the divisor goes into the dividend, both not negative.

    Backends divide as floating point: of a multiple the quotient is exact, of others it may be rounded up.
    """
    return ((dividend - dividend % divisor) / divisor).cast("int64")


def newest(value: Column, *order: Column) -> Column:
    """The value that stands last in the order, of those that are not empty."""
    key = ibis.struct({f"by{number}": column for number, column in enumerate(order)})
    return value.argmax(key, where=value.notnull())


def first_places(rows: Table, of: Sequence[str], order: Sequence[Column], most: int, name: str) -> Table:
    """The first `most` rows of each group in the order, with their place from 1 in the column `name`."""
    until = ibis.cumulative_window(group_by=list(of), order_by=list(order))
    placed = rows.mutate(**{name: _row_number().over(until)})
    return placed.filter(placed[name] <= most)


def in_memory(columns: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> Table:
    """A small table of constants, none of them empty."""
    return ibis.memtable([dict(zip(columns, row, strict=True)) for row in rows], schema=ibis.schema(columns))
