"""What every source gives: batches of raw rows, each with where it came from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from trendwire.errors import BadFile
from trendwire.facts.quarantine import Refused
from trendwire.sources.reading.mapping import ColumnMap

ROWS_AT_ONCE = 25_000
BYTES_AT_ONCE = 12 << 20
"""How much one batch holds at most, and one row more."""

RawRow = tuple[int, bytes | object]
"""Line (or row) number from 1, and the row: its JSON as bytes, or an object already decoded."""


@dataclass(slots=True)
class RawBatch:
    """Some rows of one source, in order, and those of them already refused. `done`: share read, 0 to 1.

    `columns`: where the user says that fields stand.
    """

    rows: list[RawRow] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    done: float = 0.0
    columns: ColumnMap | None = None


class Source(Protocol):
    """Anything that rows come from. `name` is shown; `origin` is what the facts remember."""

    @property
    def name(self) -> str: ...

    @property
    def origin(self) -> str: ...

    def batches(self) -> Iterator[RawBatch]:
        """All rows. BadFile, at any moment, says why no more come; those given before it count."""
        ...


@dataclass(frozen=True, slots=True)
class RowSource:
    """Rows that are made in this process. `total`: how many are to come, for progress."""

    name: str
    origin: str
    rows: Iterable[dict[str, object]]
    total: int = 0

    def batches(self) -> Iterator[RawBatch]:
        given = 0
        for batch in in_batches(enumerate(self.rows, 1)):
            given += len(batch.rows)
            batch.done = min(1.0, given / self.total) if self.total else 0.0
            yield batch


def in_batches(rows: Iterable[RawRow | Refused]) -> Iterator[RawBatch]:
    """Rows in batches; where they break off by a BadFile, those before it come first."""
    batch, size = RawBatch(), 0
    try:
        for row in rows:
            if isinstance(row, Refused):
                batch.refused.append(row)
                size += len(row.row)
            else:
                batch.rows.append(row)
                size += len(row[1]) if isinstance(row[1], bytes) else 0
            if len(batch.rows) + len(batch.refused) >= ROWS_AT_ONCE or size >= BYTES_AT_ONCE:
                yield batch
                batch, size = RawBatch(), 0
    except BadFile:
        if batch.rows or batch.refused:
            yield batch
        raise
    if batch.rows or batch.refused:
        yield batch
