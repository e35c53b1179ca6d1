"""What connectors of hosted trend APIs share: which charts to ask for, page by page, and their details.

A page of such a connector is one whole chart, asked for in as many requests as it has pages: a chart that was
cut off is never kept, and no chart is put together from two runs. Each service is a subclass that says how it
is called; the rows are those of `wire_rows`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from trendwire.domain.charts import CHART_SIZE, NO_INDUSTRY, WORLD, ChartKey, Kind
from trendwire.domain.taxonomy import industries, region_code
from trendwire.errors import SourceError
from trendwire.facts.quarantine import Refused
from trendwire.facts.recorded import RecordedChart, RecordedRow
from trendwire.sources import fields, rounds
from trendwire.sources.connector import Call, Cursor, Fetch, Options, Page, Quota
from trendwire.sources.replies import list_in, opened
from trendwire.sources.wire_rows import READERS, check_known, read_rows, refusal, said_region

LISTS = {Kind.HASHTAG: ("list",), Kind.SOUND: ("sound_list", "list")}
DETAILS = {Kind.HASHTAG: "info", Kind.SOUND: "sound"}

_NOT_FOUND = 404
_DAILY = (7, 30)


KINDS = Meta(description="What charts are of.")
REGIONS = Meta(description="ISO 3166-1 alpha-2 codes; `ALL` is the whole world, where the source has it.")
PERIODS = Meta(description="Days that a chart counts.")
INDUSTRIES = Meta(description="First-level industry ids, for hashtags; 0 is the chart of all.")
DETAILED = Meta(description="Of how many subjects from the top of each chart the details are asked for, too.")


class ChartOptions(Options, frozen=True, kw_only=True):
    """A chart of each kind in each region over each period is asked for; of hashtags, in each industry."""

    kinds: Annotated[tuple[Literal["hashtag", "sound"], ...], KINDS] = ("hashtag", "sound")
    regions: Annotated[tuple[str, ...], REGIONS] = ("US",)
    periods: Annotated[tuple[Literal[7, 30, 120], ...], PERIODS] = (7,)
    industries: Annotated[tuple[int, ...], INDUSTRIES] = (NO_INDUSTRY,)
    details: Annotated[int, DETAILED] = 0

    def __post_init__(self) -> None:
        for name in ("kinds", "regions", "periods", "industries"):
            if not getattr(self, name):
                raise ValueError(f"{name} must name at least one")
        check_regions(self.regions, world=True)
        check_industries(self.industries)
        if not 0 <= self.details <= CHART_SIZE:
            raise ValueError(f"details must be 0 to {CHART_SIZE}")


def check_regions(regions: tuple[str, ...], *, world: bool) -> None:
    """ValueError for what is no ISO code in upper case, nor `ALL` where the source has the whole world."""
    for region in regions:
        if region_code(region) != region and not (world and region == WORLD):
            also = f" or {WORLD}" if world else ""
            raise ValueError(f"regions: {region!r} is no ISO 3166 code in upper case{also}")


def check_industries(ids: tuple[int, ...]) -> None:
    for id_ in ids:
        if id_ != NO_INDUSTRY and id_ not in industries():
            raise ValueError(f"industries: {id_} is neither 0 nor a first-level industry id")


def plan(options: ChartOptions) -> list[ChartKey]:
    """The charts asked for, in order."""
    keys = (
        ChartKey(Kind(kind), period, region, industry)
        for region in options.regions
        for period in options.periods
        for kind in options.kinds
        for industry in (options.industries if Kind(kind) is Kind.HASHTAG else (NO_INDUSTRY,))
    )
    return list(dict.fromkeys(keys))


def key_of(part: str) -> ChartKey:
    """The chart key of its text."""
    kind, period, region, industry = part.split("/")
    return ChartKey(Kind(kind), int(period), region, int(industry))


def check_region(raws: Iterable[object], region: str, who: str) -> None:
    """SourceError where a row says that it is of another country than was asked for."""
    for raw in raws:
        told = said_region(raw)
        if told and WORLD not in (told, region) and told != region:
            raise SourceError(f"{who} came for {told}, not for {region}")


def last_day(days: list[date], today: date) -> date:
    """The day that a chart counts up to: the last that its curves tell, else yesterday.

    Curves that go past `today`, by a clock that is wrong, are not believed.
    """
    last, yesterday = max(days, default=today), today - timedelta(days=1)
    return last if last < today else yesterday


@dataclass(slots=True)
class _Chart:
    """A chart as its pages come in. `places`: ranks that were told of, refused rows included."""

    rows: dict[str, RecordedRow] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    places: int = 0
    promised: int = 0
    more: bool = True


class HostedCharts(ABC):
    """A hosted API of charts in the native shape. Subclasses say what is asked for how."""

    kind: ClassVar[str]
    address: ClassVar[str]
    options: ClassVar[type[Options]] = ChartOptions
    secrets: ClassVar[tuple[str, ...]] = ("key",)
    quota: ClassVar[Quota] = Quota()
    rows_a_page: ClassVar[int]

    def __init__(self, name: str, options: Any, secrets: Mapping[str, str]) -> None:
        self.name = name
        self.told: ChartOptions = options
        self.key = secrets["key"]

    @abstractmethod
    def list_call(self, chart: ChartKey, page: int) -> Call:
        """Asks for a page of a chart."""

    @abstractmethod
    def detail_call(self, chart: ChartKey, row: RecordedRow) -> Call | None:
        """Asks for the detail of a row's subject; None where the service has none of that kind."""

    def begin(self, at: datetime, last: Cursor | None) -> Cursor:
        return rounds.begin([key.text for key in plan(self.told)], at, last)

    def page(self, fetch: Fetch, cursor: Cursor) -> Page:
        key = key_of(cursor["todo"][0])
        chart, number = _Chart(), 1
        while chart.more and chart.places < CHART_SIZE:
            self._add(chart, key, number, fetch(self.list_call(key, number)))
            number += 1
        listed, details = list(chart.rows.values())[:CHART_SIZE], self.told.details
        detailed = [self._with_detail(fetch, key, row, chart) for row in listed[:details]]
        rows = (*detailed, *listed[details:])
        charts = (self._recorded(key, rows, chart, fetch.at),) if rows else ()
        return Page(charts=charts, refused=chart.refused, cursor=rounds.after(cursor))

    def _add(self, chart: _Chart, key: ChartKey, number: int, reply: object) -> None:
        """Takes a page in. SourceError where it is not the page that was asked for."""
        who = f"{self.name}: page {number} of {key.text}"
        data = opened(reply, who, (self.key,))
        raws = list_in(data, LISTS[key.kind], who)
        rows, refused = read_rows(raws, READERS[key.kind], chart.places + 1, who)
        check_known(rows, refused, who)
        check_region(raws, key.region, who)
        new = {row.identity: row for row in rows if row.identity not in chart.rows}
        _check_page(chart, rows, bool(new or refused), data, number, who)
        chart.rows |= new
        chart.refused += refused
        chart.places += len(raws)
        self._count(chart, data, len(raws))

    def _count(self, chart: _Chart, data: Mapping[str, Any], given: int) -> None:
        told = data.get("pagination")
        pagination = told if isinstance(told, Mapping) else {}
        total, more = fields.count(pagination.get("total")), fields.flag(pagination.get("has_more"))
        chart.promised = chart.places if total is None else total
        chart.more = given >= self.rows_a_page if more is None else more
        chart.more = chart.more and (total is None or chart.places < total) and given > 0

    def _with_detail(self, fetch: Fetch, key: ChartKey, row: RecordedRow, chart: _Chart) -> RecordedRow:
        """The row with what its detail tells besides; as it is where the service knows no detail of it."""
        call = self.detail_call(key, row)
        if call is None:
            return row
        who = f"{self.name}: the detail of {row.identity}"
        try:
            data = opened(fetch(call), who, (self.key,))
        except SourceError as error:
            if error.status == _NOT_FOUND:
                return row
            raise
        raw = data.get(DETAILS[key.kind])
        found, refused = read_rows([raw], READERS[key.kind], row.rank, who)
        if found and found[0].identity == row.identity:
            return merged(row, found[0])
        chart.refused += refused or [refusal(who, row.rank, "the detail is that of another subject", raw)]
        return row

    def _recorded(
        self, key: ChartKey, rows: tuple[RecordedRow, ...], chart: _Chart, at: datetime
    ) -> RecordedChart:
        days = [row.curve[-1][0] for row in rows if row.curve] if key.period in _DAILY else []
        return RecordedChart(
            source=self.name,
            connector=self.kind,
            fetched_at=int(at.timestamp()),
            as_of=last_day(days, at.date()),
            kind=key.kind,
            period=key.period,
            region=key.region,
            industry=key.industry,
            complete=chart.places >= min(chart.promised, CHART_SIZE),
            rows=rows,
        )


def merged(row: RecordedRow, detail: RecordedRow) -> RecordedRow:
    """The row of a list with what only its detail tells; what the list told stays as it was."""
    told = msgspec.structs.asdict(detail)
    known = msgspec.structs.asdict(row)
    return msgspec.structs.replace(
        row, **{name: value for name, value in told.items() if known[name] in (None, ())}
    )


def _check_page(
    chart: _Chart, rows: list[RecordedRow], new: bool, data: Mapping[str, Any], number: int, who: str
) -> None:
    told = data.get("pagination")
    page = fields.count(told.get("page")) if isinstance(told, Mapping) else None
    if page is not None and page != number:
        raise SourceError(f"{who} came as page {page}")
    if number > 1 and not rows and not new:
        raise SourceError(f"{who} is empty, though the page before said that more rows follow")
    if number > 1 and not new:
        raise SourceError(f"{who} repeats the rows of the pages before")
    if rows and min(row.rank for row in rows) > chart.places + len(rows):
        raise SourceError(f"{who} leaves out the rows behind rank {chart.places}")
