"""Whose request it is: a trusted proxy is believed, back to the first address that is not one."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendwire.errors import InvalidInput
from trendwire.web.addresses import client_address, is_within, networks, plain

TRUSTED = networks(["10.0.0.0/8", " 2001:db8::/32", "", "192.0.2.7"])
PROXIES = st.sampled_from(["10.0.0.1", "10.9.9.9", "2001:db8::5", "192.0.2.7", "::ffff:10.1.2.3"])
OTHERS = st.ip_addresses().map(str).filter(lambda address: not is_within(address, TRUSTED))


@given(peer=OTHERS, said=st.text())
def test_nobody_else_is_believed(peer: str, said: str) -> None:
    assert client_address(peer, said, TRUSTED) == peer


@given(peer=PROXIES, lies=st.lists(st.text() | OTHERS), client=OTHERS, hops=st.lists(PROXIES))
def test_the_client_is_the_nearest_address_that_is_no_proxy(
    peer: str, lies: list[str], client: str, hops: list[str]
) -> None:
    said = ", ".join([*lies, client, *hops])
    assert ip_address(client_address(peer, said, TRUSTED)) == ip_address(plain(client))


@given(peer=PROXIES, said=st.text())
def test_garbage_is_never_an_address(peer: str, said: str) -> None:
    ip_address(client_address(peer, said, TRUSTED))


@pytest.mark.parametrize(
    ("said", "client"),
    [
        (None, "10.0.0.1"),
        ("", "10.0.0.1"),
        ("198.51.100.4:443", "10.0.0.1"),
        ("198.51.100.4, unknown", "10.0.0.1"),
        ("198.51.100.4, 10.0.0.2", "198.51.100.4"),
        ("10.0.0.3,10.0.0.2", "10.0.0.3"),
        ("203.0.113.9, 198.51.100.4", "198.51.100.4"),
        ("::ffff:198.51.100.4", "198.51.100.4"),
    ],
)
def test_what_a_proxy_says(said: str | None, client: str) -> None:
    assert client_address("10.0.0.1", said, TRUSTED) == client


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert client_address("10.0.0.1", "198.51.100.4", ()) == "10.0.0.1"


@pytest.mark.parametrize(
    ("peer", "shown"),
    [("::ffff:127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("127.0.0.1", "127.0.0.1"), ("", "")],
)
def test_an_ipv4_peer_of_an_ipv6_socket_is_ipv4(peer: str, shown: str) -> None:
    assert plain(peer) == shown


def test_what_is_no_network_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"'10\.0\.0\.0/33'"):
        networks(["10.0.0.0/8", "10.0.0.0/33"])
