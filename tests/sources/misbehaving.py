"""A source that misbehaves by script: a real server on loopback that plays one step for each request."""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Step = Callable[["Turn"], None]

NAME = "source.test"
"""What the certificate below is made out to. It and its key protect nothing."""

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIBATAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtzb3VyY2Uu
dGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFjEUMBIGA1UE
AwwLc291cmNlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASdzQetAyeq
6zm4KDXxhy3xM/uwZOn//qeiz4DkkX92bbnX0F4rbsD09UK6IlMir+mI0i8prX7y
FEoL3GZnp3QYo1owWDAWBgNVHREEDzANggtzb3VyY2UudGVzdDAPBgNVHRMBAf8E
BTADAQH/MA4GA1UdDwEB/wQEAwIChDAdBgNVHQ4EFgQU4TLD6BRkjYE2gPpyzxgQ
JM/RsUIwCgYIKoZIzj0EAwIDSAAwRQIhAO3n7bAYz6Ji0ivVXFtTyCUxWgGLxylG
9R//eQMMEUaVAiAsgdarYm9awB2KqAEkQ4WiMq8026Ze7o+R5iSVeLWODg==
-----END CERTIFICATE-----
"""

_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDdWYVhg6LuQY2EBf
mID00cu+Itsvz/5VXbUUuFK2a5WhRANCAASdzQetAyeq6zm4KDXxhy3xM/uwZOn/
/qeiz4DkkX92bbnX0F4rbsD09UK6IlMir+mI0i8prX7yFEoL3GZnp3QY
-----END PRIVATE KEY-----
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Turn:
    """One request's connection, to be written to as badly as one likes."""

    connection: socket.socket

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def gone(self, seconds: float | None = None) -> bool:
        """Whether the other side hangs up within this time; without one, wait until it does."""
        self.connection.settimeout(seconds)
        try:
            return not self.connection.recv(1)
        except TimeoutError:
            return False
        except OSError:
            return True


@dataclass(slots=True)
class Source:
    """`steps`: what is played, one for each request; the last one for all that follow."""

    steps: list[Step] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    port: int = 0

    def turn(self) -> Step:
        return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]


def answer(status: int = 200, body: bytes = b'{"ok":1}', **headers: str) -> Step:
    """A reply; underscores of header names stand for hyphens."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def raw(data: bytes) -> Step:
    """These bytes, then the end of the connection."""
    return lambda turn: turn.send(data)


def packed(body: bytes, keep: int | None = None) -> Step:
    """A gzip reply of which only the first `keep` bytes are left, though its length agrees."""
    return answer(body=gzip.compress(body)[:keep], Content_Encoding="gzip")


def silent(turn: Turn) -> None:
    """Say nothing until the other side gives up."""
    turn.gone()


def dripping(head: bytes) -> Step:
    """Send `head`, then a byte now and then until the other side gives up."""

    def step(turn: Turn) -> None:
        turn.send(head)
        while not turn.gone(0.02):
            turn.send(b" ")

    return step


@contextmanager
def misbehaving(*steps: Step, folder: Path | None = None) -> Iterator[Source]:
    """Play these steps, over TLS where a folder for the certificate is given."""
    source = Source(list(steps))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            source.connections += 1
            super().setup()

        def play(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            source.asked.append(Asked(self.command, self.path, dict(self.headers.items()), body))
            self.close_connection = True
            try:
                source.turn()(Turn(self.connection))
            except OSError:
                return  # the other side hung up, as it should

        do_GET = do_POST = play  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if folder is not None:
            server.socket = _secured(server.socket, folder)
        source.port = server.server_port
        source.url = f"{'https' if folder else 'http'}://127.0.0.1:{source.port}/base"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield source
        finally:
            server.shutdown()
            thread.join()


def _secured(plain: socket.socket, folder: Path) -> socket.socket:
    both = folder / "both.pem"
    both.write_text(_KEY + CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context.wrap_socket(plain, server_side=True)
