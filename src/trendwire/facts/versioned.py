"""Files of a home that say which version of their format they are in: read by this one and those after it."""

from pathlib import Path
from typing import TypeVar

import msgspec

from trendwire.errors import Corrupt, NotReady
from trendwire.facts.checksums import CHANGED, has_seal, is_sound

T = TypeVar("T")

RESTORE = "restore it from a backup (`trendwire restore FILE --verify` into an empty home)"


class _Versioned(msgspec.Struct):
    version: int = 1


def decoded(
    data: bytes, kind: type[T], newest: int, what: str, path: Path, *, sealed_from: int | None = None
) -> T:
    """The `kind` that the JSON of a file holds. `what`: it in words; `newest`: the last version known here.

    NotReady where it is of a later one, Corrupt where it is nothing of the kind or not what its checksum
    tells. `sealed_from`: from that version on there is one; before, and where it is None, there may be.
    """
    if not is_sound(data):
        raise Corrupt(f"{what} is damaged: {CHANGED}; {RESTORE}", path=str(path))
    try:
        version = msgspec.json.decode(data, type=_Versioned).version
        if version > newest:
            raise NotReady(f"{what} was made by a later Trendwire: use that one", path=str(path))
        found = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"{what} cannot be read; {RESTORE}", path=str(path)) from error
    if sealed_from is not None and version >= sealed_from and not has_seal(data):
        raise Corrupt(f"{what} is damaged: its checksum is missing; {RESTORE}", path=str(path))
    return found
