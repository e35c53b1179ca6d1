"""The line to a source: where it may lead, and when it ends.

Owns the guard against request forgery (SSRF): a host's addresses are looked up once, all of them are checked,
and the connection goes to one of those very addresses, so that a name which changes its answer in between
gains nothing. TLS still proves the name. Also the deadline of a whole exchange, which holds for a source that
drips its reply byte by byte, headers too.
"""

import math
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, cast
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

from trendwire.errors import SourceError

_KEPT = 30.0  # seconds that an idle connection is kept: many a server closes it soon after

_NETWORKS = tuple[IPv4Network | IPv6Network, ...]

_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")

# What `is_global` says of these differs between releases of Python, or is wrong for a source.
_RESERVED: _NETWORKS = (
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments
    IPv4Network("192.88.99.0/24"),  # anycast of 6to4 relays, RFC 7526
    IPv6Network("2001::/23"),  # IETF protocol assignments: Teredo, benchmarking, ORCHID
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
    IPv6Network("3ffe::/16"),  # the 6bone, RFC 3701
)

# Clouds answer a machine's own secrets there. 168.63.129.16 is a public address.
_METADATA: _NETWORKS = (
    IPv4Network("168.63.129.16/32"),
    IPv4Network("100.100.100.200/32"),
    IPv4Network("192.0.0.192/32"),
    IPv6Network("fd00:ec2::254/128"),
    IPv6Network("fd20:ce::254/128"),
)

Address = IPv4Address | IPv6Address


def why_refused(address: Address, allow_private: bool) -> str | None:
    """What keeps this address from being asked, None if nothing does."""
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    reached = (address, *_embedded(address))
    if address.is_multicast or address.is_unspecified or any(map(_serves_no_source, reached)):
        return "is no address of a server"
    if not allow_private and not all(map(_is_public, reached)):
        return "is private or reserved (allow_private = true would accept it)"
    return None


def _serves_no_source(address: Address) -> bool:
    return address.is_link_local or _within(address, _METADATA)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return address in _NAT64
    return address.is_global and not address.is_multicast and not _within(address, _RESERVED)


def _within(address: Address, networks: _NETWORKS) -> bool:
    return any(address in network for network in networks)


def _embedded(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that a tunnel or translator on the way may take an IPv6 address for."""
    if isinstance(address, IPv4Address) or address.is_loopback or address.is_unspecified:
        return
    packed = address.packed
    if _within(address, (_NAT64, _COMPATIBLE, _TRANSLATED)) or packed[8:12] in _ISATAP:
        yield IPv4Address(packed[12:])
    if address in _LOCAL_NAT64:  # the operator of the translator chose one of these lengths, RFC 6052
        places = (packed[6:8] + packed[9:11], packed[7:8] + packed[9:12], packed[9:13], packed[12:])
        yield from map(IPv4Address, places)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo


class Line(httpcore2.NetworkBackend):
    """Connects to checked addresses only. `deadline`: on the clock `monotonic`; nothing goes on after it.

    `checked`: False behind a proxy, which alone decides what can be reached; the names are looked up there.
    """

    def __init__(self, monotonic: Callable[[], float], *, allow_private: bool, checked: bool = True) -> None:
        self.deadline = math.inf
        self._monotonic = monotonic
        self._allow_private = allow_private
        self._checked = checked
        self._backend = httpcore2.SyncBackend()

    def left(self, timeout: float | None) -> float:
        """Seconds that an operation may take; ReadTimeout if none are left."""
        left = self.deadline - self._monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the whole exchange takes too long")
        return left if timeout is None else min(timeout, left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """To the first address of the host that accepts. SourceError where one of them is refused."""
        failed: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port):
            try:
                stream = self._backend.connect_tcp(
                    address, port, self.left(timeout), local_address, socket_options
                )
                return cast("httpcore2.NetworkStream", _Timed(stream, self))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        if not self._checked:
            return [host]
        addresses = _looked_up(host, port)
        for address in addresses:
            refused = why_refused(ip_address(address), self._allow_private)
            if refused:
                at = "" if host == address else f" is at {address}, which"
                raise SourceError(f"the source is not asked: {host}{at} {refused}")
        return addresses


def _looked_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"the name {host} cannot be looked up") from error
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


class _Timed:
    """A stream whose operations end at the deadline of its line; all else is the stream's own."""

    def __init__(self, stream: httpcore2.NetworkStream, line: Line) -> None:
        self._stream = stream
        self._line = line

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._line.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._line.left(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, self._line.left(timeout))
        except httpcore2.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                why = error.__cause__.verify_message
                raise SourceError(f"the source's certificate is not trusted: {why}") from error
            raise
        return cast("httpcore2.NetworkStream", _Timed(secured, self._line))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Transport(httpx2.BaseTransport):
    """HTTP/1.1 over a line, which httpx2's own transport cannot be given. Raises httpcore2's exceptions."""

    def __init__(self, line: Line, proxy: httpx2.Proxy | None) -> None:
        shared: Any = {
            "ssl_context": httpx2.create_ssl_context(),
            "max_connections": 1,
            "keepalive_expiry": _KEPT,
            "network_backend": line,
        }
        self._pool = (
            httpcore2.ConnectionPool(**shared)
            if proxy is None
            else httpcore2.HTTPProxy(proxy_url=str(proxy.url), proxy_auth=proxy.raw_auth, **shared)
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        reply = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=cast("httpx2.SyncByteStream", request.stream),
                extensions=request.extensions,
            )
        )
        stream = _Body(cast("Iterable[bytes]", reply.stream), reply.close)
        return httpx2.Response(
            status_code=reply.status, headers=reply.headers, stream=stream, extensions=reply.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, chunks: Iterable[bytes], close: Callable[[], None]) -> None:
        self._chunks = chunks
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        self._close()


def environment_proxy(scheme: str, host: str) -> httpx2.Proxy | None:
    """The proxy that the environment names for a host."""
    address = None if proxy_bypass(host) else getproxies().get(scheme)
    return httpx2.Proxy(address) if address else None
