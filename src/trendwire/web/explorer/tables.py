"""Views as tables for machines: CSV, JSON, Parquet. One description of columns, three ways to write it."""

import asyncio
import csv
import io
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

_AT_ONCE = asyncio.Semaphore(2)
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

    async def parquet(self) -> bytes:
        """Written by DuckDB in a process of its own, which ends with it: the server stays small."""
        async with _AT_ONCE:
            with tempfile.TemporaryDirectory(prefix="trendwire-") as folder:
                return await _written(self, Path(folder))


async def _written(table: Table, folder: Path) -> bytes:
    rows, made = folder / "rows.json", folder / "rows.parquet"
    rows.write_bytes(b"\n".join(map(msgspec.json.encode, table.documents())))
    (folder / "columns.json").write_bytes(msgspec.json.encode(table.columns))
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trendwire.web.explorer.parquet", str(folder), stderr=asyncio.subprocess.PIPE
    )
    try:
        _, words = await asyncio.wait_for(worker.communicate(), _WORKER_SECONDS)
    except TimeoutError:
        worker.kill()
        await worker.wait()
        raise NotReady("writing Parquet took too long") from None
    if worker.returncode:
        raise NotReady("Parquet could not be written", reason=words.decode(errors="replace")[-500:])
    return made.read_bytes()


def _cell(value: Cell) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return csv_cell(value)
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "" if value is None else value
