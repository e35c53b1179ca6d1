"""The header fields of replies: which there are, and what each kind of reply says in them.

Bodies may be kept by their one reader, who must ask again each time (a 304 is free); refusals are kept by
nobody. Any page may read replies: what guards them is the key, and browsers never send that by themselves.
"""

from collections.abc import Mapping
from functools import lru_cache

from trendwire.accounts.gate import Admission
from trendwire.dialects.base import (
    COST_HEADER,
    CREDITS_HEADER,
    DATA_SOURCE_HEADER,
    EDITION_HEADER,
    RATE_HEADER,
    REQUEST_ID_HEADER,
)
from trendwire.errors import Refused
from trendwire.web.exchange import Fields, lines

SECURITY_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""On every answer. Nothing that this server sends may run, or be framed."""

NOT_KEPT = ("cache-control", "no-store")
ASKED_AGAIN = ("cache-control", "private, no-cache")

_EXPOSED = (
    "ETag",
    "Retry-After",
    EDITION_HEADER,
    DATA_SOURCE_HEADER,
    REQUEST_ID_HEADER,
    COST_HEADER,
    CREDITS_HEADER,
    RATE_HEADER,
    "RateLimit",
    "RateLimit-Policy",
)
CROSS_ORIGIN: Fields = (
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", ", ".join(_EXPOSED)),
)
PREFLIGHT: Fields = (
    ("access-control-allow-methods", "GET, HEAD"),
    ("access-control-allow-headers", "Authorization, X-Api-Key, If-None-Match"),
    ("access-control-max-age", "86400"),
)
ALWAYS: Fields = (*CROSS_ORIGIN, *SECURITY_HEADERS.items())
"""On every reply of the dialects, accepted or refused."""

_SAYS = f"""\
{REQUEST_ID_HEADER}: %b\r
{COST_HEADER}: %d\r
{CREDITS_HEADER}: %d\r
""".lower().encode()


def admitted(admission: Admission, charged: bool, request_id: bytes) -> bytes:
    """What a reply to an admitted request says of itself: its id, its cost, and what is left to spend."""
    cost = admission.cost if charged else 0
    return _SAYS % (request_id, cost, admission.credits + admission.cost - cost)


def refused(error: Refused, request_id: bytes) -> bytes:
    """The same of the refusal of a known key."""
    left = () if error.credits is None else ((CREDITS_HEADER.lower(), str(error.credits)),)
    return unknown(request_id) + lines(left)


def unknown(request_id: bytes) -> bytes:
    """What the refusal of an unknown caller says."""
    return lines(((REQUEST_ID_HEADER.lower(), request_id.decode()), (COST_HEADER.lower(), "0")))


@lru_cache(maxsize=4096)
def rate(limit: int, remaining: int, reset: int) -> bytes:
    """What is left of a key's rate: the dialects' own field, and those of the IETF draft on RateLimit fields.

    Kept, as most replies have been said before.
    """
    return lines(
        (
            (RATE_HEADER.lower(), str(remaining)),
            ("ratelimit-policy", f'"second";q={limit};w=1'),
            ("ratelimit", f'"second";r={remaining};t={reset}'),
        )
    )
