"""CSV with a header row: rows out of physical lines, read strictly, so that a stray quote costs its own row.

A quoted cell may hold line breaks. A row whose quote is never closed is set aside alone, and reading goes on
at the next line. A quoted cell that holds lines which read as rows of their own is either a stray quote and
another one further down, or text made to look like rows: all its lines are set aside.
"""

import csv
import re
from collections import deque
from collections.abc import Collection, Iterator
from typing import NamedTuple

from trendwire.errors import BadFile
from trendwire.facts.quarantine import Refused
from trendwire.sources.base import RawRow
from trendwire.sources.reading import columns
from trendwire.sources.streams import MAX_LINE, Chunks, lines, refused

DELIMITERS = (",", ";", "\t")

_FIRST_LINE = re.compile(rb"[^\r\n]*")

_TORN = "is torn by a line break outside quotes"

csv.field_size_limit(2 * MAX_LINE)


def delimiter_of(head: bytes, ids: Collection[str] = ()) -> str | None:
    """The delimiter of a CSV whose header names a column of ids, or one of `ids`; None for other files."""
    for delimiter in DELIMITERS:
        if columns.is_header(_first_cells(head, delimiter), ids):
            return delimiter
    return None


def header_of(head: bytes) -> list[str]:
    """The cells of the first line, by the delimiter that gives most."""
    return max((_first_cells(head, delimiter) for delimiter in DELIMITERS), key=len)


def _first_cells(head: bytes, delimiter: str) -> list[str]:
    first = _FIRST_LINE.match(head.lstrip())
    try:
        return next(csv.reader([first[0].decode(errors="replace") if first else ""], delimiter=delimiter), [])
    except csv.Error:
        return []


def rows(name: str, chunks: Chunks, delimiter: str, ids: Collection[str] = ()) -> Iterator[RawRow | Refused]:
    """The rows, each with its line; an empty cell says nothing. `ids`: further columns that may hold ids."""
    table = _Table(name, _Ahead(lines(chunks)), delimiter, ids)
    before: _Row | None = None
    torn = False
    for row in table.rows():
        continued = before is not None and isinstance(row, _Row) and table.continues(before, row)
        if before is not None:
            yield table.refused(before, _TORN) if torn or continued else before.raw
        before, torn = None, False
        if isinstance(row, Refused):
            yield row
        elif table.is_short(row):
            before, torn = row, continued
        else:
            yield table.refused(row, _TORN) if continued else row.raw
    if before is not None:
        yield table.refused(before, _TORN) if torn else before.raw


class _Line(NamedTuple):
    """A physical line and what ends it: a line break, nothing (the end of the file), None where it is cut
    off."""

    number: int
    text: bytes
    end: bytes | None


class _Row(NamedTuple):
    """A row of the table. `raw`: as it is given on."""

    raw: RawRow
    cells: list[str]
    text: bytes


class _Ahead:
    """Physical lines that can be looked at before they are taken."""

    def __init__(self, source: Iterator[tuple[int, bytes, bytes]]) -> None:
        self._source = source
        self._held: deque[_Line] = deque()
        self._failure: BadFile | None = None
        self._ended = False

    def at(self, place: int) -> _Line | None:
        """The line so many places ahead; None after the last one."""
        while len(self._held) <= place and not self._ended:
            self._fetch()
        return self._held[place] if place < len(self._held) else None

    def take(self, count: int) -> list[_Line]:
        return [self._held.popleft() for _ in range(count)]

    def raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _fetch(self) -> None:
        try:
            found = next(self._source, None)
        except BadFile as error:
            self._failure, self._ended = error, True
            rest = error.facts["rest"]
            if isinstance(rest, bytes) and rest:
                self._held.append(_Line(int(str(error.facts["line"])), rest, None))
        else:
            if found is None:
                self._ended = True
            else:
                self._held.append(_Line(*found))


