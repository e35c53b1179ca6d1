"""Parquet: its rows as JSON, in order, within a bounded memory whatever the file holds."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from trendwire.errors import BadFile
from trendwire.facts.duck import connection
from trendwire.facts.quarantine import Refused
from trendwire.sources.base import RawRow
from trendwire.sources.records import MAX_ROW_BYTES
from trendwire.sources.streams import Unfinished, refused
from trendwire.statements import named

MEMORY = "384MB"
"""Enough for row groups of posts as they are usually written; decoded values are held there."""

FEWEST, MOST = 64, 4096
"""Rows read in one query after one was too large for the memory; twice as many after each success."""

_AT_ONCE = 20
_LONGEST = 4 * MAX_ROW_BYTES
_KEPT = 1 << 16
_SQL = named(__package__, "parquet.sql")


def rows(name: str, path: Path) -> Iterator[RawRow | Refused]:
    """The rows, numbered from 1."""
    number = 0
    try:
        with TemporaryDirectory() as scratch, connection(Path(scratch), threads=1, memory=MEMORY) as duck:
            duck.execute(_SQL["in_utc"])
            for is_long, text in _all(duck, path):
                number += 1
                if is_long:
                    yield refused(name, number, f"is longer than {_LONGEST:,} bytes", text.encode())
                else:
                    yield number, text.encode()
    except duckdb.OutOfMemoryException as error:
        raise BadFile(
            f"holds values that are too large: its rows from {number + 1:,} on are not read"
        ) from error
    except duckdb.Error as error:
        rest = f"; its rows from {number + 1:,} on are not read" if number else ""
        raise Unfinished(f"is damaged: it begins as Parquet, but cannot be read as such{rest}") from error


def _all(duck: duckdb.DuckDBPyConnection, path: Path) -> Iterator[tuple[bool, str]]:
    ((count,),) = duck.execute(_SQL["count"], {"path": str(path)}).fetchall()
    first, step = 0, max(count, FEWEST)
    while first < count:
        past = min(first + step, count)
        try:
            for row in _between(duck, path, first, past):
                yield row
                first += 1
        except duckdb.OutOfMemoryException:
            if step == FEWEST:
                raise
            step = FEWEST
        else:
            if first != past:
                raise BadFile(f"is damaged: of its {count:,} rows only {first:,} can be read")
            step = min(2 * step, MOST)


def _between(
    duck: duckdb.DuckDBPyConnection, path: Path, first: int, past: int
) -> Iterator[tuple[bool, str]]:
    values = {"path": str(path), "first": first, "past": past, "most": _LONGEST, "kept": _KEPT}
    duck.execute(_SQL["rows"], values)
    while found := duck.fetchmany(_AT_ONCE):
        yield from found
