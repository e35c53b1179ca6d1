"""Views as tables for machines: CSV, JSON, Parquet. One description of columns, three ways to write it."""

import csv
import io
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from trendwire.errors import NotReady
from trendwire.escaping import csv_cell

Type = Literal["VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "BIGINT[]"]
"""As DuckDB names them."""

Cell = str | int | float | bool | None | tuple[int, ...]

_WORKER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: name -> type. `told`: what the rows are of, beside them in JSON. Dates are ISO texts."""

    columns: Mapping[str, Type]
    rows: Sequence[tuple[Cell, ...]]
    told: Mapping[str, object]

    def csv(self) -> bytes:
        """RFC 4180 in UTF-8 with a header; no text is a formula or holds control characters."""
        written = io.StringIO()
        writer = csv.writer(written)
        writer.writerow(self.columns)
        writer.writerows([[_cell(one) for one in row] for row in self.rows])
        return written.getvalue().encode()

    def json(self) -> bytes:
        """What the rows are of, and one object for each row."""
        return msgspec.json.encode({**self.told, "rows": self.documents()})

    def documents(self) -> list[dict[str, Cell]]:
        """Each row by the names of its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def parquet(self) -> bytes:
        """Written by DuckDB in a process of its own, which ends with it: the server stays small."""
        with tempfile.TemporaryDirectory(prefix="trendwire-") as folder:
            return _written(self, Path(folder))


def _written(table: Table, folder: Path) -> bytes:
    rows, made = folder / "rows.json", folder / "rows.parquet"
    rows.write_bytes(b"\n".join(map(msgspec.json.encode, table.documents())))
    (folder / "columns.json").write_bytes(msgspec.json.encode(table.columns))
    command = [sys.executable, "-m", "trendwire.web.explorer.parquet", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_WORKER_SECONDS)  # noqa: S603  our own module
    except subprocess.TimeoutExpired:
        raise NotReady("writing Parquet took too long") from None
    except subprocess.CalledProcessError as error:
        words = error.stderr.decode(errors="replace")
        raise NotReady("Parquet could not be written", reason=words[-500:]) from error
    return made.read_bytes()


def _cell(value: Cell) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return csv_cell(value)
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "" if value is None else value
