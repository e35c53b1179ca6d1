"""Owns the search of kept editions for people and posts that must not be in any."""

import re
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from trendwire.editions.catalog import Catalog, Record, Segment
from trendwire.editions.chain import HEAD
from trendwire.editions.document import SQL, open_finished, unpack
from trendwire.editions.segments import OpenSegment

_NAME = re.compile(rb'"(?:username|author)":"((?:[^"\\]|\\.)*)"')
_TEXT = re.compile(rb'"([^"\\\s]{1,64})"')


def holding(home: Path, names: Collection[str], posts: Collection[str]) -> tuple[int, ...]:
    """The numbers of the kept editions that name one of these creators (in any case) or posts.

    A lean one names whoever its segments name, be it in what newer ones replaced. Each file is read once, to
    the first that does. A damaged edition cannot be searched, and counts as one that does.
    """
    catalog, wanted = Catalog(home), _Wanted(names, posts)
    kept = [record for record in catalog.records() if record.kept]
    damaged = {record.number for record in kept if catalog.fault(record) is not None}
    sound = [record for record in kept if record.number not in damaged]
    segments = {one for record in sound for one in record.segments}
    held = {one for one in segments if wanted.is_in_segment(catalog.segment(one.name), one)}
    return tuple(
        record.number
        for record in kept
        if record.number in damaged
        or not held.isdisjoint(record.segments)
        or any(wanted.is_in_file(path) for path in _own_files(catalog, record))
    )


def _own_files(catalog: Catalog, record: Record) -> tuple[Path, ...]:
    return catalog.files(record)[len(record.segments) :]


class _Wanted:
    """Who and what is looked for."""

    def __init__(self, names: Collection[str], posts: Collection[str]) -> None:
        self._names = {name.lower().encode() for name in names}
        self._ids = {post.encode() for post in posts}

    def is_in_file(self, path: Path) -> bool:
        """Whether a document of an edition's own file names it."""
        with closing(open_finished(path)) as connection:
            return any(
                self._is_in(unpack(row[-1]))
                for statement in ("all_charts", "all_subjects")
                for row in connection.execute(SQL[statement])
            )

    def is_in_segment(self, path: Path, segment: Segment) -> bool:
        """Whether a post, a subject or a document of a segment names it."""
        opened = OpenSegment(path, segment)
        return (
            any(self._is_post(record) for _, record in opened.all_posts())
            or any(self._is_in((one.facts or "").encode()) for _, one in opened.all_subjects())
            or any(self._is_in(unpack(stored)) for *_, stored in opened.all_documents() if stored)
        )

    def _is_post(self, record: bytes) -> bool:
        """Whether it is one of the posts, or by one of the creators."""
        head = HEAD.decode(record)
        return head.id.encode() in self._ids or (head.username or "").lower().encode() in self._names

    def _is_in(self, document: bytes) -> bool:
        if not self._names.isdisjoint(name.lower() for name in _NAME.findall(document)):
            return True
        return bool(self._ids) and not self._ids.isdisjoint(_TEXT.findall(document))
