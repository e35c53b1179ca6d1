"""Files of posts: NDJSON, JSON array, saved Research-API reply, CSV, Parquet, Excel; plain, gzip or zstd.

A file is recognised by what it holds, never by its name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from trendwire.errors import BadFile
from trendwire.facts.duck import connection
from trendwire.sources import formats
from trendwire.sources.base import ROWS_AT_ONCE, RawBatch, in_batches
from trendwire.sources.fields import decode_json
from trendwire.sources.reading import columns, sheets
from trendwire.sources.reading.mapping import ColumnMap
from trendwire.sources.streams import (
    HEAD,
    STDIN,
    Chunks,
    Tally,
    in_utf8,
    is_regular,
    opened,
    peeked,
    unpacked,
)
from trendwire.statements import named

_SQL = named(__package__, "files.sql")
_PARQUET = b"PAR1"
_NOT_POSTS = {
    b"BZh": "is packed with bzip2: unpack it first",
    b"\xfd7zXZ": "is packed with xz: unpack it first",
    b"SQLite format": "is a SQLite database, not posts",
    b"%PDF": "is a PDF, not posts",
    b"<": "is a web page (HTML or XML), not posts",
}


@dataclass(frozen=True, slots=True)
class FileSource:
    """One file; `path` may be `-` for standard input. `columns`: where the user says that fields stand."""

    path: str
    columns: ColumnMap | None = None

    @property
    def name(self) -> str:
        return "(standard input)" if self.path == STDIN else self.path

    @property
    def origin(self) -> str:
        return "stdin" if self.path == STDIN else f"file:{Path(self.path).name}"

    def batches(self) -> Iterator[RawBatch]:
        tally, found = Tally(), False
        with opened(self.path, tally) as chunks:
            for batch in in_batches(self._rows(chunks)):
                found = True
                batch.done, batch.columns = tally.share, self.columns
                yield batch
        if not found:
            raise BadFile("holds no posts")

    def _rows(self, packed: Chunks) -> formats.Rows:
        magic, packed = peeked(packed, len(_PARQUET))
        if magic == _PARQUET and is_regular(self.path):
            return _parquet(Path(self.path))
        content = in_utf8(unpacked(packed))
        head, content = peeked(content, HEAD)
        if head.startswith(_PARQUET):
            return _spooled_parquet(content)
        if head.startswith(sheets.MAGIC):
            return sheets.rows(content, self._ids)
        return self._text(head, content)

    @property
    def _ids(self) -> tuple[str, ...]:
        """Columns that the user says hold the ids."""
        mapped = self.columns.columns.get("id") if self.columns else None
        return () if mapped is None else (mapped,)

    def _text(self, head: bytes, content: Chunks) -> formats.Rows:
        start = head.lstrip()
        if start.startswith(b"["):
            return formats.array(content)
        if start.startswith(b"{"):
            return self._objects(content)
        delimiter = formats.delimiter_of(head, self._ids)
        if delimiter and b"\0" not in head:
            return formats.comma_separated(self.name, content, delimiter)
        if any(line.startswith(b"{") for line in start.split(b"\n")) and b"\0" not in head:
            return self._lines(content)
        return _no_rows(start, content)

    def _objects(self, content: Chunks) -> formats.Rows:
        """Rows a line, replies a line, or JSON over several lines: the first line tells."""
        head, content = peeked(content, formats.MAX_LINE, until=b"\n")
        first = head.lstrip().split(b"\n", 1)[0]
        if len(first) >= formats.MAX_LINE:  # one JSON document on one line
            return self._documents(content)
        try:
            reply = formats.is_reply(decode_json(first))
        except ValueError:
            return self._documents(content) if formats.starts_document(first) else self._lines(content)
        return formats.replies(self.name, content) if reply else self._lines(content)

    def _documents(self, content: Chunks) -> formats.Rows:
        held, failure, whole = formats.hold(content)
        if whole and formats.is_document(held):
            return formats.documents(held, failure)
        return self._lines(_again(held, content, failure))

    def _lines(self, content: Chunks) -> formats.Rows:
        return formats.json_lines(self.name, content)


def _again(held: bytes, content: Chunks, failure: BadFile | None) -> Chunks:
    yield held
    if failure:
        raise failure
    yield from content


def _parquet(path: Path) -> formats.Rows:
    """The rows of a Parquet file, numbered from 1."""
    number = 0
    try:
        with TemporaryDirectory() as scratch, connection(Path(scratch), threads=2, memory="1GB") as duck:
            duck.execute(_SQL["in_utc"])
            duck.execute(_SQL["rows"], {"path": str(path)})
            while rows := duck.fetchmany(ROWS_AT_ONCE):
                for (row,) in rows:
                    number += 1
                    yield number, row.encode()
    except duckdb.Error as error:
        raise BadFile("is damaged: it begins as Parquet, but cannot be read as such") from error


def _spooled_parquet(content: Chunks) -> formats.Rows:
    """The same from a stream: Parquet is read from its end, so that it must be a file first."""
    with TemporaryDirectory() as scratch:
        path = Path(scratch, "posts.parquet")
        with path.open("wb") as file:
            file.writelines(content)
        yield from _parquet(path)


def _no_rows(start: bytes, content: Chunks) -> formats.Rows:
    """BadFile, in words that fit the content."""
    yield from ()
    for _ in islice(content, 2):
        pass  # damage to the compression is the better reason
    if not start:
        raise BadFile("is empty")
    for magic, words in _NOT_POSTS.items():
        if start.startswith(magic):
            raise BadFile(words)
    found = columns.not_understood(formats.header_of(start))
    raise BadFile(f"is neither JSON nor Parquet nor CSV with a column `id`{found}")
