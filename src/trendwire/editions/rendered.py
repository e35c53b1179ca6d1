"""Owns reading a lean edition: charts as they are kept, details rendered when somebody asks."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import islice

import msgspec

from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail, HashtagFacts, SoundFacts
from trendwire.domain.periods import epoch_day
from trendwire.domain.records import Factors, PostRecord
from trendwire.editions.catalog import Record
from trendwire.editions.chain import Chain
from trendwire.editions.document import Meta
from trendwire.editions.documents import Section, digest_of, number, subject_key
from trendwire.editions.joined import joined_detail
from trendwire.editions.lean import content_hash, recorded_regions
from trendwire.editions.once import Once
from trendwire.errors import Corrupt

MOST_KEPT = 32
"""Details kept once they are rendered; the one of an evergreen hashtag takes megabytes."""

_FACTORS = msgspec.json.Decoder(Factors)
_DETAIL = msgspec.json.Decoder(Detail)
_DAYS = msgspec.json.Decoder(dict[str, int])
_REACH = msgspec.json.Decoder(dict[str, tuple[int, ...]])
_RECORD = msgspec.json.Decoder(PostRecord)


class Store:
    """What a detail is rendered from: everything that one edition knows of subjects and their posts."""

    def __init__(self, chain: Chain, as_of: date) -> None:
        self._chain = chain
        self.as_of = as_of

    @cached_property
    def factors(self) -> Factors:
        """What all details of the edition have in common."""
        document = self._chain.document(Section.FACTORS, "")
        if document is None:
            raise Corrupt("an edition does not say what its details have in common")
        return _FACTORS.decode(document)

    def facts(self, kind: Kind, identity: str) -> HashtagFacts | SoundFacts | None:
        """What a subject is, without its industry; None for one that nobody knows."""
        return self._chain.facts(kind, identity)

    def posts(self, kind: Kind, identity: str) -> Collection[PostRecord]:
        """The posts of a subject in no order, also of days after `as_of`."""
        return list(self._chain.posts(kind, identity))

    def reach(self, tag: str) -> Mapping[str, Sequence[int]] | None:
        """Region -> distinct creators over each detail period, for hashtags with many posts."""
        document = self._chain.document(Section.REACH, subject_key(Kind.HASHTAG, tag))
        return None if document is None else _REACH.decode(document)

    def listed(self, kind: Kind, identity: str) -> Mapping[str, int]:
        """Region -> days on its chart."""
        document = self._chain.document(Section.LISTED, subject_key(kind, identity))
        return {} if document is None else _DAYS.decode(document)


Renderer = Callable[[Store, Kind, str, str | None], Detail | None]
"""Makes the detail of a subject (in one region, or all) from a store; None where no counted post uses it."""


def no_renderer(_store: Store, _kind: Kind, _identity: str, _region: str | None) -> Detail | None:
    """For readers that ask for no details."""
    raise RuntimeError("these editions were opened without what renders details")


class Lean:
    """A lean edition; any thread may read. One that cannot be read raises Corrupt."""

    def __init__(self, meta: Meta, chain: Chain, render: Renderer) -> None:
        self._meta = meta
        self._chain = chain
        self._render = render
        self._store = Store(chain, meta.record.as_of)
        self._recorded = recorded_regions(meta.provenance)
        self._details: Once[tuple[Kind, str, str | None], Detail | None] = Once(MOST_KEPT)

    def chart(self, key: str) -> bytes | None:
        """The JSON of a chart; None where there is none."""
        return self._chain.document(Section.CHART, key)

    def detail(self, kind: Kind, identity: str, region: str | None) -> Detail | None:
        """See `Edition.detail`: rendered once, whoever asks meanwhile waits for it."""
        whole = self._details.known((kind, identity, None))
        if whole is not None:
            return _cut(whole, region)
        return self._details.get((kind, identity, region), lambda: self._made(kind, identity, region))

    def identities(self, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """See `Edition.identities`."""
        prefix = subject_key(kind, "")
        told = {key.removeprefix(prefix) for key in self._chain.keys(Section.SUBJECT, prefix + beginning)}
        as_of = self._meta.record.as_of
        counted = (
            identity
            for identity in self._chain.identities(kind, beginning)
            if identity not in told and self._chain.is_counted(kind, identity, as_of)
        )
        return tuple(sorted([*islice(counted, most), *told])[:most])

    def says(self, record: Record) -> bool:
        """Whether it holds what the record tells; reads all of it."""
        if not all(segment.is_sound() for segment in self._chain.segments):
            return False
        documents = charts = 0
        for section, key, digest, document in self._chain.newest_documents():
            if digest != digest_of(section, key, document):
                return False
            documents += number(digest)
            charts += section == Section.CHART
        posts, counted = self._summed()
        counted |= set(self._chain.keys(Section.SUBJECT))
        found = content_hash(record.as_of, posts, documents), charts, len(counted)
        return found == (record.content_hash, record.charts, record.subjects)

    def _summed(self) -> tuple[int, set[str]]:
        """What posts and facts add up to, and the subjects with a post that counts."""
        total, used, counted = 0, set[str](), set[str]()
        last = epoch_day(self._meta.record.as_of)
        for text in self._chain.newest_posts():
            total += number(hashlib.sha256(text).digest())
            post = _RECORD.decode(text)
            subjects = _subjects(post)
            used |= subjects
            if post.day <= last:
                counted |= subjects
        for kind, identity, facts in self._chain.newest_facts():
            key = subject_key(kind, identity)
            if key in used:
                total += number(hashlib.sha256(f"{key}/{facts}".encode()).digest())
        return total, counted

    def _made(self, kind: Kind, identity: str, region: str | None) -> Detail | None:
        computed = self._render(self._store, kind, identity, region)
        told = self._chain.document(Section.SUBJECT, subject_key(kind, identity))
        if told is None and not self._recorded:
            return computed
        own = None if told is None else _cut(_DETAIL.decode(told), region)
        return joined_detail(computed, own, self._recorded)


def _cut(detail: Detail, region: str | None) -> Detail:
    """One region of a detail alone."""
    if region is None:
        return detail
    found = detail.regions.get(region)
    return msgspec.structs.replace(detail, regions={} if found is None else {region: found})


def _subjects(post: PostRecord) -> set[str]:
    used = {subject_key(Kind.HASHTAG, tag) for tag in post.tags}
    return used if post.sound is None else used | {subject_key(Kind.SOUND, post.sound)}
