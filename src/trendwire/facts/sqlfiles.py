"""How facts and sources open DuckDB and read their SQL: a `.sql` beside its module, in named queries."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

_NAME = re.compile(r"^-- name: *(\w+).*$", re.MULTILINE)


@cache
def load(stem: str, package: str = "trendwire.facts") -> dict[str, str]:
    """The queries of `<stem>.sql` in the package: name -> text."""
    text = files(package).joinpath(f"{stem}.sql").read_text(encoding="utf-8")
    _, *pieces = _NAME.split(text)
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


@contextmanager
def connection(scratch: Path, threads: int, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own that spills into a folder under `scratch`. `memory`: its limit, `"2GB"`."""
    scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=scratch, prefix="duckdb-") as spill:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": spill,
            "preserve_insertion_order": False,
        }
        with duckdb.connect(":memory:", config=settings) as opened:
            yield opened
