"""Owns the search of kept editions for what must not be in any, and their removal."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from trendwire.editions.catalog import Catalog
from trendwire.editions.document import SQL, open_finished, unpack

Holds = Callable[[bytes], bool]
"""Whether a document holds it."""


def holding(home: Path, holds: Holds) -> tuple[int, ...]:
    """The numbers of the kept editions in which some document holds it; reads all of each to the first."""
    catalog = Catalog(home)
    kept = [record.number for record in catalog.records() if record.kept]
    return tuple(number for number in kept if _is_held(catalog.edition(number), holds))


def _is_held(path: Path, holds: Holds) -> bool:
    with closing(open_finished(path)) as connection:
        return any(
            holds(unpack(row[-1]))
            for statement in ("meta", "all_charts", "all_subjects")
            for row in connection.execute(SQL[statement])
        )
