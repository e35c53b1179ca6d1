"""How facts and sources open a DuckDB: bounded in memory, spilling into the data folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from trendwire.facts.durable import folder_aside


@dataclass(frozen=True, slots=True)
class Resources:
    """What a build may use. `threads`: 0 leaves it to the machine."""

    threads: int = 0
    memory_mb: int = 4096

    @property
    def thread_count(self) -> int:
        """How many threads that is."""
        return self.threads or len(os.sched_getaffinity(0))

    def config(self, scratch: Path) -> dict[str, str | bool | int | float | list[str]]:
        """As DuckDB takes it; what does not fit into memory is written to `scratch`."""
        limits: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{self.memory_mb}MB",
            "temp_directory": str(scratch),
            "preserve_insertion_order": False,
        }
        return limits | {"threads": self.threads} if self.threads else limits


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
