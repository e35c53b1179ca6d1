"""Owns the charts and details of the regions whose charts a source ranked itself (see markets.py).

Moves, days on the chart and what is new come from our own records of its charts and of what was published.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import msgspec

from trendwire.domain.charts import NO_INDUSTRY, ChartKey, HashtagEntry, Kind, SoundEntry
from trendwire.domain.details import PeriodDetail, RegionDetail
from trendwire.domain.periods import CHART_PERIODS
from trendwire.domain.provenance import RECORDED, ChartSource, Provenance, SourceSpan
from trendwire.editions.markets import MOST_AGE, Market, earlier
from trendwire.editions.recorded_rows import Rows, places, ranked
from trendwire.editions.told import Subject, Told, take_all
from trendwire.facts.memberships import Member, Standing
from trendwire.facts.recorded import RecordedChart, read_sound

VERSION = "recorded/1"
"""Of these rules: goes up with whatever changes the numbers that the same facts give."""

HISTORY = max(CHART_PERIODS)
"""Days of our own record that details look back over."""

LISTED_PERIOD = 7
LISTED_DAYS = 365
"""Days on a chart are counted on the chart of this period, over the last year."""

STALE_AFTER = 1
"""Days before the edition's last day that the newest chart may end without being called stale."""


@dataclass(slots=True)
class RecordedContent:
    """What recorded charts add to an edition: rows by key, details by subject and region, where from."""

    charts: dict[ChartKey, tuple[HashtagEntry | SoundEntry, ...]] = field(default_factory=dict)
    subjects: dict[Subject, Told] = field(default_factory=dict)
    details: dict[Subject, dict[str, RegionDetail]] = field(default_factory=dict)
    provenance: dict[str, Provenance] = field(default_factory=dict)

    def members(self) -> Iterator[Member]:
        """Who is in which chart."""
        for key, entries in self.charts.items():
            for entry in entries:
                name = entry.name if isinstance(entry, HashtagEntry) else entry.clip_id
                yield Member(key.text, key.kind.value, key.period, key.region, key.industry, name, entry.rank)


def recorded_content(
    markets: Mapping[str, Market], as_of: date, standing: Standing, engine: str
) -> RecordedContent:
    """Everything that an edition of `as_of` serves of these regions. `engine`: the version that makes it."""
    made = RecordedContent()
    for market in markets.values():
        take_all(_history(market, as_of), as_of, made.subjects)
    for market in markets.values():
        _add(made, market, as_of, standing, engine)
    return made


def _history(market: Market, as_of: date) -> Iterator[RecordedChart]:
    """What the source told of late; read one by one, as it is much."""
    for one in market.filed:
        if (as_of - one.as_of).days < HISTORY and one.key.kind in (Kind.HASHTAG, Kind.SOUND):
            chart = read_sound(one.path)
            if chart is not None:
                yield chart


def _add(made: RecordedContent, market: Market, as_of: date, standing: Standing, engine: str) -> None:
    daily = _daily(market, made.subjects, standing)
    before = {key: earlier(market, chart) for key, chart in market.charts.items()}
    over: dict[Subject, dict[int, PeriodDetail]] = {}
    for key, chart in market.charts.items():
        rows = Rows(key, as_of, places(before[key]), standing, made.subjects, daily)
        made.charts[key] = tuple(rows.entry(rank, row) for rank, row in enumerate(ranked(chart), 1))
        for row in sorted(chart.rows, key=lambda row: row.rank):
            # the chart of all industries comes first, and its word holds
            over.setdefault((key.kind.value, row.identity), {}).setdefault(key.period, rows.over(row))
    for subject, by_days in daily.items():
        known = {period: told for period, told in over.get(subject, {}).items() if told != PeriodDetail()}
        detail = msgspec.structs.replace(by_days, periods=dict(sorted(known.items())))
        made.details.setdefault(subject, {})[market.region] = detail
    made.provenance[market.region] = _provenance(market, before, as_of, engine)


def _daily(
    market: Market, subjects: Mapping[Subject, Told], standing: Standing
) -> dict[Subject, RegionDetail]:
    """What is known by days of everybody whom the source ever told of."""
    listed = {
        (kind.value, row.identity)
        for kind in (Kind.HASHTAG, Kind.SOUND)
        if (chart := market.charts.get(ChartKey(kind, LISTED_PERIOD, market.region, NO_INDUSTRY)))
        for row in ranked(chart)
    }
    found = {}
    for (kind, identity), told in subjects.items():
        if market.region in told.regions:
            days = told.days(market.region)
            before = standing.listed.get((kind, market.region, identity), 0)
            found[kind, identity] = RegionDetail(
                days=tuple(day for day, _ in days),
                views=tuple(views for _, views in days),
                posts=(0,) * len(days),
                first_day=None,
                popular_days=before + ((kind, identity) in listed),
                periods={},
            )
    return found


def _provenance(
    market: Market, before: Mapping[ChartKey, RecordedChart | None], as_of: date, engine: str
) -> Provenance:
    charts = list(market.charts.values())
    last = max((chart.as_of for chart in charts), default=None)
    return Provenance(
        method=RECORDED,
        transformation=f"trendwire/{engine} {VERSION}",
        sources=_sources(charts),
        charts={key.text: _chart_source(chart, before[key]) for key, chart in market.charts.items()},
        first_day=min((c.as_of - timedelta(days=c.period - 1) for c in charts), default=None),
        last_day=last,
        stale=_stale(last, as_of),
    )


def _sources(charts: Sequence[RecordedChart]) -> tuple[SourceSpan, ...]:
    if not charts:
        return ()
    newest = max(charts, key=lambda chart: (chart.fetched_at, chart.digest))
    return (
        SourceSpan(
            name=newest.source,
            connector=newest.connector,
            rows=sum(len(chart.rows) for chart in charts),
            oldest=min(chart.fetched_at for chart in charts),
            newest=newest.fetched_at,
        ),
    )


def _chart_source(chart: RecordedChart, before: RecordedChart | None) -> ChartSource:
    return ChartSource(
        as_of=chart.as_of,
        fetched_at=chart.fetched_at,
        rows=len(chart.rows),
        complete=chart.complete,
        against=before.as_of if before else None,
    )


def _stale(newest: date | None, as_of: date) -> tuple[str, ...]:
    if newest is None:
        return (f"no chart of the last {MOST_AGE} days can be served",)
    days = (as_of - newest).days
    return (f"the newest chart ends {days} days before the edition",) if days > STALE_AFTER else ()
