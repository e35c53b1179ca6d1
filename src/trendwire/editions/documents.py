"""Owns which documents of a lean edition changed, and the sum that tells what all of them are.

The sum adds, modulo 2**256, a SHA-256 of each document under its section and key: a change costs what
changed, and the same documents give the same sum however they came about.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from trendwire.editions.chain import Chain
from trendwire.editions.document import pack
from trendwire.editions.segments import DocumentRow

SUMS = 1 << 256
"""Sums are taken modulo this."""


class Section(StrEnum):
    """What a document is about. Keys: of a chart its text, of the next three those of a subject."""

    CHART = "chart"
    SUBJECT = "subject"
    LISTED = "listed"
    REACH = "reach"
    FACTORS = "factors"


Change = tuple[Section, str, str | None]
"""Section, key, JSON; None for a document that went."""


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
    for section, key, text in changes:
        waiting.get(section, set()).discard(key)
        document = None if text is None else text.encode()
        new = None if document is None else digest_of(section, key, document)
        yield from _row(section, key, document, new, before, tally)
    for section, keys in waiting.items():
        for key in sorted(keys):
            yield from _row(section, key, None, None, before, tally)


def _row(
    section: Section, key: str, document: bytes | None, new: bytes | None, before: Chain, tally: Tally
) -> Iterator[DocumentRow]:
    old = before.digest(section, key)
    if new != old:
        tally.take(section, key, old, new)
        yield section, key, new, None if document is None else pack(document)
