"""Files of a home that say which version of their format they are in: read by this one and those after it."""

from pathlib import Path
from typing import TypeVar

import msgspec

from trendwire.errors import Corrupt, NotReady

T = TypeVar("T")


class _Versioned(msgspec.Struct):
    version: int = 1


def decoded(data: bytes, kind: type[T], newest: int, what: str, path: Path) -> T:
    """The `kind` that the JSON of a file holds. `what`: it in words; `newest`: the last version known here.

    NotReady where it is of a later one, Corrupt where it is nothing of the kind.
    """
    try:
        version = msgspec.json.decode(data, type=_Versioned).version
        if version > newest:
            raise NotReady(f"{what} was made by a later Trendwire: use that one", path=str(path))
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"{what} cannot be read", path=str(path)) from error
