"""One connection on a real socket: limits, refusals, order."""

import socket
from collections.abc import Callable

import pytest

from tests.web.wire import (
    BODY,
    HEAD,
    IDLE,
    KNOWN,
    MAX_BODY,
    STALL,
    Open,
    Wire,
    get,
    is_refused,
    post,
    read_all,
    read_until,
)
from trendwire.web import watch as watching
from trendwire.web.addresses import networks

# Time


def test_a_head_has_its_time_however_slowly_it_drips(wire: Wire, connect: Open) -> None:
    slow = connect(wire)
    wire.say(slow, b"GET /a HTTP/1.1\r\nHo")
    wire.pass_time(HEAD - 1)
    wire.say(slow, b"st: x\r\n")
    wire.pass_time(2)
    assert is_refused(read_all(slow), 408)


def test_a_connection_that_says_nothing_is_closed(wire: Wire, connect: Open) -> None:
    silent = connect(wire)
    wire.pass_time(HEAD + 1)
    assert read_all(silent) == b""


def test_empty_lines_win_no_time(wire: Wire, connect: Open) -> None:
    slow = connect(wire)
    wire.say(slow, b"\r\n")
    wire.pass_time(HEAD - 1)
    wire.say(slow, b"\r\n")
    wire.pass_time(2)
    assert read_all(slow) == b""


def test_half_a_head_behind_a_request_has_its_time_too(wire: Wire, connect: Open) -> None:
    slow = connect(wire)
    wire.say(slow, get("/a") + b"GET /b HTTP/1.1\r\n")
    read_until(slow, b"[/a 0]")
    wire.pass_time(HEAD + 1)
    assert is_refused(read_all(slow), 408)


def test_a_body_has_its_time(wire: Wire, connect: Open) -> None:
    slow = connect(wire)
    wire.say(slow, post("/a", 10) + b"12345")
    wire.pass_time(BODY - 1)
    wire.say(slow, b"6")
    wire.pass_time(2)
    assert is_refused(read_all(slow), 408)


def test_an_idle_connection_is_kept_and_then_closed(wire: Wire, connect: Open) -> None:
    idle = connect(wire)
    for _ in range(2):
        idle.sendall(get("/a"))
        read_until(idle, b"[/a 0]")
        wire.pass_time(IDLE - 1)
    wire.pass_time(2)
    assert read_all(idle) == b""


def test_a_body_that_ends_after_its_answer_does_not_keep_the_connection(wire: Wire, connect: Open) -> None:
    idle = connect(wire)
    idle.sendall(post("/unread", 10) + b"12345")
    read_until(idle, b"[/unread 0]")
    wire.say(idle, b"67890")
    idle.sendall(get("/a"))
    read_until(idle, b"[/a 0]")
    wire.say(idle, post("/unread", 10) + b"12345")
    read_until(idle, b"[/unread 0]")
    wire.say(idle, b"67890")
    wire.pass_time(IDLE + 1)
    assert read_all(idle) == b""


def test_an_answer_may_take_longer_than_a_connection_may_be_idle(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, get("/held"))
    wire.pass_time(IDLE + HEAD + BODY)
    wire.call(wire.app.held.set)
    read_until(client, b"[/held 0]")


def test_a_client_that_does_not_read_is_cut_off(wire: Wire, connect: Open) -> None:
    deaf = connect(wire, buffer=4096)
    deaf.sendall(get("/loud"))
    deaf.recv(1)
    wire.pass_time(1)
    wire.pass_time(STALL + 1)
    wire.await_(lambda: wire.lost == 1)
    assert wire.watch.refused["reads too slowly"] == 1


# Size


CHUNKED = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(get("/" + "a" * 9000), 414, id="target"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 17_000 + b"\r\n\r\n", 431, id="line"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"A: a\r\n" * 9000 + b"\r\n", 431, id="lines"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 17_000, 431, id="endless line"),
        pytest.param(post("/a", MAX_BODY + 1), 413, id="declared"),
        pytest.param(CHUNKED + (b"c350\r\n" + b"a" * 50_000 + b"\r\n") * 3, 413, id="chunks"),
        pytest.param(CHUNKED + b"0\r\n" + b"A: a\r\n" * 9000 + b"\r\n", 431, id="trailers"),
        pytest.param(CHUNKED + b"1;" + b"a" * 1_000_000, 413, id="endless framing"),
        pytest.param(b"GARBAGE\r\n\r\n", 400, id="garbage"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", 400, id="TLS"),
        pytest.param(b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400, id="length"),
    ],
)
def test_what_is_too_much_or_no_http_is_refused_in_words(
    wire: Wire, connect: Open, sent: bytes, status: int
) -> None:
    client = connect(wire)
    wire.say(client, sent)
    assert is_refused(read_all(client), status)
    wire.call(wire.app.held.set)
    client.sendall(get("/b"))
    client.close()
    wire.await_(lambda: wire.lost == 1)
    assert "/b" not in wire.app.asked


