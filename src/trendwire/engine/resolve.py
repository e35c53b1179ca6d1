"""Owns the way from rows of facts to posts: one row of numbers each, with the attributes that its newest
rows tell.

Rows of a month are resolved together, so that memory is bounded by a month. A post whose rows lie in
several months (its creation was told otherwise later) is resolved again from all of them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from duckdb import DuckDBPyConnection

from trendwire.domain.charts import Kind
from trendwire.engine import newest
from trendwire.engine.arrow import Rows, Texts, fetched
from trendwire.engine.columns import (
    DAY,
    HOT,
    MOST_INDUSTRIES,
    MOST_REGIONS,
    TELLS_PROMOTED,
    TELLS_SUBJECTS,
    Columns,
    distinct_uses,
    ranges,
    taken,
)
from trendwire.engine.compiled import I32, I64, U8, jit
from trendwire.engine.ids import Ids, number_all, places_for
from trendwire.engine.kinds import KINDS, number_of
from trendwire.engine.names import Names
from trendwire.engine.parallel import ahead
from trendwire.errors import Conflict
from trendwire.statements import named

_SQL = named("trendwire.engine", "resolve.sql")

_LINE = 10
_SERIALISED = {
    "tags": newest.as_list,
    "ages": newest.as_is,
    "countries": newest.as_is,
    "interests": newest.as_is,
}
_FACE = ("nickname", "avatar_url")
_CREDIT = ("song_id", "music_title", "music_author", "music_cover_url", "music_url")
_AUDIENCE = ("ages", "countries", "interests")
_ATTRIBUTES = (
    *(kind.column for kind in KINDS),
    *("username", "region", "industry", "likes", "views", "duration", "promoted", "caption", "cover"),
    *(*_FACE, *_CREDIT, "music_duration", "commercial", *_AUDIENCE),
)


def read(connection: DuckDBPyConnection, parts: Sequence[str]) -> Rows:
    """All rows of some parts."""
    connection.execute(_SQL["post_rows"])
    return fetched(connection, _SQL["rows"], {"parts": list(parts)})


def read_posts(connection: DuckDBPyConnection, parts: Sequence[str], ids: Sequence[str]) -> Rows:
    """The rows of these posts only."""
    connection.execute(_SQL["post_rows"])
    return fetched(connection, _SQL["rows_of_posts"], {"parts": list(parts), "ids": list(ids)})


def load(
    connection: DuckDBPyConnection,
    months: Sequence[Sequence[str]],
    columns: Columns,
    progress: Callable[[float], None],
    threads: int,
) -> None:
    """Add the posts of all parts, given by month, to empty columns. Months are read ahead in `threads`; what
    they say is numbered in their order.
    """
    again = np.empty(0, np.int64)
    reads = (partial(_grouped, connection.cursor(), parts) for parts in months)
    for number, grouped in enumerate(ahead(reads, threads)):
        progress(number / len(months))
        piece = resolved(grouped, columns)
        known = columns.find(piece["ids"])
        columns.kill(known[known >= 0])
        again = np.concatenate([again, piece["ids"][(known >= 0) | np.isin(piece["ids"], again)]])
        columns.add(taken(piece, np.flatnonzero(~np.isin(piece["ids"], again))) if len(again) else piece)
    if len(again):
        every = [part for parts in months for part in parts]
        ids = [columns.ids.text(int(id_)) for id_ in np.unique(again)]
        columns.add(resolved(Grouped(read_posts(connection, every, ids)), columns))
    progress(1.0)


def _grouped(connection: DuckDBPyConnection, parts: Sequence[str]) -> "Grouped":
    return Grouped(read(connection, parts))


def resolved(grouped: "Grouped", columns: Columns) -> dict[str, Any]:
    """The posts of some rows, with numbers of `columns`; those whose creation is unknown are left out."""
    created = grouped.created
    piece = {"ids": grouped.ids.numbers_in(columns.ids, grouped.first_of), "created": created, **grouped.seen}
    piece |= _hot(grouped, columns) | _counters(grouped) | _texts_of(grouped, columns)
    piece |= _uses(grouped, columns)
    piece |= _given(grouped, piece["use_count"], piece["use_subject"], columns)
    return piece if (created >= 0).all() else taken(piece, np.flatnonzero(created >= 0))


class Grouped:
    """Rows by post, and which of them tells each attribute: all that needs no numbers of a state's texts."""

    def __init__(self, rows: Rows) -> None:
        self.rows, self.ids = rows, Ids()
        ids = self.ids.of(rows.texts["id"])
        self.post_of, first_of = np.empty(len(ids), np.int64), np.empty(len(ids), np.int64)
        count = number_all(ids, first_of, places_for(len(ids)), self.post_of)
        starts = np.zeros(count + 2, np.int64)
        self.groups = newest.Groups(starts[:-1], np.empty(len(ids), np.int64), np.empty_like(ids))
        newest.grouped(self.post_of, starts, self.groups.order)
        self.first_of, self.created = first_of[:count], np.empty(count, np.int64)
        create, by_id, observed = (_known(rows, name) for name in ("create_time", "id_time", "observed_at"))
        newest.dated(self.groups, create, by_id, observed, self.created)
        self._found = {name: self._find(name) for name in _ATTRIBUTES}
        self.seen, self.peak = _seen(self)

    def row(self, name: str) -> I64:
        """The row of each post, -1 for none."""
        return self._found[name]

    def _find(self, name: str) -> I64:
        column = self.rows.texts.get(name) or self.rows.integers[name]
        return newest.chosen(self.groups, column, _SERIALISED.get(name, newest.as_json))

    def integers(self, name: str) -> I64:
        """-1 where there is none."""
        row = self.row(name)
        return np.where(row >= 0, self.rows.integers[name].values[np.maximum(row, 0)], -1)

    def numbers(self, name: str, names: Names) -> I32:
        """Texts by their numbers, -1 where there is none."""
        column = self.rows.texts[name]
        return names.numbers(column.data, column.offsets, self.row(name))

    def bytes(self, name: str) -> tuple[I32, U8]:
        """Texts as they are: the size of each, and all together."""
        column, row = self.rows.texts[name], self.row(name)
        starts = column.offsets[np.maximum(row, 0)]
        sizes = np.where(row >= 0, column.offsets[np.maximum(row, 0) + 1] - starts, 0).astype(np.int32)
        return sizes, column.data[ranges(starts, sizes)]


