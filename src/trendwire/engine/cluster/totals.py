"""Owns what is counted of all posts: summed from the shares of creators, told to all shares."""

from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from trendwire.domain.charts import CHART_SIZE, Kind
from trendwire.engine import provenance
from trendwire.engine.audiences import everywhere, overall, read_audiences
from trendwire.engine.columns import Columns
from trendwire.engine.compiled import F64, I64
from trendwire.engine.counts import CHARTS, PLACES, Parameters
from trendwire.engine.leaders import leaders
from trendwire.engine.related import everyone
from trendwire.engine.state import State
from trendwire.engine.surroundings import Surroundings
from trendwire.engine.tops import Tops

Leading = dict[tuple[Kind, int], list[tuple[int, str]]]
"""By kind and list (leaders.py), the highest: 0 - views, then the id or name, ascending."""


class Sparse(NamedTuple):
    """An array that is mostly zeros: its other values and where they are, as if it had one dimension."""

    shape: tuple[int, ...]
    places: I64
    values: I64


class Totals(NamedTuple):
    """Sums of what State counts, and what editions tell of where numbers come from (provenance.py)."""

    sums: dict[str, Sparse]
    leading: Leading
    spans: list[tuple[str, int, int]]
    samples: list[tuple[str, int, int, int]]


class Settled(NamedTuple):
    """What all subjects are counted by and compared with. `all_posts`: their records."""

    parameters: Parameters
    everyone: I64
    means: F64
    leading: Leading
    all_posts: I64


def totals(state: State) -> Totals:
    """Of the posts of a state, which has all posts of its creators."""
    state.count_surroundings()
    columns, as_of, around = state.columns, state.as_of, state.surroundings
    told, shares = everywhere(columns, as_of, read_audiences(columns))
    counted = {
        "created": around.created,
        "debuts": around.debuts,
        "everyone": everyone(columns, state.lists.lists, as_of),
        "told": told,
        "shares": shares,
    }
    videos, creators = leaders(state)
    leading = _leading(Kind.VIDEO, videos, columns) | _leading(Kind.CREATOR, creators, columns)
    sums = {name: sparse(array) for name, array in counted.items()}
    return Totals(sums, leading, provenance.spans(state), list(provenance.samples(state)))


def settled(found: Totals, as_of: int, places: int) -> Settled:
    """From the totals of all posts. `places`: the world and all regions."""
    around, sums = Surroundings(as_of), {name: dense(one) for name, one in found.sums.items()}
    around.created[:], around.debuts[:] = sums["created"], sums["debuts"]
    around.settle(places)
    means = overall(sums["told"], sums["shares"])
    none = np.zeros((PLACES, CHARTS, 5), np.int64)
    return Settled(around.parameters, sums["everyone"], means, found.leading, none)


def summed(one: Totals, other: Totals) -> Totals:
    """Of the posts of both."""
    leading = {
        key: list(islice(merge(one.leading.get(key, ()), other.leading.get(key, ())), CHART_SIZE))
        for key in one.leading | other.leading
    }
    sums = {name: plus(one.sums[name], other.sums[name]) for name in one.sums}
    first: dict[str, tuple[str, int, int]] = {}
    for region, begin, end in one.spans + other.spans:
        _, known_begin, known_end = first.get(region, (region, begin, end))
        first[region] = region, min(begin, known_begin), max(end, known_end)
    posts: dict[tuple[str, int], tuple[str, int, int, int]] = {}
    for region, days, count, creators in one.samples + other.samples:
        _, _, known_count, known_creators = posts.get((region, days), (region, days, 0, 0))
        posts[region, days] = region, days, known_count + count, known_creators + creators
    return Totals(sums, leading, list(first.values()), list(posts.values()))


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
