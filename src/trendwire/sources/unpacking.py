"""A body that comes in pieces, unpacked as it comes: gzip, zstd or neither, within limits.

What comes out is bounded in all and by its ratio to what went in, and never more than a piece of it is held.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from trendwire.errors import BadFile, InvalidInput
from trendwire.facts.zstd import zstd

PACKINGS = ("gzip", "zstd")
"""What may stand in `Content-Encoding`, beside `identity`."""

MOST_RATIO = 100
"""Unpacked bytes for each packed one."""

HARMLESS = 1 << 20
"""Bytes below which no ratio is suspicious: a short and very regular body packs that well."""

_PIECE = 1 << 18
_WINDOW = {int(zstd.DecompressionParameter.window_log_max): 23}
"""8 MB, what RFC 9659 allows zstd as a content encoding."""


class TooLarge(BadFile):
    """A body, or a line of it, is longer than is taken."""


class Unpacking:
    """Unpacks one body. `packing`: a value of `Content-Encoding`; `most`: bytes that may come out.

    InvalidInput for another packing.
    """

    def __init__(self, packing: str, most: int) -> None:
        name = packing.strip().lower().removeprefix("x-")
        if name not in ("", "identity", *PACKINGS):
            raise InvalidInput("Content-Encoding", f"must be {' or '.join(PACKINGS)}, or absent")
        self._new = _MEMBERS.get(name)
        self._one: _Member | None = None
        self._most, self._name = most, name
        self.packed = self.size = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What comes out of the next piece. TooLarge past a limit, BadFile where it is damaged."""
        self.packed += len(data)
        try:
            for piece in (data,) if self._new is None else self._pieces(data, self._new):
                self.size += len(piece)
                self._check()
                yield piece
        except (zlib.error, zstd.ZstdError) as error:
            raise BadFile(f"the body is damaged: it cannot be unpacked as {self._name}") from error

    def end(self) -> None:
        """BadFile where more should have come."""
        if self._one is not None:
            raise BadFile(f"the body is cut off: its {self._name} data ends too early")

    def _pieces(self, data: bytes, new: "Callable[[], _Member]") -> Iterator[bytes]:
        """Through one member after the other: both formats may be joined end to end."""
        while data:
            one = self._one = self._one or new()
            yield from one.feed(data)
            data = one.rest
            if one.ended:
                self._one = None

    def _check(self) -> None:
        if self.size > self._most:
            raise TooLarge(f"the body holds more than {self._most >> 20} MB")
        if self.size > max(HARMLESS, MOST_RATIO * self.packed):
            raise TooLarge(f"the body is packed to less than a {MOST_RATIO}th: it is not read")


class _Member(Protocol):
    """One member (gzip) or frame (zstd). `rest`: what follows it, once it `ended`."""

    ended: bool
    rest: bytes

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _Gzip:
    def __init__(self) -> None:
        self._unpack = zlib.decompressobj(wbits=31)
        self.ended, self.rest = False, b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        while piece := self._unpack.decompress(data, _PIECE):
            yield piece
            data = self._unpack.unconsumed_tail
        self.ended, self.rest = self._unpack.eof, self._unpack.unused_data


class _Zstd:
    def __init__(self) -> None:
        self._unpack = zstd.ZstdDecompressor(options=_WINDOW)
        self.ended, self.rest = False, b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            piece = self._unpack.decompress(data, _PIECE)
            if piece:
                yield piece
            if self._unpack.eof or self._unpack.needs_input:
                break
            data = b""
        if self._unpack.eof:
            self.ended, self.rest = True, self._unpack.unused_data


_MEMBERS: Mapping[str, Callable[[], _Member]] = {"gzip": _Gzip, "zstd": _Zstd}
