"""The journal of what was forgotten: salted hashes, so that it is known again without being told.

    facts/forgotten.json

A user, a post, a shown name and a sound each have hashes of their own. The queries of store.sql make the
same ones. Whoever has the journal can try names out against it; whoever has not learns nothing.
"""

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from trendwire.facts.checksums import sealed
from trendwire.facts.durable import write_whole
from trendwire.facts.versioned import decoded

FILE = "forgotten.json"
VERSION = 1

What = Literal["user", "post", "shown", "sound"]
_SALT_BYTES = 16


class Forgotten(msgspec.Struct, frozen=True):
    """Salt and hashes are in hex."""

    version: int = VERSION
    salt: str = ""
    hashes: frozenset[str] = frozenset()

    def __contains__(self, told: tuple[What, str | None]) -> bool:
        what, text = told
        return bool(self.hashes) and text is not None and self._hash(what, text) in self.hashes

    def __bool__(self) -> bool:
        return bool(self.hashes)

    def with_(self, what: What, texts: Iterable[str]) -> "Forgotten":
        """The same and more."""
        named = self if self.salt else msgspec.structs.replace(self, salt=os.urandom(_SALT_BYTES).hex())
        more = {named._hash(what, text) for text in texts}
        return msgspec.structs.replace(named, hashes=self.hashes | more)

    @property
    def values(self) -> dict[str, object]:
        """As the queries take it."""
        return {"salt": self.salt, "hashes": sorted(self.hashes)}

    def save(self, home: Path) -> None:
        """On the disk when this returns; it is never taken back."""
        document = msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=1)
        write_whole(_file(home), sealed(document))

    def _hash(self, what: What, text: str) -> str:
        return sha256(f"{self.salt}:{what}:{identity(what, text)}".encode(errors="replace")).hexdigest()


def identity(what: What, text: str) -> str:
    """What names the same: a user with and without `@`, in any case."""
    return text.lstrip("@").lower() if what == "user" else text.lower() if what == "shown" else text


def read(home: Path) -> Forgotten:
    """The journal of a home, empty where nothing was forgotten. Corrupt where it cannot be read."""
    try:
        data = _file(home).read_bytes()
    except FileNotFoundError:
        return Forgotten()
    return decoded(data, Forgotten, VERSION, "the journal of what was forgotten", _file(home))


def _file(home: Path) -> Path:
    return home / "facts" / FILE
