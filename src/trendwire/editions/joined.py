"""Owns how computed and recorded content become one edition: whole regions change hands, never single charts.

A region whose charts are recorded gives up everything computed of it; its details go into the documents of
their subjects, and subjects that no post has get documents of their own. Where no region is recorded, every
document passes unchanged.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from heapq import merge

import msgspec

from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail, HashtagFacts, SoundFacts
from trendwire.editions.recorded import RecordedContent
from trendwire.editions.told import Subject

ChartRow = tuple[str, str]
SubjectRow = tuple[str, str, str]


class _Open(msgspec.Struct, frozen=True):
    """A `Detail` whose regions stay as they are written."""

    facts: HashtagFacts | SoundFacts
    posts_all: int
    views_all: int
    regions: dict[str, msgspec.Raw]


_DETAIL = msgspec.json.Decoder(_Open)


def joined_charts(computed: Iterable[ChartRow], recorded: RecordedContent) -> Iterator[ChartRow]:
    """The charts of both, ascending by key."""
    kept = (row for row in computed if row[0].split("/")[2] not in recorded.provenance)
    return merge(kept, recorded_charts(recorded))


def recorded_charts(recorded: RecordedContent) -> list[ChartRow]:
    """The recorded charts alone, ascending by key."""
    return sorted((key.text, _text(rows)) for key, rows in recorded.charts.items())


def joined_subjects(computed: Iterable[SubjectRow], recorded: RecordedContent) -> Iterator[SubjectRow]:
    """The documents of both, ascending by kind and identity."""
    waiting, regions = deque(sorted(recorded.details)), recorded.provenance.keys()
    for kind, identity, document in computed:
        while waiting and waiting[0] < (kind, identity):
            yield _new(waiting.popleft(), recorded)
        known = waiting.popleft() if waiting and waiting[0] == (kind, identity) else None
        yield kind, identity, _changed(document, known, recorded, regions)
    for subject in waiting:
        yield _new(subject, recorded)


def joined_detail(computed: Detail | None, told: Detail | None, regions: Collection[str]) -> Detail | None:
    """A detail rendered, and what is recorded of the subject: the `regions` that a source ranked are its."""
    if computed is None:
        return told
    kept = {region: detail for region, detail in computed.regions.items() if region not in regions}
    both = kept | (told.regions if told else {})
    return msgspec.structs.replace(computed, regions=dict(sorted(both.items())))


def _changed(
    document: str, subject: Subject | None, recorded: RecordedContent, regions: Collection[str]
) -> str:
    if subject is None and not any(f'"{region}":{{' in document for region in regions):
        return document
    whole = _DETAIL.decode(document)
    kept = {region: text for region, text in whole.regions.items() if region not in regions}
    details = recorded.details[subject] if subject else {}
    told = {region: msgspec.Raw(msgspec.json.encode(detail)) for region, detail in details.items()}
    return _text(msgspec.structs.replace(whole, regions=dict(sorted((kept | told).items()))))


def _new(subject: Subject, recorded: RecordedContent) -> SubjectRow:
    kind, identity = subject
    told = recorded.subjects[subject]
    detail = Detail(
        facts=told.facts(Kind(kind), identity),
        posts_all=told.of("posts_all") or 0,
        views_all=told.of("views_all") or 0,
        regions=dict(sorted(recorded.details[subject].items())),
    )
    return kind, identity, _text(detail)


def _text(document: object) -> str:
    return msgspec.json.encode(document).decode()