class _Table:
    """One file: its header, and the rows that fit it."""

    def __init__(self, name: str, ahead: _Ahead, delimiter: str, ids: Collection[str]) -> None:
        self._name, self._ahead, self._delimiter = name, ahead, delimiter
        self._torn = False
        self._header, self._end = self._read_header()
        found = (place for place, name in enumerate(self._header) if columns.is_header([name], ids))
        self._id = next(found, 0)
        places = {column: [n for n, c in enumerate(self._header) if c == column] for column in self._header}
        self._repeated = {column: found for column, found in places.items() if len(found) > 1}

    def rows(self) -> Iterator[_Row | Refused]:
        """The rows that fit the header, and the others with what is wrong with them."""
        while (line := self._ahead.at(0)) is not None:
            if not line.text.strip() and line.end is not None:
                self._ahead.take(1)
                continue
            cells, count = self._parse()
            if cells is None:
                reason = _unreadable(line) or "has a quote that is not closed, or text after one"
                yield self._refuse(self._ahead.take(1), reason)
            elif count > 1 and self._holds_rows(cells, count):
                reason = "lies in a quoted cell whose lines read as rows of their own"
                yield from [self._refuse([one], reason) for one in self._ahead.take(count)]
            else:
                yield self._row(cells, self._ahead.take(count))
        self._ahead.raise_failure()

    def is_short(self, row: _Row) -> bool:
        return len(row.cells) < len(self._header)

    def continues(self, before: _Row, row: _Row) -> bool:
        """Whether a row is the rest of the short one before it: it has no id of its own."""
        return not self._is_id_like(row.cells, before.cells)

    def refused(self, row: _Row, reason: str) -> Refused:
        return refused(self._name, row.raw[0], reason, row.text)

    def _read_header(self) -> tuple[list[str], bytes | None]:
        while (line := self._ahead.at(0)) is not None and not line.text.strip():
            self._ahead.take(1)
        cells, count = self._parse() if line is not None else (None, 0)
        if cells is None or line is None:
            raise BadFile("is CSV whose header cannot be read: it has a quote that is not closed")
        taken = self._ahead.take(count)
        if reason := next((reason for one in taken if (reason := _unreadable(one))), None):
            raise BadFile(f"is CSV whose header cannot be read: line {line.number} {reason}")
        return [columns.named(cell) for cell in cells], taken[-1].end

    def _parse(self) -> tuple[list[str] | None, int]:
        """The cells of the row that begins at the next line, and how many lines it has; None where its quotes
        are wrong."""
        line = self._ahead.at(0)
        if line is not None and b'"' not in line.text:
            return line.text.decode(errors="surrogateescape").split(self._delimiter), 1
        taken = 0

        def following() -> Iterator[str]:
            nonlocal taken
            size = 0
            while size <= MAX_LINE and (line := self._ahead.at(taken)) is not None:
                taken += 1
                size += len(line.text)
                yield (line.text + (line.end or b"")).decode(errors="surrogateescape")

        return _cells(following(), self._delimiter), taken

    def _holds_rows(self, cells: list[str], count: int) -> bool:
        """Whether one of the lines that the row goes on in would be a row by itself."""
        for place in range(1, count):
            line = self._ahead.at(place)
            text = line.text.decode(errors="surrogateescape") if line else ""
            if text.count(self._delimiter) >= len(self._header) - 1:
                alone = _cells(iter([text]), self._delimiter)
                if alone and len(alone) == len(self._header) and self._is_id_like(alone, cells):
                    return True
        return False

    def _is_id_like(self, cells: list[str], model: list[str]) -> bool:
        """Whether there is an id, of digits where `model` has one of digits."""
        one, other = (row[self._id].strip() if self._id < len(row) else "" for row in (cells, model))
        return one.isdigit() if other.isdigit() else bool(one)

    def _row(self, cells: list[str], taken: list[_Line]) -> _Row | Refused:
        reason = self._fault(cells, taken)
        self._torn = self._is_foreign(taken[-1].end)
        if reason:
            return self._refuse(taken, reason)
        values = {key: cell for key, cell in zip(self._header, cells, strict=False) if cell}
        return _Row((taken[0].number, values), cells, _joined(taken))

    def _fault(self, cells: list[str], taken: list[_Line]) -> str | None:
        """What keeps cells from being a row of this table."""
        last = taken[-1].end
        for line in taken:
            if reason := _unreadable(line):
                return reason
        if any(cells[len(self._header) :]):
            return f"has {len(cells)} cells where the header names {len(self._header)}"
        if len(cells) == len(self._header):
            return self._contradiction(cells)
        if not last:
            return "is cut off"
        return _TORN if self._torn or self._is_foreign(last) else self._contradiction(cells)

    def _is_foreign(self, end: bytes | None) -> bool:
        """Whether a line break is of the other kind than that of the header: it may be part of a cell."""
        return bool(end) and (end == b"\r") != (self._end == b"\r")

    def _contradiction(self, cells: list[str]) -> str | None:
        for column, places in self._repeated.items():
            if len({cells[place] for place in places if place < len(cells) and cells[place]}) > 1:
                return f"says two things of {column!r}, which the header names twice"
        return None

    def _refuse(self, taken: list[_Line], reason: str) -> Refused:
        return refused(self._name, taken[0].number, reason, _joined(taken))


def _cells(texts: Iterator[str], delimiter: str) -> list[str] | None:
    """The cells of the first row; None where its quotes are wrong."""
    try:
        return next(csv.reader(texts, delimiter=delimiter, strict=True, skipinitialspace=True), [])
    except csv.Error:
        return None


def _unreadable(line: _Line) -> str | None:
    if line.end is None:
        return "is cut off"
    if len(line.text) > MAX_LINE:
        return f"is longer than {MAX_LINE:,} bytes"
    if b"\0" in line.text:
        return "holds NUL bytes"
    try:
        if not line.text.isascii():
            line.text.decode()
    except UnicodeDecodeError:
        return "is not UTF-8: save the file as UTF-8"
    return None


def _joined(taken: list[_Line]) -> bytes:
    *before, last = taken
    return b"".join(line.text + (line.end or b"") for line in before) + last.text
