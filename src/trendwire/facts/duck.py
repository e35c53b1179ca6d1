"""How facts and sources open a DuckDB: bounded in memory, spilling into the data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from trendwire.facts.durable import folder_aside


@contextmanager
def connection(scratch: Path, threads: int, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own that spills into a folder under `scratch`. `memory`: its limit, `"2GB"`."""
    with folder_aside(scratch, "duckdb-") as spill:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": str(spill),
            "preserve_insertion_order": False,
        }
        with duckdb.connect(":memory:", config=settings) as opened:
            yield opened
