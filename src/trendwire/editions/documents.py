"""Owns which documents of a lean edition changed, and the sum that tells what all of them are.

The sum adds, modulo 2**256, a SHA-256 of each document under its section and key: a change costs what
changed, and the same documents give the same sum however they came about.
"""

import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

from trendwire.editions.chain import Chain
from trendwire.editions.document import pack
from trendwire.editions.segments import DocumentRow

SUMS = 1 << 256
"""Sums are taken modulo this."""


_THREADS = 4
_LOT = 1_000_000
"""Bytes of documents that a thread takes at once."""

_OVERHEAD = 100
"""Bytes that a document counts beside its own."""


class Section(StrEnum):
    """What a document is about. Keys: of a chart its text, of the next three those of a subject."""

    CHART = "chart"
    SUBJECT = "subject"
    LISTED = "listed"
    REACH = "reach"
    FACTORS = "factors"


Change = tuple[Section, str, str | None]
"""Section, key, JSON; None for a document that went."""


_Look = tuple[Section, str, bytes | None, bytes | None, bytes | None]
"""Section, key, the digest that was, the one that is, and the document as it is stored, if it changed."""


@dataclass(slots=True)
class Tally:
    """Counted along the way: the sum over all documents, the number of charts, what happened to regions."""

    total: int = 0
    charts: int = 0
    regions: set[str] = field(default_factory=set)
    went: bool = False

    def take(self, section: Section, key: str, old: bytes | None, new: bytes | None) -> None:
        """Take note of one change."""
        self.total = (self.total + number(new) - number(old)) % SUMS
        if section is Section.CHART:
            self.charts += (new is not None) - (old is not None)
            if new is None:
                self.went = True
            else:
                self.regions.add(region_of(key))


def subject_key(kind: str, identity: str) -> str:
    """The key of a document about a hashtag or sound."""
    return f"{kind}/{identity}"


def region_of(chart: str) -> str:
    """The region in the key of a chart."""
    return chart.split("/")[2]


def digest_of(section: str, key: str, document: bytes) -> bytes:
    """SHA-256 of a document in its place."""
    sha = hashlib.sha256(f"{section}/{key}\n".encode())
    sha.update(document)
    return sha.digest()


def number(digest: bytes | None) -> int:
    """What a digest adds to a sum."""
    return 0 if digest is None else int.from_bytes(digest, "big")


def changed(
    changes: Iterable[Change], complete: Collection[Section], before: Chain, tally: Tally
) -> Iterator[DocumentRow]:
    """The rows of those that are not what they were. What `complete` sections do not name, went."""
    waiting = {section: set(before.keys(section)) for section in complete}
    for section, key, old, new, stored in _looked_at(changes, before):
        waiting.get(section, set()).discard(key)
        if new != old:
            tally.take(section, key, old, new)
            yield section, key, new, stored
    for section, keys in waiting.items():
        for key in sorted(keys):
            tally.take(section, key, before.digest(section, key), None)
            yield section, key, None, None


def _looked_at(changes: Iterable[Change], before: Chain) -> Iterator[_Look]:
    """Each change beside what was. Hashing and packing hold no interpreter: threads do it, in order."""
    pending: deque[Future[list[_Look]]] = deque()
    with ThreadPoolExecutor(_THREADS, "documents") as threads:
        for lot in _lots(changes):
            pending.append(threads.submit(lambda lot: [_look(one, before) for one in lot], lot))
            if len(pending) > _THREADS:
                yield from pending.popleft().result()
        for future in pending:
            yield from future.result()


def _look(change: Change, before: Chain) -> _Look:
    section, key, text = change
    document = None if text is None else text.encode()
    new = None if document is None else digest_of(section, key, document)
    old = before.digest(section, key)
    return section, key, old, new, None if document is None or new == old else pack(document)


def _lots(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """Changes in lots of about the same size."""
    lot, size = list[Change](), 0
    for change in changes:
        lot.append(change)
        size += len(change[2] or "") + _OVERHEAD
        if size > _LOT:
            yield lot
            lot, size = [], 0
    yield lot
