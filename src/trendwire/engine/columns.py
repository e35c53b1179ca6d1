"""Owns the columns of a state: arrays that grow at their end, one row a post, and lists of values that
posts have.

Everything is numbers: texts are in `Names`, captions and covers in lists of bytes. A post that was taken
out stays as a row that counts nowhere (`DEAD`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trendwire.engine.compiled import I32, I64, U8, jit
from trendwire.engine.ids import Ids
from trendwire.engine.names import Names, grown

HOT = np.dtype([("peak", "i8"), ("creator", "i4"), ("day", "u2"), ("region", "u1"), ("industry", "u1")])
"""What counting reads of a post, in a quarter of a cache line. `peak` -1: no views known; `creator` -1: none;
`region` and `industry`: from 1, 0 is none."""

DEAD = 65_535
"""The day of a post that was taken out: after every other."""

NO_ID = -1
MOST_REGIONS, MOST_INDUSTRIES = 255, 255
DAY = 86_400

POST_COLUMNS: dict[str, Any] = {
    "ids": np.int64,
    "hot": HOT,
    "created": np.int64,
    "promoted": np.uint8,
    "likes": np.int64,
    "likes_at": np.int64,
    "views": np.int64,
    "duration": np.int64,
    "face": np.int32,
    "credit": np.int32,
    "audience": np.int32,
}
"""Column -> type. `likes` and `views`: the newest counters known, -1 for none. `face`: nickname and
picture; `credit`: what the post says of its sound; `audience`: ages, countries and interests; -1: none.
"""

LISTS: dict[str, dict[str, Any]] = {
    "use": {"use_subject": np.int32},
    "seen": {"seen_at": np.uint32, "seen_views": np.int64},
    "caption": {"caption_text": np.uint8},
    "cover": {"cover_text": np.uint8},
    "given": {"given_subject": np.int32, "given_id": np.int32},
}
"""List -> its columns. `<list>_start` and `<list>_count` of a post tell which of their rows are its own."""


class Column:
    """An array that grows at its end. Its room is memory only once it is written to."""

    def __init__(self, data: NDArray[Any], count: int | None = None) -> None:
        self._data, self.count = data, len(data) if count is None else count

    @property
    def all(self) -> Any:
        """The rows that there are; they can be written to."""
        return self._data[: self.count]

    def add(self, rows: NDArray[Any]) -> None:
        """More rows at the end."""
        self.extend(len(rows))
        self._data[self.count - len(rows) : self.count] = rows

    def extend(self, more: int, value: Any = 0) -> None:
        """The same, all of one value."""
        need = self.count + more
        if need > len(self._data):
            self._data = grown(self._data, need + need // 2 + 64)
        self._data[self.count : need] = value
        self.count = need


class Posts(NamedTuple):
    """What compiled functions read of posts."""

    ids: I64
    hot: NDArray[Any]
    use_start: I64
    use_count: I32
    use_subject: I32
    seen_start: I64
    seen_count: I32
    seen_at: NDArray[np.uint32]
    seen_views: I64
    promoted: U8


Piece = Mapping[str, Any]
"""Rows of all of `POST_COLUMNS` and of all columns of `LISTS`, with `<list>_count`. `told`: bits of what
the rows of the facts say at all, be it that there is none: `TELLS_SUBJECTS`, `TELLS_PROMOTED`.
"""

TELLS_SUBJECTS, TELLS_PROMOTED = 1, 2


class Columns:
    """All posts of a state, by number."""

    def __init__(self) -> None:
        self.ids = Ids()
        self.subjects, self.creators, self.regions = Names(), Names(), Names()
        self.industries, self.faces, self.credits, self.audiences = Names(), Names(), Names(), Names()
        self.texts = Names()
        self.by_name = {name: Column(np.empty(0, kind)) for name, kind in POST_COLUMNS.items()}
        for name, kinds in LISTS.items():
            self.by_name[f"{name}_start"] = Column(np.empty(0, np.int64))
            self.by_name[f"{name}_count"] = Column(np.empty(0, np.int32))
            self.by_name |= {column: Column(np.empty(0, kind)) for column, kind in kinds.items()}

    def __len__(self) -> int:
        return self.by_name["ids"].count

    def __getitem__(self, name: str) -> Any:
        return self.by_name[name].all

    @property
    def posts(self) -> Posts:
        """As they are now; of no use once posts were added."""
        return Posts(*(self[name] for name in Posts._fields))

    def find(self, ids: I64) -> I32:
        """The posts of ids, -1 where there is none."""
        return self.ids.find(ids, self["ids"])

    def add(self, piece: Piece) -> range:
        """More posts; their numbers."""
        first = len(self)
        for name, kinds in LISTS.items():
            counts = piece[f"{name}_count"]
            end = self.by_name[next(iter(kinds))].count
            starts = end + np.cumsum(counts, dtype=np.int64) - counts
            self.by_name[f"{name}_start"].add(starts)
            self.by_name[f"{name}_count"].add(counts)
            for column in kinds:
                self.by_name[column].add(piece[column])
        for name in POST_COLUMNS:
            self.by_name[name].add(piece[name])
        self.ids.place(first, len(self), self["ids"])
        return range(first, len(self))

    def kill(self, posts: I32) -> None:
        """Let posts be found and counted nowhere any more."""
        hot = self["hot"]
        hot["day"][posts], hot["creator"][posts], hot["peak"][posts] = DEAD, -1, -1
        hot["region"][posts], hot["industry"][posts] = 0, 0
        self["ids"][posts] = NO_ID
        for name in LISTS:
            self[f"{name}_count"][posts] = 0

    def text(self, name: str, post: int) -> str | None:
        """A caption or a cover; None where there is none."""
        start, count = self[f"{name}_start"][post], self[f"{name}_count"][post]
        return self[f"{name}_text"][start : start + count].tobytes().decode() if count else None


def taken(piece: Piece, rows: I64) -> dict[str, Any]:
    """Some rows of a piece."""
    found: dict[str, Any] = {name: piece[name][rows] for name in (*POST_COLUMNS, "told")}
    for name, kinds in LISTS.items():
        counts = piece[f"{name}_count"]
        starts = np.cumsum(counts, dtype=np.int64) - counts
        found[f"{name}_count"] = counts[rows]
        index = ranges(starts[rows], counts[rows])
        found |= {column: piece[column][index] for column in kinds}
    return found


def ranges(starts: I64, counts: I32) -> I64:
    """`starts[0] .. starts[0] + counts[0] - 1`, then those of the next."""
    before = np.cumsum(counts, dtype=np.int64) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()), dtype=np.int64)


@jit
def distinct_uses(counts: I32, subjects: I32, out: I32) -> int:
    """The subjects of each post once each, ascending (-1 is none); `counts` becomes how many, the sum is
    returned.
    """
    read, end = 0, 0
    for post in range(len(counts)):
        first = end
        for _ in range(counts[post]):
            subject = subjects[read]
            read += 1
            i = end
            while i > first and out[i - 1] > subject:
                i -= 1
            if subject < 0 or (i > first and out[i - 1] == subject):
                continue
            for x in range(end, i, -1):
                out[x] = out[x - 1]
            out[i] = subject
            end += 1
        counts[post] = end - first
    return end
