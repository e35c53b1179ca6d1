"""Owns which row tells an attribute of a post: the newest that has one; of rows as new, the larger
serialised value.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trendwire.domain.posts import UNDATED
from trendwire.engine.arrow import Integers, Texts
from trendwire.engine.compiled import I64, U8, jit

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = str.maketrans({chr(n): _ESCAPES.get(chr(n), f"\\u{n:04X}") for n in (*range(32), 34, 92)})


class Groups(NamedTuple):
    """Rows of post g: `order[starts[g]:starts[g + 1]]`. `recency`: of rows, once posts are dated."""

    starts: I64
    order: I64
    recency: I64


@jit
def seen_at(observed: int, created: int) -> int:
    """When a row counts as seen; `observed` is -1 where it does not say."""
    return max(observed if observed >= 0 else created + UNDATED, created)


@jit
def grouped(posts: I64, starts: I64, order: I64) -> None:
    """Rows by post, those of a post in their own order. `starts` comes zeroed and with one place more than is
    filled (see lists.py).
    """
    for row in range(len(posts)):
        starts[posts[row] + 2] += 1
    for post in range(2, len(starts)):
        starts[post] += starts[post - 1]
    for row in range(len(posts)):
        order[starts[posts[row] + 1]] = row
        starts[posts[row] + 1] += 1


@jit
def dated(groups: Groups, create: I64, id_time: I64, observed: I64, created: I64) -> None:
    """When each post was created: as its newest row says that says it (of equal ones: the later time), else
    its id; -1 where neither does. Then the recency of every row.
    """
    for post in range(len(created)):
        newest, made, by_id = -1, -1, -1
        for i in range(groups.starts[post], groups.starts[post + 1]):
            row = groups.order[i]
            by_id = max(by_id, id_time[row])
            if create[row] < 0:
                continue
            seen = seen_at(observed[row], create[row])
            if seen > newest:
                newest, made = seen, create[row]
            elif seen == newest:
                made = max(made, create[row])
        created[post] = made if made >= 0 else by_id
        for i in range(groups.starts[post], groups.starts[post + 1]):
            row = groups.order[i]
            groups.recency[row] = seen_at(observed[row], created[post])


@jit
def differ(a: int, b: int, offsets: I64, data: U8) -> bool:
    """Whether two rows hold different bytes."""
    size = offsets[a + 1] - offsets[a]
    if offsets[b + 1] - offsets[b] != size:
        return True
    for i in range(size):  # noqa: SIM110 - compiled
        if data[offsets[a] + i] != data[offsets[b] + i]:
            return True
    return False


@jit
def newest_rows(groups: Groups, valid: U8, offsets: I64, data: U8, rows: I64, tied: U8) -> None:
    """For each post the newest row that has the attribute, -1 for none; whether others as new say
    otherwise.
    """
    for post in range(len(rows)):
        best, found = -1, -1
        for i in range(groups.starts[post], groups.starts[post + 1]):
            row = groups.order[i]
            if not valid[row] or groups.recency[row] < best:
                continue
            if groups.recency[row] > best:
                best, found, tied[post] = groups.recency[row], row, 0
            elif differ(row, found, offsets, data):
                tied[post] = 1
        rows[post] = found


@jit
def sightings(groups: Groups, views: I64, valid: U8, seen: I64, counts: I64, number: I64, peak: I64) -> int:
    """Views of each post by the time they were seen, ascending, of one second the most; `number` of each
    post, all of them together, and the most views ever seen (-1: none known).
    """
    end = 0
    for post in range(len(number)):
        first, top = end, -1
        for i in range(groups.starts[post], groups.starts[post + 1]):
            row = groups.order[i]
            if valid[row]:
                top = max(top, views[row])
                end = put_sighting(seen, counts, first, end, groups.recency[row], views[row])
        number[post], peak[post] = end - first, top
    return end


@jit
def put_sighting(seen: I64, counts: I64, first: int, end: int, at: int, views: int) -> int:
    """Put one among those of a post, which lie from `first` until `end`; the new end."""
    i = end
    while i > first and seen[i - 1] > at:
        i -= 1
    if i > first and seen[i - 1] == at:
        counts[i - 1] = max(counts[i - 1], views)
        return end
    for x in range(end, i, -1):
        seen[x], counts[x] = seen[x - 1], counts[x - 1]
    seen[i], counts[i] = at, views
    return end + 1


def chosen(groups: Groups, column: Integers | Texts, serialised: Callable[[bytes], bytes]) -> I64:
    """The row that tells the attribute of each post, -1 for none. `serialised`: of a text as it is stored."""
    offsets, data = _bytes_of(column)
    rows, tied = np.empty(len(groups.starts) - 1, np.int64), np.zeros(len(groups.starts) - 1, np.uint8)
    newest_rows(groups, column.valid, offsets, data, rows, tied)
    for post in np.flatnonzero(tied):
        of_post = groups.order[groups.starts[post] : groups.starts[post + 1]]
        as_new = (groups.recency[of_post] == groups.recency[rows[post]]) & (column.valid[of_post] == 1)
        rows[post] = max(of_post[as_new], key=lambda row: _text(column, row, serialised))
    return rows


def _bytes_of(column: Integers | Texts) -> tuple[I64, U8]:
    if isinstance(column, Texts):
        return column.offsets, column.data
    return np.arange(len(column.values) + 1, dtype=np.int64) * 8, column.values.view(np.uint8)


def _text(column: Integers | Texts, row: int, serialised: Callable[[bytes], bytes]) -> bytes:
    if isinstance(column, Integers):
        return b"%d" % column.values[row]
    return serialised(column.data[column.offsets[row] : column.offsets[row + 1]].tobytes())


def as_json(text: bytes) -> bytes:
    """A text as DuckDB's to_json writes it."""
    return ('"' + text.decode().translate(_ESCAPED) + '"').encode()


def as_list(text: bytes) -> bytes:
    """The same of a list that was joined by line ends."""
    return b"[" + b",".join(as_json(line) for line in text.split(b"\n") if line) + b"]"


def as_is(text: bytes) -> bytes:
    """What is JSON already."""
    return text
