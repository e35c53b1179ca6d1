"""Owns what each share does: one function a step, from what came to what goes on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import duckdb
import msgspec
import numpy as np

from trendwire.domain.charts import CHART_SIZE, WORLD, ChartKey, Kind
from trendwire.domain.periods import CHART_PERIODS, LONGEST
from trendwire.engine import compiling
from trendwire.engine.attributes import Attributes
from trendwire.engine.build import as_written, documents, in_order, text
from trendwire.engine.charts import Charts, Found
from trendwire.engine.cluster.portable import (
    Bytes,
    Portable,
    PortableRows,
    add,
    bytes_of,
    numbers_of,
    portable,
    portable_rows,
    shares_of,
    together,
)
from trendwire.engine.cluster.totals import Leading, Settled, Sparse, Totals, name_of, sparse, totals
from trendwire.engine.columns import Columns, ranges
from trendwire.engine.compiled import I32, I64, jit
from trendwire.engine.counts import PLACES
from trendwire.engine.details import Around, Details
from trendwire.engine.industries import industry_ids
from trendwire.engine.kinds import text_of
from trendwire.engine.leaders import SPANS
from trendwire.engine.names import Names, joined
from trendwire.engine.numbers import OLDER
from trendwire.engine.ranks import Ranks, chosen, placed, scored
from trendwire.engine.records import find, pair
from trendwire.engine.related import HASHTAG, SUPPORT, Kept, Population, kept, reach_in
from trendwire.engine.resolve import read, resolved
from trendwire.engine.rows import Rows
from trendwire.engine.state import State
from trendwire.engine.tops import Tops, tops
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Standing
from trendwire.statements import named

_SQL = named("trendwire.engine", "provenance.sql")

NO_SHARE = -1
KEPT = 1 << 16
"""Room for hashtags whose creators are counted here and kept."""

_MEMORY_MB = 1024
"""For DuckDB, which reads the parts; what does not fit is written to a folder of the machine."""


Origin = tuple[str, str, int, int, int]
"""Region, source, rows, and when the first and the last of them was ingested."""


class Plan(NamedTuple):
    """What every share is told first. `shares`: how many there are; `regions`: all of them, in order."""

    as_of: int
    shares: int
    regions: tuple[str, ...]


class Candidates(NamedTuple):
    """Rows that may be in charts. `ranks` has numbers of `names` for subjects, ids of industries."""

    ranks: Ranks
    names: Bytes


class Reach(NamedTuple):
    """Hashtags in places: creators over each span, and the ids that sources gave them (empty: none)."""

    tags: Bytes
    ids: Bytes
    tag: I64
    place: I64
    reach: I64


class Row(NamedTuple):
    """A row of a chart, as JSON."""

    key: ChartKey
    rank: int
    identity: str
    document: str


class Document(NamedTuple):
    """The details of a subject. `name`: what they are in the order of."""

    name: bytes
    kind: str
    identity: str
    document: str


class Share(State):
    """The state of some posts, which counts what it is asked to."""

    def _count(self) -> None:
        pass


def origins(parts: Sequence[str]) -> Iterator[Origin]:
    """What the rows of some parts were ingested from."""
    with _reading() as connection:
        values = {"parts": list(parts), "world": WORLD}
        yield from connection.execute(_SQL["origins"], values).fetchall()


def read_rows(shares: int, parts: Sequence[str]) -> Iterator[tuple[int, PortableRows]]:
    """The rows of some parts, by the share of their post."""
    with _reading() as connection:
        rows = read(connection, parts)
    ids, names = rows.texts["id"], Names()
    numbers = names.numbers(ids.data, ids.offsets, np.arange(len(ids.valid)))
    for share, some in _dealt(shares_of(names, shares)[numbers]):
        yield share, portable_rows(rows, some)


def by_creator(plan: Plan, pieces: Iterable[PortableRows]) -> Iterator[tuple[int, Portable]]:
    """From rows to posts, by the share of their creator; of those without one by their own."""
    every = list(pieces)
    if not every:
        return
    columns = _columns(plan)
    columns.add(resolved(together(every), columns))
    creators = columns["hot"]["creator"]
    of_creators = np.append(shares_of(columns.creators, plan.shares), -1)
    shares = np.where(creators >= 0, of_creators[creators], columns["ids"] % plan.shares)
    for share, some in _dealt(shares):
        yield share, portable(columns, some)


def counted(plan: Plan, pieces: Iterable[Portable]) -> Iterator[Totals]:
    """What is counted of everything, of the posts of some creators."""
    yield totals(share_of(plan, pieces))


def led(plan: Plan, by: Settled, leading: Leading, pieces: Iterable[Portable]) -> Iterator[Row | Sparse]:
    """The records of all posts of some creators, and the rows of these among videos and creators."""
    state = share_of(plan, pieces, by)
    state.count_all_posts()
    yield sparse(state.candidates.records.creators[:PLACES])
    state.leaders.make(state.columns, plan.as_of)
    rows, (videos, creators) = Rows(state, Attributes(state)), state.leaders.charts()
    yield from _led(plan, leading, state.columns, Kind.VIDEO, videos, rows.video)
    yield from _led(plan, leading, state.columns, Kind.CREATOR, creators, rows.creator)


def _led(
    plan: Plan,
    leading: Leading,
    columns: Columns,
    kind: Kind,
    found: Tops,
    entry: Callable[[Tops, int, int], Any],
) -> Iterator[Row]:
    for k in np.flatnonzero(found.counts).tolist():
        place, span = divmod(k, SPANS)
        key = ChartKey(kind, CHART_PERIODS[span], plan.regions[place - 1] if place else WORLD)
        ranks = {name: rank for rank, (_, name) in enumerate(leading[kind, k], 1)}
        for row, item in enumerate(found.items[k, : found.counts[k]].tolist()):
            name = name_of(kind, columns, item)
            if name in ranks:
                told = msgspec.structs.replace(entry(found, k, row), rank=ranks[name])
                yield Row(key, ranks[name], name, text(told))


def by_subject(plan: Plan, pieces: Iterable[Portable]) -> Iterator[tuple[int, Portable]]:
    """Posts, with all that is known of how their creators are shown, for each share of their subjects."""
    state = share_of(plan, pieces)
    columns = state.columns
    _show_creators(state)
    columns["caption_count"][:] = 0
    shares = shares_of(columns.subjects, plan.shares)[columns["use_subject"]]
    posts = np.repeat(np.arange(len(columns)), columns["use_count"])
    uses = ranges(columns["use_start"], columns["use_count"])
    shares, posts = np.divmod(np.unique(shares[uses] * len(columns) + posts), max(len(columns), 1))
    for share, some in _dealt(shares):
        yield share, portable(columns, posts[some])


def candidates(
    plan: Plan, by: Settled, share: int, pieces: Iterable[Portable]
) -> Iterator[tuple[int, Candidates | Reach]]:
    """Rows that may be in charts, for no share; for the shares that use the same hashtags, their creators."""
    state = share_of(plan, pieces, by)
    columns, own = state.columns, shares_of(state.columns.subjects, plan.shares) == share
    state.count_subjects(np.flatnonzero(own))
    ranks, ids = placed(scored(state), columns.subjects), industry_ids(columns)
    used, subject = np.unique(ranks.subject, return_inverse=True)
    ranks = ranks._replace(subject=subject, industry=ids[ranks.industry], own=ids[ranks.own])
    yield NO_SHARE, Candidates(ranks, bytes_of(columns.subjects, used))
    yield from _reaches(plan, by, state, own)


def rendered(
    plan: Plan,
    by: Settled,
    found: Candidates,
    standing: Standing,
    share: int,
    pieces: Iterable[Portable | Reach],
) -> Iterator[Row | Document]:
    """The rows and the details of some subjects."""
    columns, reaches = _columns(plan), list[Reach]()
    for piece in pieces:
        if isinstance(piece, Portable):
            add(columns, piece)
        else:
            reaches.append(piece)
    state = _state(plan, columns, by)
    state.given.put(columns, np.arange(len(columns), dtype=np.int32), plan.as_of)
    none = tops(PLACES * SPANS, CHART_SIZE)
    charts = Charts(state, standing, Found(_own_ranks(plan, columns, found, share), none, none))
    for key in charts.keys:
        for name, entry in zip(charts.names(key), charts.entries(key), strict=True):
            yield Row(key, entry.rank, name, text(entry))
    around = Around(by.everyone, _kept(state, reaches), by.means)
    own = shares_of(columns.subjects, plan.shares) == share
    subjects = [subject for subject in in_order(state) if own[subject]]
    made = documents(Details(state, charts, around), charts.attributes, subjects)
    with duckdb.connect() as connection:
        for kind, identity, document in as_written(connection, made):
            yield Document(text_of(Kind(kind), identity), kind, identity, document)


@contextmanager
def _reading() -> Iterator[duckdb.DuckDBPyConnection]:
    compiling.ensure(lambda _stage, _done: None)
    with TemporaryDirectory() as folder:
        config = Resources(1, _MEMORY_MB).config(Path(folder))
        with duckdb.connect(config=config) as connection:
            yield connection


def _columns(plan: Plan) -> Columns:
    columns = Columns()
    columns.regions.of(region.encode() for region in plan.regions)
    return columns


def share_of(plan: Plan, pieces: Iterable[Portable] = (), by: Settled | None = None) -> Share:
    """The state of some posts, with nothing counted."""
    columns = _columns(plan)
    for piece in pieces:
        add(columns, piece)
    return _state(plan, columns, by)


def _state(plan: Plan, columns: Columns, by: Settled | None) -> Share:
    state = Share(columns, plan.as_of)
    state.widen()
    if by:
        state.surroundings.parameters = by.parameters
        state.candidates.records.creators[:PLACES] = by.all_posts
    return state


def _dealt(shares: I64) -> Iterator[tuple[int, I64]]:
    """Each share that there is, and where it is."""
    order = np.argsort(shares, kind="stable")
    begins = np.flatnonzero(np.diff(shares[order], prepend=-1)).tolist()
    for first, end in zip(begins, [*begins, len(order)][1:], strict=True):
        yield int(shares[order[first]]), order[first:end]


def _show_creators(state: Share) -> None:
    """Give all posts of a creator the names and pictures of the newest ones that have any."""
    columns, attributes, posts = state.columns, Attributes(state), state.lists.lists.creator_posts
    creators, faces = columns["hot"]["creator"][posts], columns["face"][posts]
    unequal = (creators[1:] == creators[:-1]) & (faces[1:] != faces[:-1])
    for creator in np.unique(creators[1:][unequal]).tolist():
        face = attributes.face(creator)
        texts = [
            columns.texts.find(one) if one is not None else -1 for one in (face.nickname, face.avatar_url)
        ]
        raw = np.array(texts, np.int64).tobytes()
        columns["face"][attributes.posts_of(creator)] = columns.faces.of([raw])[0] if max(texts) >= 0 else -1


def _reaches(plan: Plan, by: Settled, state: Share, own: Any) -> Iterator[tuple[int, Reach]]:
    """To the other shares with hashtags that posts use beside those of this one: the creators of these."""
    columns = state.columns
    tags, posts = _tagged(columns, plan.as_of)
    pairs = _often(tags[own[tags]], columns["hot"]["region"][posts[own[tags]]])
    tag, place, reach = pairs >> 8, pairs & 0xFF, np.zeros((len(pairs), OLDER), np.int64)
    names, room = columns.subjects.table, np.empty(len(columns) + 1, np.int32)
    among = Population(columns.posts, state.lists.lists, plan.as_of, by.everyone, kept(), names)
    reach_all(tag, place, among, room, reach)
    state.given.put(columns, np.arange(len(columns), dtype=np.int32), plan.as_of)
    given, shares = state.given.ids, np.where(own, NO_SHARE, shares_of(columns.subjects, plan.shares))
    for share, some in _users(tags, posts, own, shares):
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
    for share, which in _dealt(pairs >> 32):
        yield share, pairs[which] & 0xFFFFFFFF


def _own_ranks(plan: Plan, columns: Columns, found: Candidates, share: int) -> Ranks:
    """The rows of a share's subjects, with its own numbers."""
    names, numbers = Names(), {id_: number for number, id_ in enumerate(industry_ids(columns).tolist())}
    numbers_of(names, found.names)
    own = np.flatnonzero(shares_of(names, plan.shares) == share)
    ranks = chosen(found.ranks, np.flatnonzero(np.isin(found.ranks.subject, own)))
    subjects = numbers_of(columns.subjects, bytes_of(names, own))
    industry, of_subject = (
        np.array([numbers[id_] for id_ in ids.tolist()], np.int64) for ids in (ranks.industry, ranks.own)
    )
    subject = subjects[np.searchsorted(own, ranks.subject)]
    return ranks._replace(subject=subject, industry=industry, own=of_subject)


def _kept(state: Share, reaches: Iterable[Reach]) -> Kept:
    """What other shares told of their hashtags, where related ones are measured and named."""
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
