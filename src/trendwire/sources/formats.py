"""The formats that posts come in, over chunks of UTF-8: rows out, each with its line.

Each reader yields `RawRow`s, or `Refused` for what is recognisably no row, and raises BadFile where no more
can be read.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from trendwire.errors import BadFile
from trendwire.facts.quarantine import Refused
from trendwire.sources.base import RawRow
from trendwire.sources.fields import decode_json
from trendwire.sources.streams import MAX_LINE, Chunks, Unfinished, lines, refused

MAX_DOCUMENT = 1 << 29
"""JSON that is not one row a line is held in memory; it may be this long."""

Rows = Iterator[RawRow | Refused]
JsonLines = Iterator[tuple[int, bytes] | Refused]

_NO_POSTS = "is a reply without posts"
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_GAP = re.compile(r"[\s,]*")
_raw_rows = msgspec.json.Decoder(list[msgspec.Raw])
_scan = json.JSONDecoder().raw_decode


def json_lines(name: str, chunks: Chunks) -> JsonLines:
    """NDJSON. A line that is too long, or cut off by the end of the file, is refused."""
    try:
        for number, line, _ in lines(chunks):
            if len(line) > MAX_LINE:
                yield refused(name, number, f"is longer than {MAX_LINE:,} bytes", line)
            elif line and not line.isspace():
                yield number, line
    except BadFile as error:
        rest = error.facts["rest"]
        if isinstance(rest, bytes) and rest:
            yield refused(name, int(str(error.facts["line"])), "is cut off", rest)
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
            yield refused(name, number, f"is no JSON: {error}", line)
            continue
        if not is_reply(reply):
            yield row
            continue
        complaint = complaint or _complaint(reply)
        videos = _videos(reply)
        if videos is None and not _complaint(reply):
            yield refused(name, number, _NO_POSTS, line)
        for video in videos or ():
            yield number, video
    _complain(complaint)


def array(name: str, chunks: Chunks) -> Rows:
    """One JSON array, held in memory; where it is damaged, the rows before the damage."""
    held, failure, whole = hold(chunks)
    if not whole:
        raise BadFile(f"is a JSON array of more than {MAX_DOCUMENT:,} bytes: give one post a line instead")
    try:
        for number, raw in enumerate(_raw_rows.decode(held), 1):
            yield number, bytes(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            yield from _elements(name, held)
        except BadFile as error:
            raise failure or error from None
    if failure:
        raise failure


def documents(name: str, held: bytes, failure: BadFile | None) -> Rows:
    """JSON objects over several lines each: replies or rows, one after the other."""
    complaint, number = "", 0
    for value in _objects(name, held):
        found = [value]
        if is_reply(value):
            complaint = complaint or _complaint(value)
            videos = _videos(value)
            empty = videos is None and not _complaint(value)
            found = [refused(name, number + 1, _NO_POSTS, b"")] if empty else videos or []
        for row in found:
            number += 1
            yield row if isinstance(row, Refused) else (number, row)
    if failure:
        raise failure
    _complain(complaint)


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


def is_lines(start: bytes) -> bool:
    """Whether what begins with `[` is a stray first line, no array of posts."""
    first, _, rest = start.partition(b"\n")
    try:
        value = decode_json(first)
    except ValueError:
        return False
    return bool(rest.strip()) and not any(isinstance(entry, dict) for entry in value)


def is_document(held: bytes) -> bool:
    """Whether what is held begins with a whole JSON value."""
    try:
        next(_objects("", held), None)
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


def _elements(name: str, held: bytes) -> Rows:
    """The elements of an array, up to its end or its damage."""
    text = held.decode(errors="surrogateescape")
    place, number = _skip(text, text.index("[") + 1), 0
    while not text.startswith("]", place):
        number += 1
        value, place = _next_value(name, text, place, number)
        yield value if isinstance(value, Refused) else (number, value)
    if text[place + 1 :].strip():
        raise BadFile("is damaged: it goes on after the end of its array")


def _objects(name: str, held: bytes) -> Iterator[Any]:
    """JSON values one after the other, and what is refused of them."""
    text = held.decode(errors="surrogateescape")
    place, number = _skip(text, 0), 0
    while place < len(text):
        number += 1
        value, place = _next_value(name, text, place, number)
        yield value


def _next_value(name: str, text: str, place: int, number: int) -> tuple[Any, int]:
    try:
        value, end = _scan(text, place)
    except (ValueError, RecursionError) as error:
        raise Unfinished(f"is damaged or cut off: row {number} is no JSON") from error
    if _NOT_UTF8.search(text, place, end):
        row = text[place:end].encode(errors="surrogateescape")
        value = refused(name, number, "is not UTF-8: save the file as UTF-8", row)
    return value, _skip(text, end)


def _skip(text: str, place: int) -> int:
    gap = _GAP.match(text, place)
    return gap.end() if gap else place


def _complain(complaint: str) -> None:
    if complaint:
        raise BadFile(f"holds a reply that is an error: {complaint}")


def _videos(reply: Any) -> list[Any] | None:
    """The rows of a reply, which may be wrapped together with its request; None where it has no such list.

    A reply of another service is one row: what it wraps is found where rows are parsed.
    """
    if isinstance(reply, dict) and "response" in reply:
        reply = reply["response"]
    data = reply.get("data") if isinstance(reply, dict) else None
    videos = data.get("videos") if isinstance(data, dict) else None
    if isinstance(videos, list):
        return videos
    return [reply] if data and not _complaint(reply) else None


def _complaint(reply: Any) -> str:
    """What the error of a reply says, empty if it is none."""
    error = reply.get("error") if isinstance(reply, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return str(code)[:100] if code not in (None, "", "ok", 0) else ""
