"""Connector `keyapi`: the hosted API of KeyAPI, whose wire language is one of ours. Charts and details.

Account: a KeyAPI key; 2 credits a request. It has no daily limit that it documents, and gives no posts.
"""

from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey, Kind
from trendwire.facts.recorded import RecordedRow
from trendwire.sources.connector import Call
from trendwire.sources.hosted import HostedCharts

_PATHS = {Kind.HASHTAG: "/v1/tiktok/trending/hashtags", Kind.SOUND: "/v1/tiktok/trending/music"}
_DETAILS = {
    Kind.HASHTAG: "/v1/tiktok/trending/hashtag/detail",
    Kind.SOUND: "/v1/tiktok/trending/music/detail",
}
_SUBJECTS = {Kind.HASHTAG: "hashtag_name", Kind.SOUND: "clip_id"}


class KeyApi(HostedCharts):
    """Pages of 20 rows, the most it gives."""

    kind = "keyapi"
    address = "https://api.keyapi.ai"
    rows_a_page = 20

    def list_call(self, chart: ChartKey, page: int) -> Call:
        params = {"page": str(page), "limit": str(self.rows_a_page), **_where(chart)}
        if chart.industry != NO_INDUSTRY:
            params["industry_id"] = str(chart.industry)
        return Call(_PATHS[chart.kind], params=params, headers=self._headers())

    def detail_call(self, chart: ChartKey, row: RecordedRow) -> Call:
        params = {_SUBJECTS[chart.kind]: row.identity, **_where(chart)}
        return Call(_DETAILS[chart.kind], params=params, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def _where(chart: ChartKey) -> dict[str, str]:
    return {
        "period": str(chart.period),
        "region": "all_regions" if chart.region == WORLD else chart.region,
    }
