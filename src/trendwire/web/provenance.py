"""GET /v1/provenance: where the numbers of a chart, or of one subject, come from. Free, without a key.

It speaks no dialect: parameters and fields are its own rows here, and an error is said in words.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from trendwire.dialects.parameters import Choice, ClipId, HashtagName, Parameter, Region, Whole
from trendwire.domain.charts import ChartKey, Kind
from trendwire.domain.periods import CHART_PERIODS, DETAIL_PERIODS
from trendwire.domain.provenance import COMPUTED, RECORDED, ChartSource, Provenance, SourceSpan
from trendwire.editions import Edition, Editions
from trendwire.errors import Code, InvalidInput, MissingParameter, NotFound, TrendwireError
from trendwire.web.fields import CROSS_ORIGIN
from trendwire.web.page_cache import Rendered
from trendwire.web.provenance_reply import Chart, Counted, Fetched, Told

PATH = "/v1/provenance"

DEFINITIONS: Mapping[str, str] = {
    COMPUTED: "/docs/guides/explanation/what-the-numbers-mean",
    RECORDED: "/docs/guides/explanation/where-the-numbers-come-from",
}
"""Where it says how numbers are made, by method."""

PARAMETERS = (
    Parameter(
        name="kind",
        means="kind",
        rule=Choice({kind.value: kind for kind in Kind}),
        description="What is charted.",
        example="hashtag",
        required=True,
    ),
    Parameter(
        name="region",
        means="region",
        rule=Region(world="all"),
        description="ISO 3166-1 alpha-2 country code in any case, or `all` for the whole world.",
        example="US",
        default="all",
    ),
    Parameter(
        name="period",
        means="period",
        rule=Choice({str(days): days for days in DETAIL_PERIODS}),
        description="The window in days; of a chart 7, 30 or 120.",
        example="7",
        default="7",
    ),
    Parameter(
        name="name",
        means="name",
        rule=ClipId(),
        description="A hashtag or the clip id of a sound: asks of its detail. Without it: of the chart.",
        example="lanternnight",
    ),
    Parameter(
        name="edition",
        means="edition",
        rule=Whole(),
        description="The number of the edition asked of. Without it: the current one.",
        example="1",
    ),
)

STATUS: Mapping[Code, int] = {
    Code.INVALID_INPUT: 400,
    Code.MISSING_PARAMETER: 400,
    Code.NOT_FOUND: 404,
    Code.GONE: 410,
    Code.NOT_READY: 503,
}
"""Of errors; every other is a 500."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, read and checked."""

    kind: Kind
    region: str
    period: int
    name: str | None = None
    edition: int | None = None


def asked(query_string: str, editions: Editions) -> tuple[object, Callable[[], Rendered]]:
    """What was asked (or in words what is wrong with it), and how its answer is made; neither raises."""
    try:
        found = read(query_string)
    except TrendwireError as error:
        return error.public, partial(_refused, error)
    return found, partial(_answered, found, editions)


def _answered(asked: Asked, editions: Editions) -> Rendered:
    try:
        return _json(editions.read(asked.edition, partial(provenance, asked)), 200)
    except TrendwireError as error:
        return _refused(error)


def _refused(error: TrendwireError) -> Rendered:
    body = {"error": {"code": error.code, "message": error.public}}
    return _json(body, STATUS.get(error.code, 500))


def read(query_string: str) -> Asked:
    """What a query string asks; of a repeated parameter the first counts, an empty one is absent.

    Raises InvalidInput or MissingParameter.
    """
    given = dict(reversed(parse_qsl(query_string)))
    values: dict[str, Any] = {}
    for row in PARAMETERS:
        text = given.get(row.name, "").strip() or row.default
        if text is not None:
            values[row.means] = row.read(text)
        elif row.required:
            raise MissingParameter(row.name)
    return _checked(Asked(**values))


def _checked(asked: Asked) -> Asked:
    if asked.name is None:
        if asked.period not in CHART_PERIODS:
            raise InvalidInput("period", f"of a chart must be one of {', '.join(map(str, CHART_PERIODS))}")
        return asked
    if asked.kind not in (Kind.HASHTAG, Kind.SOUND):
        raise InvalidInput("name", "may be given with kind hashtag or sound only: others have no details")
    if asked.kind is Kind.SOUND:
        return asked
    try:
        return msgspec.structs.replace(asked, name=HashtagName().read(asked.name))
    except ValueError:
        raise InvalidInput("name", HashtagName().accepted) from None


def provenance(asked: Asked, edition: Edition) -> Told:
    """What an edition knows of where its numbers come from. NotFound for a subject that it does not know."""
    known = edition.provenance.get(asked.region)
    if known is None:
        known = Provenance(method=COMPUTED, transformation=f"trendwire/{edition.record.engine}")
    key = ChartKey(asked.kind, asked.period, asked.region)
    chart = known.charts.get(key.text)
    return Told(
        edition=edition.number,
        as_of=edition.as_of,
        published_at=edition.record.published_at,
        kind=asked.kind,
        region=asked.region,
        period=asked.period,
        name=asked.name,
        method=known.method,
        data_source=known.data_source,
        sources=tuple(_fetched(one) for one in known.sources),
        sample=_of_chart(asked, known, chart) if asked.name is None else _of_subject(asked, known, edition),
        chart=_chart(chart),
        transformation=known.transformation,
        first_day=known.first_day,
        last_day=known.last_day,
        stale=known.stale,
        definitions=DEFINITIONS[known.method],
    )


def _of_chart(asked: Asked, known: Provenance, chart: ChartSource | None) -> Counted:
    if known.method == RECORDED:
        return Counted(rows=chart.rows if chart else 0)
    sample = known.samples.get(asked.period)
    return Counted(posts=sample.posts if sample else 0, creators=sample.creators if sample else 0)


def _of_subject(asked: Asked, known: Provenance, edition: Edition) -> Counted:
    detail = edition.detail(asked.kind, asked.name or "", asked.region)
    if detail is None:
        raise NotFound(asked.kind.value, subject=asked.name, edition=edition.number)
    region = detail.region(asked.region)
    if known.method == RECORDED:
        return Counted(days=len(region.days))
    posts, creators = region.posts_over(asked.period, edition.as_of), region.period(asked.period).creators
    return Counted(posts=posts, creators=creators)


def _fetched(span: SourceSpan) -> Fetched:
    return Fetched(
        name=span.name,
        connector=span.connector,
        rows=span.rows,
        oldest=_utc(span.oldest),
        newest=_utc(span.newest),
    )


def _chart(source: ChartSource | None) -> Chart | None:
    if source is None:
        return None
    return Chart(
        as_of=source.as_of,
        fetched=_utc(source.fetched_at),
        complete=source.complete,
        moves_against=source.against,
    )


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _json(told: object, status: int) -> Rendered:
    return Rendered(msgspec.json.encode(told), "application/json", status, dict(CROSS_ORIGIN))
