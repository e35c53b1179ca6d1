"""The expressions of the cluster on DuckDB, in this process: fast, and the same expressions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import pyarrow.parquet

from trendwire.trends.cluster.tables import Table


@dataclass(frozen=True, slots=True)
class LocalTables:
    """Tables of one build in `folder`, kept as Spark keeps them."""

    backend: Any
    folder: Path

    def facts(self, parts: Sequence[Path]) -> Table:
        return self.backend.read_parquet([str(part) for part in parts])

    def keep(self, name: str, rows: Table) -> Table:
        """By way of Arrow: DuckDB writes sums as 128 bits, and Parquet has none."""
        path = self.folder / name / "part.parquet"
        path.parent.mkdir()
        pyarrow.parquet.write_table(self.backend.to_pyarrow(rows), path)
        return self.backend.read_parquet(str(path))


@contextmanager
def in_process(folder: Path) -> Iterator[LocalTables]:
    yield LocalTables(ibis.duckdb.connect(threads=1), folder)
