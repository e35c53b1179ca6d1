"""On four real sets the engine says what the oracle says, and the charts hold what a reader expects."""

import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.agreement.pair import Pair, take_in
from trendwire.domain.charts import WORLD, ChartKey, HashtagEntry, Kind
from trendwire.domain.periods import DETAIL_PERIODS

SETS = {
    "tiktok_vn_2025_05": (date(2025, 5, 14), 10_102),
    "tiktok_global_2025_09": (date(2025, 9, 28), 9_045),
    "tiktok_2020_12": (date(2020, 12, 18), 1_000),
    "tiktok_es_2019_2023": (date(2023, 12, 28), 2_811),
}
"""Set -> as_of, rows."""

EVERGREEN = {"fyp", "foryou", "foryoupage", "viral", "xuhuong", "parati", "trending"}
EVENT = {"giaiphongmiennam", "30thang4", "dieubinh"}
"""The 50th anniversary of 30 April 1975."""

EVERY = 5
"""Details are compared for each so many-th subject: all would take minutes."""

Publish = Callable[[str], Pair]

pytestmark = [pytest.mark.real]


@pytest.fixture(scope="module")
def published(real_posts: Path, tmp_path_factory: pytest.TempPathFactory) -> Publish:
    """Publishes a set once, on demand."""
    made: dict[str, Pair] = {}

    def publish(name: str) -> Pair:
        if name not in made:
            with gzip.open(real_posts / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
                rows = [json.loads(line) for line in lines]
            assert len(rows) == SETS[name][1]
            home = tmp_path_factory.mktemp(name)
            take_in(home, rows)
            made[name] = Pair(home, rows, SETS[name][0])
        return made[name]

    return publish


@pytest.mark.parametrize("kind", list(Kind), ids=str)
@pytest.mark.parametrize("name", SETS)
def test_charts_are_the_oracles(name: str, kind: Kind, published: Publish) -> None:
    pair = published(name)
    assert pair.chart_differences(kind, pair.regions)[:3] == []


@pytest.mark.parametrize("kind", [Kind.HASHTAG, Kind.SOUND], ids=str)
@pytest.mark.parametrize("name", SETS)
def test_details_are_the_oracles(name: str, kind: Kind, published: Publish) -> None:
    pair = published(name)
    assert pair.detail_differences(kind, pair.regions, step=EVERY)[:3] == []


@pytest.mark.parametrize("period", [7, 30])
@pytest.mark.parametrize("name", SETS)
def test_evergreen_tags_stay_out_and_no_chart_is_empty(name: str, period: int, published: Publish) -> None:
    pair = published(name)
    for region in pair.regions:
        rows = pair.edition.chart(ChartKey(Kind.HASHTAG, period, region)) or ()
        assert rows, region
        assert not EVERGREEN & {row.name for row in rows[:20] if isinstance(row, HashtagEntry)}


def test_the_tags_of_a_real_event_rise_to_the_top(published: Publish) -> None:
    rows = published("tiktok_vn_2025_05").edition.chart(ChartKey(Kind.HASHTAG, 30, "VN")) or ()
    assert {row.name for row in rows[:10] if isinstance(row, HashtagEntry)} >= EVENT


@pytest.mark.parametrize("name", SETS)
def test_what_everybody_uses_is_related_to_nothing(name: str, published: Publish) -> None:
    detail = published(name).edition.detail(Kind.HASHTAG, "fyp")
    assert detail is not None
    over = [detail.region(WORLD).period(period).related for period in DETAIL_PERIODS]
    assert over == [()] * len(DETAIL_PERIODS)
