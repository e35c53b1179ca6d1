"""A real cluster (one master, two workers) publishes the edition that the embedded engine publishes."""

from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.agreement.pair import settings_of, silent, take_in
from tests.heavy.conftest import number
from tests.heavy.spark.conftest import STRANGE_DAY, differences, made, rows_of_one_second
from tests.small_world import LAST_DAY
from trendwire import pipeline
from trendwire.cli import app
from trendwire.editions import Editions
from trendwire.errors import NotReady
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate
from trendwire.trends.cluster.spark import cluster

POSTS = number("SPARK_POSTS", 20_000)
"""200,000 in a full run."""

AT = datetime(2025, 9, 29, 12, tzinfo=UTC)


@pytest.mark.timeout(3600)
@pytest.mark.xdist_group("spark")
def test_the_same_bytes_from_a_cluster(spark_master: str, tmp_path: Path) -> None:
    world = World(posts=POSTS, days=400, regions=12, seed=5, last_day=LAST_DAY)
    home = tmp_path / "home"
    pipeline.ingest_from(settings_of(home), [RowSource("world", "simulator", simulate(world))], AT, silent)
    pipeline.publish(settings_of(home), date(2025, 9, 27), silent)
    one = made(pipeline.embedded, home, LAST_DAY, tmp_path / "embedded")
    other = made(pipeline.spark(spark_master), home, LAST_DAY, tmp_path / "cluster")
    assert differences(one, other) == []
    assert any('"related":' in document for _, _, document in one["subjects"])


@pytest.mark.timeout(900)
@pytest.mark.xdist_group("spark")
def test_ties_are_settled_by_the_same_texts(spark_master: str, tmp_path: Path) -> None:
    take_in(tmp_path / "home", rows_of_one_second())
    one = made(pipeline.embedded, tmp_path / "home", STRANGE_DAY, tmp_path / "embedded")
    other = made(pipeline.spark(spark_master), tmp_path / "home", STRANGE_DAY, tmp_path / "cluster")
    assert differences(one, other) == []


@pytest.mark.timeout(900)
@pytest.mark.xdist_group("spark")
def test_the_command_publishes_the_same_edition(spark_master: str, home: Path) -> None:
    asked = ["--home", str(home), "publish", "--as-of", LAST_DAY.isoformat()]
    before = Editions(home).current()
    done = CliRunner().invoke(app, [*asked, "--engine", "spark", "--master", spark_master])
    assert done.exit_code == 0, done.output
    after = Editions(home).current()
    assert after.number == before.number + 1
    assert before.content_hash in done.output
    assert not list(home.glob("scratch-*"))


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("spark")
def test_a_cluster_that_fails_is_told_in_plain_words(spark_master: str, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="gave up"), partial(cluster, spark_master)(tmp_path) as tables:
        tables.facts([tmp_path / "absent.parquet"])
