"""Owns what related hashtags are measured by where a share does not have all their posts: creators over each
span, counted by the share that has.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from trendwire.domain.periods import LONGEST
from trendwire.engine.cluster.portable import Bytes, bytes_of, dealt, numbers_of, shares_of
from trendwire.engine.columns import Columns, ranges
from trendwire.engine.compiled import I32, I64, jit
from trendwire.engine.names import joined
from trendwire.engine.numbers import OLDER
from trendwire.engine.records import find, pair
from trendwire.engine.related import HASHTAG, SUPPORT, Kept, Population, kept, reach_in
from trendwire.engine.state import State

KEPT = 1 << 16
"""Room for hashtags whose creators are counted here and kept."""


class Reach(NamedTuple):
    """Hashtags in places: creators over each span, and the ids that sources gave them (empty: none)."""

    tags: Bytes
    ids: Bytes
    tag: I64
    place: I64
    reach: I64


def reaches(state: State, own: Any, shares: int, everyone: I64) -> Iterator[tuple[int, Reach]]:
    """For the other shares with hashtags that posts use beside those of this one, the creators of these.
    `own`: which subjects are of this one.
    """
    columns = state.columns
    tags, posts = _tagged(columns, state.as_of)
    pairs = _often(tags[own[tags]], columns["hot"]["region"][posts[own[tags]]])
    tag, place, reach = pairs >> 8, pairs & 0xFF, np.zeros((len(pairs), OLDER), np.int64)
    names, room = columns.subjects.table, np.empty(len(columns) + 1, np.int32)
    among = Population(columns.posts, state.lists.lists, state.as_of, everyone, kept(), names)
    reach_all(tag, place, among, room, reach)
    state.given.put(columns, np.arange(len(columns), dtype=np.int32), state.as_of)
    given = state.given.ids
    for share, some in _users(tags, posts, own, shares_of(columns.subjects, shares)):
        rows = np.isin(tag, some)
        used, which = np.unique(tag[rows], return_inverse=True)
        ids, offsets = joined(columns.texts.raw(one) if one >= 0 else b"" for one in given[used].tolist())
        yield share, Reach(bytes_of(columns.subjects, used), (offsets, ids), which, place[rows], reach[rows])


@jit
def reach_all(tags: I64, places: I64, among: Population, room: I32, reach: I64) -> None:
    """Creators of hashtags in places over each span."""
    for i in range(len(tags)):
        reach_in(tags[i], places[i], among, room, reach[i])


def _tagged(columns: Columns, as_of: int) -> tuple[I64, I64]:
    """The hashtags of posts that related ones are found by, and the posts, one row a use."""
    hot, table = columns["hot"], columns.subjects.table
    back = as_of - hot["day"].astype(np.int64)
    posts = np.flatnonzero((back >= 0) & (back < LONGEST) & (hot["creator"] >= 0))
    counts = columns["use_count"][posts]
    tags = columns["use_subject"][ranges(columns["use_start"][posts], counts)].astype(np.int64)
    is_hashtag = table.data[table.offsets[tags]] == HASHTAG
    return tags[is_hashtag], np.repeat(posts, counts)[is_hashtag]


def _often(tags: I64, regions: Any) -> I64:
    """The pairs (records.py) of a hashtag and a place that have enough posts for anything to be related."""
    known = regions > 0
    pairs, counts = np.unique(np.append(tags << 8, (tags << 8 | regions)[known]), return_counts=True)
    return pairs[counts >= SUPPORT]


def _users(tags: I64, posts: I64, own: Any, shares: I64) -> Iterator[tuple[int, I64]]:
    """The shares with a hashtag that a post uses beside own ones, and these. `shares`: of each subject."""
    found, apart = [np.empty(0, np.int64)], 1
    while (beside := posts[apart:] == posts[:-apart]).any():
        for one, other in ((tags[apart:], tags[:-apart]), (tags[:-apart], tags[apart:])):
            some = beside & own[one] & ~own[other]
            found.append(np.unique(shares[other[some]] << 32 | one[some]))
        apart += 1
    pairs = np.unique(np.concatenate(found))
    for share, which in dealt(pairs >> 32):
        yield share, pairs[which] & 0xFFFFFFFF


def kept_of(state: State, reaches: Iterable[Reach]) -> Kept:
    """What other shares told of their hashtags, where related ones are measured; their ids, in the state."""
    columns, every = state.columns, list(reaches)
    rows = sum(len(one.tag) for one in every)
    into = kept(1 << (2 * rows + KEPT).bit_length())
    for one in every:
        tags = numbers_of(columns.subjects, one.tags)
        offsets, data = one.ids
        state.given.ids[tags] = np.where(np.diff(offsets) > 0, numbers_of(columns.texts, (offsets, data)), -1)
        for tag, place, reach in zip(tags[one.tag].tolist(), one.place.tolist(), one.reach, strict=True):
            at = find(into.keys, pair(tag, place))
            into.keys[at], into.reach[at] = pair(tag, place), reach
    into.known[0] = rows
    return into
