"""Who is calling: the peer, or the client that a trusted proxy names. Pure.

Only the word of a trusted proxy counts, and only back to the first address that is not one: everything left
of it in `X-Forwarded-For` was written by whoever called, and may be a lie.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from trendwire.errors import InvalidInput

Networks = tuple[IPv4Network | IPv6Network, ...]


def networks(texts: Sequence[str]) -> Networks:
    """Addresses or networks in CIDR notation. Raises InvalidInput that names the first which is neither."""
    return tuple(_network(text.strip()) for text in texts if text.strip())


def client_address(peer: str, forwarded_for: str | None, trusted: Networks) -> str:
    """The address of the client. `peer`: that of the socket; one without address is nobody's proxy."""
    if forwarded_for is None or not is_within(peer, trusted):
        return peer
    client = peer
    for hop in reversed(forwarded_for.split(",")):
        address = _address(hop.strip())
        if address is None:
            return client
        client = str(address)
        if not is_within(client, trusted):
            return client
    return client


def plain(peer: str) -> str:
    """A peer's address as it is written elsewhere: an IPv4 one that came by an IPv6 socket is IPv4."""
    address = _address(peer) if peer.startswith("::ffff:") else None
    return peer if address is None else str(address)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach an address; a name other than localhost may be anywhere."""
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def is_within(text: str, among: Networks) -> bool:
    """Whether an address lies in one of the networks; what is no address lies in none."""
    address = _address(text) if among else None
    return address is not None and any(address in network for network in among)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidInput("trusted_proxies", f"must hold addresses or networks, not {text!r}") from error


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
