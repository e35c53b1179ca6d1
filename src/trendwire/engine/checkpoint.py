"""Owns checkpoints: a state as a folder of whole columns, each with its checksum, written aside and put in
place by one rename. What is torn, damaged or of another version is no checkpoint; the state is then made of
the facts again.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from trendwire.engine.audiences import AllAudiences
from trendwire.engine.columns import Column, Columns
from trendwire.engine.compiled import stamp
from trendwire.engine.given import GivenIds
from trendwire.engine.ids import Ids
from trendwire.engine.leaders import Leaders
from trendwire.engine.lists import PostLists
from trendwire.engine.names import Names
from trendwire.engine.records import Candidates
from trendwire.engine.revisions import Revisions
from trendwire.engine.state import State
from trendwire.engine.surroundings import Surroundings
from trendwire.facts.checksums import has_seal, is_sound, sealed

VERSION = 1
_META = "meta.json"
_OWN = (
    State,
    Columns,
    Ids,
    Names,
    PostLists,
    Surroundings,
    Candidates,
    GivenIds,
    Leaders,
    AllAudiences,
    Revisions,
)
"""What a state is made of, down to arrays and numbers."""


class Stored(msgspec.Struct, frozen=True):
    """One column as it lies in its file: `kind` is NumPy's description of its rows, `sha256` over the
    bytes.
    """

    name: str
    kind: Any
    shape: tuple[int, ...]
    sha256: str


class Meta(msgspec.Struct, frozen=True):
    """What a checkpoint says of itself. `kernel`: the sources that counted; `taken`: what of the facts is
    in it, in the words of the caller.
    """

    version: int
    kernel: str
    as_of: int
    taken: str
    numbers: dict[str, int]
    columns: tuple[Stored, ...]


def save(state: State, folder: Path, taken: str) -> None:
    """Write a state beside `folder` and put it there; what was there goes."""
    aside = folder.with_name(folder.name + ".new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    leaves = dict(_leaves(state, "state"))
    numbers = {name: leaf for name, leaf in leaves.items() if isinstance(leaf, int)}
    arrays = {name: leaf for name, leaf in leaves.items() if isinstance(leaf, np.ndarray)}
    stored = tuple(_write(aside, name, array) for name, array in arrays.items())
    meta = Meta(VERSION, stamp(), state.as_of, taken, numbers, stored)
    _write_file(aside / _META, sealed(msgspec.json.encode(meta)))
    _replace(aside, folder)


def taken(folder: Path) -> str | None:
    """What a checkpoint took of the facts, by its own word; None where it is none that can be used."""
    meta = _meta(folder)
    return None if meta is None else meta.taken


def opened(folder: Path) -> tuple[State, str] | None:
    """The state of a checkpoint and what it took of the facts; None where it is none that can be used."""
    meta = _meta(folder)
    if meta is None:
        return None
    arrays = {one.name: _read(folder, one) for one in meta.columns}
    if any(array is None for array in arrays.values()):
        return None
    try:
        state: State = _filled(State(Columns(), meta.as_of), "state", meta.numbers | arrays)
    except KeyError:  # of a version whose states had other parts
        return None
    return state, meta.taken


def _meta(folder: Path) -> Meta | None:
    try:
        data = (folder / _META).read_bytes()
        meta = msgspec.json.decode(data, type=Meta) if has_seal(data) and is_sound(data) else None
    except (OSError, msgspec.MsgspecError):
        return None
    if meta is None:
        return None
    return meta if meta.version == VERSION and meta.kernel == stamp() else None


def _leaves(node: Any, path: str) -> Iterator[tuple[str, int | NDArray[Any]]]:
    """The arrays and numbers of a part of a state, by where they are in it."""
    if isinstance(node, int | np.ndarray):
        yield path, node
    elif isinstance(node, Column):
        yield path, node.all
    else:
        for name, part in _parts(node).items():
            yield from _leaves(part, f"{path}.{name}")


def _filled(node: Any, path: str, leaves: Mapping[str, Any]) -> Any:
    """The same part with other arrays and numbers."""
    if isinstance(node, int):
        return leaves[path]
    if isinstance(node, np.ndarray | Column):
        column: Column = leaves[path]
        return column if isinstance(node, Column) else column.all
    parts = {name: _filled(part, f"{path}.{name}", leaves) for name, part in _parts(node).items()}
    if isinstance(node, dict):
        return parts
    if isinstance(node, tuple):
        return node._make(parts.values()) if hasattr(node, "_make") else tuple(parts.values())
    for name, part in parts.items():
        setattr(node, name, part)
    return node


def _parts(node: Any) -> dict[str, Any]:
    if isinstance(node, tuple):
        return {str(place): part for place, part in enumerate(node)}
    if isinstance(node, _OWN):
        return vars(node)
    if isinstance(node, dict):
        return node
    raise TypeError(f"a state holds what a checkpoint cannot: {type(node)}")


def _write(folder: Path, name: str, array: NDArray[Any]) -> Stored:
    data = np.ascontiguousarray(array)
    digest = _write_file(folder / name, data.reshape(-1).view(np.uint8))
    return Stored(name, np.lib.format.dtype_to_descr(array.dtype), array.shape, digest)


def _write_file(path: Path, data: Any) -> str:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()


def _replace(aside: Path, folder: Path) -> None:
    """Between the two renames there is no checkpoint, which is as good as one that is too old."""
    before = folder.with_name(folder.name + ".old")
    shutil.rmtree(before, ignore_errors=True)
    if folder.exists():
        folder.rename(before)
    aside.rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def _read(folder: Path, one: Stored) -> Column | None:
    """A column in memory, with room for more; None where its file is not what was written."""
    rows, *others = one.shape
    room = np.empty((rows + rows // 4 + 1, *others), np.lib.format.descr_to_dtype(_described(one.kind)))
    data: Any = room[:rows].reshape(-1).view(np.uint8)
    try:
        with (folder / one.name).open("rb") as file:
            whole = file.readinto(data) == data.nbytes and not file.read(1)
    except OSError:
        return None
    return Column(room, rows) if whole and hashlib.sha256(data).hexdigest() == one.sha256 else None


def _described(kind: Any) -> Any:
    """JSON has lists where NumPy has tuples."""
    return [tuple(field) for field in kind] if isinstance(kind, list) else kind
