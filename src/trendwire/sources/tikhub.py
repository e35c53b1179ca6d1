"""Connector `tikhub`: the hosted API of TikHub. Charts of hashtags and sounds, details of sounds.

Account: a TikHub key, charged by the request; 10 requests a second. It has no chart of the whole world, no
detail of a hashtag and no posts here. Unproven: the list and the detail of sounds are read as the native
shape, of which no reply of this service is recorded.
"""

from typing import ClassVar

from trendwire.domain.charts import NO_INDUSTRY, ChartKey, Kind
from trendwire.facts.recorded import RecordedRow
from trendwire.sources.connector import Call, Options, Quota
from trendwire.sources.hosted import ChartOptions, HostedCharts, check_regions

_HASHTAGS = "/api/v1/tiktok/ads/get_hashtag_list"
_SOUNDS = "/api/v1/tiktok/ads/get_sound_rank_list"
_SOUND = "/api/v1/tiktok/ads/get_sound_detail"


class TikHubOptions(ChartOptions, frozen=True, kw_only=True):
    def __post_init__(self) -> None:
        super().__post_init__()
        check_regions(self.regions, world=False)


class TikHub(HostedCharts):
    """Pages of 20 rows."""

    kind = "tikhub"
    address = "https://api.tikhub.io"
    options: ClassVar[type[Options]] = TikHubOptions
    quota = Quota(per_second=10.0)
    rows_a_page = 20

    def list_call(self, chart: ChartKey, page: int) -> Call:
        params = {"page": str(page), "limit": str(self.rows_a_page), **_where(chart)}
        if chart.kind == Kind.SOUND:
            return Call(_SOUNDS, params={**params, "rank_type": "popular"}, headers=self._headers())
        if chart.industry != NO_INDUSTRY:
            params["industry_id"] = str(chart.industry)
        return Call(_HASHTAGS, params={**params, "sort_by": "popular"}, headers=self._headers())

    def detail_call(self, chart: ChartKey, row: RecordedRow) -> Call | None:
        if chart.kind == Kind.HASHTAG:
            return None
        return Call(_SOUND, params={"clip_id": row.identity, **_where(chart)}, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def _where(chart: ChartKey) -> dict[str, str]:
    return {"period": str(chart.period), "country_code": chart.region}
