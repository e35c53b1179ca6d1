"""Owns how a state changes: what was counted of posts is taken out, posts or parameters change, and what is
counted now is put in. A batch, the next day and what was removed are the same step with other posts.

A post that changes in anything gives up its number and comes in as a new one.
"""

from collections.abc import Sequence

import numpy as np
from duckdb import DuckDBPyConnection

from trendwire.engine.columns import Piece, ranges, taken
from trendwire.engine.compiled import I32, I64
from trendwire.engine.counts import ENDS, Parameters, room
from trendwire.engine.gains import add_posts, gains, shift_posts
from trendwire.engine.pairs import Among, count_records, moved, pairs_of, tally_pairs, unequal
from trendwire.engine.resolve import read, read_posts, resolved
from trendwire.engine.sightings import merged, says_otherwise
from trendwire.engine.state import State
from trendwire.engine.surroundings import count_days

_NONE = np.empty(0, np.int64)


def take(state: State, connection: DuckDBPyConnection, new: Sequence[str], every: Sequence[str]) -> None:
    """Take the rows of new parts of the facts. `every`: all parts, the new ones among them."""
    if not new:
        return
    columns = state.columns
    piece = resolved(read(connection, new), columns)
    posts = columns.find(piece["ids"])
    rows = np.flatnonzero(posts >= 0)
    otherwise = says_otherwise(columns, posts[rows], taken(piece, rows))
    same = rows[~otherwise]
    pieces: list[Piece] = [
        taken(piece, np.flatnonzero(posts < 0)),
        merged(columns, posts[same], taken(piece, same)),
    ]
    if otherwise.any():
        pieces.append(_again(state, connection, piece["ids"][rows[otherwise]], every))
    _replace(state, posts[rows], pieces)


def remove(state: State, connection: DuckDBPyConnection, ids: Sequence[str], every: Sequence[str]) -> None:
    """Follow the facts after rows of these posts were removed or changed; `every`: all parts that there are
    now.
    """
    columns = state.columns
    codes = columns.ids.known(ids)
    posts = columns.find(codes)
    pieces = [_again(state, connection, codes, every)] if every else []
    _replace(state, posts[posts >= 0], pieces)


def roll(state: State, as_of: int) -> None:
    """Go on to a later day."""
    around, columns, days = state.surroundings, state.columns, np.zeros(1 << 16, np.bool_)
    for end in ENDS:
        days[around.as_of - end + 1 : as_of - end + 1] = True
    hot, since = columns["hot"], around.as_of
    creators = _creators(hot["creator"][days[hot["day"]]])
    state.count_creators(-1, creators)
    around.as_of = as_of
    state.count_creators(1, creators)
    before = around.settle(len(state.columns.regions) + 1)
    _move(state, before, _NONE)
    among = _among(state)
    shift_posts(among.posts, among.slots, before, around.parameters, gains(), gains(), among.records)
    new = (hot["day"] > since) & (hot["day"] <= as_of)
    state.given.put(columns, np.flatnonzero(new).astype(np.int32), as_of)
    state.audiences.roll(columns, since, as_of)
    state.leaders.make(columns, as_of)


def _again(state: State, connection: DuckDBPyConnection, ids: I64, every: Sequence[str]) -> Piece:
    """Posts resolved from all of their rows."""
    texts = [state.columns.ids.text(int(id_)) for id_ in ids]
    return resolved(read_posts(connection, every, texts), state.columns)


def _replace(state: State, out: I32, pieces: Sequence[Piece]) -> None:
    """Put posts in the place of others."""
    columns, around = state.columns, state.surroundings
    state.widen()
    pairs = np.unique(np.concatenate([_pairs(state, out), *map(_pairs_in, pieces)]))
    creators = _creators((pairs >> 32).astype(np.int32))
    _tally(state, -1, pairs, around.parameters)
    state.count_creators(-1, creators)
    _show(state, -1, out)
    count_days(-1, out, columns.posts, around.created)
    state.revisions.number += 1
    state.revisions.note(columns, out)
    lost = state.given.take(columns, out)
    state.audiences.add(-1, columns, out, state.as_of)
    columns.kill(out)
    first = len(columns)
    for piece in pieces:
        columns.add(piece)
    added = np.arange(first, len(columns), dtype=np.int32)
    state.lists.add(columns, range(first, len(columns)))
    count_days(1, added, columns.posts, around.created)
    state.count_creators(1, creators)
    before = around.settle(len(columns.regions) + 1)
    _move(state, before, pairs)
    _tally(state, 1, pairs, around.parameters)
    _show(state, 1, added)
    _promote(state, added)
    state.revisions.note(columns, added)
    state.given.put(columns, added, state.as_of)
    state.audiences.add(1, columns, added, state.as_of)
    state.given.search(columns, state.lists.lists, lost, state.as_of)
    state.leaders.replace(columns, state.lists.lists, state.as_of, out, added, creators)


def _show(state: State, sign: int, posts: I32) -> None:
    """Count what posts show beside creators, or take it out."""
    columns, among = state.columns, _among(state)
    add_posts(sign, posts, among.posts, among.slots, state.surroundings.parameters, gains(), among.records)
    state.candidates.note(sign, columns, posts, state.since)


def _promote(state: State, added: I32) -> None:
    """Count the subjects that new posts make candidates."""
    columns, candidates = state.columns, state.candidates
    counts = columns["use_count"][added]
    subjects = columns["use_subject"][ranges(columns["use_start"][added], counts)].astype(np.int64)
    regions = np.repeat(columns["hot"]["region"][added], counts)
    pairs = (subjects << 8) | regions
    first = candidates.promote(np.unique(subjects), np.unique(pairs[regions > 0]))
    found = np.empty(len(columns) + 1, np.int32)
    by = state.surroundings.parameters
    count_records(first, _among(state), by, room(len(columns)), found, gains())


def _move(state: State, before: Parameters, apart: I64) -> None:
    """Count pairs by the parameters that there are now, but those that are out."""
    after = state.surroundings.parameters
    days, places = unequal(before, after)
    if not (days.any() or places.any()):
        return
    out = np.empty(len(state.columns) + 1, np.int32)
    count = moved(state.columns.posts, days, places, before, after, out)
    pairs = np.setdiff1d(_pairs(state, out[:count]), apart)
    _tally(state, -1, pairs, before)
    _tally(state, 1, pairs, after)


def _tally(state: State, sign: int, pairs: I64, by: Parameters) -> None:
    own, group = np.empty((2, len(state.columns) + 1), np.int32)
    tally_pairs(sign, pairs, _among(state), by, room(len(state.columns)), own, group)


def _among(state: State) -> Among:
    candidates = state.candidates
    return Among(state.columns.posts, state.lists.lists, candidates.slots, candidates.records)


def _pairs(state: State, posts: I32) -> I64:
    """The pairs of posts that there are."""
    columns = state.columns
    counts = columns["use_count"][posts]
    subjects = columns["use_subject"][ranges(columns["use_start"][posts], counts)]
    return _pairs_of(columns["hot"]["creator"][posts], counts, subjects)


def _pairs_in(piece: Piece) -> I64:
    return _pairs_of(piece["hot"]["creator"], piece["use_count"], piece["use_subject"])


def _pairs_of(creators: I32, counts: I32, subjects: I32) -> I64:
    out = np.empty(len(creators) + len(subjects), np.int64)
    return out[: pairs_of(np.ascontiguousarray(creators), counts, subjects, out)]


def _creators(creators: I32) -> I32:
    return np.unique(creators[creators >= 0])
