"""How a password of the console is kept and tried: Argon2id with the library's own parameters.

A try costs the same whether the name is known or not: about 50 ms of several processors, and 64 MB.
"""

from dataclasses import dataclass, field
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from trendwire.errors import InvalidInput

SHORTEST, LONGEST = 10, 500
"""Characters."""


def checked(text: str) -> str:
    """A password that may be set. Raises InvalidInput, which never holds it."""
    if not SHORTEST <= len(text) <= LONGEST:
        raise InvalidInput("password", f"must have {SHORTEST} to {LONGEST} characters")
    return text


@dataclass
class Passwords:
    """Makes and tries hashes; any thread may use it, none should be the event loop's."""

    hasher: PasswordHasher = field(default_factory=PasswordHasher)

    def hashed(self, text: str) -> str:
        """What is stored of a password, salt and parameters included."""
        return self.hasher.hash(text)

    def fits(self, stored: str | None, text: str) -> bool:
        """Whether this is the password. `stored` None (an unknown name): never, at the same price."""
        decoy = self._decoy
        try:
            self.hasher.verify(stored or decoy, text)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def is_dated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than those of now."""
        return self.hasher.check_needs_rehash(stored)

    @cached_property
    def _decoy(self) -> str:
        """Made at the first try, whoever's it is."""
        return self.hasher.hash("nobody has this password")
