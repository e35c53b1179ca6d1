"""Owns one build on a cluster: the same documents as `trends.build`, counted elsewhere, written here.

    count (Ibis, on the cluster) -> Parquet in a folder that all see -> load -> ranking, documents, details

The statements that make texts are the embedded engine's own; what they are given is the part of their tables
that they look at, see `shown` and `loading.sql`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from trendwire.domain.periods import DETAIL_PERIODS, LONGEST, epoch_day
from trendwire.domain.provenance import Provenance, computed
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources
from trendwire.statements import named
from trendwire.trends import affinity, details, documents, ranking
from trendwire.trends.build import SIZES, Build
from trendwire.trends.cluster.counting import count
from trendwire.trends.cluster.tables import Tables
from trendwire.trends.execution import Progress, fetched, run_all
from trendwire.trends.ranking import Published

_SQL = named("trendwire.trends.cluster", "loading.sql")

_CHART_TABLES = (
    "subjects",
    "keys",
    "industries",
    "subject_regions",
    "daily",
    "totals",
    "creators",
    "posts",
    "faces",
    "post_views",
    "scopes",
    "ranks",
    "scored",
    "videos",
    "stars",
    "shown_posts",
    "shown_days",
)
_DETAIL_TABLES = (
    "spot_places",
    "spot_uses",
    "ages",
    "promotions",
    "reach",
    "audience_size",
    "pairs",
    "audiences_text",
    "tops",
)
_WRITE_CHARTS = (
    *(name for name in documents.TABLES if name not in ("shown_posts", "shown_days", "faces")),
    "forget",
)
_WRITE_DETAILS = (
    "ages_text",
    "tops_text",
    "covers_text",
    "heat_text",
    "cells",
    "windows_text",
    "counts_text",
    "regions_text",
    "subject_facts",
    "detail_documents",
)


Cluster = Callable[[Path], AbstractContextManager[Tables]]
"""Opens the tables of one build in a folder: see `spark.cluster`."""


@dataclass(frozen=True, slots=True)
class ClusterBuild(Build):
    """The finished documents, of which the cluster told where they come from."""

    folder: Path

    def provenance(self, engine: str) -> dict[str, Provenance]:
        """Where the numbers of each region come from. `engine`: the version that computes."""
        values = {"folder": str(self.folder), "periods": list(DETAIL_PERIODS)}
        rows = partial(fetched, self.connection, values=values)
        return computed(
            rows(_SQL["region_spans"]), rows(_SQL["samples"]), rows(_SQL["origins"]), self.as_of, engine
        )


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
    """As `engine.build.build`; `scratch` and `parts` have the same paths on every machine of the cluster."""
    if not parts:
        raise NotReady("there are no posts yet: run `trendwire ingest FILE...`")
    folder = scratch / "tables"
    folder.mkdir()
    with cluster(folder) as tables:
        count(tables, parts, as_of, progress)
    with duckdb.connect(config=resources.config(scratch)) as connection:
        earlier = [Published(day, path) for day, path in published.items()]
        _write(connection, folder, as_of, earlier, progress)
        charts, subjects = connection.execute(SIZES).fetchall()[0]
        yield ClusterBuild(connection, as_of, parts, charts, subjects, folder)


def _write(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    as_of: date,
    published: Sequence[Published],
    progress: Progress,
) -> None:
    """From the tables of the cluster to memberships, chart documents and detail documents."""
    given = {"folder": str(folder), "as_of": epoch_day(as_of), "longest": LONGEST}
    ranked = ranking.values(as_of, published)
    run = partial(_run, connection)
    run(_SQL, _CHART_TABLES, given)
    moved = ("windows", ranking.history(as_of, published), "listed", "charted", "memberships", "heat")
    run(ranking.SQL, moved, ranked)
    run_all(connection, documents.SQL, _WRITE_CHARTS, documents.values(as_of), partial(progress, "charts"))
    run(details.SQL, ("recent", "nested", "spots"), details.values(as_of))
    run(_SQL, _DETAIL_TABLES, given)
    run(affinity.SQL, ("related", "related_text"), affinity.values())
    run(details.SQL, _WRITE_DETAILS, details.values(as_of))
    progress("details", 1.0)


def _run(
    connection: duckdb.DuckDBPyConnection,
    statements: Mapping[str, str],
    names: tuple[str, ...],
    values: Mapping[str, Any],
) -> None:
    run_all(connection, statements, names, values, lambda _done: None)
