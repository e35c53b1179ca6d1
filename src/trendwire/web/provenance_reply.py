"""What `/v1/provenance` replies: its fields with their meaning, from which the reference page is made."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from trendwire.domain.charts import Kind
from trendwire.domain.provenance import Method


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """One source."""

    name: Annotated[str, Meta(description="As configured, or what posts were ingested from.")]
    connector: Annotated[str | None, Meta(description="Its kind; null where facts do not tell.")]
    rows: Annotated[int, Meta(description="Observations, or rows of charts, that it gave of the region.")]
    oldest: Annotated[datetime, Meta(description="When the first of them came in (UTC).")]
    newest: Annotated[datetime, Meta(description="When the last of them came in (UTC).")]


class Counted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How much the numbers rest on."""

    posts: Annotated[int | None, Meta(description="Computed: posts created in the window.")] = None
    creators: Annotated[int | None, Meta(description="Computed: their creators.")] = None
    rows: Annotated[int | None, Meta(description="Recorded: rows of the chart as it was told.")] = None
    days: Annotated[int | None, Meta(description="Recorded, of a subject: days with views told.")] = None


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """The recorded chart."""

    as_of: Annotated[date, Meta(description="The last UTC day that it counts.")]
    fetched: Annotated[datetime, Meta(description="When it was told last (UTC).")]
    complete: Annotated[bool, Meta(description="Whether the source told all of it.")]
    moves_against: Annotated[
        date | None,
        Meta(description="The day of the earlier chart that moves are told against; null: all new."),
    ]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The reply."""

    edition: Annotated[int, Meta(description="Number of the edition.")]
    as_of: Annotated[date, Meta(description="The last UTC day that it counts.")]
    published_at: Annotated[datetime, Meta(description="When it was published (UTC).")]
    kind: Annotated[Kind, Meta(description="As asked.")]
    region: Annotated[str, Meta(description="As asked: an ISO code, or `ALL`.")]
    period: Annotated[int, Meta(description="As asked.")]
    name: Annotated[str | None, Meta(description="The subject asked of, in its plain form; null of a chart.")]
    method: Annotated[Method, Meta(description="How the region's numbers were made.")]
    data_source: Annotated[str, Meta(description="What answers say in `X-Data-Source`.")]
    sources: Annotated[
        tuple[Fetched, ...], Meta(description="What the region's numbers rest on, most rows first; up to 20.")
    ]
    sample: Annotated[Counted, Meta(description="How much this chart or subject rests on.")]
    chart: Annotated[Chart | None, Meta(description="The recorded chart; null where there is none.")]
    transformation: Annotated[str, Meta(description="Which version of which rules made numbers of facts.")]
    first_day: Annotated[date | None, Meta(description="The first day that facts of the region tell of.")]
    last_day: Annotated[date | None, Meta(description="The last one.")]
    stale: Annotated[
        tuple[str, ...], Meta(description="What is older than it should be, in words; empty: nothing.")
    ]
    definitions: Annotated[str, Meta(description="Path of the page that says how the numbers are made.")]
