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
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, cast
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

from trendwire.errors import SourceError

_NAT64 = IPv6Network("64:ff9b::/96")
_KEPT = 30.0  # seconds that an idle connection is kept: many a server closes it soon after

Address = IPv4Address | IPv6Address


def why_refused(address: Address, allow_private: bool) -> str | None:
    """What keeps this address from being asked, None if nothing does."""
    inner = _inner(address)
    if inner.is_multicast or inner.is_unspecified or inner.is_link_local:
        return "is no address of a server"
    if not inner.is_global and not allow_private:
        return "is private or reserved (allow_private = true would accept it)"
    return None


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it stands for one."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


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
