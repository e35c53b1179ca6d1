"""Pushed posts: taken whole or not at all, once for each key, within limits, and refused in words.

On real sockets, whose time stands still until a test moves it.
"""

import asyncio
import gzip
import json
import os
import queue
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
import uvloop
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config

from tests.web.conftest import Served, serving
from trendwire.cli.serving import limits_of
from trendwire.facts.durable import write_whole
from trendwire.facts.inbox import Inbox
from trendwire.facts.store import FactStore
from trendwire.facts.zstd import zstd
from trendwire.settings import Settings
from trendwire.sources import push as pushing
from trendwire.sources.push import remove_notes
from trendwire.web.connection import Connection
from trendwire.web.ingest import MOST_AT_ONCE, PATH, Ingest
from trendwire.web.watch import Limits, Watch

KEY = "an-ingest-key-of-25-chars"
AT = 1_764_000_000
MOST = 4 << 20
ORDINARY = 100_000
NDJSON = "application/x-ndjson"


def posts(first: int, count: int, **told: object) -> bytes:
    return b"".join(
        json.dumps({"id": str((1_747_820_685 << 32) + number), "view_count": number, **told}).encode() + b"\n"
        for number in range(first, first + count)
    )


class Wire:
    """The route on a socket, in a loop of its own; `ended` hears each request that the app is done with."""

    def __init__(self, home: Path) -> None:
        self.home, self.ended = home, queue.Queue[int]()
        self.ingest = Ingest(home, KEY, MOST, lambda: AT)
        self.watch = Watch(
            Limits(body_bytes=ORDINARY, body_seconds=30, larger_bodies={PATH.encode(): MOST}), now=1000.0
        )
        self.loop = uvloop.new_event_loop()
        self.port = 0

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.ingest(scope, receive, send)
        finally:
            self.ended.put(1)

    @contextmanager
    def listening(self) -> Iterator["Wire"]:
        thread = threading.Thread(target=self.loop.run_forever)
        thread.start()
        server = self.do(self._listen())
        try:
            yield self
        finally:
            self.do(self._end(server))
            self.loop.call_soon_threadsafe(self.loop.stop)
            thread.join()
            self.loop.close()

    def do(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(30)

    def pass_time(self, seconds: float) -> None:
        async def passed() -> None:
            self.watch.now += seconds
            for connection in tuple(self.watch.state.connections):
                connection.sweep(self.watch.now)  # type: ignore[union-attr]

        self.do(passed())

    async def _listen(self) -> asyncio.AbstractServer:
        config = Config(
            self.app, log_config=None, access_log=False, ws="none", lifespan="off", interface="asgi3"
        )
        config.load()
        bound = socket.create_server(("127.0.0.1", 0))
        self.port = bound.getsockname()[1]
        return await self.loop.create_server(lambda: Connection(config, self.watch, None), sock=bound)

    async def _end(self, server: asyncio.AbstractServer) -> None:
        server.close()
        for connection in tuple(self.watch.state.connections):
            connection.transport.abort()
        while self.watch.state.connections or self.watch.state.tasks:
            await asyncio.sleep(0)

    def push(self, body: bytes, key: str = "one", **headers: str) -> tuple[int, Any]:
        status, _, told = self.ask(body, key, **headers)
        return status, told

    def ask(
        self, body: bytes, key: str = "one", method: str = "POST", **headers: str
    ) -> tuple[int, Mapping[str, str], Any]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as client:
            client.request(method, PATH, body, _headers(key) | headers)
            response = client.getresponse()
            told = json.loads(response.read())
        self.ended.get(timeout=10)
        return response.status, dict(response.headers), told

    def open(self, sent: bytes, length: int, key: str = "one") -> socket.socket:
        """A push of which only the beginning was sent."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        fields = {"Host": "x", "Content-Length": str(length), **_headers(key)}
        lines = "".join(f"{name}: {text}\r\n" for name, text in fields.items())
        client.sendall(f"POST {PATH} HTTP/1.1\r\n{lines}\r\n".encode() + sent)
        return client

    def files(self) -> list[str]:
        facts = self.home / "facts"
        return sorted(str(path.relative_to(facts)) for path in facts.rglob("*") if path.is_file())

    def stored(self) -> tuple[int, int]:
        FactStore(self.home).drain()
        snapshot = FactStore(self.home).snapshot()
        return snapshot.posts, snapshot.observations


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {KEY}", "Content-Type": NDJSON, "Idempotency-Key": key}


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with Wire(tmp_path).listening() as listening:
        yield listening


def test_what_is_pushed_is_counted_and_stored(wire: Wire) -> None:
    body = posts(1, 3) + b'\n{"username": "nobody"}\nno json\n' + posts(4, 1).rstrip()
    status, told = wire.push(body)
    assert (status, told["rows"], told["accepted"], told["quarantined"]) == (200, 6, 4, 2)
    assert sum(told["reasons"].values()) == 2
    assert "id is missing, empty or no id" in told["reasons"]
    assert told["repeated"] is False
    aside = (wire.home / "facts" / "quarantine" / f"{told['batch']}.ndjson").read_bytes().splitlines()
    assert [json.loads(line)["line"] for line in aside] == [5, 6]
    assert wire.stored() == (4, 4)


@pytest.mark.parametrize(
    ("packing", "pack"),
    [
        ("gzip", gzip.compress),
        ("gzip", lambda body: gzip.compress(body[:50]) + gzip.compress(body[50:])),
        ("zstd", zstd.compress),
        ("zstd", lambda body: zstd.compress(body[:50]) + zstd.compress(body[50:])),
        ("identity", bytes),
    ],
)
def test_packed_posts_are_the_same_posts(wire: Wire, packing: str, pack: Any) -> None:
    plain = wire.push(posts(1, 5000))[1]
    told = wire.push(pack(posts(1, 5000)), **{"Content-Encoding": packing})[1]
    assert told == {**plain, "repeated": True}
    assert wire.push(pack(posts(1, 5000)), key="two", **{"Content-Encoding": packing})[1]["accepted"] == 5000
    assert wire.stored() == (5000, 5000)


def test_a_key_counts_once_drained_or_not(wire: Wire) -> None:
    body = posts(1, 10) + b"{}\n"
    first = wire.push(body)[1]
    before = wire.files()
    again = wire.push(body)
    assert again == (200, {**first, "repeated": True})
    assert wire.files() == before
    assert wire.stored() == (10, 10)
    drained = wire.files()
    assert wire.push(body) == again
    assert wire.files() == drained


def test_a_key_is_not_for_another_body(wire: Wire) -> None:
    wire.push(posts(1, 10))
    before = wire.files()
    status, told = wire.push(posts(1, 11))
    assert status == 409
    assert "Idempotency-Key" in told["error"]["message"]
    assert wire.files() == before


@pytest.mark.parametrize("half", [False, True])
def test_a_push_that_is_cut_off_stores_nothing(wire: Wire, half: bool) -> None:
    """The connection ends in the middle, or the client says that no more comes."""
    body = posts(1, 20_000)
    with structlog.testing.capture_logs() as logs, wire.open(body[:600_000], len(body)) as client:
        client.shutdown(socket.SHUT_WR) if half else client.close()
        wire.ended.get(timeout=10)
    assert wire.files() == []
    (said,) = [log for log in logs if "cut off" in log["event"]]
    assert said["log_level"] == "warning"
    assert wire.push(body)[1]["accepted"] == 20_000
    assert wire.stored() == (20_000, 20_000)


def test_a_push_that_stalls_ends_but_a_large_one_has_its_time(wire: Wire) -> None:
    body = posts(1, 20_000)
    with wire.open(body[:600_000], len(body)) as client:
        _until_read(wire, 600_000)
        wire.pass_time(31)
        assert not wire.watch.refused
        wire.pass_time(300)
        assert client.recv(100).startswith(b"HTTP/1.1 408 ")
        wire.ended.get(timeout=10)
    assert wire.files() == []


def _until_read(wire: Wire, size: int) -> None:
    async def read() -> None:
        while not any(one._body_size >= size for one in wire.watch.state.connections):  # type: ignore[union-attr]
            await asyncio.sleep(0)

    wire.do(read())


def test_packed_posts_that_are_cut_off_store_nothing(wire: Wire) -> None:
    for packing, packed in (("gzip", gzip.compress(posts(1, 100))), ("zstd", zstd.compress(posts(1, 100)))):
        status, told = wire.push(packed[:-9], **{"Content-Encoding": packing})
        assert (status, "cut off" in told["error"]["message"]) == (400, True)
        status, told = wire.push(b"?" + packed, **{"Content-Encoding": packing})
        assert (status, "damaged" in told["error"]["message"]) == (400, True)
    assert wire.files() == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "holds no posts"),
        (b"\n \n", "holds no posts"),
        (b'[{"id": "1"}]', "line 1 is no JSON object"),
        (b"{\n", "line 1 is no JSON object"),
        (b"id,username\n1,a\n", "line 1 is no JSON object"),
    ],
)
def test_what_is_no_ndjson_is_refused(wire: Wire, body: bytes, words: str) -> None:
    status, told = wire.push(body)
    assert status == 400
    assert words in told["error"]["message"]
    assert wire.files() == []


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"Content-Type": "application/json"}, 415, "Content-Type must be application/x-ndjson"),
        ({"Content-Type": f"{NDJSON}; charset=latin-1"}, 415, "utf-8"),
        ({"Content-Encoding": "br"}, 415, "Content-Encoding must be gzip or zstd"),
        ({"Idempotency-Key": "k" * 201}, 400, "1 to 200 printable"),
        ({"Idempotency-Key": ""}, 400, "1 to 200 printable"),
        ({"Authorization": "Bearer wrong"}, 401, "not valid"),
        ({"Authorization": ""}, 401, "ingest key is needed"),
    ],
)
def test_a_wrong_header_is_refused_in_words(
    wire: Wire, headers: Mapping[str, str], status: int, words: str
) -> None:
    answered, told = wire.push(posts(1, 1), **headers)
    assert answered == status
    assert words in told["error"]["message"]
    assert wire.files() == []


def test_another_method_is_told_so(wire: Wire) -> None:
    status, headers, _ = wire.ask(b"", method="GET")
    assert (status, headers["allow"]) == (405, "POST")


def test_what_is_too_large_is_not_read(wire: Wire) -> None:
    long = b'{"id": "1", "video_description": "' + b"a" * (1 << 20) + b'"}\n'
    bomb = gzip.compress(posts(1, 1) + b" " * (3 << 20))
    many = gzip.compress(posts(1, 60_000, caption=os.urandom(30).hex()), 1)
    for body, words, packing in (
        (posts(1, 1) + long, "line 2 is longer", ""),
        (long[:-5], "line 1 is longer", ""),
        (bomb, "less than a 100th", "gzip"),
        (many, "more than 4 MB", "gzip"),
    ):
        status, told = wire.push(body, **{"Content-Encoding": packing})
        assert (status, words in told["error"]["message"]) == (413, True), told
    assert wire.files() == []


def test_a_body_above_the_limit_is_refused_before_it_comes(wire: Wire) -> None:
    with wire.open(b"", MOST + 1) as client:
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_who_is_refused_cannot_send_a_large_body_all_the_same(wire: Wire) -> None:
    with wire.open(b"", MOST, key="k" * 300) as client:
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")
        client.sendall(b" " * (ORDINARY + 1))
        _until_refused(wire)
    assert wire.watch.refused["the body is too large"] == 1


def _until_refused(wire: Wire) -> None:
    async def refused() -> None:
        while not wire.watch.refused:
            await asyncio.sleep(0)

    wire.do(refused())


def test_more_at_once_than_are_taken_are_told_to_come_again(wire: Wire) -> None:
    clients = [wire.open(posts(1, 10), 100_000, key=str(number)) for number in range(MOST_AT_ONCE)]
    _until_pushes(wire, MOST_AT_ONCE)
    status, headers, _ = wire.ask(posts(1, 1))
    assert (status, headers["retry-after"]) == (503, "5")
    for client in clients:
        client.close()
        wire.ended.get(timeout=10)
    assert wire.push(posts(1, 1))[0] == 200


def _until_pushes(wire: Wire, number: int) -> None:
    async def begun() -> None:
        while wire.ingest._at_once < number:
            await asyncio.sleep(0)

    wire.do(begun())


def test_a_full_disk_stores_nothing_and_can_be_tried_again(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        status, told = wire.push(posts(1, 5))
    assert (status, told["error"]["code"]) == (503, "not_ready")
    assert wire.files() == []
    assert wire.push(posts(1, 5))[1]["repeated"] is False
    assert wire.stored() == (5, 5)


@pytest.mark.parametrize("step", ["_store", "write_whole"])
def test_a_crash_between_two_steps_is_made_up_for(
    wire: Wire, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the note, or after the rows: the same push again leaves them stored once."""
    body = posts(1, 5) + b"{}\n"

    def killed(*_given: object) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(pushing.Push if step == "_store" else pushing, step, killed)
        assert wire.push(body)[0] == 503
    assert wire.push(posts(1, 6))[0] == 409
    status, told = wire.push(body)
    assert (status, told["accepted"], told["quarantined"], told["repeated"]) == (200, 5, 1, False)
    assert wire.push(body)[1]["repeated"] is True
    assert wire.stored() == (5, 5)
    assert len(list((wire.home / "facts" / "quarantine").iterdir())) == 1


def test_reasons_are_bounded(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "MOST_REASONS", 3)
    rows = [json.dumps({"id": "x", "create_time": 10**10, "observed_at": AT + day}) for day in range(9)]
    told = wire.push("\n".join(rows).encode())[1]
    assert told["quarantined"] == 9
    assert len(told["reasons"]) == 4
    assert told["reasons"]["(others)"] == 6


def test_what_is_held_of_a_push_is_a_piece_of_it(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    feed = pushing.Push.feed

    def noted(self: pushing.Push, data: bytes) -> None:
        sizes.append(max(len(data), len(self._rest)))
        feed(self, data)

    monkeypatch.setattr(pushing.Push, "feed", noted)
    assert wire.push(posts(1, 60_000))[1]["accepted"] == 60_000
    assert max(sizes) <= 1 << 18
    assert len(sizes) > 10


def test_a_note_is_forgotten_when_it_is_old(wire: Wire) -> None:
    body = posts(1, 5)
    wire.push(body)
    note = next((wire.home / "facts" / "pushes").glob("*.json"))
    assert remove_notes(wire.home, note.stat().st_mtime) == 0
    assert remove_notes(wire.home, note.stat().st_mtime + 1) == 1
    assert wire.push(posts(1, 6))[1]["repeated"] is False
    assert wire.stored() == (6, 6)


def test_a_damaged_note_does_not_stop_a_push(wire: Wire) -> None:
    told = wire.push(posts(1, 5))[1]
    write_whole(wire.home / "facts" / "pushes" / f"{told['batch']}.json", b"?")
    assert wire.push(posts(1, 5)) == (200, told)
    assert wire.stored() == (5, 5)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "home", ingest_key=KEY) as served:
        yield served


def test_the_site_has_the_route_beside_all_else(site: Served) -> None:
    answer = site.client.post(PATH, content=posts(1, 5), headers=_headers("a"))
    assert (answer.status_code, answer.json()["accepted"]) == (200, 5)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(Inbox(site.home).waiting()) == 1
    assert site.balance() == 1000


def test_without_a_configured_key_nothing_is_there(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as served:
        assert served.client.post(PATH, content=posts(1, 5), headers=_headers("a")).status_code == 404
    assert limits_of(Settings(home=tmp_path)).larger_bodies == {}


def test_only_this_path_takes_larger_bodies(tmp_path: Path) -> None:
    limits = limits_of(Settings(home=tmp_path, ingest_key=KEY, max_push_mb=2))  # type: ignore[arg-type]
    assert limits.larger_bodies == {b"/ingest/v1/posts": 2 << 20}
    assert limits.body_bytes == 1 << 20