def _known(rows: Rows, name: str) -> I64:
    column = rows.integers[name]
    return np.where(column.valid == 1, column.values, -1)


def _seen(grouped: Grouped) -> tuple[dict[str, Any], I64]:
    views, groups = grouped.rows.integers["views"], grouped.groups
    count = len(groups.starts) - 1
    at, counts = np.empty(len(views.values), np.int64), np.empty(len(views.values), np.int64)
    number, peak = np.empty(count, np.int64), np.empty(count, np.int64)
    end = newest.sightings(groups, views.values, views.valid, at, counts, number, peak)
    seen = {
        "seen_at": at[:end].astype(np.uint32),
        "seen_views": counts[:end].copy(),
        "seen_count": number.astype(np.int32),
    }
    return seen, peak


def _hot(grouped: Grouped, columns: Columns) -> dict[str, Any]:
    hot = np.empty(len(grouped.created), HOT)
    hot["peak"], hot["day"] = grouped.peak, grouped.created // DAY
    hot["creator"] = grouped.numbers("username", columns.creators)
    hot["region"] = grouped.numbers("region", columns.regions) + 1
    hot["industry"] = _packed(columns.industries, grouped.integers("industry")) + 1
    if len(columns.regions) > MOST_REGIONS or len(columns.industries) > MOST_INDUSTRIES:
        raise Conflict(f"facts name more than {MOST_REGIONS} regions or {MOST_INDUSTRIES} industries")
    return {"hot": hot}


