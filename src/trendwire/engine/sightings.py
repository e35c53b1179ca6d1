"""Owns what new rows of a known post change: whether they say otherwise of it, or only what was seen of it
since.
"""

from typing import Any, NamedTuple

import numpy as np

from trendwire.engine.columns import (
    LISTS,
    TELLS_PROMOTED,
    TELLS_SUBJECTS,
    Columns,
    Piece,
)
from trendwire.engine.compiled import I32, I64, jit
from trendwire.engine.newest import put_sighting


class Extents(NamedTuple):
    """Lists of values: those of row i begin at `starts[i]` and are `counts[i]`."""

    starts: I64
    counts: I32
    values: Any


@jit
def unequal_lists(posts: I32, known: Extents, new: Extents, out: Any) -> None:
    """Mark the posts whose list is not that of the new row beside it."""
    for i in range(len(posts)):
        count = new.counts[i]
        if known.counts[posts[i]] != count:
            out[i] = True
            continue
        for x in range(count):
            if known.values[known.starts[posts[i]] + x] != new.values[new.starts[i] + x]:
                out[i] = True


@jit
def merge(
    posts: I32, at: Extents, views: I64, new_at: Extents, new_views: I64, seen: I64, counts: I64, out: I32
) -> int:
    """The sightings of each post with its new ones, one post after the other; how many of each (`out`), and
    in all.
    """
    end = 0
    for i in range(len(posts)):
        first = end
        for x in range(at.starts[posts[i]], at.starts[posts[i]] + at.counts[posts[i]]):
            seen[end], counts[end] = at.values[x], views[x]
            end += 1
        for x in range(new_at.starts[i], new_at.starts[i] + new_at.counts[i]):
            end = put_sighting(seen, counts, first, end, new_at.values[x], new_views[x])
        out[i] = end - first
    return end


def says_otherwise(columns: Columns, posts: I32, piece: Piece) -> Any:
    """Whether new rows tell anything of known posts that is not known of them, but for counters."""
    hot, new = columns["hot"][posts], piece["hot"]
    found = piece["created"] != columns["created"][posts]
    for name, none in (("creator", -1), ("region", 0), ("industry", 0)):
        found |= (new[name] != none) & (new[name] != hot[name])
    for name in ("face", "credit", "audience", "duration"):
        found |= (piece[name] >= 0) & (piece[name] != columns[name][posts])
    promoted = piece["promoted"] != columns["promoted"][posts]
    found |= (piece["told"] & TELLS_PROMOTED > 0) & promoted
    found |= (piece["told"] & TELLS_SUBJECTS > 0) & _other_list(columns, posts, piece, "use", "use_subject")
    for name in ("caption", "cover", "given"):
        for column in LISTS[name]:
            found |= (piece[f"{name}_count"] > 0) & _other_list(columns, posts, piece, name, column)
    return found


def _other_list(columns: Columns, posts: I32, piece: Piece, name: str, column: str) -> Any:
    out = np.zeros(len(posts), np.bool_)
    known = Extents(columns[f"{name}_start"], columns[f"{name}_count"], columns[column])
    unequal_lists(posts, known, _extents(piece, name, column), out)
    return out


def _extents(piece: Piece, name: str, column: str) -> Extents:
    counts = piece[f"{name}_count"]
    return Extents(np.cumsum(counts, dtype=np.int64) - counts, counts, piece[column])


def merged(columns: Columns, posts: I32, piece: Piece) -> dict[str, Any]:
    """Known posts with what new rows saw of them."""
    found = columns.piece(posts)
    found["hot"]["peak"] = np.maximum(found["hot"]["peak"], piece["hot"]["peak"])
    found["views"] = _newer(found["views"], _last(found), piece["views"], _last(piece))
    found["likes"] = _newer(found["likes"], found["likes_at"], piece["likes"], piece["likes_at"])
    found["likes_at"] = np.maximum(found["likes_at"], piece["likes_at"])
    return found | _seen(columns, posts, piece)


def _seen(columns: Columns, posts: I32, piece: Piece) -> dict[str, Any]:
    known = Extents(columns["seen_start"], columns["seen_count"], columns["seen_at"])
    room = int(known.counts[posts].sum() + piece["seen_count"].sum())
    seen, views = np.empty((2, room), np.int64)
    counts = np.empty(len(posts), np.int32)
    new = _extents(piece, "seen", "seen_at")
    end = merge(posts, known, columns["seen_views"], new, piece["seen_views"], seen, views, counts)
    return {"seen_at": seen[:end].astype(np.uint32), "seen_views": views[:end], "seen_count": counts}


def _last(piece: Piece) -> I64:
    """When views were seen last, -1: never."""
    ends = np.cumsum(piece["seen_count"], dtype=np.int64) - 1
    seen = np.append(piece["seen_at"].astype(np.int64), -1)
    return np.where(piece["seen_count"] > 0, seen[ends], -1)


def _newer(known: I64, known_at: I64, new: I64, new_at: I64) -> I64:
    """The newer counter; of equally new ones the larger text."""
    found = np.where(new_at > known_at, new, known)
    for i in np.flatnonzero((new_at == known_at) & (new != known)):
        found[i] = max(known[i], new[i], key=lambda value: str(value))
    return found
