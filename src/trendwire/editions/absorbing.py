"""Owns how overlays become fewer: neighbours are written as one, so that a look-up meets few segments.

An overlay is taken together with those before it while they are smaller than twice what is taken; so each
is at least twice as large as all after it, and there are no more than the logarithm of the base's size. The
base is never touched.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import merge
from itertools import chain as chained
from itertools import groupby

from trendwire.editions.blocks import Listed, PostRow, SubjectRow, numbers_of
from trendwire.editions.catalog import Catalog, Segment, segment_name
from trendwire.editions.chain import HEAD
from trendwire.editions.segments import DocumentRow, OpenSegment, Rows, write
from trendwire.facts.checksums import Checksum, fault
from trendwire.facts.durable import Claimed, claimed

MOST_GROWTH = 2
"""A predecessor is absorbed while it is less than this many times as large as what absorbs it."""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """Neighbouring segments, and the one that says the same; it waits aside to be put in place."""

    absorbed: tuple[Segment, ...]
    by: Segment
    aside: Claimed

    def applied(self, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
        """A chain with the one in the place of the many; unchanged where it does not hold all of them."""
        many = len(self.absorbed)
        for start in range(len(segments) - many + 1):
            if segments[start : start + many] == self.absorbed:
                return (*segments[:start], self.by, *segments[start + many :])
        return segments


def due(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """The newest overlays that should become one; none where they are few."""
    taken, size = list(segments[-1:]), sum(one.size for one in segments[-1:])
    for one in reversed(segments[1:-1]):
        if one.size >= MOST_GROWTH * size:
            break
        taken.insert(0, one)
        size += one.size
    return tuple(taken) if len(taken) > 1 else ()


@contextmanager
def absorbing(catalog: Catalog) -> Iterator[Absorbed | None]:
    """Write the newest overlays of the newest edition as one, aside; None where they are few.

    It needs no lock and may take seconds; `Publisher.adopt` puts the result in place in no time.
    """
    taken = due(catalog.newest_segments())
    if any(fault(catalog.segment(one.name), Checksum(one.sha256), again=True) for one in taken):
        yield None  # what is damaged must not get a checksum that fits
        return
    try:
        opened = [OpenSegment(catalog.segment(one.name), one) for one in taken]
    except FileNotFoundError:  # they went meanwhile
        opened = []
    if not opened:
        yield None
        return
    name = segment_name(catalog.records()[-1].number)
    with claimed(catalog.segment(name)) as aside:
        yield Absorbed(taken, write(aside.path, name, merged(opened)), aside)


def merged(segments: Sequence[OpenSegment]) -> Rows:
    """What neighbouring segments, oldest first, say together."""
    winners: dict[str, int] = {}
    numbers = [dict[int, int]() for _ in segments]
    return Rows(
        posts=_posts(segments, winners, numbers),
        subjects=_subjects(segments, numbers),
        documents=_documents(segments),
        packed=True,
    )


def _posts(
    segments: Sequence[OpenSegment], winners: dict[str, int], numbers: Sequence[dict[int, int]]
) -> Iterator[PostRow]:
    """The newest record of each id under a new number; `numbers` gets the new number for each old one."""
    for segment, renumbered in zip(reversed(segments), reversed(numbers), strict=True):
        for number, text in segment.all_posts():
            id_ = HEAD.decode(text).id
            known = winners.get(id_)
            if known is None:
                known = winners[id_] = len(winners) + 1
                yield known, text.decode()
            renumbered[number] = known


def _subjects(segments: Sequence[OpenSegment], numbers: Sequence[dict[int, int]]) -> Iterator[SubjectRow]:
    """Each subject with its newest facts, and its posts under their new numbers."""
    rows = merge(*(_placed(-place, one) for place, one in enumerate(segments)), key=lambda row: row[:3])
    for (kind, identity), found in groupby(rows, key=lambda row: row[:2]):
        facts, posts = None, set[int]()
        for _, _, place, listed in found:
            facts = listed.facts if facts is None else facts
            posts.update(map(numbers[-place].__getitem__, numbers_of(listed)))
        yield kind, identity, facts, sorted(posts)


def _placed(place: int, segment: OpenSegment) -> Iterator[tuple[str, str, int, Listed]]:
    """Newer segments have smaller places, and come first."""
    return ((kind, listed.identity, place, listed) for kind, listed in segment.all_subjects())


def _documents(segments: Sequence[OpenSegment]) -> Iterator[DocumentRow]:
    """The newest of each key; one that went stays as such, as an older segment may have it."""
    seen: set[tuple[str, str]] = set()
    for row in chained.from_iterable(_newest_first(segments)):
        if row[:2] not in seen:
            seen.add(row[:2])
            yield row


def _newest_first(segments: Sequence[OpenSegment]) -> Iterable[Iterator[DocumentRow]]:
    return (segment.all_documents() for segment in reversed(segments))