def _counters(grouped: Grouped) -> dict[str, Any]:
    liked = grouped.row("likes")
    return {
        "likes": np.where(liked >= 0, grouped.rows.integers["likes"].values[np.maximum(liked, 0)], -1),
        "likes_at": np.where(liked >= 0, grouped.groups.recency[np.maximum(liked, 0)], -1),
        "views": grouped.integers("views"),
        "duration": grouped.integers("duration"),
        "promoted": (grouped.integers("promoted") == 1).astype(np.uint8),
        "told": _tells(grouped),
    }


def _tells(grouped: Grouped) -> U8:
    subjects = np.any([grouped.row(kind.column) >= 0 for kind in KINDS], axis=0)
    found: U8 = subjects * TELLS_SUBJECTS + (grouped.row("promoted") >= 0) * TELLS_PROMOTED
    return found.astype(np.uint8)


def _texts_of(grouped: Grouped, columns: Columns) -> dict[str, Any]:
    face = [grouped.numbers(name, columns.texts) for name in _FACE]
    music = [grouped.numbers(name, columns.texts) for name in _CREDIT]
    more = [grouped.integers(name) for name in ("music_duration", "commercial")]
    audience = [grouped.numbers(name, columns.texts) for name in _AUDIENCE]
    caption_count, caption_text = grouped.bytes("caption")
    cover_count, cover_text = grouped.bytes("cover")
    return {
        "face": _packed(columns.faces, *face),
        "credit": _packed(columns.credits, *music, *more),
        "audience": _packed(columns.audiences, *audience),
        "caption_count": caption_count,
        "caption_text": caption_text,
        "cover_count": cover_count,
        "cover_text": cover_text,
    }


def _packed(names: Names, *values: Any) -> I32:
    """One number for the values of each post, -1 where all of them are."""
    table = np.stack(values, axis=1).astype(np.int64)
    offsets = np.arange(len(table) + 1, dtype=np.int64) * 8 * len(values)
    rows = np.where((table >= 0).any(axis=1), np.arange(len(table)), -1)
    return names.numbers(np.ascontiguousarray(table).view(np.uint8).reshape(-1), offsets, rows)


def unpacked(names: Names, number: int) -> list[int]:
    """The values that one number stands for."""
    values: list[int] = np.frombuffer(names.raw(number), np.int64).tolist()
    return values


def _uses(grouped: Grouped, columns: Columns) -> dict[str, Any]:
    counts, parts = list[I64](), list[I32]()
    for place, kind in enumerate(KINDS):
        column = grouped.rows.texts[kind.column]
        number, subjects = named_by(column, grouped.row(kind.column), place, kind.many, columns.subjects)
        counts.append(number)
        parts.append(subjects)
    count = np.sum(counts, axis=0).astype(np.int32)
    flat = np.empty(int(count.sum()), np.int32)
    starts = np.cumsum(count, dtype=np.int64) - count
    for number, subjects in zip(counts, parts, strict=True):
        flat[ranges(starts, number.astype(np.int32))] = subjects
        starts += number
    out = np.empty(len(flat), np.int32)
    end = distinct_uses(count, flat, out)
    return {"use_count": count, "use_subject": out[:end]}


def named_by(column: Texts, rows: I64, kind: int, many: bool, subjects: Names) -> tuple[I64, I32]:
    """How many subjects the text of each row names, and the numbers of all of them."""
    sizes = np.where(
        rows >= 0, column.offsets[np.maximum(rows, 0) + 1] - column.offsets[np.maximum(rows, 0)], 0
    )
    most = int(sizes.sum()) + len(rows)
    data, offsets, number = (
        np.empty(2 * most, np.uint8),
        np.zeros(most + 1, np.int64),
        np.zeros(len(rows), np.int64),
    )
    found = prefixed(column.offsets, column.data, rows, kind, many, data, offsets, number)
    return number, subjects.numbers(data, offsets[: found + 1], np.arange(found))


