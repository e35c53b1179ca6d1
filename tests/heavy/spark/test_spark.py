"""A real cluster (one master, two workers) publishes the edition that the embedded engine publishes."""

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.agreement.pair import settings_of, silent, take_in
from tests.heavy.conftest import number
from tests.heavy.spark.conftest import differences, made, rows_of_one_second
from tests.small_world import LAST_DAY
from trendwire import pipeline
from trendwire.cli import app
from trendwire.domain.charts import Kind
from trendwire.editions import Editions
from trendwire.engine.build import build as embedded
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate

POSTS = number("SPARK_POSTS", 200_000)

AT = datetime(2025, 9, 29, 12, tzinfo=UTC)

pytestmark = [
    pytest.mark.xdist_group("spark"),  # one cluster, one after the other
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # left to the collector by pyspark
]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """What pyspark leaves is collected before the next test minds."""
    yield
    gc.collect()


@pytest.mark.timeout(1800)
def test_the_same_charts_details_and_memberships_from_a_cluster(spark_master: str, tmp_path: Path) -> None:
    world = World(posts=POSTS, days=400, regions=12, seed=5, last_day=LAST_DAY)
    home = tmp_path / "home"
    pipeline.ingest_from(settings_of(home), [RowSource("world", "simulator", simulate(world))], AT, silent)
    with ThreadPoolExecutor() as side_by_side:
        asked = side_by_side.submit(made, embedded, home, LAST_DAY, tmp_path / "embedded")
        other = made(pipeline.spark(spark_master), home, LAST_DAY, tmp_path / "cluster")
    one = asked.result()
    assert differences(one, other) == []
    assert min(len(one[name]) for name in ("charts", "subjects", "memberships")) > 100
    assert any('"related":' in document for _, _, document in one["subjects"])


@pytest.mark.timeout(600)
def test_the_command_publishes_the_same_edition(spark_master: str, home: Path) -> None:
    """With days that were published before, and rows of one second of which the larger text decides."""
    take_in(home, rows_of_one_second(LAST_DAY - timedelta(days=6)))
    pipeline.publish(settings_of(home), LAST_DAY, silent)
    before = Editions(home).current()
    assert before.detail(Kind.HASHTAG, "xy") is not None
    asked = ["--home", str(home), "publish", "--as-of", LAST_DAY.isoformat()]
    done = CliRunner().invoke(app, [*asked, "--engine", "spark", "--master", spark_master])
    assert done.exit_code == 0, done.output
    after = Editions(home).current()
    assert after.number == before.number + 1
    assert before.content_hash in done.output
    assert not list(home.glob("scratch-*"))


@pytest.mark.timeout(300)
def test_a_cluster_that_fails_is_told_in_plain_words(spark_master: str, tmp_path: Path) -> None:
    part = tmp_path / "part.parquet"
    part.write_bytes(b"not what it should be")
    engine = pipeline.spark(spark_master)
    with (
        pytest.raises(NotReady, match="gave up"),
        engine([part], LAST_DAY, {}, tmp_path, silent, Resources()),
    ):
        pass
