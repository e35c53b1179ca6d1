"""Little memory makes an edition slow, never another one, and never none."""

import os
from datetime import date, timedelta
from pathlib import Path
from shutil import rmtree

import pytest
from bench.engine_world import World, fill

from trendwire import pipeline
from trendwire.pipeline import Details
from trendwire.settings import Settings

POSTS = int(os.environ.get("MEMORY_POSTS", "60000"))
LEAST_MB = int(os.environ.get("MEMORY_MB", "256"))
"""The least that can be set; 2,000 for ten million posts."""
DAY = date(2026, 10, 30)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("memory") / "home"
    fill(folder, World(POSTS, DAY + timedelta(days=1), days=365), 2)
    return folder


def test_an_edition_is_the_same_with_little_memory(home: Path) -> None:
    hashes = set[str]()
    for memory in (LEAST_MB, 4096):
        rmtree(home / "state", ignore_errors=True)
        settings = Settings(home=home, engine_threads=2, engine_memory_mb=memory)
        (record,) = pipeline.publish_range(settings, DAY, DAY, _silent, details=Details.RENDERED)
        hashes.add(record.content_hash)
    assert len(hashes) == 1


def _silent(_stage: str, _done: float) -> None:
    """Nobody watches."""