@jit
def prefixed(
    offsets: I64, data: U8, rows: I64, kind: int, many: bool, out: U8, out_offsets: I64, number: I64
) -> int:
    """The names in the texts of some rows, one a line if `many`, each after its kind's byte; how many."""
    found, end = 0, 0
    for i in range(len(rows)):
        if rows[i] < 0:
            continue
        start, stop = offsets[rows[i]], offsets[rows[i] + 1]
        while start < stop:
            out[end] = kind
            end += 1
            while start < stop and not (many and data[start] == _LINE):
                out[end] = data[start]
                start, end = start + 1, end + 1
            start += 1
            found += 1
            out_offsets[found] = end
            number[i] += 1
    return found


class Uses(NamedTuple):
    """The subjects of each post, ascending: `subjects[starts[post]:starts[post] + counts[post]]`."""

    starts: I64
    counts: I32
    subjects: I32


class Giving(NamedTuple):
    """Of each use the newest row's id of its subject, `data[starts[use]:ends[use]]`, and its recency."""

    starts: I64
    ends: I64
    recency: I64


@jit
def use_of(post: int, subject: int, uses: Uses) -> int:
    """Which use of all a subject is of a post; -1: none."""
    for use in range(uses.starts[post], uses.starts[post] + uses.counts[post]):
        if uses.subjects[use] == subject:
            return use
    return -1


@jit
def later_text(data: U8, start: int, end: int, other: int, other_end: int) -> bool:
    """Whether a text sorts after another one."""
    while start < end and other < other_end and data[start] == data[other]:
        start += 1
        other += 1
    if start < end and other < other_end:
        return bool(data[start] > data[other])
    return bool(other == other_end and start < end)


@jit
def give(
    rows: I64,
    tags: I64,
    subjects: I32,
    posts: I64,
    recency: I64,
    offsets: I64,
    data: U8,
    uses: Uses,
    found: Giving,
) -> None:
    """Take the ids that rows give their tags, one a line; row i has `tags[i]` of `subjects`. Of equally new
    ones the larger id.
    """
    tag = 0
    for i in range(len(rows)):
        start, stop = offsets[rows[i]], offsets[rows[i] + 1]
        for subject in subjects[tag : tag + tags[i]]:
            end = start
            while end < stop and data[end] != _LINE:
                end += 1
            use = use_of(posts[rows[i]], subject, uses) if end > start else -1
            if use >= 0:
                newer = recency[rows[i]] - found.recency[use]
                if newer > 0 or (
                    newer == 0 and later_text(data, start, end, found.starts[use], found.ends[use])
                ):
                    found.starts[use], found.ends[use], found.recency[use] = start, end, recency[rows[i]]
            start = end + 1
        tag += tags[i]


def _given(grouped: Grouped, counts: I32, subjects: I32, columns: Columns) -> dict[str, Any]:
    """The ids that sources gave the hashtags of each post."""
    tags, ids = grouped.rows.texts["tags"], grouped.rows.texts["tag_ids"]
    rows = np.flatnonzero((tags.valid == 1) & (ids.valid == 1))
    number, tagged = named_by(tags, rows, number_of(Kind.HASHTAG), True, columns.subjects)
    uses = Uses(np.cumsum(counts, dtype=np.int64) - counts, counts, subjects)
    found = Giving(*(np.full(len(subjects), value, np.int64) for value in (0, 0, -1)))
    recency = grouped.groups.recency
    give(rows, number, tagged, grouped.post_of, recency, ids.offsets, ids.data, uses, found)
    used = np.flatnonzero(found.recency >= 0)
    sizes = (found.ends - found.starts)[used]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    data = ids.data[ranges(found.starts[used], sizes)]
    owners = np.repeat(np.arange(len(counts)), counts)[used]
    return {
        "given_count": np.bincount(owners, minlength=len(counts)).astype(np.int32),
        "given_subject": subjects[used],
        "given_id": columns.texts.numbers(data, offsets, np.arange(len(used))),
    }
