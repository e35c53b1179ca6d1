"""Where the client connects to, and where never."""

import socket
from ipaddress import ip_address
from math import inf
from pathlib import Path
from typing import Any

import httpcore2
import pytest

from tests.sources.asking import CALL, FAST, Hours, client, refused
from tests.sources.misbehaving import (
    CERTIFICATE,
    NAME,
    Source,
    answer,
    misbehaving,
)
from trendwire.errors import SourceError
from trendwire.sources.connector import Call
from trendwire.sources.http import Client, Limits
from trendwire.sources.http_guard import Line, why_refused

REFUSED = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:1:2::3",
    "127.255.255.254",
    "172.31.255.255",
    "100.127.255.254",
    "192.0.0.1",
    "192.0.0.9",
    "192.88.99.1",
    "192.88.99.255",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "0.1.2.3",
    "239.255.255.250",
    "254.1.2.3",
    "::2",
    "::127.0.0.1",
    "::10.0.0.1",
    "::169.254.169.254",
    "::93.184.215.14",
    "::ffff:0:127.0.0.1",
    "::ffff:0:10.0.0.1",
    "::ffff:0:169.254.169.254",
    "::ffff:0:93.184.215.14",
    "::ffff:169.254.169.254",
    "::ffff:192.88.99.1",
    "::ffff:0.0.0.0",
    "64:ff9b::169.254.169.254",
    "64:ff9b::192.88.99.1",
    "64:ff9b::168.63.129.16",
    "64:ff9b:1::127.0.0.1",
    "64:ff9b:1::93.184.215.14",
    "64:ff9b:1:7f00:0:100::",
    "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
    "64:ff9b:2::1",
    "100::1",
    "2002:a9fe:a9fe::1",
    "2002:c058:6301::",
    "2001::f5ff:fffe",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff::1",
    "2001:db8:ffff::1",
    "3fff::1",
    "3ffe::1",
    "4000::1",
    "5f00::1",
    "fd12:3456::1",
    "fdff:ffff::1",
    "fe80::1%lo",
    "febf::1",
    "fec0::1",
    "feff::1",
    "ff01::1",
    "ff0e::1",
    "2606:4700::5efe:10.0.0.1",
    "2606:4700::200:5efe:10.0.0.1",
    "2606:4700::5efe:169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd20:ce::254",
]


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert why_refused(ip_address(address), allow_private=False)


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "192.0.1.1",
        "192.88.98.1",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "2001:200::1",
        "2620:fe::fe",
        "::ffff:93.184.215.14",
        "64:ff9b::5db8:d70e",
        "2002:5db8:d70e::1",
    ],
)
def test_public_addresses_are_accepted(address: str) -> None:
    assert why_refused(ip_address(address), allow_private=False) is None


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("::1", True),
        ("fc00::1", True),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("fe80::1", False),
        ("224.0.0.1", False),
        ("fec0::1", True),
        ("::127.0.0.1", True),
        ("64:ff9b:1::10.0.0.1", True),
        ("::169.254.169.254", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:0:169.254.169.254", False),
        ("64:ff9b::169.254.169.254", False),
        ("64:ff9b:1::169.254.169.254", False),
        ("64:ff9b:1:a9fe:a9:fe00::", False),
        ("64:ff9b:1:a9:fe:a9fe::", False),
        ("64:ff9b:1:0:a9:fea9:fe00:0", False),
        ("2002:a9fe:a9fe::", False),
        ("2001::5601:5601", False),
        ("2001:db8::5efe:169.254.169.254", False),
        ("fd00:ec2::254", False),
        ("fd00:ec2::254%lo", False),
        ("100.100.100.200", False),
        ("168.63.129.16", False),
    ],
)
def test_private_addresses_may_be_allowed_but_not_those_of_no_server(address: str, accepted: bool) -> None:
    assert (why_refused(ip_address(address), allow_private=True) is None) is accepted


