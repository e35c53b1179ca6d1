"""The same site under a server that knows nothing of it: what the application answers holds there too."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from uvicorn import Config, Server

from tests.serving import create_key
from tests.small_world import linked
from trendwire.settings import Settings
from trendwire.web.app import of_settings

LIST = "/v1/tiktok/trending/hashtags"
CREDITS, COST = 1000, 2

Ask = Callable[..., tuple[int, bytes]]


@pytest.fixture(params=["h11", "httptools"])
def ask(request: pytest.FixtureRequest, demo_home: Path, tmp_path: Path) -> Iterator[Ask]:
    """Asks a stock uvicorn, over a connection for each request, with a good key unless told otherwise."""
    home = linked(demo_home, tmp_path / "home")
    key = create_key(home, CREDITS, 100)
    site = of_settings(Settings(home=home)).site
    server = Server(Config(site, http=request.param, ws="none", log_config=None, log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        port = listening.getsockname()[1]

        def asked(method: str, target: str, lines: str | None = None) -> tuple[int, bytes]:
            lines = f"Authorization: Bearer {key}\r\n" if lines is None else lines
            with socket.create_connection(("127.0.0.1", port), 30) as client:
                sent = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n"
                client.sendall(sent.encode())
                head, _, body = client.makefile("rb").read().partition(b"\r\n\r\n")
            return int(head.split(b" ")[1]), body

        yield asked
        server.should_exit = True
        thread.join()


def test_the_method_comes_first(ask: Ask) -> None:
    assert ask("GET", LIST)[0] == 200
    for lines in (None, ""):
        assert ask("POST", LIST, lines) == (405, b'{"code":405,"data":null,"message":"Method not allowed"}')
    assert ask("HEAD", LIST) == (200, b"")


@pytest.mark.parametrize("path", ["/v1/%0A", f"{LIST}%0A", "/v1/provenance%0A"])
def test_a_line_break_in_a_path_is_refused_in_the_dialect(ask: Ask, path: str) -> None:
    assert ask("GET", path) == (404, b'{"code":404,"data":null,"message":"Path not found"}')


def test_a_page_that_is_no_number_is_refused(ask: Ask) -> None:
    status, body = ask("GET", f"{LIST}?page=")
    assert (status, re.search(b"page must be a whole number", body) is not None) == (400, True)
