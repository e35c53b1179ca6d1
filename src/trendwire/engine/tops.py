"""Owns lists of the highest: posts or creators by views, of equal views the one whose id or name sorts
first.
"""

from typing import NamedTuple

import numpy as np

from trendwire.engine.compiled import I64, i64, jit
from trendwire.engine.ids import id_less
from trendwire.engine.names import Table


class Tops(NamedTuple):
    """List k holds `items[k, :counts[k]]`, the highest first; `codes`: their ids as numbers (ids.py)."""

    items: I64
    codes: I64
    values: I64
    counts: I64


def tops(lists: int, most: int) -> Tops:
    """So many empty lists of at most so many."""
    items, codes, values = np.zeros((3, lists, most), np.int64)
    return Tops(items, codes, values, np.zeros(lists, np.int64))


@jit
def code_of(number: int) -> int:
    """What orders names as ids are: the number of a name in the table that comes with it."""
    return -2 - number


@jit
def offer(found: Tops, k: int, item: int, code: int, value: int, texts: Table) -> None:
    """Put an item into a list, if its value is above 0 and high enough."""
    most, at = found.items.shape[1], found.counts[k]
    if value <= 0 or (at == most and value < found.values[k, most - 1]):
        return
    while at > 0:
        before = found.values[k, at - 1]
        if before > value or (before == value and id_less(found.codes[k, at - 1], code, texts)):
            break
        at -= 1
    if at == most:
        return
    for i in range(min(found.counts[k], most - 1), at, -1):
        found.items[k, i], found.codes[k, i] = found.items[k, i - 1], found.codes[k, i - 1]
        found.values[k, i] = found.values[k, i - 1]
    found.items[k, at], found.codes[k, at], found.values[k, at] = item, code, value
    found.counts[k] = min(found.counts[k] + 1, most)


@jit
def least(found: Tops, k: int) -> int:
    """The value that an item has at least that comes into a list."""
    full = found.counts[k] == found.items.shape[1]
    return i64(found.values[k, found.items.shape[1] - 1]) if full else 1
