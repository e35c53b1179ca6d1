"""Which engine publishes: what is asked for and cannot be is said before anything is done."""

import sys

import pytest

from tests.cli.conftest import Call
from trendwire.cli.outcomes import ExitCode


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--engine", "spark"), "--master must name the cluster, for instance spark://host:7077"),
        (("--master", "spark://host:7077"), "--master is told with --engine spark only"),
    ],
)
def test_a_cluster_is_named_with_the_engine_that_uses_it(
    call: Call, options: tuple[str, ...], said: str
) -> None:
    ended = call("publish", "--as-of", "2025-05-01", *options)
    assert ended.code == ExitCode.USAGE
    assert said in " ".join(ended.err.split())


def test_what_spark_needs_is_named_where_it_is_missing(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trendwire.engine.cluster.build", None)
    ended = call("publish", "--as-of", "2025-05-01", "--engine", "spark", "--master", "spark://host:7077")
    assert ended.code == ExitCode.USAGE
    assert "pip install 'trendwire[spark]'" in " ".join(ended.err.split())
