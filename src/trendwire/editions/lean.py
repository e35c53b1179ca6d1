"""Owns the writing of a lean edition: what changed goes into one new segment, and the rest stays where it is.

    editions/segments/<name>.sqlite   posts, subjects and documents that changed, or all of them
    editions/<number>.sqlite          what the edition says of itself, and which segments it is read from

Details are not written at all: read.py renders them from the posts of a subject when somebody asks.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import msgspec

from trendwire.domain.charts import WORLD, Kind
from trendwire.domain.provenance import RECORDED, Provenance
from trendwire.domain.records import Factors
from trendwire.editions.blocks import PostRow, SubjectRow
from trendwire.editions.catalog import Catalog, Record, Segment, segment_name
from trendwire.editions.chain import Chain
from trendwire.editions.document import Meta, Sums, open_finished, stored_meta
from trendwire.editions.documents import SUMS, Change, Section, Tally, changed, region_of, subject_key
from trendwire.editions.joined import recorded_charts, recorded_subjects
from trendwire.editions.recorded import RecordedContent
from trendwire.editions.segments import OpenSegment, Rows, write
from trendwire.errors import Conflict
from trendwire.facts.durable import claimed


@dataclass(frozen=True, slots=True)
class LeanContent:
    """What changed since the edition `after`, or everything where that is None.

    `posts`: (number, `PostRecord` as JSON) ascending. `subjects`: (kind, identity, facts as JSON or None
    where they are as they were, numbers of its posts here) ascending by both; a post that is here is named
    under the subjects it had and those it has. `posts_sum`: SHA-256 of every record (its JSON), and of
    `<kind>/<identity>/<facts>` of every subject that a record names, of the whole edition, added modulo
    2**256. `subject_count`: subjects with a post created until `as_of`, of the whole edition. Both are asked
    for once all posts and subjects were read.
    `charts` (`ChartKey.text`), `listed` (kind, identity) and `reach` (identity): documents as JSON that
    changed, None for those that went; of a section in `complete`, all there are.
    `memberships`, `provenance`: of the whole edition, see `publish.Content`. `recorded`: the
    regions whose charts a source ranked; what is computed of them may be handed over all the same.
    """

    as_of: date
    after: int | None
    posts: Iterable[PostRow]
    subjects: Iterable[SubjectRow]
    posts_sum: Callable[[], int]
    subject_count: Callable[[], int]
    charts: Iterable[tuple[str, str | None]]
    listed: Iterable[tuple[str, str, str | None]]
    reach: Iterable[tuple[str, str | None]]
    factors: Factors
    memberships: Path
    complete: Collection[Section] = ()
    provenance: Mapping[str, Provenance] = field(default_factory=dict)
    recorded: RecordedContent = field(default_factory=RecordedContent)


def write_segment(
    catalog: Catalog, content: LeanContent, number: int, at: datetime, seconds: float, engine: str
) -> Meta:
    """Put the new segment in place; what the edition says of itself. Conflict where `after` is not kept.

    Conflict too where a region has charts of its own again, and the caller does not hand over all charts.
    """
    before = _before(catalog, content)
    segment, tally = _written(catalog, content, number, before)
    posts_sum = content.posts_sum() % SUMS
    segments = (*before.segments, segment)
    chain = Chain([*before.chain.segments, OpenSegment(catalog.segment(segment.name), segment)])
    record = Record(
        number=number,
        as_of=content.as_of,
        content_hash=content_hash(content.as_of, posts_sum, tally.total),
        charts=tally.charts,
        subjects=content.subject_count() + _told_only(content, chain),
        published_at=at,
        seconds=seconds,
        engine=engine,
        segments=segments,
    )
    return Meta(
        record=record,
        regions=_regions(tally, before, chain),
        provenance=dict(sorted((dict(content.provenance) | content.recorded.provenance).items())),
        sums=Sums(f"{posts_sum:x}", f"{tally.total:x}"),
    )


def content_hash(as_of: date, posts: int, documents: int) -> str:
    """Over the day, and the sums of posts with facts and of documents: all that decides an answer."""
    text = f"trendwire lean edition 1 {as_of} {posts % SUMS:064x} {documents % SUMS:064x}"
    return hashlib.sha256(text.encode()).hexdigest()


def recorded_regions(provenance: Mapping[str, Provenance]) -> frozenset[str]:
    """The regions whose charts a source ranked."""
    return frozenset(region for region, known in provenance.items() if known.method == RECORDED)


MOST_OVER_BASE = 0.5
"""Posts in overlays, as a part of those in the base, from which writing a new base is the cheaper way."""


def continuable(catalog: Catalog, recorded: RecordedContent) -> frozenset[int]:
    """The editions that can be `after` one with these regions recorded, without all charts."""
    kept = [record for record in catalog.records() if record.kept and record.segments]
    light = [one for one in kept if not _outgrown(one) and catalog.fault(one) is None]
    return frozenset(one.number for one in light if not _given_back(_meta(catalog, one), recorded))


def _outgrown(record: Record) -> bool:
    base, *overlays = record.segments
    return sum(one.posts for one in overlays) > MOST_OVER_BASE * base.posts


def _meta(catalog: Catalog, record: Record) -> Meta:
    with closing(open_finished(catalog.edition(record.number))) as connection:
        return stored_meta(connection)


def _given_back(meta: Meta, recorded: RecordedContent) -> frozenset[str]:
    """The regions whose charts were recorded, and are computed again."""
    return recorded_regions(meta.provenance) - recorded_regions(recorded.provenance)


@dataclass(frozen=True, slots=True)
class _Before:
    """The edition that was; without any, everything is new."""

    segments: tuple[Segment, ...] = ()
    chain: Chain = field(default_factory=lambda: Chain(()))
    meta: Meta | None = None


def _before(catalog: Catalog, content: LeanContent) -> _Before:
    if content.after is None:
        return _Before()
    kept = [one for one in catalog.records() if one.number == content.after and one.kept and one.segments]
    if not kept:
        raise Conflict(f"edition {content.after} is not there to be continued: everything must be written")
    (record,) = kept
    meta = _meta(catalog, record)
    if _given_back(meta, content.recorded) and Section.CHART not in content.complete:
        raise Conflict("regions have charts of their own again: all charts must be written")
    opened = [OpenSegment(catalog.segment(one.name), one) for one in record.segments]
    return _Before(record.segments, Chain(opened), meta)


def _written(catalog: Catalog, content: LeanContent, number: int, before: _Before) -> tuple[Segment, Tally]:
    meta, name = before.meta, segment_name(number)
    tally = (
        Tally() if meta is None or meta.sums is None else Tally(meta.sums.documents_sum, meta.record.charts)
    )
    changes = _changes(content, before.chain)
    with claimed(catalog.segment(name)) as aside:
        documents = changed(changes, {*content.complete, Section.SUBJECT}, before.chain, tally)
        rows = Rows(content.posts, content.subjects, documents, packed=content.after is None)
        segment = write(aside.path, name, rows)
        aside.place()
    return segment, tally


def _changes(content: LeanContent, before: Chain) -> Iterator[Change]:
    factors = msgspec.to_builtins(content.factors, str_keys=True)  # keys in order, however they were counted
    yield Section.FACTORS, "", msgspec.json.encode(factors, order="deterministic").decode()
    yield from _charts(content, before)
    for kind, identity, document in content.listed:
        yield Section.LISTED, subject_key(kind, identity), document
    for identity, document in content.reach:
        yield Section.REACH, subject_key(Kind.HASHTAG, identity), document
    for kind, identity, document in recorded_subjects(content.recorded):
        yield Section.SUBJECT, subject_key(kind, identity), document


def _charts(content: LeanContent, before: Chain) -> Iterator[Change]:
    """Those computed of regions that no source ranked, and those recorded of the others."""
    regions = content.recorded.provenance.keys()
    for key, document in content.charts:
        if region_of(key) not in regions:
            yield Section.CHART, key, document
    told = dict(recorded_charts(content.recorded))
    for key, document in told.items():
        yield Section.CHART, key, document
    if regions and Section.CHART not in content.complete:
        for key in before.keys(Section.CHART):
            if region_of(key) in regions and key not in told:
                yield Section.CHART, key, None


def _told_only(content: LeanContent, chain: Chain) -> int:
    """How many subjects only a source tells of."""
    told = [(Kind(kind), identity) for kind, identity in content.recorded.details]
    return sum(1 for kind, identity in told if not chain.is_counted(kind, identity, content.as_of))


def _regions(tally: Tally, before: _Before, chain: Chain) -> tuple[str, ...]:
    """Those with charts; what is there is read only where a chart went."""
    if tally.went:
        found = {region_of(key) for key in chain.keys(Section.CHART)}
    else:
        found = tally.regions.union(before.meta.regions if before.meta else ())
    return tuple(sorted(found - {WORLD}))
