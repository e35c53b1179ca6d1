"""What HTTP asks of a server, on a real socket: versions, Host, targets, trailers, upgrades, half-closed
clients; and that what one client sends ahead takes nobody's turn."""

import socket
from contextlib import suppress
from itertools import groupby

import pytest

from tests.web.wire import BODY, KNOWN, Open, Wire, get, is_refused, post, read_all, read_until

UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
CHUNKED = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def with_lines(request: bytes, lines: bytes) -> bytes:
    """A request with more header lines."""
    return request.replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n", 1)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="CONNECT"),
        pytest.param(b"GET http:// HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="no authority"),
        pytest.param(b"GET http:/// HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="empty authority"),
        pytest.param(b"GET http://x HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="no path"),
        pytest.param(b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="half an address"),
        pytest.param(b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="not ASCII"),
        pytest.param(b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="asterisk"),
        pytest.param(b"GET /a HTTP/1.1\r\n\r\n", 400, id="no Host"),
        pytest.param(b"GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400, id="two Hosts"),
        pytest.param(b"GET /a HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400, id="two Hosts in 1.0"),
        pytest.param(b"GET /a HTTP/1.1\r\nHost: a b/c\r\n\r\n", 400, id="no host name"),
        pytest.param(get("/a", "2.0"), 505, id="2.0"),
        pytest.param(get("/a", "1.2"), 505, id="1.2"),
        pytest.param(get("/a", "0.9"), 505, id="0.9"),
        pytest.param(b"GET /a\r\n\r\n", 505, id="no version"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, id="preface"),
    ],
)
@pytest.mark.parametrize("before", [b"", get("/first")], ids=["first", "second"])
def test_a_head_that_breaks_the_rules_is_refused_in_words(
    wire: Wire, connect: Open, before: bytes, sent: bytes, status: int
) -> None:
    client = connect(wire)
    client.sendall(before + sent)
    answered, _, refused = read_all(client).rpartition(b"[/first 0]")
    assert is_refused(refused, status)
    assert bool(answered) == bool(before)
    assert wire.app.asked == ["/first"] * bool(before)


def test_what_the_rules_allow_is_answered(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    for sent in (
        b"GET http://other/a?b=c HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost:\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n",
    ):
        client.sendall(sent)
        read_until(client, b"[/a 0]")
    client.sendall(b"GET /a HTTP/1.0\r\n\r\n")
    assert read_all(client).endswith(b"[/a 0]")


def test_http_1_0_is_kept_alive_if_it_asks_for_that(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    for _ in range(2):
        client.sendall(with_lines(get("/a", "1.0"), b"Connection: Keep-Alive\r\n"))
        assert b"\r\nconnection: keep-alive\r\n" in read_until(client, b"[/a 0]")
    client.sendall(get("/a", "1.0"))
    told = read_all(client)
    assert told.endswith(b"[/a 0]")
    assert b"\r\nconnection: close\r\n" in told


def test_trailers_are_not_header_lines(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    secret = b"Authorization: Bearer sk\r\nX-Forwarded-For: 1.2.3.4\r\n"
    client.sendall(CHUNKED + b"1\r\na\r\n0\r\n" + secret + b"\r\n" + get("/b"))
    read_until(client, b"[/b 0]")
    names = [[name for name, _ in head] for head in wire.app.heads]
    assert names == [[b"host", b"transfer-encoding"], [b"host"]]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param((b"", b""), id="none"),
        pytest.param((b"Content-Length: 3\r\n", b"123"), id="length"),
        pytest.param((b"Transfer-Encoding: chunked\r\n", b"3\r\n123\r\n0\r\n\r\n"), id="chunks"),
    ],
)
@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
def test_a_wish_to_upgrade_is_passed_over_with_nothing_lost_behind_it(
    wire: Wire, connect: Open, body: tuple[bytes, bytes], protocol: bytes
) -> None:
    line, text = body
    client = connect(wire)
    wish = with_lines(b"POST /a HTTP/1.1\r\nHost: x\r\n\r\n", UPGRADE.replace(b"h2c", protocol) + line)
    client.sendall(wish + text + get("/b"))
    told = read_until(client, b"[/b 0]")
    assert told.count(b"HTTP/1.1 200 ") == 2
    assert (b"[/a 3]" if text else b"[/a 0]") in told


def test_a_half_closed_client_gets_all_that_it_asked_for(wire: Wire, connect: Open) -> None:
    wire.lane.by_itself = True
    client = connect(wire)
    client.sendall(get("/a") + KNOWN + post("/b", 3) + b"123" + get("/held"))
    client.shutdown(socket.SHUT_WR)
    wire.call(wire.app.held.set)
    told = read_all(client)
    assert [told.count(end) for end in (b"[/a 0]", b"[lane]", b"[/b 3]", b"[/held 0]")] == [1] * 4


@pytest.mark.parametrize("closes", [True, False])
def test_a_request_behind_a_body_that_nobody_waited_for_is_answered(
    wire: Wire, connect: Open, closes: bool
) -> None:
    client = connect(wire)
    client.sendall(post("/unread", 4) + b"ab")
    read_until(client, b"[/unread 0]")
    client.sendall(b"cd" + get("/behind") * 2)
    if closes:
        client.shutdown(socket.SHUT_WR)
    read_until(client, b"[/behind 0]")
    wire.await_(lambda: wire.app.asked == ["/unread", "/behind", "/behind"])


def test_empty_lines_sent_ahead_keep_no_request_behind_them_from_being_read(
    wire: Wire, connect: Open
) -> None:
    client = connect(wire)
    wire.say(client, get("/held"))
    wire.await_(lambda: wire.app.asked == ["/held"])
    wire.say(client, b"\r\n" * 40_000)
    wire.call(wire.app.held.set)
    read_until(client, b"[/held 0]")
    client.sendall(get("/behind"))
    read_until(client, b"[/behind 0]")


def test_a_half_closed_client_is_answered_by_the_lane(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, KNOWN)
    client.shutdown(socket.SHUT_WR)
    wire.await_(lambda: wire.ended == 1)
    wire.call(wire.lane.answer)
    assert read_all(client).endswith(b"[lane]")


def test_a_half_closed_client_that_was_answered_already_is_closed(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    client.sendall(get("/a"))
    read_until(client, b"[/a 0]")
    client.shutdown(socket.SHUT_WR)
    assert read_all(client) == b""


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        (b"GET /a HTTP/1.1\r\nHos", []),
        (post("/a", 10) + b"12345", ["/a"]),
        (CHUNKED + b"5\r\n12345\r\n", ["/a"]),
    ],
    ids=["head", "length", "chunks"],
)
@pytest.mark.parametrize("before", [b"", get("/first")], ids=["first", "second"])
def test_half_a_request_is_refused_when_its_client_closes(
    wire: Wire, connect: Open, before: bytes, sent: bytes, asked: list[str]
) -> None:
    client = connect(wire)
    client.sendall(before + sent)
    client.shutdown(socket.SHUT_WR)
    _, _, refused = read_all(client).rpartition(b"[/first 0]")
    assert is_refused(refused, 400)
    assert wire.app.asked in ([*["/first"] * bool(before), *asked], ["/first"] * bool(before))


def test_requests_of_one_packet_are_begun_one_by_one(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, get("/held") + get("/a") * 5)
    assert wire.begun == 1
    wire.call(wire.app.held.set)
    while wire.app.asked.count("/a") < 5:
        client.recv(65_536)


def test_connections_take_turns_however_much_one_sends_ahead(wire: Wire, connect: Open) -> None:
    """Two clients that send ahead are answered alternately, and one that does not at once."""
    first, second, third = connect(wire), connect(wire), connect(wire)
    for number, client in enumerate((first, second)):
        wire.say(client, get("/held") + get(f"/{number}") * 200)
    wire.call(wire.app.held.set)
    third.sendall(get("/third"))
    read_until(third, b"[/third 0]")
    for number, client in enumerate((first, second)):
        told = b""
        while told.count(b"[/%d 0]" % number) < 200:
            told += client.recv(65_536)
    turns = [path for path in wire.app.asked if path in ("/0", "/1")]
    assert max(len(list(run)) for _, run in groupby(turns)) <= 2


def test_what_is_sent_ahead_is_bounded(wire: Wire, connect: Open) -> None:
    """Nobody reads on while a request is answered: what a client has not got rid of stays with it."""
    client = connect(wire)
    wire.say(client, get("/held"))
    client.setblocking(False)
    with suppress(BlockingIOError):
        for _ in range(1_000):
            client.send(get("/a") * 2_000)
    assert wire.heard < 1_000_000


def test_a_long_body_sent_ahead_is_taken_whole(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    body = b"\r\n\r\nGET / HTTP/1.1\r\n\r\n" * 4_000
    chunk = b"%x\r\n%b\r\n" % (len(body), body)
    client.sendall(get("/a") + post("/b", len(body)) + body + CHUNKED + chunk + b"0\r\n\r\n" + get("/c"))
    told = read_until(client, b"[/c 0]")
    assert told.count(b"HTTP/1.1 200 ") == 4
    assert b"[/b %d]" % len(body) in told
    assert b"[/a %d]" % len(body) in told


def test_a_body_sent_ahead_has_its_time_once_its_turn_has_come(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, get("/held") + post("/b", 10) + b"12345")
    wire.pass_time(BODY + 1)
    wire.call(wire.app.held.set)
    read_until(client, b"[/held 0]")
    wire.say(client, b"67890")
    read_until(client, b"[/b 10]")
