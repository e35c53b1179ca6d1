"""Owns what details are rendered from: the tables of one build as domain/records.py has them.

    records   every post, and which posts each subject has       as large as the facts; changes with a batch
    factors   what all details of one edition have in common     small; changes with every batch
    reach     creators of hashtags with many posts               small

Reads the tables of `rollups`, and of `ranking` scopes, floors, counts and listed. Nothing it gives depends on
how the build numbered its rows, but for the numbers of posts, which only join records to subjects.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.domain.records import Factors, Scope
from trendwire.statements import named
from trendwire.trends import details
from trendwire.trends.execution import fetched, run

SQL = named("trendwire.trends", "records.sql")

REACH_FROM = 50
"""A hashtag with more posts than these has its creators counted for every edition."""

_AT_ONCE = 100_000
"""Posts made at once: what is held in memory."""

_BATCH = 1000
_GROUNDS = (
    "recent",
    "nested",
    "audience_size",
    "known",
    "weights",
    "audience_posts",
    "audience_days",
    "weight_days",
    "overall",
)
_INTERESTS = 1

Posting = tuple[str, str, str, Sequence[int]]
"""Kind, identity, `HashtagFacts` or `SoundFacts` as JSON, and the numbers of its posts."""


@dataclass(slots=True)
class Records:
    """The posts and subjects of a build, to be read once each; then `total` is complete.

    `total`: SHA-256 of every record, and of `<kind>/<identity>/<facts>` of every subject, as numbers, added;
    the same in whatever order they come.
    """

    connection: DuckDBPyConnection
    total: int = 0
    subject_count: int = 0

    def posts(self) -> Iterator[tuple[int, str]]:
        """Numbers and records as JSON, ascending by number."""
        ((first, last),) = fetched(self.connection, SQL["numbers"], {})
        for start in range(first, last + 1, _AT_ONCE):
            values = {"first": start, "last": min(start + _AT_ONCE - 1, last)}
            for number, record in self._rows("records", values):
                self.total += hashed(record)
                yield number, record

    def subjects(self) -> Iterator[Posting]:
        """Ascending by kind and identity."""
        for kind, identity, facts, numbers in self._rows("postings", {}):
            self.total += hashed(f"{kind}/{identity}/{facts}")
            self.subject_count += 1
            yield kind, identity, facts, numbers

    def _rows(self, statement: str, values: Mapping[str, Any]) -> Iterator[Any]:
        cursor = self.connection.cursor().execute(SQL[statement], values or None)
        while batch := cursor.fetchmany(_BATCH):
            yield from batch


def hashed(text: str) -> int:
    """SHA-256 of a text as a number: what is added up over everything that details are rendered from."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest())


def factors(connection: DuckDBPyConnection, as_of: date) -> Factors:
    """What the details of the edition of `as_of` have in common."""
    values = details.values(as_of)
    for name in _GROUNDS:
        run(connection, details.SQL[name], values)
    return factors_of(connection)


def factors_of(connection: DuckDBPyConnection) -> Factors:
    """The same where the tables of `_GROUNDS` are there."""
    return Factors(
        scopes=_scopes(fetched(connection, SQL["scopes"], {"world": WORLD})),
        floors=_floors(fetched(connection, SQL["floors"], {})),
        everyone={region: tuple(counts) for region, counts in fetched(connection, SQL["everyone"], {})},
        overall=_overall(fetched(connection, SQL["overall"], {})),
    )


def reach(connection: DuckDBPyConnection) -> list[tuple[str, str]]:
    """Hashtags with many posts, and the JSON of {region: creators over each detail period}, ascending.

    Between `factors` and `forget`.
    """
    return fetched(connection, SQL["reach"], {"reach_from": REACH_FROM, "world": WORLD})


def forget(connection: DuckDBPyConnection) -> None:
    """Drop what `factors` made on the way."""
    run(connection, SQL["forget_grounds"], {})


def listed(connection: DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Kind, identity and the JSON of {region: days on its chart} of subjects with any, ascending."""
    return fetched(connection, SQL["listed"], {})


def _scopes(rows: list[tuple[Any, ...]]) -> dict[str, dict[int, Scope]]:
    scopes: defaultdict[str, dict[int, Scope]] = defaultdict(dict)
    for region, period, *counts in rows:
        scopes[region][period] = Scope(*counts)
    return dict(scopes)


def _floors(rows: list[tuple[Any, ...]]) -> dict[int, dict[str, int]]:
    floors: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for period, origin, views in rows:
        floors[period][origin] = views
    return dict(floors)


def _overall(
    rows: list[tuple[Any, ...]],
) -> dict[str, dict[int, tuple[dict[str, float], dict[str, float]]]]:
    overall: defaultdict[str, dict[int, tuple[dict[str, float], dict[str, float]]]] = defaultdict(dict)
    for region, span, audience, id_, share in rows:
        overall[region].setdefault(span, ({}, {}))[audience - _INTERESTS][id_] = share
    return dict(overall)
