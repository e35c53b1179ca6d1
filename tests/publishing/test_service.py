"""The socket of the engine: exact answers over it, refusals in words, and no client that harms another."""

import socket
import stat
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.editions.worlds import detail
from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail
from trendwire.errors import Gone, InvalidInput, NotReady, TrendwireError
from trendwire.publishing.service import (
    MOST_ASKED,
    MOST_CONNECTIONS,
    SOCKET,
    Client,
    NobodyListens,
    answering,
)

STATE = "0123456789abcdef"


class Engine:
    """Knows one subject of one state."""

    def __init__(self) -> None:
        self.threads: set[str] = set()
        self.go = threading.Event()
        self.go.set()

    def detail(self, state: str, _kind: Kind, identity: str, region: str | None) -> Detail | None:
        assert self.go.wait(30)
        self.threads.add(threading.current_thread().name)
        if state != STATE:
            raise Gone("another state")
        if identity == "broken":
            raise ZeroDivisionError
        assert region in (None, "VN")
        return detail("ü", 7) if identity == "ü" else None

    def identities(self, state: str, _kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        if not state:
            raise NotReady("no state yet")
        return tuple(f"{beginning}{number}" for number in range(most))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine()
    with answering(tmp_path, engine):
        yield engine


def connection(home: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(30)
    made.connect(str(home / SOCKET))
    return made


def frame(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def test_answers_are_those_of_the_engine(tmp_path: Path, engine: Engine) -> None:
    client = Client(tmp_path)
    for _ in range(3):
        assert client.detail(STATE, Kind.HASHTAG, "ü", None) == detail("ü", 7)
        assert client.detail(STATE, Kind.SOUND, "unknown", "VN") is None
    assert client.identities(STATE, Kind.HASHTAG, "ü", 2) == ("ü0", "ü1")
    assert len(engine.threads) == 1  # a connection is used again


def test_refusals_keep_their_kind_and_their_words(tmp_path: Path, engine: Engine) -> None:
    client = Client(tmp_path)
    with pytest.raises(Gone, match="another state"):
        client.detail("other", Kind.HASHTAG, "ü", None)
    with pytest.raises(NotReady, match="no state yet"):
        client.identities("", Kind.HASHTAG, "", 1)
    with pytest.raises(TrendwireError, match="cannot be told"):
        client.detail(STATE, Kind.HASHTAG, "broken", None)
    assert client.detail(STATE, Kind.HASHTAG, "ü", None) == detail("ü", 7)


def test_only_the_owner_may_ask(tmp_path: Path, engine: Engine) -> None:
    assert stat.S_IMODE((tmp_path / SOCKET).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "sent",
    [b"", b"\0", frame(b"no question"), frame(b""), struct.pack(">I", MOST_ASKED + 1), b"\xff" * 1000],
    ids=["nothing", "half", "no MessagePack", "empty", "too much", "noise"],
)
def test_a_client_that_goes_or_talks_nonsense_harms_nobody(
    tmp_path: Path, engine: Engine, sent: bytes
) -> None:
    with closing(connection(tmp_path)) as one:
        one.sendall(sent)
    with closing(connection(tmp_path)) as one:
        one.sendall(sent)
        one.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while one.recv(1000):
                pass
    assert Client(tmp_path).detail(STATE, Kind.HASHTAG, "ü", None) == detail("ü", 7)


def test_who_announces_too_much_is_hung_up_on(tmp_path: Path, engine: Engine) -> None:
    with closing(connection(tmp_path)) as one:
        one.sendall(struct.pack(">I", MOST_ASKED + 1))
        assert one.recv(1) == b""


def test_a_client_that_goes_before_its_answer_harms_nobody(tmp_path: Path, engine: Engine) -> None:
    engine.go.clear()
    impatient = Client(tmp_path, seconds=0.05)
    with pytest.raises(NotReady, match="the engine is busy"):
        impatient.detail(STATE, Kind.HASHTAG, "ü", None)
    engine.go.set()
    assert Client(tmp_path).detail(STATE, Kind.HASHTAG, "ü", None) == detail("ü", 7)
    assert impatient.identities(STATE, Kind.HASHTAG, "", 1) == ("0",)


def test_many_ask_at_once(tmp_path: Path, engine: Engine) -> None:
    client, found = Client(tmp_path), list[Detail | None]()

    def ask() -> None:
        found.extend(client.detail(STATE, Kind.HASHTAG, "ü", None) for _ in range(50))

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert found == [detail("ü", 7)] * 400


def test_connections_are_bounded_and_come_back(tmp_path: Path, engine: Engine) -> None:
    held = [connection(tmp_path) for _ in range(MOST_CONNECTIONS)]
    for one in held:  # each is served
        one.sendall(frame(b""))
        assert one.recv(4)
    with closing(connection(tmp_path)) as one:
        assert one.recv(1) == b""
    for one in held:
        one.close()
    for _ in held:
        while True:  # until the server noticed that one went
            with closing(connection(tmp_path)) as again:
                try:
                    again.sendall(frame(b""))
                    if again.recv(4):
                        break
                except OSError:
                    continue
    assert Client(tmp_path).detail(STATE, Kind.HASHTAG, "ü", None) == detail("ü", 7)


def test_nobody_listens_before_and_after(tmp_path: Path) -> None:
    client = Client(tmp_path)
    with pytest.raises(NobodyListens):
        client.detail(STATE, Kind.HASHTAG, "ü", None)
    for _ in range(2):  # a client outlives its server
        with answering(tmp_path, Engine()):
            assert client.detail(STATE, Kind.HASHTAG, "ü", None) == detail("ü", 7)
    with pytest.raises(NobodyListens):
        client.detail(STATE, Kind.HASHTAG, "ü", None)


def test_a_socket_left_by_a_killed_process_is_replaced(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as left:
        left.bind(str(tmp_path / SOCKET))
    with pytest.raises(NobodyListens):
        Client(tmp_path).detail(STATE, Kind.HASHTAG, "ü", None)
    with answering(tmp_path, Engine()):
        assert Client(tmp_path).detail(STATE, Kind.HASHTAG, "ü", None) == detail("ü", 7)


def test_a_home_whose_path_is_too_long_is_said_so(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 40)
    home.mkdir()
    with pytest.raises(InvalidInput, match="try a shorter path"), answering(home, Engine()):
        pass
    with pytest.raises(NobodyListens):
        Client(home).detail(STATE, Kind.HASHTAG, "ü", None)
