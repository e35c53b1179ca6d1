"""Connector `crawlora`: the hosted API of Crawlora, whose wire language is one of ours. Hashtags and details.

Account: a Crawlora key; 8 credits a request. It has no charts of sounds, and gives no posts.
"""

from typing import Annotated, ClassVar, Literal
from urllib.parse import quote

from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey
from trendwire.facts.recorded import RecordedRow
from trendwire.sources.connector import Call, Options
from trendwire.sources.hosted import KINDS, ChartOptions, HostedCharts

_PATH = "/tiktok/popular-trend/hashtag"


class CrawloraOptions(ChartOptions, frozen=True, kw_only=True):
    """A chart of hashtags in each region over each period and in each industry is asked for."""

    kinds: Annotated[tuple[Literal["hashtag"], ...], KINDS] = ("hashtag",)


class Crawlora(HostedCharts):
    """Pages of 100 rows: a chart in one request, where the service gives as many."""

    kind = "crawlora"
    address = "https://api.crawlora.net/api/v1"
    options: ClassVar[type[Options]] = CrawloraOptions
    rows_a_page = 100

    def list_call(self, chart: ChartKey, page: int) -> Call:
        params = {"page": str(page), "limit": str(self.rows_a_page), **_where(chart)}
        if chart.industry != NO_INDUSTRY:
            params["industry_id"] = str(chart.industry)
        return Call(_PATH, params=params, headers=self._headers())

    def detail_call(self, chart: ChartKey, row: RecordedRow) -> Call:
        return Call(f"{_PATH}/{quote(row.identity, safe='')}", params=_where(chart), headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"x-api-key": self.key}


def _where(chart: ChartKey) -> dict[str, str]:
    where = {"period": str(chart.period)}
    return where if chart.region == WORLD else {**where, "country_code": chart.region}
