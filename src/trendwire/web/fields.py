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
    EDITION_HEADER,
    RATE_HEADER,
    REQUEST_ID_HEADER,
)
from trendwire.errors import Refused
from trendwire.web.exchange import Block, Fields

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

_COST, _CREDITS = COST_HEADER.lower(), CREDITS_HEADER.lower()
_RATE, _ID = RATE_HEADER.lower(), REQUEST_ID_HEADER.lower()


def admitted(admission: Admission, charged: bool, request_id: str) -> Fields:
    """What a reply to an admitted request says of itself: its id, its cost, and what is left to spend."""
    cost = admission.cost if charged else 0
    credits_left = admission.credits + admission.cost - cost
    return ((_ID, request_id), (_COST, str(cost)), (_CREDITS, str(credits_left)))


def refused(error: Refused, request_id: str) -> Fields:
    """The same of the refusal of a known key."""
    left = () if error.credits is None else ((_CREDITS, str(error.credits)),)
    return ((_ID, request_id), (_COST, "0"), *left)


def unknown(request_id: str) -> Fields:
    """What the refusal of an unknown caller says."""
    return ((_ID, request_id), (_COST, "0"))


@lru_cache(maxsize=4096)
def rate(limit: int, remaining: int, reset: int) -> Block:
    """What is left of a key's rate: the dialects' own field, and those of the IETF draft on RateLimit fields.

    Kept, as most replies have been said before.
    """
    return Block.of(
        (_RATE, str(remaining)),
        ("ratelimit-policy", f'"second";q={limit};w=1'),
        ("ratelimit", f'"second";r={remaining};t={reset}'),
    )
