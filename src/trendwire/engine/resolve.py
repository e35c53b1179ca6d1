"""Owns the way from rows of facts to posts: one row of numbers each, with the attributes that its newest
rows tell.

Rows of a month are resolved together, so that memory is bounded by a month. A post whose rows lie in
several months (its creation was told otherwise later) is resolved again from all of them.
"""

from collections.abc import Callable, Sequence
from typing import Any

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
from trendwire.engine.ids import number_all, places_for
from trendwire.engine.kinds import KINDS, number_of
from trendwire.engine.names import Names
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
) -> None:
    """Add the posts of all parts, given by month, to empty columns."""
    again = np.empty(0, np.int64)
    for number, parts in enumerate(months):
        progress(number / len(months))
        piece = resolved(read(connection, parts), columns)
        known = columns.find(piece["ids"])
        columns.kill(known[known >= 0])
        again = np.concatenate([again, piece["ids"][(known >= 0) | np.isin(piece["ids"], again)]])
        columns.add(taken(piece, np.flatnonzero(~np.isin(piece["ids"], again))))
    if len(again):
        every = [part for parts in months for part in parts]
        ids = [columns.ids.text(int(id_)) for id_ in np.unique(again)]
        columns.add(resolved(read_posts(connection, every, ids), columns))
    progress(1.0)


def resolved(rows: Rows, columns: Columns) -> dict[str, Any]:
    """The posts of some rows, with numbers of `columns`; those whose creation is unknown are left out."""
    ids = columns.ids.of(rows.texts["id"])
    post_of, first_of = np.empty(len(ids), np.int64), np.empty(len(ids), np.int64)
    count = number_all(ids, first_of, places_for(len(ids)), post_of)
    starts = np.zeros(count + 2, np.int64)
    groups = newest.Groups(starts[:-1], np.empty(len(ids), np.int64), np.empty_like(ids))
    newest.grouped(post_of, starts, groups.order)
    created = np.empty(count, np.int64)
    newest.dated(
        groups, _known(rows, "create_time"), _known(rows, "id_time"), _known(rows, "observed_at"), created
    )
    told = _Told(rows, groups)
    piece = {"ids": first_of[:count], "created": created, **_seen(told)}
    piece |= _hot(told, created, piece.pop("peak"), columns) | _counters(told) | _texts_of(told, columns)
    piece |= _uses(told, columns)
    piece |= _given(told, post_of, piece["use_count"], piece["use_subject"], columns)
    return piece if (created >= 0).all() else taken(piece, np.flatnonzero(created >= 0))


class _Told:
    """The attributes of posts, each from the row that tells it."""

    def __init__(self, rows: Rows, groups: newest.Groups) -> None:
        self.rows, self.groups = rows, groups
        self._found: dict[str, I64] = {}

    def row(self, name: str) -> I64:
        """The row of each post, -1 for none."""
        if name not in self._found:
            self._found[name] = self._find(name)
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


def _seen(told: _Told) -> dict[str, Any]:
    views, groups = told.rows.integers["views"], told.groups
    count = len(groups.starts) - 1
    at, counts = np.empty(len(views.values), np.int64), np.empty(len(views.values), np.int64)
    number, peak = np.empty(count, np.int64), np.empty(count, np.int64)
    end = newest.sightings(groups, views.values, views.valid, at, counts, number, peak)
    return {
        "seen_at": at[:end].astype(np.uint32),
        "seen_views": counts[:end],
        "seen_count": number.astype(np.int32),
        "peak": peak,
    }


def _hot(told: _Told, created: I64, peak: I64, columns: Columns) -> dict[str, Any]:
    hot = np.empty(len(created), HOT)
    hot["peak"], hot["day"] = peak, created // DAY
    hot["creator"] = told.numbers("username", columns.creators)
    hot["region"] = told.numbers("region", columns.regions) + 1
    hot["industry"] = _packed(columns.industries, told.integers("industry")) + 1
    if len(columns.regions) > MOST_REGIONS or len(columns.industries) > MOST_INDUSTRIES:
        raise Conflict(f"facts name more than {MOST_REGIONS} regions or {MOST_INDUSTRIES} industries")
    return {"hot": hot}


def _counters(told: _Told) -> dict[str, Any]:
    liked = told.row("likes")
    return {
        "likes": np.where(liked >= 0, told.rows.integers["likes"].values[np.maximum(liked, 0)], -1),
        "likes_at": np.where(liked >= 0, told.groups.recency[np.maximum(liked, 0)], -1),
        "views": told.integers("views"),
        "duration": told.integers("duration"),
        "promoted": (told.integers("promoted") == 1).astype(np.uint8),
        "told": _tells(told),
    }


def _tells(told: _Told) -> U8:
    subjects = np.any([told.row(kind.column) >= 0 for kind in KINDS], axis=0)
    found: U8 = subjects * TELLS_SUBJECTS + (told.row("promoted") >= 0) * TELLS_PROMOTED
    return found.astype(np.uint8)


def _texts_of(told: _Told, columns: Columns) -> dict[str, Any]:
    face = [told.numbers(name, columns.texts) for name in _FACE]
    music = [told.numbers(name, columns.texts) for name in _CREDIT]
    more = [told.integers(name) for name in ("music_duration", "commercial")]
    audience = [told.numbers(name, columns.texts) for name in _AUDIENCE]
    caption_count, caption_text = told.bytes("caption")
    cover_count, cover_text = told.bytes("cover")
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


def _uses(told: _Told, columns: Columns) -> dict[str, Any]:
    counts, parts = list[I64](), list[I32]()
    for place, kind in enumerate(KINDS):
        column = told.rows.texts[kind.column]
        number, subjects = named_by(column, told.row(kind.column), place, kind.many, columns.subjects)
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


def _given(told: _Told, post_of: I64, counts: I32, uses: I32, columns: Columns) -> dict[str, Any]:
    """The ids that sources gave the hashtags of each post, each from the newest row (ties: the larger id);
    few rows have any.
    """
    tags, ids, hashtag = told.rows.texts["tags"], told.rows.texts["tag_ids"], number_of(Kind.HASHTAG)
    rows = np.flatnonzero((tags.valid == 1) & (ids.valid == 1))
    number, subjects = named_by(tags, rows, hashtag, True, columns.subjects)
    owners = np.repeat(np.arange(len(counts)), counts)
    used = set(zip(owners.tolist(), uses.tolist(), strict=True)) if len(rows) else set()
    found: dict[tuple[int, int], tuple[int, bytes]] = {}
    starts = np.cumsum(number) - number
    for row, start, tagged in zip(rows.tolist(), starts.tolist(), number.tolist(), strict=True):
        given = ids.data[ids.offsets[row] : ids.offsets[row + 1]].tobytes().split(b"\n")
        for subject, id_ in zip(subjects[start : start + tagged].tolist(), given, strict=False):
            key = (int(post_of[row]), subject)
            if id_ and key in used:
                told_by = (int(told.groups.recency[row]), id_)
                found[key] = max(found.get(key, told_by), told_by)
    keys = sorted(found)
    return {
        "given_count": np.bincount([post for post, _ in keys], minlength=len(counts)).astype(np.int32),
        "given_subject": np.array([subject for _, subject in keys], np.int32),
        "given_id": columns.texts.of(found[key][1] for key in keys),
    }
