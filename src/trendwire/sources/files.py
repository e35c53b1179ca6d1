"""Files of posts: NDJSON, JSON array, saved Research-API reply, CSV, Parquet, Excel; plain, gzip or zstd.

A file is recognised by what it holds, never by its name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from trendwire.errors import BadFile
from trendwire.escaping import terminal
from trendwire.sources import comma_separated, formats, parquet
from trendwire.sources.base import RawBatch, in_batches
from trendwire.sources.fields import decode_json
from trendwire.sources.reading import columns, sheets
from trendwire.sources.reading.mapping import ColumnMap
from trendwire.sources.streams import (
    HEAD,
    MAX_LINE,
    STDIN,
    Chunks,
    Tally,
    Unfinished,
    check_packing,
    in_utf8,
    is_regular,
    opened,
    peeked,
    unpacked,
)

_PARQUET = b"PAR1"
_LINE_BREAK = re.compile(rb"[\r\n]")
_TAR = 257, b"ustar"
_NOT_POSTS = {
    b"\x1f\x8b": "is packed twice: unpack it once",
    b"\x28\xb5\x2f\xfd": "is packed twice: unpack it once",
    b"7z\xbc\xaf": "is a 7z archive: unpack it first",
    b"Rar!": "is a RAR archive: unpack it first",
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
        return "(standard input)" if self.path == STDIN else terminal(self.path)

    @property
    def origin(self) -> str:
        return "stdin" if self.path == STDIN else f"file:{terminal(Path(self.path).name)}"

    def batches(self) -> Iterator[RawBatch]:
        """All rows. BadFile says why no more come, whatever the file holds."""
        try:
            yield from self._batches()
        except BadFile:
            raise
        except OSError as error:
            raise Unfinished(f"cannot be read: {(error.strerror or str(error)).lower()}") from error
        except Exception as error:
            raise BadFile(f"cannot be understood ({type(error).__name__})") from error

    def _batches(self) -> Iterator[RawBatch]:
        tally, found = Tally(), False
        with opened(self.path, tally) as chunks:
            for batch in in_batches(self._rows(chunks)):
                found = True
                batch.done, batch.columns = tally.share, self.columns
                yield batch
        if not found:
            raise Unfinished("holds no posts")

    def _rows(self, packed: Chunks) -> formats.Rows:
        magic, packed = peeked(packed, len(_PARQUET))
        if magic == _PARQUET and is_regular(self.path):
            return parquet.rows(self.name, Path(self.path))
        if is_regular(self.path):
            check_packing(self.path)
        content = in_utf8(unpacked(packed))
        head, content = peeked(content, HEAD)
        if head.startswith(_PARQUET):
            return _spooled_parquet(self.name, content)
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
            is_lines = formats.is_lines(start)
            return self._lines(content) if is_lines else formats.array(self.name, content)
        if start.startswith(b"{"):
            return self._objects(content)
        if words := _other_kind(start):
            return _no_rows(words, content)
        delimiter = comma_separated.delimiter_of(head, self._ids)
        if delimiter:
            return comma_separated.rows(self.name, content, delimiter, self._ids)
        if any(line.startswith(b"{") for line in _LINE_BREAK.split(start)):
            return self._lines(content)
        return _no_rows("", content, start)

    def _objects(self, content: Chunks) -> formats.Rows:
        """Rows a line, replies a line, or JSON over several lines: the first line tells."""
        head, content = peeked(content, MAX_LINE, until=_LINE_BREAK)
        first = _LINE_BREAK.split(head.lstrip(), 1)[0]
        if len(first) >= MAX_LINE:  # one JSON document on one line
            return self._documents(content)
        try:
            reply = formats.is_reply(decode_json(first))
        except ValueError:
            return self._documents(content) if formats.starts_document(first) else self._lines(content)
        return formats.replies(self.name, content) if reply else self._lines(content)

    def _documents(self, content: Chunks) -> formats.Rows:
        held, failure, whole = formats.hold(content)
        if whole and formats.is_document(held):
            return formats.documents(self.name, held, failure)
        return self._lines(_again(held, content, failure))

    def _lines(self, content: Chunks) -> formats.Rows:
        return formats.json_lines(self.name, content)


def _again(held: bytes, content: Chunks, failure: BadFile | None) -> Chunks:
    yield held
    if failure:
        raise failure
    yield from content


def _spooled_parquet(name: str, content: Chunks) -> formats.Rows:
    """The same from a stream: Parquet is read from its end, so that it must be a file first."""
    with TemporaryDirectory() as scratch:
        path = Path(scratch, "posts.parquet")
        with path.open("wb") as file:
            file.writelines(content)
        yield from parquet.rows(name, path)


def _other_kind(start: bytes) -> str:
    """What a file is that is recognised as something else than posts; empty where it is not."""
    place, magic = _TAR
    if start.startswith(magic, place):
        return "is a tar archive: unpack it first"
    return next((words for magic, words in _NOT_POSTS.items() if start.startswith(magic)), "")


def _no_rows(words: str, content: Chunks, start: bytes = b"") -> formats.Rows:
    """BadFile, in words that fit the content."""
    yield from ()
    for _ in islice(content, 2):
        pass  # damage to the compression is the better reason
    if words:
        raise BadFile(words)
    if not start:
        raise Unfinished("is empty")
    if start.count(b"\0") > len(start) // 4:
        raise BadFile("is neither JSON nor Parquet nor CSV; if it is text, it is UTF-16: save it as UTF-8")
    kind = BadFile if _LINE_BREAK.search(start) or len(start) >= HEAD else Unfinished
    found = columns.not_understood(comma_separated.header_of(start))
    raise kind(f"is neither JSON nor Parquet nor CSV with a column `id`{found}")
