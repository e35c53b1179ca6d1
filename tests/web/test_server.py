"""`serve` as a process on a real socket: what it says, what it follows, and how it ends."""

import json
import re
import signal
import socket
import subprocess
import threading
from collections import Counter
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.serving import balance, command, create_key, free_port, running
from tests.small_world import DAYS, LAST_DAY, linked, settings_of, silent
from trendwire import pipeline

PATH = "/v1/tiktok/trending/hashtags"
CREDITS, QPS, COST = 1_000_000, 10_000, 2
CLIENTS = 3


def _get(port: int, path: str, key: str) -> HTTPResponse:
    """One answer over a connection of its own, read to its end."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        answer.read()
        return answer


class Client(threading.Thread):
    """Asks without a pause, over one connection, until it is told to stop."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__()
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}"}
        self._stopped = threading.Event()
        self.statuses: Counter[int] = Counter()
        self.editions: list[str | None] = []

    def run(self) -> None:
        while not self._stopped.is_set():
            self._connection.request("GET", PATH, headers=self._headers)
            answer = self._connection.getresponse()
            answer.read()
            self.statuses[answer.status] += 1
            self.editions.append(answer.headers["X-Edition"])

    def stop(self) -> None:
        self._stopped.set()
        self.join()
        self._connection.close()


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    return linked(demo_home, tmp_path / "home")


def test_new_editions_are_followed_without_a_restart_or_a_dropped_request(home: Path) -> None:
    key = create_key(home, CREDITS, QPS)
    with running(home) as server:
        port, process = server.port, server.process
        clients = [Client(port, key) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        last = LAST_DAY + timedelta(days=2)
        published = list(
            pipeline.publish_range(
                settings_of(home), LAST_DAY + timedelta(days=1), last, silent, allow_empty=True
            )
        )
        assert _get(port, PATH, key).headers["X-Edition"] == str(published[-1].number)
        for client in clients:
            client.stop()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    answered = sum((client.statuses for client in clients), Counter())
    assert set(answered) == {200}
    for client in clients:
        numbers = [int(edition or 0) for edition in client.editions]
        assert numbers == sorted(numbers)
        assert set(numbers) <= {DAYS, *(record.number for record in published)}
    assert balance(home) == CREDITS - COST * (answered[200] + 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(home: Path, number: signal.Signals) -> None:
    with running(home) as server:
        server.process.send_signal(number)
        assert server.process.wait(30) == 0
    assert [json.loads(line)["event"] for line in server.log.read_text().splitlines()] == ["stopping"]


def test_a_request_that_has_begun_is_answered_before_the_end(home: Path) -> None:
    key = create_key(home, CREDITS, QPS)
    with running(home) as server, socket.create_connection(("127.0.0.1", server.port), 30) as begun:
        process = server.process
        begun.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
        begun.recv(1, socket.MSG_PEEK)
        process.send_signal(signal.SIGTERM)
        assert begun.makefile("rb").readline().startswith(b"HTTP/1.1 200")
        assert process.wait(30) == 0


def _asking(key: str) -> bytes:
    return f"GET {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


def _last_reply(connection: socket.socket) -> bytes:
    """What comes until the server closes; its only reply says that it is the last."""
    told = connection.makefile("rb").read()
    assert told.startswith(b"HTTP/1.1 200 ")
    assert told.count(b"\r\nconnection: close\r\n") == 1
    return told


def test_a_request_that_was_on_its_way_is_answered_before_the_end(home: Path) -> None:
    """One on a connection that nobody had accepted yet, one on a connection that was idle."""
    key = create_key(home, CREDITS, QPS)
    with running(home, drain_linger="30") as server, socket.socket() as waiting, socket.socket() as idle:
        for connection in (idle, waiting):
            connection.settimeout(30)
        idle.connect(("127.0.0.1", server.port))
        idle.sendall(_asking(key))
        with HTTPResponse(idle) as answer:
            answer.begin()
            assert (answer.status, answer.will_close) == (200, False)
            answer.read()
        server.process.send_signal(signal.SIGSTOP)
        waiting.connect(("127.0.0.1", server.port))
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGCONT)
        for connection in (idle, waiting):
            connection.sendall(_asking(key))
            _last_reply(connection)
        assert server.process.wait(30) == 0


def test_a_second_signal_ends_it_at_once(home: Path) -> None:
    with (
        running(home, drain_linger="60", drain_timeout="60") as server,
        socket.create_connection(("127.0.0.1", server.port), 30) as half,
    ):
        half.sendall(b"GET / HT")
        server.process.send_signal(signal.SIGTERM)
        while not server.log.read_text():
            assert server.process.poll() is None
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


def test_a_home_whose_path_is_too_long_for_a_socket_is_one_clear_line(
    demo_home: Path, tmp_path: Path
) -> None:
    home = linked(demo_home, tmp_path / ("h" * 100))
    ended = subprocess.run(
        command(home, free_port()), capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert re.fullmatch(r"trendwire: home .*shorter path\n", ended.stderr)


def test_a_taken_port_is_one_clear_line(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(command(home, port), capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert re.fullmatch(rf"trendwire: port {port} .*--port.*PORT=.*\n", ended.stderr)


def test_no_key_is_in_what_it_prints(home: Path) -> None:
    key = create_key(home, CREDITS, QPS)
    with running(home) as server:
        port, process = server.port, server.process
        for path in (PATH, f"/v1/{key}", f"{PATH}?region={key}"):
            _get(port, path, key)
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=30)
    logged = server.log.read_text() + "".join(
        path.read_bytes().decode("latin-1") for path in home.glob("requests.sqlite*")
    )
    assert PATH in logged
    assert key[8:] not in printed + logged
