"""Excel workbooks: posts on any sheet, under a title or not, with days, times and lengths as cells."""

import builtins
import io
import sys
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from trendwire.errors import BadFile, InvalidInput
from trendwire.sources.files import FileSource
from trendwire.sources.reading import sheets
from trendwire.sources.records import RecordParser

ID = "7506832682593094928"
HEAD = ["Video ID", "Date", "Time", "Length", "Views", "Hashtags"]
ROW = [ID, date(2025, 5, 29), time(10, 15), timedelta(seconds=31), 1200, "a, b"]


def book(path: Path, *tables: Sequence[Any]) -> Path:
    made = Workbook()
    for number, rows in enumerate(tables):
        sheet = made.active if number == 0 else made.create_sheet()
        assert sheet is not None
        for row in rows:
            sheet.append(list(row))
    made.save(path)
    return path


def read(path: Path | str) -> list[tuple[int, Any]]:
    return [row for batch in FileSource(str(path)).batches() for row in batch.rows]


def test_cells_are_read_as_what_they_mean(tmp_path: Path) -> None:
    ((number, row),) = read(book(tmp_path / "any.name", [HEAD, ROW]))
    fact = RecordParser(1_800_000_000, "test").parse(row)
    assert (number, fact.id, fact.create_time) == (2, ID, 1748513700)
    assert (fact.duration, fact.view_count, fact.tags) == (31, 1200, ["a", "b"])


def test_all_sheets_with_a_column_of_ids_are_read_and_titles_skipped(tmp_path: Path) -> None:
    notes = [["Campaign"], ["of May"]]
    second = [
        ["A title"],
        [],
        ["url", "posted"],
        [f"https://tiktok.com/@a/video/{ID}", datetime(2025, 5, 29, 9)],
    ]
    rows = read(book(tmp_path / "book.xlsx", notes, [HEAD, ROW, [None] * 6, ROW], second))
    assert [number for number, _ in rows] == [2, 4, 4]
    assert rows[2][1] == {"url": f"https://tiktok.com/@a/video/{ID}", "posted": "2025-05-29 09:00:00"}


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = book(tmp_path / "book", [HEAD, ROW]).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
    assert len(read("-")) == 1


def test_an_id_that_excel_made_a_float_is_refused_by_the_parser(tmp_path: Path) -> None:
    ((_, row),) = read(book(tmp_path / "book", [["id", "views"], [int(ID), 5]]))
    with pytest.raises(InvalidInput, match="lost digits of the id: export the column as text"):
        RecordParser(1_800_000_000, "test").parse(row)


def _zip(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_what_is_no_workbook_is_named(tmp_path: Path) -> None:
    whole = book(tmp_path / "book", [HEAD, ROW]).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    _zip(tmp_path / "zip", {"posts.csv": b"id\n5\n"})
    _zip(tmp_path / "broken", {"xl/workbook.xml": b"<workbook", "[Content_Types].xml": b"<"})
    book(tmp_path / "other", [["name", "vews"], ["a", 1]])
    words = {
        "cut": "is damaged: it begins as a zip archive",
        "zip": "is a zip archive: unpack it first",
        "broken": "is damaged: it begins as an Excel workbook",
        "other": "has no column `id` in any sheet: its columns are name, vews; nearest known: vews",
    }
    for name, reason in words.items():
        with pytest.raises(BadFile, match=reason):
            read(tmp_path / name)


def test_a_workbook_too_large_to_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 1000)
    with pytest.raises(BadFile, match="more than 1,000 bytes: export it as CSV"):
        read(book(tmp_path / "book", [HEAD, ROW]))


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, load = book(tmp_path / "book", [HEAD, ROW]), builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == "openpyxl":
            raise ImportError(name)
        return load(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(BadFile, match=r"pip install 'trendwire\[xlsx\]', or export it as CSV"):
        read(path)
