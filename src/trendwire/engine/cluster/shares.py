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
from trendwire.domain.periods import CHART_PERIODS
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
    dealt,
    looked_up,
    numbers_of,
    portable,
    portable_rows,
    shares_of,
    together,
)
from trendwire.engine.cluster.reaches import Reach, kept_of, reaches
from trendwire.engine.cluster.totals import Leading, Settled, Sparse, Totals, name_of, sparse, totals
from trendwire.engine.columns import Columns, ranges
from trendwire.engine.counts import PLACES
from trendwire.engine.details import Around, Details
from trendwire.engine.industries import industry_ids
from trendwire.engine.kinds import text_of
from trendwire.engine.leaders import SPANS
from trendwire.engine.names import Names
from trendwire.engine.origins import Origin, origins
from trendwire.engine.ranks import Ranks, chosen, placed, scored
from trendwire.engine.resolve import Grouped, read, resolved
from trendwire.engine.rows import Rows
from trendwire.engine.state import State
from trendwire.engine.tops import Tops, tops
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Standing

NO_SHARE = -1
_MEMORY_MB = 1024
"""For DuckDB, which reads the parts; what does not fit is written to a folder of the machine."""


class Plan(NamedTuple):
    """What every share is told first. `shares`: how many there are; `regions`: all of them, in order."""

    as_of: int
    shares: int
    regions: tuple[str, ...]


class Candidates(NamedTuple):
    """Rows that may be in charts. `ranks` has numbers of `names` for subjects, ids of industries."""

    ranks: Ranks
    names: Bytes


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

    def _count(self, _threads: int) -> None:
        pass


def read_origins(parts: Sequence[str]) -> list[Origin]:
    """What the rows of some parts were ingested from."""
    with _reading() as connection:
        return origins(connection, parts)


def read_rows(shares: int, parts: Sequence[str]) -> Iterator[tuple[int, PortableRows]]:
    """The rows of some parts, by the share of their post."""
    with _reading() as connection:
        rows = read(connection, parts)
    ids, names = rows.texts["id"], Names()
    numbers = names.numbers(ids.data, ids.offsets, np.arange(len(ids.valid)))
    for share, some in dealt(shares_of(names, shares)[numbers]):
        yield share, portable_rows(rows, some)


def by_creator(plan: Plan, pieces: Iterable[PortableRows]) -> Iterator[tuple[int, Portable]]:
    """From rows to posts, by the share of their creator; of those without one by their own."""
    every = list(pieces)
    if not every:
        return
    columns = _columns(plan)
    columns.add(resolved(Grouped(together(every)), columns))
    ids, creators = columns["ids"], columns["hot"]["creator"]
    texts = looked_up(-2 - ids, shares_of(columns.ids.texts, plan.shares))
    own = np.where(ids >= 0, ids % plan.shares, texts)
    of_creators = looked_up(creators, shares_of(columns.creators, plan.shares))
    shares = np.where(creators >= 0, of_creators, own)
    for share, some in dealt(shares):
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
    for share, some in dealt(shares):
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
    yield from reaches(state, own, plan.shares, by.everyone)


def rendered(
    plan: Plan,
    by: Settled,
    found: Candidates,
    standing: Standing,
    share: int,
    pieces: Iterable[Portable | Reach],
) -> Iterator[Row | Document]:
    """The rows and the details of some subjects."""
    columns, told = _columns(plan), list[Reach]()
    for piece in pieces:
        if isinstance(piece, Portable):
            add(columns, piece)
        else:
            told.append(piece)
    state = _state(plan, columns, by)
    state.given.put(columns, np.arange(len(columns), dtype=np.int32), plan.as_of)
    none = tops(PLACES * SPANS, CHART_SIZE)
    charts = Charts(state, standing, found=Found(_own_ranks(plan, columns, found, share), none, none))
    for key in charts.keys:
        for name, entry in zip(charts.names(key), charts.entries(key), strict=True):
            yield Row(key, entry.rank, name, text(entry))
    around = Around(by.everyone, kept_of(state, told))
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
        state.audiences.overall = by.of_all
    return state


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
