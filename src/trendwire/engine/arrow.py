"""Owns the way of a query's result into NumPy: the Arrow C data interface that DuckDB speaks, without a
copy of texts into Python objects. Columns are whole numbers (BIGINT) or texts (VARCHAR); anything else is
cast by the query.

https://arrow.apache.org/docs/format/CDataInterface.html
"""

import ctypes
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from duckdb import DuckDBPyConnection

from trendwire.engine.compiled import I64, U8

_INTEGER = b"l"
_OFFSETS = {b"u": np.int32, b"U": np.int64}
"""Formats of texts, with the type of their offsets."""


class Integers(NamedTuple):
    """`values` where `valid` is 1, anything where it is 0."""

    values: I64
    valid: U8


class Texts(NamedTuple):
    """Row i is `data[offsets[i]:offsets[i + 1]]` in UTF-8, where `valid` is 1."""

    offsets: I64
    data: U8
    valid: U8


class Rows(NamedTuple):
    """The columns of a result by name."""

    integers: dict[str, Integers]
    texts: dict[str, Texts]


class _Schema(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))),
    ("private_data", ctypes.c_void_p),
]


class _Array(ctypes.Structure):
    pass


_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))),
    ("private_data", ctypes.c_void_p),
]


class _Stream(ctypes.Structure):
    pass


_Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))),
    ("private_data", ctypes.c_void_p),
]

_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]


def fetched(connection: DuckDBPyConnection, query: str, values: Mapping[str, Any]) -> Rows:
    """The whole result of a query."""
    capsule: Any = connection.sql(query, params=dict(values) or None).__arrow_c_stream__()
    stream = ctypes.cast(_pointer(capsule, b"arrow_array_stream"), ctypes.POINTER(_Stream))
    schema, integers, texts = _Schema(), dict[str, list[Integers]](), dict[str, list[Texts]]()
    _check(stream, stream.contents.get_schema(stream, ctypes.byref(schema)))
    fields = [(field.contents.name.decode(), field.contents.format) for field in _children(schema)]
    schema.release(ctypes.byref(schema))
    for name, format_ in fields:
        if format_ == _INTEGER:
            integers[name] = []
        elif format_ in _OFFSETS:
            texts[name] = []
        else:
            raise TypeError(f"{name} has Arrow's format {format_!r}: its query must cast it")
    while True:
        array = _Array()
        _check(stream, stream.contents.get_next(stream, ctypes.byref(array)))
        if not array.release:
            break
        for (name, format_), child in zip(fields, _children(array), strict=True):
            if format_ == _INTEGER:
                integers[name].append(_integers(child.contents))
            else:
                texts[name].append(_texts(child.contents, _OFFSETS[format_]))
        array.release(ctypes.byref(array))
    return Rows(
        {name: joined_integers(pieces) for name, pieces in integers.items()},
        {name: joined_texts(pieces) for name, pieces in texts.items()},
    )


def _check(stream: Any, status: int) -> None:
    if status:
        raise RuntimeError((stream.contents.get_last_error(stream) or b"no rows came").decode())


def _children(parent: Any) -> list[Any]:
    return [parent.children[number] for number in range(parent.n_children)]


def _integers(array: Any) -> Integers:
    """A copy of a column of one batch: Arrow's memory goes with the batch."""
    values = _buffer(array, 1, np.int64, array.offset + array.length)
    return Integers(values[array.offset :].copy(), _valid(array))


def _texts(array: Any, width: Any) -> Texts:
    offsets = _buffer(array, 1, width, array.offset + array.length + 1)[array.offset :].astype(np.int64)
    data = _buffer(array, 2, np.uint8, int(offsets[-1]))[int(offsets[0]) :].copy()
    return Texts(offsets - offsets[0], data, _valid(array))


def _valid(array: Any) -> U8:
    start, length = array.offset, array.length
    if not array.buffers[0]:
        return np.ones(length, np.uint8)
    bits = _buffer(array, 0, np.uint8, (start + length + 7) // 8)
    return np.unpackbits(bits, bitorder="little")[start : start + length].copy()


def _buffer(array: Any, number: int, kind: Any, count: int) -> Any:
    if not count or not array.buffers[number]:
        return np.zeros(count, kind)
    size = count * np.dtype(kind).itemsize
    memory = (ctypes.c_uint8 * size).from_address(array.buffers[number])
    return np.frombuffer(memory, kind, count)


def joined_integers(pieces: list[Integers]) -> Integers:
    values = _concatenated([piece.values for piece in pieces], np.int64)
    return Integers(values, _concatenated([piece.valid for piece in pieces], np.uint8))


def joined_texts(pieces: list[Texts]) -> Texts:
    starts = np.cumsum([0, *(piece.offsets[-1] for piece in pieces)])
    offsets = [piece.offsets[1:] + start for piece, start in zip(pieces, starts[:-1], strict=True)]
    return Texts(
        np.concatenate([np.zeros(1, np.int64), *offsets]),
        _concatenated([piece.data for piece in pieces], np.uint8),
        _concatenated([piece.valid for piece in pieces], np.uint8),
    )


def _concatenated(pieces: list[Any], kind: Any) -> Any:
    return pieces[0] if len(pieces) == 1 else np.concatenate([np.zeros(0, kind), *pieces])
