"""Excel workbooks (XLSX): the rows of their sheets, read as a stream. Needs `trendwire[xlsx]`."""

import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import BadZipFile, ZipFile

from trendwire.errors import BadFile
from trendwire.sources.base import RawRow
from trendwire.sources.reading import columns

MAGIC = b"PK\x03\x04"

MAX_UNPACKED = 1 << 29
"""Bytes that the parts of a workbook may hold; its texts are held in memory."""

MAX_COLUMNS = 1000
_WORKBOOK = "xl/workbook.xml"
_BLANK_ROWS = 50
"""Rows before the header that may say nothing of it: a title, a note."""

Cells = tuple[Any, ...]


def rows(content: Iterable[bytes], ids: Collection[str]) -> Iterator[RawRow]:
    """The rows of all sheets that have a column of ids, with their numbers. BadFile for anything else."""
    with TemporaryDirectory() as scratch:
        path = Path(scratch, "posts.xlsx")
        with path.open("wb") as file:
            file.writelines(content)
        _check(path)
        yield from _rows(path, ids)


def _check(path: Path) -> None:
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
    except (BadZipFile, OSError, ValueError, RuntimeError) as error:
        raise BadFile("is damaged: it begins as a zip archive, but cannot be read as one") from error
    if _WORKBOOK not in {part.filename for part in parts}:
        raise BadFile("is a zip archive: unpack it first")
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise BadFile(f"is a workbook of more than {MAX_UNPACKED:,} bytes: export it as CSV")


def _rows(path: Path, ids: Collection[str]) -> Iterator[RawRow]:
    found, firsts = False, []
    try:
        with closing(_opened(path)) as book:
            for sheet in book.worksheets:
                cells = enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS), 1)
                names, first = _header(cells, ids)
                firsts.append(first)
                found = found or bool(names)
                yield from _records(cells, names)
    except BadFile:
        raise
    except Exception as error:
        raise BadFile("is damaged: it begins as an Excel workbook, but cannot be read as such") from error
    if not found:
        told = columns.not_understood(max(firsts, key=len, default=[]))
        raise BadFile(f"has no column `id` in any sheet{told}")


def _opened(path: Path) -> Any:
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise BadFile("is an Excel workbook: pip install 'trendwire[xlsx]', or export it as CSV") from error
    with warnings.catch_warnings(action="ignore"):  # of styles, which are not read
        return load_workbook(path, read_only=True, data_only=True)


def _header(cells: Iterable[tuple[int, Cells]], ids: Collection[str]) -> tuple[list[str], list[str]]:
    """The names of the first row that has a column of ids, else none; and the first row with any text."""
    first: list[str] = []
    for number, row in cells:
        names = [columns.named(str(cell)) if cell is not None else "" for cell in row]
        first = first or [name for name in names if name]
        if columns.is_header(names, ids):
            return names, first
        if number > _BLANK_ROWS:
            break
    return [], first


def _records(cells: Iterable[tuple[int, Cells]], names: list[str]) -> Iterator[RawRow]:
    for number, row in cells if names else ():
        record = {
            name: _plain(cell) for name, cell in zip(names, row, strict=False) if name and cell is not None
        }
        if record:
            yield number, record


def _plain(cell: object) -> object:
    """A cell as JSON has it: days and times of day as texts."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    return cell if isinstance(cell, str | int | float | bool) else str(cell)
