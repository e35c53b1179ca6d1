"""Owns posts and rows of facts as they go between machines: numbers of one state mean nothing in another, so
the texts that they stand for go with them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from trendwire.engine.arrow import Integers, Rows, Texts, joined_integers, joined_texts
from trendwire.engine.attributes import values_of
from trendwire.engine.columns import HOT, Columns, ranges
from trendwire.engine.compiled import I64, U8
from trendwire.engine.names import Names

_NUMBERS = {
    "creators": ("creator",),
    "industries": ("industry",),
    "subjects": ("use_subject", "given_subject"),
    "faces": ("face",),
    "credits": ("credit",),
    "audiences": ("audience",),
    "texts": ("given_id",),
}
"""What names things, and the columns of posts that hold its numbers. Regions have the same numbers in all
shares.
"""

_FROM_ONE = ("industry",)
_TUPLES = {"faces": (2, 2), "credits": (7, 5), "audiences": (3, 3)}
"""Names that stand for several values: how many, and how many of these, the first, are texts."""

Bytes = tuple[I64, U8]
"""Text n is `data[offsets[n]:offsets[n + 1]]`."""


class Portable(NamedTuple):
    """Posts whose numbers are of `names` and, in these, of `tuples`."""

    piece: dict[str, Any]
    names: dict[str, Bytes]
    tuples: dict[str, I64]


class PortableRows(NamedTuple):
    """Rows of facts: texts by their sizes, -1 for none."""

    integers: dict[str, Integers]
    texts: dict[str, tuple[Any, U8]]


def shares_of(names: Names, shares: int) -> I64:
    """The share that each name belongs to: on every machine the same."""
    return names.table.hashes[: names.known].astype(np.int64) % shares


def bytes_of(names: Names, numbers: Any) -> Bytes:
    """The texts of some numbers."""
    offsets = names.table.offsets
    sizes = offsets[numbers + 1] - offsets[numbers]
    data = names.table.data[ranges(offsets[numbers], sizes)]
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]), data


def numbers_of(names: Names, texts: Bytes) -> I64:
    """Their numbers among other names."""
    offsets, data = texts
    return names.numbers(data, offsets, np.arange(len(offsets) - 1)).astype(np.int64)


def dealt(shares: I64) -> Iterator[tuple[int, I64]]:
    """Each share that there is, and where it is."""
    order = np.argsort(shares, kind="stable")
    begins = np.flatnonzero(np.diff(shares[order], prepend=-1)).tolist()
    for first, end in zip(begins, [*begins, len(order)][1:], strict=True):
        yield int(shares[order[first]]), order[first:end]


def portable(columns: Columns, posts: Any) -> Portable:
    """Some posts of a state."""
    piece, used, tuples = columns.piece(posts), dict[str, I64](), dict[str, I64]()
    for name in _NUMBERS:
        used[name] = _used([_numbers(piece, field) for field in _NUMBERS[name]])
    for name, (width, _) in _TUPLES.items():
        tuples[name] = values_of(getattr(columns, name), width)[used[name]]
    inner = [tuples[name][:, :texts].reshape(-1) for name, (_, texts) in _TUPLES.items()]
    used["texts"] = _used([used["texts"], *inner])
    for name, (_, texts) in _TUPLES.items():
        tuples[name][:, :texts] = _renumbered(tuples[name][:, :texts], used["texts"])
    names = {name: bytes_of(getattr(columns, name), used[name]) for name in used if name not in _TUPLES}
    for name, fields in _NUMBERS.items():
        for field in fields:
            _set(piece, field, _renumbered(_numbers(piece, field), used[name]))
    texts_of_ids = _used([-2 - piece["ids"]])
    names["ids"] = bytes_of(columns.ids.texts, texts_of_ids)
    piece["ids"] = np.where(piece["ids"] < 0, -2 - _renumbered(-2 - piece["ids"], texts_of_ids), piece["ids"])
    return Portable(piece, names, tuples)


def add(columns: Columns, posts: Portable) -> None:
    """Add posts to a state's columns."""
    tables = {name: columns.ids.texts if name == "ids" else getattr(columns, name) for name in posts.names}
    own = {name: numbers_of(tables[name], texts) for name, texts in posts.names.items()}
    for name, (width, texts) in _TUPLES.items():
        values = posts.tuples[name].copy()
        values[:, :texts] = looked_up(values[:, :texts], own["texts"])
        packed = np.ascontiguousarray(values).view(np.uint8).reshape(-1)
        offsets = np.arange(len(values) + 1, dtype=np.int64) * 8 * width
        own[name] = numbers_of(getattr(columns, name), (offsets, packed))
    piece = dict(posts.piece)
    piece["hot"] = piece["hot"].copy()
    for name, fields in _NUMBERS.items():
        for field in fields:
            _set(piece, field, looked_up(_numbers(piece, field), own[name]))
    piece["ids"] = np.where(piece["ids"] < 0, -2 - looked_up(-2 - piece["ids"], own["ids"]), piece["ids"])
    columns.add(piece)


def _numbers(piece: dict[str, Any], field: str) -> I64:
    found = piece["hot"][field] if field in (HOT.names or ()) else piece[field]
    return found.astype(np.int64) - (field in _FROM_ONE)  # type: ignore[no-any-return]


def _set(piece: dict[str, Any], field: str, numbers: I64) -> None:
    if field in (HOT.names or ()):
        piece["hot"][field] = numbers + (field in _FROM_ONE)
    else:
        piece[field] = numbers.astype(piece[field].dtype)


def _used(numbers: Sequence[I64]) -> I64:
    found: I64 = np.unique(np.concatenate(numbers))
    return found[found >= 0]


def _renumbered(numbers: I64, used: I64) -> I64:
    return np.where(numbers >= 0, np.searchsorted(used, numbers), -1)


def looked_up(numbers: I64, own: I64) -> I64:
    """`own`: of each number what it is here."""
    return np.where(numbers >= 0, np.append(own, -1)[np.maximum(numbers, -1)], -1)


def portable_rows(rows: Rows, chosen: I64) -> PortableRows:
    """Some rows of facts."""
    integers = {
        name: Integers(column.values[chosen], column.valid[chosen]) for name, column in rows.integers.items()
    }
    return PortableRows(integers, {name: _sized(column, chosen) for name, column in rows.texts.items()})


def together(pieces: Iterable[PortableRows]) -> Rows:
    """All of them."""
    every = list(pieces)
    integers = {name: joined_integers([one.integers[name] for one in every]) for name in every[0].integers}
    texts = {name: joined_texts([_texts(*one.texts[name]) for one in every]) for name in every[0].texts}
    return Rows(integers, texts)


def _sized(column: Texts, chosen: I64) -> tuple[Any, U8]:
    starts = column.offsets[chosen]
    sizes = column.offsets[chosen + 1] - starts
    data = column.data[ranges(starts, sizes)]
    return np.where(column.valid[chosen] == 1, sizes, -1).astype(np.int32), data


def _texts(sizes: Any, data: U8) -> Texts:
    offsets = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(np.maximum(sizes, 0), out=offsets[1:])
    return Texts(offsets, data, (sizes >= 0).astype(np.uint8))
