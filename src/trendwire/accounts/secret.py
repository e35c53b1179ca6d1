"""The secret of a home, under which its keys are sealed: 32 random bytes, as hex, in a file of its owner's.

Whoever loses the file loses all keys of the home, and whoever copies the home must copy it too.
"""

import secrets
from pathlib import Path

from trendwire.accounts.placing import place_once
from trendwire.errors import Corrupt

FILE = "accounts.secret"
LENGTH = 32


def of_home(home: Path) -> bytes:
    """The secret of `home`, made at the first call. Raises Corrupt where its file holds something else."""
    path = home / FILE
    place_once(path, _fill)
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError as error:
        raise Corrupt("the secret of the accounts is damaged", path=str(path)) from error
    if len(secret) != LENGTH:
        raise Corrupt("the secret of the accounts is damaged", path=str(path))
    return secret


def _fill(draft: Path) -> None:
    draft.write_text(secrets.token_hex(LENGTH) + "\n", encoding="ascii")
