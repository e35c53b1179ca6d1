"""The one key that an API of the operator's own asks for: `Authorization: Bearer <key>`."""

import hmac

from trendwire.errors import BadCredential, NoCredential


def check(authorization: str | None, key: str, what: str) -> None:
    """Raise NoCredential or BadCredential, which call the key `what`, unless the header shows it."""
    scheme, _, shown = (authorization or "").partition(" ")
    if not shown:
        raise NoCredential(f"an {what} is needed: Authorization: Bearer ...")
    if scheme.lower() != "bearer" or not hmac.compare_digest(shown.strip().encode(), key.encode()):
        raise BadCredential(f"the {what} is not valid")
