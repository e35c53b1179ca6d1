"""One subject in one region and period, put together for its page. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trendwire.domain.charts import CHART_SIZE, ChartKey, HashtagEntry, PostLink, SoundEntry
from trendwire.domain.details import Detail, HashtagFacts, PeriodDetail, Related
from trendwire.domain.periods import CHART_PERIODS, buckets, from_epoch_day
from trendwire.domain.queries import ChartPage, ChartQuery, DetailAnswer, DetailQuery
from trendwire.domain.taxonomy import countries, industries, interests
from trendwire.editions import Edition
from trendwire.errors import NotFound
from trendwire.web.explorer.asked import Asked
from trendwire.web.explorer.drawings import Series
from trendwire.web.explorer.rows import identity, sound_name
from trendwire.web.explorer.tables import Table
from trendwire.web.reasons import Explanation, explanation

_AGES = {3: "18 to 24", 4: "25 to 34", 5: "35 and older"}

MOST_REGIONS = 12
"""Regions listed beside a subject, those with most views first."""

Bars = Sequence[tuple[str, int]]
"""Names and whole numbers, highest first."""


@dataclass(frozen=True, slots=True)
class Subject:
    """`row`: its row in the chart of the region and period, None if it is not charted there.

    `why` is None for periods without charts. `regions`: (code, name, posts, views) in the window.
    """

    name: str
    beside: str
    detail: Detail
    over: PeriodDetail
    row: HashtagEntry | SoundEntry | None
    why: Explanation | None
    posts: int
    views: int
    first_day: date | None
    popular_days: int
    popularity: int
    labels: tuple[date, ...]
    series: Series
    ages: Bars
    countries: Bars
    interests: Bars
    related: Sequence[Related]
    top_posts: Sequence[PostLink]
    regions: Sequence[tuple[str, str, int, int]]


def subject(asked: Asked, edition: Edition) -> Subject:
    """What an edition knows of the subject asked for. Raises NotFound."""
    detail = edition.detail(asked.kind, asked.name)
    if detail is None:
        raise NotFound(asked.kind.value, subject=asked.name)
    region = detail.region(asked.region)
    over = region.period(asked.period)
    name, beside = _named(detail)
    page = _chart(asked, edition)
    return Subject(
        name=name,
        beside=beside,
        detail=detail,
        over=over,
        row=_row(page, asked.name),
        why=_why(asked, edition, detail, page),
        posts=region.posts_over(asked.period, edition.as_of),
        views=region.views_over(asked.period, edition.as_of),
        first_day=None if region.first_day is None else from_epoch_day(region.first_day),
        popular_days=region.popular_days,
        popularity=region.popularity(asked.period, edition.as_of),
        labels=labels(asked.period, edition.as_of),
        series=Series(name, region.curve(asked.period, edition.as_of)),
        ages=[(_AGES[level], share) for level, share in over.ages if level in _AGES],
        countries=[(countries()[code].name, index) for code, index in over.countries if code in countries()],
        interests=[(interests()[one], index) for one, index in over.interests if one in interests()],
        related=over.related,
        top_posts=region.top_posts(asked.period),
        regions=_regions(detail, asked.period, edition.as_of),
    )


def labels(period: int, as_of: date) -> tuple[date, ...]:
    """The days below the curve of a period."""
    return tuple(bucket.label for bucket in buckets(period, as_of))


def curve_table(found: Subject, told: Mapping[str, object]) -> Table:
    """The curve for machines: views gained, and the same as a part of the largest."""
    best = max(found.series.values, default=0)
    return Table(
        {"date": "DATE", "views": "BIGINT", "part_of_largest": "DOUBLE"},
        [
            (label.isoformat(), value, round(value / best, 4) if best else 0.0)
            for label, value in zip(found.labels, found.series.values, strict=True)
        ],
        told,
    )


def compared(asked: Asked, edition: Edition) -> list[tuple[str, str, int, int, Series]]:
    """(identity, name, posts, views, curve) of each subject asked for. Raises NotFound for an unknown one."""
    found = []
    for one in asked.names:
        detail = edition.detail(asked.kind, one, asked.region)
        if detail is None:
            raise NotFound(f"{asked.kind.value} {one!r}", subject=one)
        region, (name, _) = detail.region(asked.region), _named(detail)
        curve = Series(name, region.curve(asked.period, edition.as_of))
        posts = region.posts_over(asked.period, edition.as_of)
        found.append((one, name, posts, region.views_over(asked.period, edition.as_of), curve))
    return found


def _named(detail: Detail) -> tuple[str, str]:
    facts = detail.facts
    if isinstance(facts, HashtagFacts):
        known = industries().get(facts.industry or 0)
        return f"#{facts.name}", known.name if known else ""
    return sound_name(facts.title, facts.clip_id), facts.author or ""


def _chart(asked: Asked, edition: Edition) -> ChartPage | None:
    if asked.period not in CHART_PERIODS:
        return None
    query = ChartQuery(key=ChartKey(asked.kind, asked.period, asked.region), limit=CHART_SIZE)
    entries = edition.chart(query.key) or ()
    return ChartPage(
        edition=edition.number, as_of=edition.as_of, query=query, entries=entries, total=len(entries)
    )


def _row(page: ChartPage | None, name: str) -> HashtagEntry | SoundEntry | None:
    for entry in page.entries if page else ():
        if isinstance(entry, HashtagEntry | SoundEntry) and identity(entry) == name:
            return entry
    return None


def _why(asked: Asked, edition: Edition, detail: Detail, page: ChartPage | None) -> Explanation | None:
    if page is None:
        return None
    query = DetailQuery(kind=asked.kind, subject=asked.name, period=asked.period, region=asked.region)
    answer = DetailAnswer(edition=edition.number, as_of=edition.as_of, query=query, detail=detail)
    return explanation(answer, page)


def _regions(detail: Detail, period: int, as_of: date) -> list[tuple[str, str, int, int]]:
    counted = [
        (code, countries()[code].name, region.posts_over(period, as_of), region.views_over(period, as_of))
        for code, region in detail.regions.items()
        if code in countries()
    ]
    return sorted((one for one in counted if one[3]), key=lambda one: (-one[3], one[0]))[:MOST_REGIONS]
