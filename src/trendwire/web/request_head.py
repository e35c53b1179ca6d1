"""What the head of a request must be before it is answered: version, method, target, Host. Pure.

As RFC 9112 (2.3, 3.2) has it; the parser has seen before that lines and names are well formed.
"""

import re
from collections.abc import Sequence

import httptools

VERSIONS = ("1.1", "1.0")

OTHER_VERSION = 505, "this server speaks HTTP/1.1 and HTTP/1.0"

_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=:%\[\]-]*")


def flaw(
    method: bytes, version: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]
) -> tuple[int, str] | None:
    """Status and words of the refusal; None for a head that may be answered. `headers`: lower-case names."""
    if version not in VERSIONS:
        return OTHER_VERSION
    if method == b"CONNECT":
        return 400, "CONNECT is for proxies, and this server is none"
    if not _names_a_path(method, target):
        return 400, "the request target must be a path such as /docs, or an http:// address that has one"
    hosts = [text for name, text in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        return 400, "a request must have one Host header"
    if hosts and not _HOST.fullmatch(hosts[0]):
        return 400, "the Host header must be a name or an address, with a port if need be"
    return None


def _names_a_path(method: bytes, target: bytes) -> bool:
    if target == b"*":
        return method == b"OPTIONS"
    try:
        path = httptools.parse_url(target).path
    except httptools.HttpParserInvalidURLError:
        return False
    return bool(path) and path.isascii()
