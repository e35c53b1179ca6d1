"""Owns which source the charts of a region come from, and which of its recorded charts are served.

The rule of a region is one word: `computed`, `recorded`, or `auto`, which takes recorded charts only where no
post of the region was created in the window of the longest chart. A region has one origin for all of its
charts and details; where it is recorded, they are the charts of one source.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from trendwire.domain.charts import WORLD, ChartKey, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.domain.provenance import Provenance
from trendwire.domain.taxonomy import countries
from trendwire.errors import InvalidInput
from trendwire.facts.recorded import Filed, RecordedChart, read_sound

MOST_AGE = 7
"""Days before the edition's last day that a recorded chart may end and still be served."""

TOLERANCE = {7: 2, 30: 5, 120: 15}
"""By period: how many days off a chart may be that stands for the one of the preceding window."""

DEFAULT = "default"
"""In a mapping of rules: the rule of all regions that it does not name."""


class Rule(StrEnum):
    AUTO = "auto"
    COMPUTED = "computed"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Market:
    """A region whose charts are recorded: its source (None: no chart may be served) and the charts, by key.

    `filed`: everything that this source ever told of the region until the edition's day, ascending by day.
    """

    region: str
    source: str | None
    charts: Mapping[ChartKey, RecordedChart]
    filed: tuple[Filed, ...]


def rules(given: Mapping[str, str]) -> dict[str, Rule]:
    """Rules by region. Raises InvalidInput for what is no rule, or of no region."""
    return {_region(name): _rule(name, word) for name, word in given.items()}


def markets(
    filed: Mapping[str, list[Filed]],
    as_of: date,
    given: Mapping[str, Rule],
    computed: Mapping[str, Provenance],
) -> dict[str, Market]:
    """The regions whose charts are recorded. `computed`: what is known of those that have posts."""
    default = given.get(DEFAULT, Rule.AUTO)
    found = {}
    for region in sorted((filed.keys() | given.keys() | computed.keys()) - {DEFAULT}):
        rule = given.get(region, default)
        if rule is Rule.COMPUTED or (rule is Rule.AUTO and _posted(computed.get(region))):
            continue
        market = _market(region, [one for one in filed.get(region, ()) if one.as_of <= as_of], as_of)
        if market.source is not None or rule is Rule.RECORDED:
            found[region] = market
    return found


def best(charts: Iterable[RecordedChart]) -> RecordedChart | None:
    """Of charts with one key the one to serve: complete before broken off, then the newest; never an empty
    one.
    """
    return max((chart for chart in charts if chart.rows), key=_merit, default=None)


def earlier(market: Market, chart: RecordedChart) -> RecordedChart | None:
    """The record of the same chart a period ago, or closest to that day within TOLERANCE.

    Where the record has a gap there, the newest before it; None where it does not reach back so far.
    """
    target = chart.as_of - timedelta(days=chart.period)
    days = {one.as_of for one in market.filed if one.key == chart.key}
    for day in _preferred(days, target, TOLERANCE[chart.period]):
        told = [read_sound(one.path) for one in market.filed if (one.as_of, one.key) == (day, chart.key)]
        found = best(one for one in told if one is not None and one.complete)
        if found is not None:
            return found
    return None


def _preferred(days: Collection[date], target: date, tolerance: int) -> list[date]:
    near = [day for day in days if abs(day - target).days <= tolerance]
    before = [day for day in days if (target - day).days > tolerance]
    return [*sorted(near, key=lambda day: (abs(day - target), day)), *sorted(before, reverse=True)]


def _posted(known: Provenance | None) -> bool:
    sample = known.samples.get(max(CHART_PERIODS)) if known else None
    return sample is not None and sample.posts > 0


def _market(region: str, filed: list[Filed], as_of: date) -> Market:
    told: dict[str, dict[ChartKey, list[RecordedChart]]] = {}
    for one in filed:
        if (as_of - one.as_of).days > MOST_AGE or not _servable(one.key):
            continue
        chart = read_sound(one.path)
        if chart is not None:
            told.setdefault(one.source, {}).setdefault(one.key, []).append(chart)
    served = {source: _served(by_key) for source, by_key in told.items()}
    source = min((name for name in served if served[name]), key=lambda n: (-len(served[n]), n), default=None)
    if source is None:
        return Market(region, None, {}, ())
    return Market(region, source, served[source], tuple(one for one in filed if one.source == source))


def _served(told: Mapping[ChartKey, list[RecordedChart]]) -> dict[ChartKey, RecordedChart]:
    found = {key: best(told[key]) for key in sorted(told)}
    return {key: chart for key, chart in found.items() if chart is not None}


def _servable(key: ChartKey) -> bool:
    return key.kind in (Kind.HASHTAG, Kind.SOUND) and key.period in CHART_PERIODS


def _merit(chart: RecordedChart) -> tuple[object, ...]:
    return chart.complete, chart.as_of, chart.fetched_at, chart.digest


def _region(name: str) -> str:
    if name not in (DEFAULT, WORLD) and name not in countries():
        raise InvalidInput(
            f"markets.{name}", f"must be an ISO 3166-1 alpha-2 code in capitals, {WORLD} or {DEFAULT}"
        )
    return name


def _rule(name: str, word: str) -> Rule:
    try:
        return Rule(word)
    except ValueError:
        raise InvalidInput(f"markets.{name}", f"must be one of {', '.join(Rule)}") from None
