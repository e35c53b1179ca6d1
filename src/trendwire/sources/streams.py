"""Bytes in: a file or standard input as chunks, unpacked and in UTF-8, by what they hold, not by name."""

import codecs
import gzip
import io
import os
import re
import stat
import sys
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import repeat
from pathlib import Path
from typing import BinaryIO

from trendwire.errors import BadFile
from trendwire.facts.quarantine import MAX_QUOTED, Refused
from trendwire.facts.zstd import zstd

Chunks = Iterator[bytes]

STDIN = "-"
CHUNK = 1 << 20
HEAD = 1 << 16
"""Bytes by which a format is recognised."""

MAX_LINE = 16 << 20
"""Longer lines are no posts."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BREAK = re.compile(rb"(\r\n|\n|\r)")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Unfinished(BadFile):
    """What may be whole once the rest of it is written."""


class Tally:
    """How much of the file itself was read: `share`, 0 to 1 (0 where the size is unknown)."""

    def __init__(self) -> None:
        self.size = 0
        self.read = 0

    @property
    def share(self) -> float:
        return min(1.0, self.read / self.size) if self.size else 0.0


@contextmanager
def opened(name: str, tally: Tally) -> Iterator[Chunks]:
    """The content of a file, or of standard input where `name` is `-`. BadFile if it cannot be opened."""
    with ExitStack() as stack:
        if name == STDIN:
            file: BinaryIO = sys.stdin.buffer
        else:
            try:
                file = stack.enter_context(Path(name).open("rb"))
            except IsADirectoryError as error:
                raise BadFile("is a folder without files") from error
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or "no such file"
                raise BadFile(f"cannot be opened: {reason.lower()}") from error
            tally.size = os.fstat(file.fileno()).st_size
        yield _counted(_read(file), tally)


def is_regular(name: str) -> bool:
    """Whether the file can be opened again and read at any place."""
    return name != STDIN and stat.S_ISREG(Path(name).stat().st_mode)


def peeked(chunks: Chunks, size: int, until: re.Pattern[bytes] | None = None) -> tuple[bytes, Chunks]:
    """The first bytes, at least `size` if there are as many, and all chunks with them in front.

    `until`: fewer are enough if this is found in them after leading white space.
    """
    head = bytearray()
    failure: BadFile | None = None
    try:
        while len(head) < size and (until is None or not until.search(head.lstrip())):
            head += next(chunks)
    except StopIteration:
        pass
    except BadFile as error:
        failure = error
    return bytes(head), _rejoined(bytes(head), chunks, failure)


def unpacked(chunks: Chunks) -> Chunks:
    """The content without gzip or zstd. BadFile where it is cut off or damaged, after what is readable."""
    head, chunks = peeked(chunks, 4)
    if head.startswith(_GZIP):
        return _read(gzip.GzipFile(fileobj=as_file(chunks)))
    if head.startswith(_ZSTD):
        return _read(zstd.ZstdFile(as_file(chunks)))
    return chunks


def check_packing(name: str) -> None:
    """BadFile where the packed content of a file is damaged; one that is only cut off passes.

    The checksum comes last: without this, rows that the damage changed would be taken before it is seen.
    """
    with opened(name, Tally()) as chunks:
        head, chunks = peeked(chunks, 4)
        if head.startswith((_GZIP, _ZSTD)):
            with suppress(Unfinished):
                deque(unpacked(chunks), maxlen=0)


def in_utf8(chunks: Chunks) -> Chunks:
    """The content without byte order mark, UTF-16 (which has one) transcoded."""
    head, chunks = peeked(chunks, 3)
    if head.startswith(_UTF16):
        return _transcoded(chunks)
    if head.startswith(codecs.BOM_UTF8):
        return _without(chunks, len(codecs.BOM_UTF8))
    return chunks


def lines(chunks: Chunks) -> Iterator[tuple[int, bytes, bytes]]:
    """The lines with their numbers and what ends each: LF, CRLF, CR, or nothing at the end of the content.

    Of a line longer than MAX_LINE the beginning comes, which is longer still. A BadFile carries the line that
    it cuts off (`line`, `rest`).
    """
    number, held = 1, bytearray()
    try:
        for chunk in _unbroken(chunks):
            texts, ends, rest = _split(chunk)
            for text, end in zip(texts, ends, strict=False):
                yield number, bytes(held + _cut(text, held)) if held else _cut(text), end
                number += 1
                held.clear()
            held += _cut(rest, held)
    except BadFile as error:
        raise type(error)(error.public, line=number, rest=bytes(held)) from error
    if held:
        yield number, bytes(held), b""


CUT_OFF = "the row is cut off"
"""Why a row is refused of which the rest may still come."""


def refused(name: str, line: int, reason: str, row: bytes) -> Refused:
    """A row set aside, with as much of its text as the quarantine keeps."""
    return Refused(name, line, f"the row {reason}", row[:MAX_QUOTED].decode(errors="backslashreplace"))


def as_file(chunks: Chunks) -> io.BufferedReader:
    """The chunks as a file to read from."""
    return io.BufferedReader(_Rejoined(chunks), CHUNK)


class _Rejoined(io.RawIOBase):
    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


def _read(file: BinaryIO | gzip.GzipFile | zstd.ZstdFile) -> Chunks:
    try:
        while data := file.read1(CHUNK):  # type: ignore[union-attr]
            yield data
    except EOFError as error:
        raise Unfinished("is cut off: the compressed data ends too early") from error
    except (zlib.error, gzip.BadGzipFile, zstd.ZstdError) as error:
        raise BadFile("is damaged: the compressed data cannot be unpacked") from error
    except OSError as error:
        raise Unfinished(f"cannot be read: {(error.strerror or str(error)).lower()}") from error


def _unbroken(chunks: Chunks) -> Chunks:
    """The same content; no chunk ends between the two bytes of a CRLF."""
    carry = b""
    for chunk in chunks:
        joined = carry + chunk
        carry = b"\r" if joined.endswith(b"\r") else b""
        yield joined[:-1] if carry else joined
    if carry:
        yield carry


def _split(chunk: bytes) -> tuple[list[bytes], Iterable[bytes], bytes]:
    """The whole lines of a chunk, what ends each, and what follows the last."""
    if b"\r" not in chunk:
        *texts, rest = chunk.split(b"\n")
        return texts, repeat(b"\n"), rest
    *whole, rest = _BREAK.split(chunk)
    return whole[::2], whole[1::2], rest


def _cut(text: bytes, before: bytes | bytearray = b"") -> bytes:
    """So much of a line that it is longer than MAX_LINE, if it is, with what came before."""
    return text[: max(0, MAX_LINE + 1 - len(before))]


def _counted(chunks: Chunks, tally: Tally) -> Chunks:
    for chunk in chunks:
        tally.read += len(chunk)
        yield chunk


def _rejoined(head: bytes, chunks: Chunks, failure: BadFile | None) -> Chunks:
    if head:
        yield head
    if failure:
        raise failure
    yield from chunks


def _without(chunks: Chunks, size: int) -> Chunks:
    yield next(chunks)[size:]
    yield from chunks


def _transcoded(chunks: Chunks) -> Chunks:
    decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")  # so that a lone one costs its row only
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode(errors="surrogatepass")
        yield decoder.decode(b"", final=True).encode(errors="surrogatepass")
    except UnicodeError as error:
        raise BadFile("is no text: it begins as UTF-16, but is not") from error
