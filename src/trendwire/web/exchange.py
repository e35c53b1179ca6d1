"""A request and its reply as the one handler sees them, whichever lane brought them.

The fast lane makes a request from bytes it has seen before, the slow lane from an ASGI scope; both write a
reply to the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

Fields = tuple[tuple[str, str], ...]
"""Header lines in the order they are written; names in lower case, texts in ASCII."""


@dataclass(slots=True, eq=False)
class Head:
    """The header lines of a request: lower-case names, a repeated name's values joined by `, `.

    One Head may serve many requests, as a client repeats its headers; what was found out once is kept:
    `fingerprints`, by the name of the header that holds the key.
    """

    fields: Mapping[str, str]
    fingerprints: dict[str, bytes] = field(default_factory=dict)


class Request(msgspec.Struct, frozen=True):
    """`target`: path and query as sent, percent-encoded. `address`: the client's, past trusted proxies."""

    method: str
    target: str
    head: Head
    address: str
    fast: bool = False

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query_string(self) -> str:
        return self.target.partition("?")[2]


class Reply(msgspec.Struct, frozen=True):
    """`head`: header lines as they are sent. Both in parts: what is kept needs no copy for a request id's
    sake.
    """

    status: int
    head: tuple[bytes, ...]
    body: tuple[bytes, ...]

    def fields(self) -> list[tuple[bytes, bytes]]:
        """The header lines as names and values."""
        pairs = [line.split(b": ", 1) for line in b"".join(self.head).split(b"\r\n") if line]
        return [(name, text) for name, text in pairs]


def lines(fields: Fields) -> bytes:
    """Header lines as they are sent."""
    return "".join([f"{name}: {text}\r\n" for name, text in fields]).encode("ascii")
