"""What may be asked and what is answered, in no dialect: the canonical query and the canonical answer."""

from datetime import date

import msgspec

from trendwire.domain.charts import ChartKey, Entry, Kind
from trendwire.domain.details import Detail
from trendwire.domain.provenance import COMPUTED


class ChartQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a chart. `page` and `limit` are at least 1, already clamped by the dialect.

    `new_only`: rows that were never in this chart before. `commercial_only`, `keyword`: sounds only.
    `edition`: the number to read from, None for the current one.
    """

    key: ChartKey
    page: int = 1
    limit: int = 20
    new_only: bool = False
    commercial_only: bool = False
    keyword: str | None = None
    edition: int | None = None


class DetailQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One subject in one region over one period. `subject`: hashtag identity or clip id."""

    kind: Kind
    subject: str
    period: int
    region: str
    edition: int | None = None


class VocabularyQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The regions, industries and periods that may be asked for."""

    edition: int | None = None


Query = ChartQuery | DetailQuery | VocabularyQuery


class ChartPage(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one page. `total`: rows in the chart after filters; ranks are the chart's own.

    `data_source`: where the region's numbers come from, `computed` or `recorded:<source>`.
    """

    edition: int
    as_of: date
    query: ChartQuery
    entries: tuple[Entry, ...]
    total: int
    data_source: str = COMPUTED


class DetailAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One subject. `data_source` as in `ChartPage`."""

    edition: int
    as_of: date
    query: DetailQuery
    detail: Detail
    data_source: str = COMPUTED


class VocabularyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`regions`: ISO codes that have charts in this edition. `data_source`: of the world."""

    edition: int
    as_of: date
    regions: tuple[str, ...]
    data_source: str = COMPUTED


Answer = ChartPage | DetailAnswer | VocabularyAnswer
