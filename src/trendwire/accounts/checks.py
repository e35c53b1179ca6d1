"""What an operator may ask for: the bounds of every value, checked at the desk's door. Pure."""

from collections.abc import Collection, Sequence
from ipaddress import ip_network

from trendwire.errors import InvalidInput

MAX_CREDITS = 10**12
"""The most one grant, plan or cap may hold."""

MAX_QPS = 10_000
"""Requests per second; bounds what the rate limit remembers of a key."""

MAX_NAME_LENGTH = 100
MAX_ROWS = 1000
MAX_OVERLAP = 90 * 86_400
"""Seconds."""

LATEST = 253_402_300_799_999
"""The last moment of the year 9999 in Unix milliseconds."""


def name(field: str, text: str) -> str:
    """A name for people to read."""
    if not text.strip() or not text.isprintable() or len(text) > MAX_NAME_LENGTH:
        raise InvalidInput(field, f"must have 1 to {MAX_NAME_LENGTH} printable characters")
    return text


def whole(field: str, number: int, least: int, most: int) -> int:
    """A number within bounds, both included."""
    if not least <= number <= most:
        raise InvalidInput(field, f"must be a whole number from {least} to {most}")
    return number


def credits(field: str, number: int, least: int = 0) -> int:  # noqa: A001
    """An amount of credits."""
    return whole(field, number, least, MAX_CREDITS)


def end(at: int, expires_at: int | None) -> int | None:
    """When a key made now ends, in Unix milliseconds."""
    if expires_at is not None and not at < expires_at <= LATEST:
        raise InvalidInput("expires_at", "must be a moment to come, in Unix milliseconds")
    return expires_at


def endpoints(names: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """Names of endpoints, each once. Raises InvalidInput that lists those there are."""
    unknown = [one for one in names if one not in known]
    if unknown:
        raise InvalidInput("endpoints", f"does not know {unknown[0]!r}; there are {', '.join(sorted(known))}")
    return tuple(dict.fromkeys(names))


def addresses(texts: Sequence[str]) -> tuple[str, ...]:
    """Networks in CIDR notation, as `ipaddress` writes them; a single address is a network of one."""
    return tuple(dict.fromkeys(_network(text) for text in texts))


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError as error:
        raise InvalidInput(
            "addresses", f"must be addresses or networks like 192.0.2.0/24, not {text!r}"
        ) from error
