"""The formats that posts come in, over chunks of UTF-8: rows out, each with its line.

Each reader yields `RawRow`s, or `Refused` for what is recognisably no row, and raises BadFile where no more
can be read.
"""

import csv
import io
import json
import re
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from trendwire.errors import BadFile
from trendwire.facts.quarantine import Refused
from trendwire.sources.base import RawRow
from trendwire.sources.fields import decode_json
from trendwire.sources.reading import columns
from trendwire.sources.streams import Chunks, as_file

MAX_LINE = 16 << 20
"""Longer lines are no posts."""

MAX_DOCUMENT = 1 << 29
"""JSON that is not one row a line is held in memory; it may be this long."""

DELIMITERS = (",", ";", "\t")

Rows = Iterator[RawRow | Refused]
JsonLines = Iterator[tuple[int, bytes] | Refused]

_GAP = re.compile(r"[\s,]*")
_raw_rows = msgspec.json.Decoder(list[msgspec.Raw])
_scan = json.JSONDecoder().raw_decode


def lines(chunks: Chunks) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers. A BadFile carries the cut line (`line`, `rest`)."""
    number, rest = 0, b""
    try:
        for chunk in chunks:
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                number += 1
                if line and not line.isspace():
                    yield number, line
            _check_length(number + 1, rest)
    except BadFile as error:
        raise BadFile(error.public, line=number + 1, rest=rest[:MAX_LINE]) from error
    if rest.strip():
        yield number + 1, rest


def json_lines(name: str, chunks: Chunks) -> JsonLines:
    """NDJSON. A line that the end of the file cuts off is refused."""
    try:
        yield from lines(chunks)
    except BadFile as error:
        if error.facts["rest"]:
            yield _refused(name, int(str(error.facts["line"])), "is cut off", error.facts["rest"])
        raise


def replies(name: str, chunks: Chunks) -> Rows:
    """Saved replies of the Research API, one a line."""
    complaint = ""
    for row in json_lines(name, chunks):
        if isinstance(row, Refused):
            yield row
            continue
        number, line = row
        try:
            reply = decode_json(line)
        except ValueError as error:
            yield _refused(name, number, f"is no JSON: {error}", line)
            continue
        complaint = complaint or _complaint(reply)
        for video in _videos(reply):
            yield number, video
    _complain(complaint)


def array(chunks: Chunks) -> Rows:
    """One JSON array, held in memory; where it is damaged, the rows before the damage."""
    held, failure, whole = hold(chunks)
    if not whole:
        raise BadFile(f"is a JSON array of more than {MAX_DOCUMENT:,} bytes: give one post a line instead")
    try:
        for number, raw in enumerate(_raw_rows.decode(held), 1):
            yield number, bytes(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            yield from enumerate(_elements(held), 1)
        except BadFile as error:
            raise failure or error from None
    if failure:
        raise failure


def documents(held: bytes, failure: BadFile | None) -> Rows:
    """JSON objects over several lines each: replies or rows, one after the other."""
    complaint, number = "", 0
    for value in _objects(held):
        reply = is_reply(value)
        complaint = complaint or (_complaint(value) if reply else "")
        for row in _videos(value) if reply else [value]:
            number += 1
            yield number, row
    if failure:
        raise failure
    _complain(complaint)


def comma_separated(name: str, chunks: Chunks, delimiter: str) -> Rows:
    """CSV with a header row; an empty cell says nothing."""
    text = io.TextIOWrapper(as_file(chunks), encoding="utf-8", errors="surrogateescape", newline="")
    csv.field_size_limit(MAX_LINE)
    reader = csv.reader(text, delimiter=delimiter)
    header = [columns.named(cell) for cell in next(cells for cells in reader if cells)]
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield _refused(name, number, f"is no CSV: {error}", "")
            continue
        if cells is None:
            return
        reason = _fault(cells, header)
        if reason:
            yield _refused(name, number, reason, delimiter.join(cells))
        elif cells:
            yield number, {key: cell for key, cell in zip(header, cells, strict=False) if cell}


def delimiter_of(head: bytes, ids: Collection[str] = ()) -> str | None:
    """The delimiter of a CSV whose header names a column of ids, or one of `ids`; None for other files."""
    first = _first_line(head)
    for delimiter in DELIMITERS:
        names = next(csv.reader([first], delimiter=delimiter), [])
        if columns.is_header(names, ids):
            return delimiter
    return None


def header_of(head: bytes) -> list[str]:
    """The cells of the first line where it looks like the header of a CSV, else none."""
    cells = (next(csv.reader([_first_line(head)], delimiter=delimiter), []) for delimiter in DELIMITERS)
    return max(cells, key=len) if b"\0" not in head else []


def _first_line(head: bytes) -> str:
    return head.lstrip().split(b"\n", 1)[0].decode(errors="replace")


def starts_document(line: bytes) -> bool:
    """Whether the line is the beginning of JSON that goes on in the next one."""
    text = line.decode(errors="replace").rstrip()
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text)
    except (ValueError, RecursionError):
        return False
    return False


def is_document(held: bytes) -> bool:
    """Whether what is held begins with a whole JSON value."""
    try:
        next(_objects(held), None)
    except BadFile:
        return False
    return True


def is_reply(value: object) -> bool:
    """Whether a JSON value is a reply, not a row."""
    return (
        isinstance(value, dict) and "id" not in value and not {"data", "response", "error"}.isdisjoint(value)
    )


def hold(chunks: Chunks) -> tuple[bytes, BadFile | None, bool]:
    """The content up to `MAX_DOCUMENT`, what broke it off, and whether that is all."""
    held = bytearray()
    try:
        for chunk in chunks:
            held += chunk
            if len(held) > MAX_DOCUMENT:
                return bytes(held), None, False
    except BadFile as error:
        return bytes(held), error, True
    return bytes(held), None, True


def _check_length(number: int, line: bytes) -> None:
    if len(line) > MAX_LINE:
        raise BadFile(f"is no post a line: line {number} is longer than {MAX_LINE:,} bytes")


def _elements(held: bytes) -> Iterator[Any]:
    """The elements of an array, up to its end or its damage."""
    text = held.decode(errors="replace")
    place, number = _skip(text, text.index("[") + 1), 0
    while not text.startswith("]", place):
        number += 1
        value, place = _next_value(text, place, number)
        yield value
    if text[place + 1 :].strip():
        raise BadFile("is damaged: it goes on after the end of its array")


def _objects(held: bytes) -> Iterator[Any]:
    """JSON values one after the other."""
    text = held.decode(errors="replace")
    place, number = _skip(text, 0), 0
    while place < len(text):
        number += 1
        value, place = _next_value(text, place, number)
        yield value


def _next_value(text: str, place: int, number: int) -> tuple[Any, int]:
    try:
        value, end = _scan(text, place)
    except (ValueError, RecursionError) as error:
        raise BadFile(f"is damaged or cut off: row {number} is no JSON") from error
    return value, _skip(text, end)


def _skip(text: str, place: int) -> int:
    gap = _GAP.match(text, place)
    return gap.end() if gap else place


def _complain(complaint: str) -> None:
    if complaint:
        raise BadFile(f"holds a reply that is an error: {complaint}")


def _videos(reply: Any) -> list[Any]:
    """The rows of a reply, which may be wrapped together with its request.

    A reply of another service is one row: what it wraps is found where rows are parsed.
    """
    if isinstance(reply, dict) and "response" in reply:
        reply = reply["response"]
    data = reply.get("data") if isinstance(reply, dict) else None
    videos = data.get("videos") if isinstance(data, dict) else None
    if isinstance(videos, list):
        return videos
    return [reply] if data and not _complaint(reply) else []


def _complaint(reply: Any) -> str:
    """What the error of a reply says, empty if it is none."""
    error = reply.get("error") if isinstance(reply, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return str(code)[:100] if code not in (None, "", "ok", 0) else ""


def _fault(cells: list[str], header: list[str]) -> str | None:
    if len(cells) > len(header):
        return f"has {len(cells)} cells where the header names {len(header)}"
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return "is not UTF-8: save the file as UTF-8"
    return None


def _refused(name: str, line: int, reason: str, row: object) -> Refused:
    text = row if isinstance(row, bytes) else str(row).encode(errors="surrogateescape")
    return Refused(name, line, f"the row {reason}", text.decode(errors="backslashreplace"))
