"""Observations for the tests of the store."""

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

from trendwire.domain.posts import FACT_COLUMNS, Observation
from trendwire.facts.inbox import encoded
from trendwire.facts.store import FactStore

CREATED = 1_747_820_685

Stored = Callable[[FactStore], list[tuple[str, str, int]]]


def seen(post: int, time: int = 0, at: int = 1_800_000_000, month: int = 0) -> Observation:
    """Post number `post` as seen at the `time`-th time, created in the `month`-th month from May 2025."""
    created = CREATED + month * 31 * 86_400
    return Observation(
        id=str((created << 32) + post),
        ingested_at=at,
        source="test",
        row_key=f"{post:016x}{time:016x}",
        create_time=created,
        observed_at=created + time * 3600,
        tags=["a", f"tag{post}"],
        tag_ids=["1", None],
        view_count=100 * time,
        audience_ages={"18-24": 0.1},
    )


def table(observations: Iterable[Observation]) -> bytes:
    """The same as the Parquet file of a batch."""
    with TemporaryDirectory() as folder:
        lines, made = Path(folder, "lines"), Path(folder, "table")
        lines.write_bytes(encoded(observations))
        query = "copy (from read_json($lines, format = 'nd', columns = $columns)) to $table (format parquet)"
        duckdb.execute(query, {"lines": str(lines), "table": str(made), "columns": FACT_COLUMNS})
        return made.read_bytes()


@pytest.fixture
def store(tmp_path: Path) -> FactStore:
    return FactStore(tmp_path)


@pytest.fixture
def stored() -> Stored:
    """The (id, row key, ingest time) of all rows in the parts, in order."""

    def read(store: FactStore) -> list[tuple[str, str, int]]:
        parts = [str(part) for part in store.parts()]
        if not parts:
            return []
        query = "select id, row_key, ingested_at from read_parquet($parts) order by all"
        return duckdb.execute(query, {"parts": parts}).fetchall()

    return read