def test_what_is_just_small_enough_is_answered(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    client.sendall(post("/a", MAX_BODY) + b"a" * MAX_BODY)
    read_until(client, b"[/a %d]" % MAX_BODY)
    client.sendall(CHUNKED + b"1\r\na\r\n" * 10_000 + b"0\r\n\r\n")
    read_until(client, b"[/a 10000]")


def test_a_refusal_reaches_a_client_that_goes_on_sending(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, CHUNKED)
    for _ in range(20):
        wire.say(client, b"4000\r\n" + b"a" * 0x4000 + b"\r\n")
    assert is_refused(read_all(client), 413)


def test_a_refused_client_that_stays_is_closed(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, b"GARBAGE\r\n\r\n")
    wire.pass_time(5)
    wire.await_(lambda: wire.lost == 1)


# Order


def test_requests_sent_ahead_are_answered_in_order(wire: Wire, connect: Open) -> None:
    wire.lane.by_itself = True
    client = connect(wire)
    client.sendall(get("/a") + post("/b", 3) + b"123" + KNOWN + get("/d"))
    told = read_until(client, b"[/d 0]")
    assert told.count(b"HTTP/1.1 200") == 4
    assert told.index(b"[/a 0]") < told.index(b"[/b 3]") < told.index(b"[lane]")


def test_garbage_does_not_take_the_answer_of_the_request_before_it(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, get("/held") + b"GARBAGE\r\n\r\n")
    wire.call(wire.app.held.set)
    answered, _, refused = read_all(client).partition(b"[/held 0]")
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert is_refused(refused, 400)


def test_nor_does_a_body_that_is_too_large(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, get("/held") + CHUNKED)
    client.sendall(b"20000\r\n" + b"a" * 0x20000)
    wire.call(wire.app.held.set)
    answered, _, refused = read_all(client).partition(b"[/held 0]")
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert is_refused(refused, 413)


def test_what_arrives_while_the_lane_answers_is_answered_after_it(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, KNOWN)
    wire.say(client, get("/a"))
    assert wire.app.asked == []
    wire.call(wire.lane.answer)
    told = read_until(client, b"[/a 0]")
    assert told.index(b"[lane]") < told.index(b"[/a 0]")


def test_the_lane_is_asked_between_requests_only(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, get("/held"))
    wire.say(client, KNOWN)
    assert KNOWN not in wire.lane.asked
    wire.lane.by_itself = True
    wire.call(wire.app.held.set)
    read_until(client, b"[lane]")
    wire.say(client, post("/b", len(KNOWN)))
    client.sendall(KNOWN)
    read_until(client, b"[/b %d]" % len(KNOWN))
    assert wire.lane.asked.count(KNOWN) == 1


def test_the_lane_writes_nothing_to_a_client_that_does_not_read(wire: Wire, connect: Open) -> None:
    deaf = connect(wire, buffer=4096)
    deaf.sendall(get("/loud"))
    deaf.recv(1)
    wire.say(deaf, KNOWN)
    assert wire.lane.taken == []


def test_the_lane_is_shown_the_head_of_a_request_that_came_whole(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    for data, last in (
        (get("/a"), b"[/a 0]"),
        (get("/b") + get("/B"), b"[/B 0]"),
        (get("/c") + b"\r\n", b"[/c 0]"),
        (post("/d", 0), b"[/d 0]"),
    ):
        client.sendall(data)
        read_until(client, last)
    for part in (b"GET /e HTTP/1.1\r\nHos", b"t: x\r\n\r\n"):
        wire.say(client, part)
    read_until(client, b"[/e 0]")
    shown = list(zip(wire.app.asked, wire.app.blocks, strict=True))
    block = b"Host: x\r\n\r\n"
    assert shown == [("/a", block), ("/b", block), ("/B", block), ("/c", block), ("/d", None), ("/e", None)]


def test_what_uvicorn_promises_still_holds(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    client.sendall(get("/a").replace(b"GET", b"HEAD"))
    assert b"content-length: 6\r\n" in read_until(client, b"\r\n\r\n")
    wire.say(client, post("/b", 3).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
    assert read_until(client, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"123")
    read_until(client, b"[/b 3]")
    client.sendall(get("/c", "1.0"))
    assert read_all(client).endswith(b"[/c 0]")


# Number


def test_one_address_has_so_many_connections_and_another_its_own(
    listen: Callable[..., Wire], connect: Open
) -> None:
    wire = listen(per_address=1)
    first, second, other = connect(wire), connect(wire), connect(wire, "127.0.0.2")
    wire.say(second, get("/b"))
    told = read_all(second)
    assert is_refused(told, 503)
    assert b"\r\nretry-after: 1\r\n" in told
    for client in (first, other):
        client.sendall(get("/a"))
        read_until(client, b"[/a 0]")
    for client in (first, second):
        client.close()
    wire.await_(lambda: wire.lost == 2)
    again = connect(wire)
    again.sendall(get("/c"))
    read_until(again, b"[/c 0]")
    assert "/b" not in wire.app.asked


def test_all_together_have_so_many(listen: Callable[..., Wire], connect: Open) -> None:
    wire = listen(connections=2)
    _kept = [connect(wire, f"127.0.0.{number}") for number in (2, 3)]
    extra = connect(wire)
    extra.sendall(KNOWN)
    assert is_refused(read_all(extra), 503)


def test_a_trusted_proxy_has_as_many_as_it_wants(listen: Callable[..., Wire], connect: Open) -> None:
    wire = listen(per_address=1, trusted=networks(["127.0.0.0/30"]))
    for client in [connect(wire, "127.0.0.2") for _ in range(3)]:
        client.sendall(get("/a"))
        read_until(client, b"[/a 0]")


@pytest.mark.parametrize("limit", ["per_address", "connections"])
def test_a_flood_is_not_even_refused(
    listen: Callable[..., Wire], connect: Open, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(watching, "_REFUSED_AT_ONCE", 1)
    wire = listen(**{limit: 1})
    _some = [connect(wire) for _ in range(2)]
    connect(wire)
    wire.await_(lambda: wire.lost == 1)


# The end


def drain(wire: Wire) -> None:
    """What the server does when its time to linger is over."""

    def drained() -> None:
        wire.watch.draining = True
        for connection in tuple(wire.watch.state.connections):
            connection.shutdown()

    wire.call(drained)


def test_at_the_end_what_was_begun_is_answered(wire: Wire, connect: Open) -> None:
    idle, fresh, busy, half, again = [connect(wire) for _ in range(5)]
    wire.say(busy, get("/held"))
    wire.say(half, b"GET /half HTTP/1.1\r\n")
    again.sendall(get("/a"))
    read_until(again, b"[/a 0]")
    wire.say(again, b"GET /again HTTP/1.1\r\n")
    drain(wire)
    assert read_all(idle) == read_all(fresh) == b""
    for client in (half, again):
        wire.say(client, b"Host: x\r\n\r\n")
    wire.call(wire.app.held.set)
    for client, body in ((busy, b"[/held 0]"), (half, b"[/half 0]"), (again, b"[/again 0]")):
        told = read_all(client)
        assert told.endswith(body)
        assert b"\r\nconnection: close\r\n" in told


def test_at_the_end_the_lane_says_so(wire: Wire, connect: Open) -> None:
    client = connect(wire)
    wire.say(client, KNOWN)
    drain(wire)
    wire.call(wire.lane.answer)
    told = read_all(client)
    assert told.endswith(b"[lane]")
    assert b"\r\nconnection: close\r\n" in told


def test_a_client_that_went_away_takes_nobody_with_it(wire: Wire, connect: Open) -> None:
    gone, other = connect(wire), connect(wire)
    wire.say(gone, KNOWN)
    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    gone.close()
    wire.await_(lambda: wire.lost == 1)
    wire.call(wire.lane.answer)
    other.sendall(get("/a"))
    read_until(other, b"[/a 0]")
