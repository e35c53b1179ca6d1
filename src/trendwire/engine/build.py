"""Owns one build: from Parquet parts of facts to all charts and details of one as_of, as JSON documents.

Same facts, same as_of, same earlier memberships: the same documents byte for byte, whatever the order,
split or repetition of the parts.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import epoch_day
from trendwire.domain.provenance import Provenance, computed
from trendwire.engine import compiling, provenance
from trendwire.engine.attributes import Attributes
from trendwire.engine.charts import LISTED_DAYS, LISTED_PERIOD, Charts
from trendwire.engine.columns import ranges
from trendwire.engine.details import Details
from trendwire.engine.origins import origins
from trendwire.engine.state import State, rebuilt
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import standing_of, write_rows
from trendwire.statements import named

Progress = Callable[[str, float], None]
"""Told what is being made and which share (0..1) of that stage is done."""

_SQL = named("trendwire.engine", "build.sql")

_BATCH = 1000
"""Documents made at once: a few megabytes."""

_EXPONENT = re.compile(r'"heat":[\d.]+e')


_NO_COVERS = ',"covers":{}'
"""Left out of documents since the first edition: with it, hashes of the same charts would be others."""


@dataclass(frozen=True, slots=True)
class Build:
    """The charts and details of one state, made when they are asked for."""

    connection: duckdb.DuckDBPyConnection
    parts: Sequence[Path]
    as_of: date
    state: State
    shown: Charts
    progress: Progress

    def charts(self) -> Iterator[tuple[str, str]]:
        """`ChartKey.text` and JSON list of entries, ascending by key; empty charts are left out."""
        made = ((key.text, text(self.shown.entries(key))) for key in self.shown.keys)
        watched = _watched(made, len(self.shown.keys), partial(self.progress, "charts"))
        return as_written(self.connection, watched)

    def subjects(self) -> Iterator[tuple[str, str, str]]:
        """Kind, identity and JSON of `domain.details.Detail`, ascending by kind and identity."""
        subjects = in_order(self.state)
        made = documents(Details(self.state, self.shown), self.shown.attributes, subjects)
        watched = _watched(made, len(subjects), partial(self.progress, "details"))
        return as_written(self.connection, watched)

    def provenance(self, engine: str) -> dict[str, Provenance]:
        """Where the numbers of each region come from. `engine`: the version that computes."""
        found = origins(self.connection, [str(part) for part in self.parts])
        spans, samples = provenance.spans(self.state), provenance.samples(self.state)
        return computed(spans, samples, found, self.as_of, engine)

    def write_memberships(self, path: Path) -> None:
        """Write who is in which chart to one Parquet file."""
        write_rows(self.connection, path, self.shown.members())


@contextmanager
def build(
    parts: Sequence[Path],
    as_of: date,
    published: Mapping[date, Path],
    scratch: Path,
    progress: Progress,
    resources: Resources,
) -> Iterator[Build]:
    """Compute everything an edition of `as_of` serves.

    `parts`: Parquet files of fact rows (FACT_COLUMNS), in one folder for each month. `published`: memberships
    of editions published so far; those of `as_of` and later are not looked at. `scratch`: an existing folder
    that takes what reading does not fit into memory; nothing is left in it. Raises NotReady where there are
    no parts.
    """
    if not parts:
        raise NotReady("there are no posts yet: run `trendwire ingest FILE...`")
    compiling.ensure(progress)
    with duckdb.connect(config=resources.config(scratch)) as connection:
        told = partial(progress, "posts")
        state = rebuilt(connection, by_month(parts), epoch_day(as_of), told, resources.thread_count)
        progress("ranking", 0.0)
        regions = [WORLD, *(state.columns.regions[place] for place in range(len(state.columns.regions)))]
        standing = standing_of(connection, published, as_of, regions, LISTED_PERIOD, LISTED_DAYS)
        charts = Charts(state, standing)
        progress("ranking", 1.0)
        yield Build(connection, parts, as_of, state, charts, progress)


def in_order(state: State) -> list[int]:
    """The subjects that a post created until the day uses, by kind and identity."""
    columns = state.columns
    posts = np.flatnonzero(columns["hot"]["day"] <= state.as_of)
    uses = ranges(columns["use_start"][posts], columns["use_count"][posts])
    return sorted(np.unique(columns["use_subject"][uses]).tolist(), key=columns.subjects.raw)


def documents(
    details: Details, attributes: Attributes, subjects: Iterable[int]
) -> Iterator[tuple[str, str, str]]:
    """Kind, identity and document of each subject."""
    for subject in subjects:
        kind, identity = attributes.kind(subject), attributes.identity(subject)
        yield str(kind), identity, text(details.detail(kind, identity)).replace(_NO_COVERS, "")


def as_written(connection: duckdb.DuckDBPyConnection, rows: Iterator[Any]) -> Iterator[Any]:
    """The same rows, whose last value is a document, in the one form in which documents are stored."""
    while batch := list(islice(rows, _BATCH)):
        rare = [number for number, row in enumerate(batch) if _is_ambiguous(row[-1])]
        texts = {"texts": [batch[number][-1] for number in rare]}
        written = connection.execute(_SQL["as_written"], texts).fetchall() if rare else []
        for number, (one,) in zip(rare, written, strict=True):
            batch[number] = (*batch[number][:-1], one)
        yield from batch


def by_month(parts: Iterable[Path]) -> list[list[Path]]:
    """Parts as they lie in the folders of their months, oldest first."""
    months: dict[Path, list[Path]] = {}
    for part in parts:
        months.setdefault(part.parent, []).append(part)
    return [months[month] for month in sorted(months)]


def _is_ambiguous(document: str) -> bool:
    """Whether it holds what libraries write in several ways: control characters, numbers with an exponent."""
    return "\\u00" in document or _EXPONENT.search(document) is not None


def text(document: object) -> str:
    """A document as JSON."""
    return msgspec.json.encode(document).decode()


def _watched(rows: Iterable[Any], count: int, progress: Callable[[float], None]) -> Iterator[Any]:
    """The same rows, telling how far they are."""
    for number, row in enumerate(rows):
        if number % 100 == 0:
            progress(number / count)
        yield row
    progress(1.0)
