"""Owns one build on a cluster: the same documents as `engine.build`, made by shares of the posts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial, reduce
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from pyspark import StorageLevel

from trendwire.domain.charts import WORLD, ChartKey
from trendwire.domain.periods import epoch_day
from trendwire.domain.provenance import Provenance, computed
from trendwire.engine import compiling, origins, provenance
from trendwire.engine.build import Progress, as_written
from trendwire.engine.charts import LISTED_DAYS, LISTED_PERIOD
from trendwire.engine.cluster import shares
from trendwire.engine.cluster.portable import bytes_of, numbers_of
from trendwire.engine.cluster.shares import NO_SHARE, Candidates, Document, Plan, Row, share_of
from trendwire.engine.cluster.totals import Sparse, dense, plus, settled, summed
from trendwire.engine.columns import MOST_REGIONS
from trendwire.engine.counts import Parameters
from trendwire.engine.names import Names
from trendwire.engine.origins import Origin
from trendwire.engine.ranks import Ranks, moved, placed
from trendwire.engine.state import State
from trendwire.errors import Conflict, NotReady
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Member, Standing, standing_of, write_rows

SHARE_BYTES = 1 << 26
"""Of facts: a share of the posts is not larger, so that what is made of it fits into a gigabyte or two."""

Cluster = Callable[[], AbstractContextManager[Any]]
"""Gives a SparkContext: see `spark.cluster`."""


@dataclass(frozen=True, slots=True)
class Build:
    """The charts and details of one day; those of subjects stay on the cluster until they are asked for."""

    connection: duckdb.DuckDBPyConnection
    as_of: date
    state: State
    origins: Sequence[Origin]
    rows: Mapping[ChartKey, Sequence[Row]]
    details: Any
    progress: Progress

    def charts(self) -> Iterator[tuple[str, str]]:
        """`ChartKey.text` and JSON list of entries, ascending by key; empty charts are left out."""
        made = ((key.text, f"[{','.join(row.document for row in self.rows[key])}]") for key in self._keys())
        return as_written(self.connection, made)

    def subjects(self) -> Iterator[tuple[str, str, str]]:
        """Kind, identity and JSON of `domain.details.Detail`, ascending by kind and identity."""
        self.progress("details", 0.0)
        for _, told in self.details.sortByKey().toLocalIterator():
            yield told
        self.progress("details", 1.0)

    def provenance(self, engine: str) -> dict[str, Provenance]:
        """Where the numbers of each region come from. `engine`: the version that computes."""
        spans, samples = provenance.spans(self.state), provenance.samples(self.state)
        return computed(spans, samples, self.origins, self.as_of, engine)

    def write_memberships(self, path: Path) -> None:
        """Write who is in which chart to one Parquet file."""
        members = (
            Member(key.text, key.kind, key.period, key.region, key.industry, row.identity, row.rank)
            for key in self._keys()
            for row in self.rows[key]
        )
        write_rows(self.connection, path, members)

    def _keys(self) -> list[ChartKey]:
        return sorted(self.rows, key=lambda key: key.text)


@contextmanager
def build(
    cluster: Cluster,
    parts: Sequence[Path],
    as_of: date,
    published: Mapping[date, Path],
    scratch: Path,
    progress: Progress,
    resources: Resources,
) -> Iterator[Build]:
    """As `engine.build.build`; `parts` have the same paths on every machine of the cluster. `resources`: of
    this one.
    """
    if not parts:
        raise NotReady("there are no posts yet: run `trendwire ingest FILE...`")
    compiling.ensure(progress)
    with cluster() as context, duckdb.connect(config=resources.config(scratch)) as connection:
        stages = Stages(context, parts, epoch_day(as_of), progress)
        standing = standing_of(
            connection, published, as_of, [WORLD, *stages.plan.regions], LISTED_PERIOD, LISTED_DAYS
        )
        state = share_of(stages.plan)
        rows, details = stages.render(state, standing)
        yield Build(connection, as_of, state, stages.origins, rows, details, progress)


class Stages:
    """The steps of a build; each is lazy until something is asked of it."""

    def __init__(self, context: Any, parts: Sequence[Path], as_of: int, progress: Progress) -> None:
        self._progress = progress
        size = sum(part.stat().st_size for part in parts)
        count = max(context.defaultParallelism, -(-size // SHARE_BYTES))
        progress("posts", 0.0)
        groups = grouped(parts, count)
        given = context.parallelize(groups, len(groups))
        self.origins = origins.summed(given.flatMap(shares.read_origins).collect())
        self.plan = Plan(as_of, count, _regions(self.origins))
        rows = self._sent(given.flatMap(partial(shares.read_rows, count)))
        self._creators = self._sent(self._each(rows, shares.by_creator))

    def render(self, state: State, standing: Standing) -> tuple[dict[ChartKey, list[Row]], Any]:
        """The rows of charts, and the details of subjects by their names, where they are made. `state`: takes
        what is counted of all posts, and has none.
        """
        found = self._each(self._creators, shares.counted).treeReduce(summed)
        by = settled(found, state)
        self._progress("posts", 1.0)
        led = self._each(self._creators, shares.led, by, found.leading).collect()
        all_posts = reduce(plus, (one for one in led if isinstance(one, Sparse)))
        by = by._replace(all_posts=dense(all_posts))
        posts = self._sent(self._each(self._creators, shares.by_subject))
        first = self._numbered(posts, shares.candidates, by).persist(StorageLevel.DISK_ONLY)
        ranked = ranked_of(first.filter(_is_for_none).values().collect(), by.parameters)
        told = posts.union(self._sent(first.filter(_is_for_one)))
        self._progress("ranking", 1.0)
        made = self._numbered(told, shares.rendered, by, ranked, _of_ranked(standing, ranked))
        made = made.persist(StorageLevel.DISK_ONLY)
        self._progress("charts", 0.0)
        rows = [one for one in led if isinstance(one, Row)] + made.filter(_is_row).collect()
        return _by_chart(rows), made.filter(_is_document).map(_named)

    def _sent(self, dealt: Any) -> Any:
        """Each to its share."""
        return dealt.partitionBy(self.plan.shares, _own)

    def _each(self, sent: Any, step: Callable[..., Any], *told: Any) -> Any:
        return sent.values().mapPartitions(partial(step, self.plan, *told))

    def _numbered(self, sent: Any, step: Callable[..., Any], *told: Any) -> Any:
        """The same for steps that are told which share theirs is."""
        return sent.values().mapPartitionsWithIndex(partial(step, self.plan, *told))


def grouped(parts: Sequence[Path], most: int) -> list[list[str]]:
    """Parts in groups of about the same size."""
    groups: list[tuple[int, int, list[str]]] = [(0, number, []) for number in range(min(most, len(parts)))]
    for size, path in sorted(((part.stat().st_size, str(part.absolute())) for part in parts), reverse=True):
        taken, number, group = heappop(groups)
        heappush(groups, (taken + size, number, [*group, path]))
    return [sorted(group) for _, _, group in groups]


def ranked_of(found: Iterable[Candidates], by: Parameters) -> Candidates:
    """The charts, from rows of all shares."""
    names, pieces = Names(), list[Ranks]()
    for one in found:
        pieces.append(one.ranks._replace(subject=numbers_of(names, one.names)[one.ranks.subject]))
    rows = Ranks._make(np.concatenate(columns) for columns in zip(*pieces, strict=True))
    ids = np.unique(np.append(rows.industry, 0))
    ranks = moved(placed(rows._replace(industry=np.searchsorted(ids, rows.industry)), names), by)
    used, subject = np.unique(ranks.subject, return_inverse=True)
    return Candidates(ranks._replace(subject=subject, industry=ids[ranks.industry]), bytes_of(names, used))


def _of_ranked(standing: Standing, found: Candidates) -> Standing:
    """Without what is said of those that are in no chart now, which nobody asks for."""
    names = Names()
    known = {names.raw(int(one))[1:].decode() for one in numbers_of(names, found.names)}
    return Standing(frozenset(one for one in standing.stood if one[1] in known), standing.listed)


def _regions(found: Iterable[Origin]) -> tuple[str, ...]:
    regions = tuple(sorted({region for region, *_ in found} - {WORLD}))
    if len(regions) > MOST_REGIONS:
        raise Conflict(f"facts name more than {MOST_REGIONS} regions")
    return regions


def _by_chart(rows: Iterable[Row]) -> dict[ChartKey, list[Row]]:
    charts: dict[ChartKey, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.rank):
        charts.setdefault(row.key, []).append(row)
    return charts


def _own(share: int) -> int:
    return share


def _is_for_none(dealt: tuple[int, Any]) -> bool:
    return dealt[0] == NO_SHARE


def _is_for_one(dealt: tuple[int, Any]) -> bool:
    return dealt[0] != NO_SHARE


def _is_row(made: Row | Document) -> bool:
    return isinstance(made, Row)


def _is_document(made: Row | Document) -> bool:
    return isinstance(made, Document)


def _named(made: Document) -> tuple[bytes, tuple[str, str, str]]:
    return made.name, (made.kind, made.identity, made.document)
