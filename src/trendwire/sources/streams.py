"""Bytes in: a file or standard input as chunks, unpacked and in UTF-8, by what they hold, not by name."""

import codecs
import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from trendwire.errors import BadFile
from trendwire.facts.zstd import zstd

Chunks = Iterator[bytes]

STDIN = "-"
CHUNK = 1 << 20
HEAD = 1 << 16
"""Bytes by which a format is recognised."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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
            except OSError as error:
                raise BadFile(f"cannot be opened: {(error.strerror or 'no such file').lower()}") from error
            tally.size = os.fstat(file.fileno()).st_size
        yield _counted(_read(file), tally)


def is_regular(name: str) -> bool:
    """Whether the file can be opened again and read at any place."""
    return name != STDIN and stat.S_ISREG(Path(name).stat().st_mode)


def peeked(chunks: Chunks, size: int, until: bytes | None = None) -> tuple[bytes, Chunks]:
    """The first bytes, at least `size` if there are as many, and all chunks with them in front.

    `until`: fewer are enough if they hold this after leading white space.
    """
    head = bytearray()
    failure: BadFile | None = None
    try:
        while len(head) < size and (until is None or until not in head.lstrip()):
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


def in_utf8(chunks: Chunks) -> Chunks:
    """The content without byte order mark, UTF-16 (which has one) transcoded."""
    head, chunks = peeked(chunks, 3)
    if head.startswith(_UTF16):
        return _transcoded(chunks)
    if head.startswith(codecs.BOM_UTF8):
        return _without(chunks, len(codecs.BOM_UTF8))
    return chunks


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
        raise BadFile("is cut off: the compressed data ends too early") from error
    except (zlib.error, gzip.BadGzipFile, zstd.ZstdError) as error:
        raise BadFile("is damaged: the compressed data cannot be unpacked") from error
    except OSError as error:
        raise BadFile(f"cannot be read: {(error.strerror or str(error)).lower()}") from error


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
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise BadFile("is no text: it begins as UTF-16, but is not") from error
