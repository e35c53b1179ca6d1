"""Owns what the segments of a lean edition say together: of each post, fact and document the newest word.

An overlay names, for each post that it replaces, the number under the subjects the post had and those it has:
the newest record of an id tells whether it belongs to the subject.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import merge
from itertools import groupby

import msgspec

from trendwire.domain.charts import Kind
from trendwire.domain.details import HashtagFacts, SoundFacts
from trendwire.domain.periods import epoch_day
from trendwire.domain.records import PostRecord
from trendwire.editions.document import unpack
from trendwire.editions.segments import OpenSegment

_FACTS: msgspec.json.Decoder[HashtagFacts | SoundFacts] = msgspec.json.Decoder(HashtagFacts | SoundFacts)


class PostHead(msgspec.Struct, frozen=True, array_like=True):
    """The first fields of a `PostRecord`, where no more is needed."""

    id: str
    day: int
    region: str | None
    username: str | None


@dataclass(frozen=True, slots=True)
class Chain:
    """The open segments of one edition, oldest first. Any thread may read."""

    segments: Sequence[OpenSegment]

    def document(self, section: str, key: str) -> bytes | None:
        """A document as JSON; None where there is none (any more)."""
        for segment in reversed(self.segments):
            found = segment.document(section, key)
            if found is not None:
                return None if found[0] is None else unpack(found[0])
        return None

    def digest(self, section: str, key: str) -> bytes | None:
        """The digest of a document; None where there is none."""
        for segment in reversed(self.segments):
            found = segment.digest(section, key)
            if found is not None:
                return found[0]
        return None

    def keys(self, section: str, beginning: str = "") -> list[str]:
        """The keys of a section that begin so and have a document, ascending."""
        found: dict[str, bool] = {}
        for segment in self.segments:
            found |= segment.keys(section, beginning, _after(beginning))
        return sorted(key for key, there in found.items() if there)

    def facts(self, kind: Kind, identity: str) -> HashtagFacts | SoundFacts | None:
        """What a subject is, from the newest segment that tells; None for one that nobody knows."""
        for segment in reversed(self.segments):
            found = segment.subject(kind, identity)
            if found is not None and found.facts is not None:
                return _FACTS.decode(found.facts)
        return None

    def posts(self, kind: Kind, identity: str) -> Iterator[PostRecord]:
        """The newest record of each post that belongs to a subject, in no order."""
        seen: set[str] = set()
        for segment in reversed(self.segments):
            found = segment.subject(kind, identity)
            for record in segment.records(found) if found else ():
                if record.id not in seen:
                    seen.add(record.id)
                    if belongs(record, kind, identity):
                        yield record

    def is_counted(self, kind: Kind, identity: str, as_of: date) -> bool:
        """Whether a post of the subject was created until that day."""
        last = epoch_day(as_of)
        return any(record.day <= last for record in self.posts(kind, identity))

    def identities(self, kind: Kind, beginning: str) -> Iterator[str]:
        """Subjects that begin so, ascending, each once, counted or not."""
        end = _after(beginning)
        merged = merge(*(segment.identities(kind, beginning, end) for segment in self.segments))
        return (identity for identity, _ in groupby(merged))

    def newest_posts(self) -> Iterator[bytes]:
        """The newest record of every post, as JSON; reads everything."""
        seen: set[str] = set()
        for segment in reversed(self.segments):
            for _, text in segment.all_posts():
                id_ = HEAD.decode(text).id
                if id_ not in seen:
                    yield text
                    if segment is not self.segments[0]:
                        seen.add(id_)  # a base has each post once

    def newest_facts(self) -> Iterator[tuple[str, str, str]]:
        """Kind, identity and facts of every subject that has any, in order; reads everything."""
        told = merge(*(_placed(place, one) for place, one in enumerate(reversed(self.segments))))
        for _, rows in groupby(told, key=lambda row: row[:2]):
            yield next((kind, identity, facts) for kind, identity, _, facts in rows)

    def newest_documents(self) -> Iterator[tuple[str, str, bytes, bytes]]:
        """Section, key, digest and JSON of every document; reads everything."""
        seen: set[tuple[str, str]] = set()
        for segment in reversed(self.segments):
            for section, key, digest, stored in segment.all_documents():
                if (section, key) not in seen:
                    seen.add((section, key))
                    if digest is not None and stored is not None:
                        yield section, key, digest, unpack(stored)


HEAD = msgspec.json.Decoder(PostHead)


def belongs(record: PostRecord, kind: str, identity: str) -> bool:
    """Whether the post uses the subject."""
    return identity in record.tags if kind == Kind.HASHTAG else identity == record.sound


def _after(beginning: str) -> str:
    """The least text after all that begin so."""
    return f"{beginning}\U0010ffff"


def _placed(place: int, segment: OpenSegment) -> Iterator[tuple[str, str, int, str]]:
    for kind, listed in segment.all_subjects():
        if listed.facts is not None:
            yield kind, listed.identity, place, listed.facts
