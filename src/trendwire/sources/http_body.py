"""What a source sends back: read within limits, unpacked, decoded; and every text cleaned of secrets.

Bodies are unpacked here and not by the client: it neither counts what comes out of a packed body nor notices
one that is cut off.
"""

import json
import re
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus

import httpcore2

from trendwire.errors import SourceError
from trendwire.escaping import percent_decoded
from trendwire.sources.fields import decode_json

PACKING = "gzip"
"""What is offered in `Accept-Encoding`, and all that is unpacked."""

BROKEN = (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError)
"""What a connection can come to an end by."""

SHOWN = 80
"""Characters of a body that an error quotes."""

HIDDEN = "***"

_AT_ONCE = 1 << 16
_HARMLESS = 1 << 20  # below this, no ratio is suspicious: a short and very regular body packs that well
_READ_TO_SHOW = 4096


class Damaged(Exception):
    """A packed body that ends too early or cannot be unpacked."""


class Body:
    """A body as it is read. `most`: bytes, packed or not; `ratio`: unpacked bytes for one packed."""

    def __init__(self, chunks: Iterable[bytes], packing: str, most: int, ratio: int) -> None:
        self._chunks = chunks
        self._packing = packing.strip().lower()
        self._most = most
        self._ratio = ratio
        self._packed = 0
        self.size = 0

    def read(self) -> bytes:
        """All of it. SourceError past a limit, Damaged where it is cut off."""
        return b"".join(self._pieces())

    def beginning(self) -> bytes:
        """Enough of it to be quoted, or as much as can be had."""
        read = bytearray()
        with suppress(SourceError, Damaged, *BROKEN):
            for piece in self._pieces():
                read += piece
                if len(read) >= _READ_TO_SHOW:
                    break
        return bytes(read)

    def _pieces(self) -> Iterator[bytes]:
        if self._packing in ("", "identity"):
            pieces = self._counted()
        elif self._packing in (PACKING, "x-gzip"):
            pieces = _unpacked(self._counted())
        else:
            raise SourceError(f"the source packs its reply in a way that was not asked for: {self._packing}")
        for piece in pieces:
            self.size += len(piece)
            self._check()
            yield piece

    def _counted(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._packed += len(chunk)
            self._check()
            yield chunk

    def _check(self) -> None:
        if max(self.size, self._packed) > self._most:
            raise SourceError(f"the source's reply is larger than {self._most >> 20} MB")
        if self.size > max(_HARMLESS, self._ratio * self._packed):
            raise SourceError(f"the source's reply is packed to less than a {self._ratio}th: it is not read")


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unpack = zlib.decompressobj(wbits=31)
    found = False
    for chunk in chunks:
        found, packed = True, chunk
        try:
            while not unpack.eof and (piece := unpack.decompress(packed, _AT_ONCE)):
                yield piece
                packed = unpack.unconsumed_tail
        except zlib.error as error:
            raise Damaged("a packed reply that cannot be unpacked") from error
    if found and not unpack.eof:
        raise Damaged("a packed reply that ends too early")


def decoded(body: bytes, hide: "Redaction") -> Any:
    """The JSON value; numbers stay exact. SourceError quotes what is none."""
    if not body.strip():
        raise SourceError("the source answered with an empty body instead of JSON")
    try:
        return decode_json(body)
    except ValueError as error:
        raise SourceError(
            f"the source answered with something that is not JSON: {quoted(body, hide)}"
        ) from error


def quoted(body: bytes, hide: "Redaction") -> str:
    """The first characters of a body, on one line, without secrets."""
    text = hide(body[:_READ_TO_SHOW].decode("utf-8", "replace"))
    return "".join(c if c.isprintable() else " " for c in text)[:SHOWN].strip() or "(nothing)"


class Redaction:
    """Replaces secrets by `***` in any text, also where they are escaped as URLs and JSON escape them.

    A text that holds one percent-encoded more than once comes back decoded; one too deep to tell is hidden.
    """

    __slots__ = ("_secret",)

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        pattern = "|".join(map(re.escape, longest_first))
        self._secret = re.compile(pattern, re.IGNORECASE) if pattern else None

    def __call__(self, text: str) -> str:
        if self._secret is None:
            return text
        hidden = self._secret.sub(HIDDEN, text)
        plain = percent_decoded(hidden)
        if plain is None:
            return HIDDEN
        return self._secret.sub(HIDDEN, plain) if self._secret.search(plain) else hidden


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield b64encode(secret.encode()).decode().rstrip("=")
