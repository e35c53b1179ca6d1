"""Owns what is counted of all posts: summed from the shares of creators, told to all shares."""

from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from trendwire.domain.charts import CHART_SIZE, Kind
from trendwire.engine.audiences import Overall
from trendwire.engine.columns import Columns
from trendwire.engine.compiled import I64
from trendwire.engine.counts import CHARTS, PLACES, Parameters
from trendwire.engine.related import everyone
from trendwire.engine.state import State
from trendwire.engine.tops import Tops

Leading = dict[tuple[Kind, int], list[tuple[int, str]]]
"""By kind and list (leaders.py), the highest: 0 - views, then the id or name, ascending."""


_COUNTED = ("created", "newest", "debuts")
"""Of the surroundings of a state."""


class Sparse(NamedTuple):
    """An array that is mostly zeros: its other values and where they are, as if it had one dimension."""

    shape: tuple[int, ...]
    places: I64
    values: I64


class Totals(NamedTuple):
    """Sums of what a state counts of all posts, and who leads."""

    sums: dict[str, Sparse]
    leading: Leading


class Settled(NamedTuple):
    """What all subjects are counted by and compared with. `all_posts`: their records."""

    parameters: Parameters
    all_posts: I64
    everyone: I64
    of_all: Overall


def totals(state: State) -> Totals:
    """Of the posts of a state, which has all posts of its creators."""
    columns, as_of, around = state.columns, state.as_of, state.surroundings
    state.count_surroundings()
    state.leaders.make(columns, as_of)
    state.audiences.add(1, columns, np.arange(len(columns), dtype=np.int32), as_of)
    counted = {name: getattr(around, name) for name in _COUNTED} | state.audiences.overall._asdict()
    sums = {name: sparse(array) for name, array in counted.items()}
    videos, creators = state.leaders.charts()
    return Totals(sums, _leading(Kind.VIDEO, videos, columns) | _leading(Kind.CREATOR, creators, columns))


def settled(found: Totals, state: State) -> Settled:
    """From the totals of all posts, by a state without posts: its surroundings become theirs."""
    sums, around = {name: dense(one) for name, one in found.sums.items()}, state.surroundings
    for name in _COUNTED:
        getattr(around, name)[:] = sums[name]
    around.settle(len(state.columns.regions) + 1)
    of_all = Overall(*(sums[name] for name in Overall._fields))
    all_posts = np.zeros((PLACES, CHARTS, 5), np.int64)
    return Settled(around.parameters, all_posts, everyone(around.newest, state.as_of), of_all)


def summed(one: Totals, other: Totals) -> Totals:
    """Of the posts of both."""
    leading = {
        key: list(islice(merge(one.leading.get(key, ()), other.leading.get(key, ())), CHART_SIZE))
        for key in one.leading | other.leading
    }
    return Totals({name: plus(one.sums[name], other.sums[name]) for name in one.sums}, leading)


def sparse(array: Any) -> Sparse:
    """The same array."""
    flat = array.reshape(-1)
    places = np.flatnonzero(flat)
    return Sparse(array.shape, places, flat[places].astype(np.int64))


def dense(one: Sparse) -> I64:
    """The array again."""
    array = np.zeros(one.shape, np.int64)
    array.reshape(-1)[one.places] = one.values
    return array


def plus(one: Sparse, other: Sparse) -> Sparse:
    """Their sum."""
    places, which = np.unique(np.concatenate([one.places, other.places]), return_inverse=True)
    values = np.zeros(len(places), np.int64)
    np.add.at(values, which, np.concatenate([one.values, other.values]))
    return Sparse(one.shape, places, values)


def name_of(kind: Kind, columns: Columns, item: int) -> str:
    """Of a post or a creator."""
    return columns.creators[item] if kind == Kind.CREATOR else columns.ids.text(int(columns["ids"][item]))


def _leading(kind: Kind, found: Tops, columns: Columns) -> Leading:
    lists: Leading = {}
    for k in np.flatnonzero(found.counts).tolist():
        items, values = found.items[k, : found.counts[k]], found.values[k]
        lists[kind, k] = [
            (-value, name_of(kind, columns, item))
            for item, value in zip(items.tolist(), values.tolist(), strict=False)
        ]
    return lists
