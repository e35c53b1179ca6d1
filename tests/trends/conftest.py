"""Small worlds for the engine: fact rows as dicts, written as the Parquet parts it reads."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from trendwire.domain.posts import FACT_COLUMNS

AS_OF = date(2025, 5, 14)

Row = Mapping[str, Any]
WriteFacts = Callable[..., list[Path]]


def at(day: str | date, hour: int = 12) -> int:
    """Unix seconds of an hour of a UTC day."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp())


def fact(id_: str, day: str | date, **columns: Any) -> dict[str, Any]:
    """One fact row: created at noon of `day`; every column not given is NULL."""
    return {"id": id_, "create_time": at(day), "ingested_at": at("2025-06-01"), "source": "test"} | columns


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": False}) as made:
        yield made


@pytest.fixture
def write_facts(tmp_path: Path) -> WriteFacts:
    """`write_facts(rows, parts=1)` -> the Parquet files that hold them, dealt out in turn."""
    return lambda rows, parts=1: write_parts(tmp_path, rows, parts)


def write_parts(folder: Path, rows: Sequence[Row], parts: int = 1) -> list[Path]:
    """Rows as `parts` Parquet files in `folder`, dealt out in turn."""
    columns = FACT_COLUMNS
    paths = [folder / f"part-{number}.parquet" for number in range(parts)]
    with duckdb.connect() as writer:
        for number, path in enumerate(paths):
            lines = path.with_suffix(".ndjson")
            lines.write_text("".join(json.dumps(row) + "\n" for row in rows[number::parts]))
            rows_of = writer.read_json(str(lines), columns=columns, format="newline_delimited")
            rows_of.write_parquet(str(path))
    return paths
