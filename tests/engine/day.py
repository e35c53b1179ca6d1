"""One day of a world that is small enough to count by hand: its charts and details, from rows of facts."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.engine.rows import AS_OF, Row, write_parts
from tests.engine.states import standing, state_of
from trendwire.domain.charts import ChartKey, CreatorEntry, Entry, HashtagEntry, Kind, VideoEntry
from trendwire.domain.details import Detail
from trendwire.engine.charts import Charts
from trendwire.engine.details import Details


class Day:
    """What the engine says of `as_of`. `published`: the members of charts of other days."""

    def __init__(
        self,
        rows: Sequence[Row],
        as_of: date = AS_OF,
        published: Mapping[date, Path] | None = None,
        parts: int = 1,
    ) -> None:
        with TemporaryDirectory() as folder:
            self.state = state_of(write_parts(Path(folder), rows, parts), as_of)
            self.charts = Charts(self.state, standing(self.state, as_of, published or {}, Path(folder)))
        self.details = Details(self.state, self.charts)

    def detail(self, identity: str, kind: Kind = Kind.HASHTAG) -> Detail:
        """Of a hashtag or sound that there is."""
        found = self.details.detail(kind, identity)
        assert found is not None
        return found

    def components(self, tag: str, region: str = "VN") -> dict[str, float]:
        """What heat of a hashtag is made of over 7 days."""
        return self.detail(tag).region(region).period(7).components or {}

    def entries(
        self, kind: Kind, period: int = 7, region: str = "VN", industry: int = 0
    ) -> tuple[Entry, ...]:
        """The rows of a chart."""
        return self.charts.entries(ChartKey(kind, period, region, industry))

    def hashtags(self, industry: int = 0) -> list[HashtagEntry]:
        """The rows of the chart of Viet Nam over 7 days."""
        rows = self.entries(Kind.HASHTAG, industry=industry)
        return [row for row in rows if isinstance(row, HashtagEntry)]

    def tags(self, industry: int = 0) -> list[str]:
        """Their names."""
        return [row.name for row in self.hashtags(industry)]

    def video(self) -> VideoEntry:
        """The first of the world over 30 days."""
        row = self.entries(Kind.VIDEO, 30, "ALL")[0]
        assert isinstance(row, VideoEntry)
        return row

    def creator(self) -> CreatorEntry:
        """The same of creators."""
        row = self.entries(Kind.CREATOR, 30, "ALL")[0]
        assert isinstance(row, CreatorEntry)
        return row
