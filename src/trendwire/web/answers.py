"""From a canonical query to a canonical answer, read from one edition. Pure: no clock, no dialect.

A query is answered whole from one edition: the pinned one, or the one that is current when it begins.
"""

from functools import partial

from trendwire.domain.charts import WORLD, Entry, HashtagEntry, SoundEntry
from trendwire.domain.queries import (
    Answer,
    ChartPage,
    ChartQuery,
    DetailAnswer,
    DetailQuery,
    Query,
    VocabularyAnswer,
)
from trendwire.editions import Edition, Editions
from trendwire.errors import NotFound

_WIRE_NAME = {"hashtag": "hashtag", "sound": "music"}


def answer(query: Query, editions: Editions) -> Answer:
    """The answer to one query.

    Raises NotReady (nothing published), NotFound (no such edition or subject), Gone (edition not kept).
    """
    return editions.read(query.edition, partial(answer_from, query))


def edition_of(query: Query, editions: Editions) -> Edition:
    """The edition that answers a query. Raises NotReady, NotFound, Gone as `answer` does."""
    return editions.current() if query.edition is None else editions.at(query.edition)


def answer_from(query: Query, edition: Edition) -> Answer:
    """The answer of one edition. Raises NotFound (no such subject), Gone (its details are not kept)."""
    if isinstance(query, ChartQuery):
        return chart_page(query, edition)
    if isinstance(query, DetailQuery):
        return _detail(query, edition)
    return VocabularyAnswer(
        edition=edition.number,
        as_of=edition.as_of,
        regions=tuple(edition.regions),
        data_source=edition.data_source(WORLD),
    )


def chart_page(query: ChartQuery, edition: Edition) -> ChartPage:
    """One page of the rows that pass the filters; ranks stay those of the chart, `total` counts the kept."""
    kept = [entry for entry in edition.chart(query.key) or () if _passes(entry, query)]
    start = (query.page - 1) * query.limit
    return ChartPage(
        edition=edition.number,
        as_of=edition.as_of,
        query=query,
        entries=tuple(kept[start : start + query.limit]),
        total=len(kept),
        data_source=edition.data_source(query.key.region),
    )


def _detail(query: DetailQuery, edition: Edition) -> DetailAnswer:
    detail = edition.detail(query.kind, query.subject, query.region)
    if detail is None:
        raise NotFound(_WIRE_NAME[query.kind], subject=query.subject, edition=edition.number)
    return DetailAnswer(
        edition=edition.number,
        as_of=edition.as_of,
        query=query,
        detail=detail,
        data_source=edition.data_source(query.region),
    )


def _passes(entry: Entry, query: ChartQuery) -> bool:
    """Filters that an entry has no field for keep nothing out."""
    if query.new_only and isinstance(entry, HashtagEntry | SoundEntry) and not entry.first_time:
        return False
    if not isinstance(entry, SoundEntry):
        return True
    if query.commercial_only and entry.commercial is not True:
        return False
    return query.keyword is None or _holds(entry, query.keyword.casefold())


def _holds(sound: SoundEntry, keyword: str) -> bool:
    return any(keyword in (text or "").casefold() for text in (sound.title, sound.author))
