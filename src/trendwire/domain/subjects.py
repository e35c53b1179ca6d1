"""The identity of a hashtag and the ids of ours for subjects that no source gave one."""

import hashlib
import re
import unicodedata

_OWN_ID_BASE = 1 << 63
"""Ids that sources give are snowflakes (seconds << 32) and stay below 2**63 until 2038."""

_WHITE = re.compile(r"\s")
_LEADING = re.compile(r"^[\s#]+")


def hashtag_identity(raw: str) -> str | None:
    """The identity of a hashtag as written by anybody, which is also what is shown; None if it is not one.

    NFKC, strip white space, strip leading `#` and white space after it, drop if empty, starting with `@`
    or holding white space, casefold, NFC (DESIGN section 2).
    """
    name = _LEADING.sub("", unicodedata.normalize("NFKC", raw)).rstrip()
    if not name or name.startswith("@") or _WHITE.search(name):
        return None
    return unicodedata.normalize("NFC", name.casefold())


def own_id(identity: str) -> str:
    """A decimal id in 2**63 .. 2**64-1 from the identity alone: the same on every machine and rebuild."""
    digest = hashlib.sha256(identity.encode()).digest()
    return str(_OWN_ID_BASE | int.from_bytes(digest[:8], "big"))
