"""Owns the search of kept editions for people and posts that must not be in any."""

import re
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path

from trendwire.editions.catalog import Catalog
from trendwire.editions.document import SQL, open_finished, unpack

_NAME = re.compile(rb'"(?:username|author)":"((?:[^"\\]|\\.)*)"')
_TEXT = re.compile(rb'"([^"\\\s]{1,64})"')

Holds = Callable[[bytes], bool]


def holding(home: Path, names: Collection[str], posts: Collection[str]) -> tuple[int, ...]:
    """The numbers of the kept editions that name one of these creators (in any case) or posts.

    It reads each of them to the first that does.
    """
    catalog, holds = Catalog(home), _holds(names, posts)
    kept = [record.number for record in catalog.records() if record.kept]
    return tuple(number for number in kept if _is_held(catalog.edition(number), holds))


def _holds(names: Collection[str], posts: Collection[str]) -> Holds:
    wanted, ids = {name.lower().encode() for name in names}, {post.encode() for post in posts}

    def holds(document: bytes) -> bool:
        if not wanted.isdisjoint(name.lower() for name in _NAME.findall(document)):
            return True
        return bool(ids) and not ids.isdisjoint(_TEXT.findall(document))

    return holds


def _is_held(path: Path, holds: Holds) -> bool:
    with closing(open_finished(path)) as connection:
        return any(
            holds(unpack(row[-1]))
            for statement in ("all_charts", "all_subjects")
            for row in connection.execute(SQL[statement])
        )