PRIVATE_SPELLINGS = [
    *("127.0.0.1", "127.1", "127.0.1", "0177.1", "0x7f.1", "0x7f.0.0.1", "0x7f000001", "0X7F000001"),
    *("017700000001", "2130706433", "localhost", "LOCALHOST", "127。0。0。1", "127．0．0．1", "127｡0.0.1"),
    *("10.1", "0xa.0.0.1", "167772161", "192.168.257", "0xc0a80101", "3232235777", "172.1048577"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::0001]", "[::0.0.0.1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:7F00:1]", "[0:0:0:0:0:ffff:127.0.0.1]"),
    *("[::127.0.0.1]", "[::7f00:1]", "[::ffff:0:127.0.0.1]", "[::ffff:0:7f00:1]", "[64:ff9b::127.0.0.1]"),
    *("[64:FF9B::7F00:1]", "[64:ff9b:1::127.0.0.1]", "[64:ff9b:1:7f00:0:100::]", "[2002:7f00:1::]"),
    *("[2001:0:7f00:1::]", "[fec0::1]", "[FEC0::1]", "[fc00::1]", "192.88.99.1", "0xc0586301"),
]
NO_SERVER_S_SPELLINGS = [
    *("0", "0x0", "00", "0.0.0.0", "[::]", "[::0]", "[::ffff:0.0.0.0]", "[fe80::1%lo]", "[ff02::1]"),
    *("169.254.169.254", "169.16689662", "0xa9fea9fe", "2852039166", "[::ffff:a9fe:a9fe]"),
    *("[::a9fe:a9fe]", "[::ffff:0:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]"),
]
NO_URL_S_SPELLINGS = [
    *("0177.0.0.1", "012.0.0.1", "0300.0250.0.1", "0251.0376.0251.0376", "①②⑦.⓪.⓪.①", "１２７.0.0.1"),
    *("ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "[::1", "127.0.0.1\t", "user@127.0.0.1", "a:b@[::1]"),
]


@pytest.mark.parametrize("host", [*PRIVATE_SPELLINGS, *NO_SERVER_S_SPELLINGS, *NO_URL_S_SPELLINGS])
def test_a_private_address_is_not_even_connected_to_however_it_is_spelled(host: str) -> None:
    hours = Hours()
    with misbehaving(answer()) as source:
        try:
            with client(source, hours, address=f"https://{host}:{source.port}", limits=Limits()) as fetch:
                error = refused(fetch)
        except SourceError as wrong:
            error = wrong
    assert (source.connections, hours.waits) == (0, [])
    if host in PRIVATE_SPELLINGS:
        assert "is private or reserved (allow_private = true would accept it)" in error.public
    elif host in NO_SERVER_S_SPELLINGS:
        assert "is no address of a server" in error.public
    else:
        assert "the source's address" in error.public


def looked_up(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let any name be looked up as these, one answer after the other; what was asked for."""
    real, names, left = socket.getaddrinfo, [], list(answers)

    def look_up(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if not str(host).endswith(".test"):
            return real(host, port, *rest, **named)
        names.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [part for address in found for part in real(address, port, *rest, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def test_nothing_goes_on_after_the_deadline() -> None:
    line = Line(lambda: 100.0, allow_private=True)
    assert line.left(None) == inf
    line.deadline = 107.0
    assert (line.left(None), line.left(3.0), line.left(30.0)) == (7, 3, 7)
    line.deadline = 100.0
    with pytest.raises(httpcore2.ReadTimeout):
        line.left(30.0)


def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up(monkeypatch, ["93.184.215.14", "10.0.0.1"])
    with client(Source(), address="https://source.test", limits=Limits()) as fetch:
        assert "source.test is at 10.0.0.1, which is private" in refused(fetch).public


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving(answer()) as source:
        names = looked_up(monkeypatch, ["127.0.0.1"], ["169.254.0.1"])
        with client(source, address=f"http://{NAME}:{source.port}") as fetch:
            assert fetch(CALL) == {"ok": 1}
    assert names == [NAME]
    assert source.asked[0].headers["Host"] == f"{NAME}:{source.port}"


def test_a_changed_answer_is_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving(answer(302, Location="/on"), answer()) as source:
        looked_up(monkeypatch, ["127.0.0.1"], ["169.254.0.1"])
        with client(source, address=f"http://{NAME}:{source.port}") as fetch:
            assert "source.test is at 169.254.0.1, which is no address of a server" in refused(fetch).public
    assert len(source.asked) == 1


def test_the_next_address_is_tried_where_one_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving(answer()) as source:
        looked_up(monkeypatch, ["::1", "127.0.0.1"])
        with client(source, address=f"http://{NAME}:{source.port}") as fetch:
            assert fetch(CALL) == {"ok": 1}
            assert fetch.budget.requests == 1


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the certificate of the source, and nothing else."""
    path = tmp_path / "trusted.pem"
    path.write_text(CERTIFICATE)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def over_tls(source: Source, host: str, hours: Hours) -> Client:
    return client(source, hours, address=f"https://{host}:{source.port}")


@pytest.mark.usefixtures("trusted")
def test_a_trusted_certificate_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up(monkeypatch, ["127.0.0.1"])
    with misbehaving(answer(), folder=tmp_path) as source, over_tls(source, NAME, Hours()) as fetch:
        assert fetch(CALL) == {"ok": 1}


@pytest.mark.usefixtures("trusted")
def test_a_certificate_must_name_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up(monkeypatch, ["127.0.0.1"])
    hours = Hours()
    with misbehaving(answer(), folder=tmp_path) as source, over_tls(source, "other.test", hours) as fetch:
        assert refused(fetch).public.startswith("the source's certificate is not trusted: Hostname mismatch")
    assert (source.asked, hours.waits) == ([], [])


def test_an_unknown_certificate_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up(monkeypatch, ["127.0.0.1"])
    hours = Hours()
    with misbehaving(answer(), folder=tmp_path) as source, over_tls(source, NAME, hours) as fetch:
        assert refused(fetch).public.startswith("the source's certificate is not trusted: self-signed")
    assert (source.asked, hours.waits) == ([], [])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://source.test", "must begin with https:// and name a host"),
        ("ftp://source.test", "must begin with https:// and name a host"),
        ("source.test", "must begin with https:// and name a host"),
        ("https://", "must begin with https:// and name a host"),
        ("https://user:word@source.test", "may hold no user, query or fragment"),
        ("https://source.test?key=1", "may hold no user, query or fragment"),
        ("https://source.test:x", "is not a URL"),
    ],
)
def test_an_address_that_may_not_be_asked_is_refused_at_once(address: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        Client(address, FAST)
    assert "word@" not in caught.value.public


@pytest.mark.parametrize("path", ["//elsewhere.test/x", "http://elsewhere.test/x", "@elsewhere.test"])
def test_a_path_cannot_lead_elsewhere(path: str) -> None:
    with misbehaving(answer()) as source, client(source) as fetch:
        fetch(Call(path))
    assert source.asked[0].target.startswith("/base/")


def test_a_proxy_of_the_environment_is_used_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving(answer()) as proxy:
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with misbehaving(answer()) as source, client(source) as fetch:
            fetch(CALL)
        assert (len(source.asked), len(proxy.asked)) == (1, 0)
        limits = Limits(allow_private=True, proxies=True)
        with client(source, address="http://behind.test", limits=limits) as fetch:
            fetch(CALL)
    assert proxy.asked[0].target == "http://behind.test/list"
