"""Owns one build: from Parquet parts of facts to all charts and details of one as_of, in a DuckDB of its own.

    rollups -> ranking -> documents (charts)
                       -> details

Same facts, same as_of, same earlier memberships: the same documents byte for byte, whatever the order,
split or repetition of the parts and the number of threads.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from trendwire.domain.provenance import Provenance
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources
from trendwire.statements import named
from trendwire.trends import details, documents, histories, ranking, rollups
from trendwire.trends.execution import Progress
from trendwire.trends.provenance import provenance
from trendwire.trends.ranking import Published

SQL = named("trendwire.trends", "build.sql")

SIZES = SQL["sizes"]
"""How many charts and subjects a finished build holds."""

_DEFAULT = Resources()

_BATCH = 1000
"""Documents fetched at once: a few megabytes."""


@dataclass(frozen=True, slots=True)
class Build:
    """The finished documents of one as_of, readable while the build is open."""

    connection: duckdb.DuckDBPyConnection
    as_of: date
    parts: Sequence[Path]
    chart_count: int
    subject_count: int

    def provenance(self, engine: str) -> dict[str, Provenance]:
        """Where the numbers of each region come from. `engine`: the version that computes."""
        return provenance(self.connection, self.parts, self.as_of, engine)

    def charts(self) -> Iterator[tuple[str, str]]:
        """`ChartKey.text` and JSON list of entries, ascending by key; empty charts are left out."""
        return self._rows("chart_rows")

    def subjects(self) -> Iterator[tuple[str, str, str]]:
        """Kind, identity and JSON of `domain.details.Detail`, ascending by kind and identity."""
        return self._rows("subject_rows")

    def write_memberships(self, path: Path) -> None:
        """Write who is in which chart (the table `memberships` of `ranking`) to one Parquet file."""
        self.connection.cursor().execute(SQL["write_memberships"], {"path": str(path)})

    def _rows(self, statement: str) -> Iterator[Any]:
        cursor = self.connection.cursor().execute(SQL[statement])
        while batch := cursor.fetchmany(_BATCH):
            yield from batch


@contextmanager
def build(
    parts: Sequence[Path],
    as_of: date,
    published: Mapping[date, Path],
    scratch: Path,
    progress: Progress,
    resources: Resources = _DEFAULT,
) -> Iterator[Build]:
    """Compute everything an edition of `as_of` serves.

    `parts`: Parquet files of fact rows (FACT_COLUMNS). `published`: day -> memberships of the editions
    published so far; those of `as_of` and later are not looked at. `scratch`: an existing folder that takes
    what does not fit into memory; nothing is left in it. Raises NotReady where there are no parts.
    """
    if not parts:
        raise NotReady("there are no posts yet: run `trendwire ingest FILE...`")
    with duckdb.connect(config=resources.config(scratch)) as connection:
        rollups.create(connection, parts, as_of, ranking.ends(as_of), progress)
        earlier = [Published(day, path) for day, path in published.items()]
        ranking.create(connection, as_of, earlier, progress)
        ranking.forget(connection)
        documents.create(connection, as_of, progress)
        histories.create(connection, as_of)
        details.write_tables(connection, as_of, progress)
        charts, subjects = connection.execute(SIZES).fetchall()[0]
        yield Build(connection, as_of, parts, chart_count=charts, subject_count=subjects)
