"""Owns the search of kept editions for people and posts that must not be in any."""

import re
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from trendwire.editions.catalog import Catalog
from trendwire.editions.document import SQL, open_finished, unpack

_NAME = re.compile(rb'"(?:username|author)":"((?:[^"\\]|\\.)*)"')
_TEXT = re.compile(rb'"([^"\\\s]{1,64})"')


def holding(home: Path, names: Collection[str], posts: Collection[str]) -> tuple[int, ...]:
    """The numbers of the kept editions that name one of these creators (in any case) or posts.

    Each file is read to the first document that does. A damaged edition cannot be searched, and counts as one
    that does.
    """
    catalog, wanted = Catalog(home), _Wanted(names, posts)
    return tuple(
        record.number
        for record in catalog.records()
        if record.kept
        and (catalog.fault(record) is not None or any(map(wanted.is_in_file, catalog.files(record))))
    )


class _Wanted:
    """Who and what is looked for."""

    def __init__(self, names: Collection[str], posts: Collection[str]) -> None:
        self._names = {name.lower().encode() for name in names}
        self._ids = {post.encode() for post in posts}

    def is_in_file(self, path: Path) -> bool:
        """Whether a document of an edition's file, or of its details, names it."""
        with closing(open_finished(path)) as connection:
            return any(
                self._is_in(unpack(row[-1]))
                for statement in ("all_charts", "all_subjects")
                for row in connection.execute(SQL[statement])
            )

    def _is_in(self, document: bytes) -> bool:
        if not self._names.isdisjoint(name.lower() for name in _NAME.findall(document)):
            return True
        return bool(self._ids) and not self._ids.isdisjoint(_TEXT.findall(document))
