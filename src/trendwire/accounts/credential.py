"""The text of an API key: how it is made, how a slip of the pen is seen, what of it is kept. Pure.

A key is `sk_live_` or `sk_test_`, 32 random base62 characters (190 bits) and 6 characters of checksum: the
CRC-32 of all that stands before it, in base62, most significant digit first. CRC-32 finds *every* change
within 32 bits in a row, so one changed character, or two neighbours swapped, is always refused without a
look-up. It guards against slips only; what guards against guesses is the randomness.

Of a key only its HMAC-SHA-256 under the secret of the home is stored, and its first characters to show.
"""

import hmac
import re
import secrets
import zlib

from trendwire.errors import BadCredential, NoCredential

PREFIXES = {"live": "sk_live_", "test": "sk_test_"}
BODY_LENGTH = 32
CHECKSUM_LENGTH = 6
SHOWN_LENGTH = len("sk_live_") + 4

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE = re.compile(f"sk_(?:live|test)_[0-9A-Za-z]{{{BODY_LENGTH + CHECKSUM_LENGTH}}}")


def mint(mode: str = "live") -> str:
    """A new key, never made before. `mode`: live or test."""
    unsealed = PREFIXES[mode] + "".join(secrets.choice(_DIGITS) for _ in range(BODY_LENGTH))
    return unsealed + checksum(unsealed)


def checksum(unsealed: str) -> str:
    """The six characters that end the key which starts with `unsealed` (ASCII)."""
    rest = zlib.crc32(unsealed.encode("ascii"))
    digits = ""
    for _ in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def is_well_formed(text: str) -> bool:
    """Whether `text` can be a key at all; says nothing of whether it is one of ours."""
    if _SHAPE.fullmatch(text) is None:
        return False
    expected = checksum(text[:-CHECKSUM_LENGTH])
    return hmac.compare_digest(expected, text[-CHECKSUM_LENGTH:])


def digest(secret: bytes, text: str) -> bytes:
    """What is stored of a key: 32 bytes that nobody without `secret` can make or test."""
    return hmac.digest(secret, text.encode(), "sha256")


def fingerprint(secret: bytes, text: str | None) -> bytes:
    """What the stores know a key by: its digest under the secret. Raises NoCredential, BadCredential.

    A text with a wrong checksum is refused here, without a look-up. All others take the same steps, and the
    look-up that follows goes by a digest of which a guesser can steer no byte.
    """
    if not text:
        raise NoCredential("a key is needed")
    if not is_well_formed(text):
        raise BadCredential("the key is not valid", reason="malformed")
    return digest(secret, text)


def shown(text: str) -> str:
    """The start of a key, enough for its owner to tell it from others; 24 of its 190 bits."""
    return text[:SHOWN_LENGTH]
