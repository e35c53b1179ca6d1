"""Compiled functions say what they say uncompiled, are made anew with their sources, and need no folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trendwire.engine import compiled

UNCOMPILED = """
import random, sys
from pathlib import Path
from tests.engine.sides import chart_differences, documents, state_of, standing, NOTHING
from tests.trends.live_worlds import BATCHES, World
from trendwire.engine.charts import Charts
from trendwire.facts.store import FactStore

folder = Path(sys.argv[1])
world = World(folder / "home", random.Random(5))
world.begin()
for name in ("again", "elsewhere", "ring"):
    world.take(BATCHES[name](world))
parts = FactStore(world.home).parts()
charts = Charts(state_of(parts, world.as_of), NOTHING)
print(len(charts.keys), chart_differences(charts, documents(parts, world.as_of, folder)))
"""


def test_uncompiled_functions_make_the_same_charts(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-W", "error", "-c", UNCOMPILED, str(tmp_path)]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    count, _, differences = found.stdout.partition(" ")
    assert int(count) > 20
    assert differences.strip() == "[]"


def test_another_source_is_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, domain = tmp_path / "engine", tmp_path / "domain"
    for folder in (engine, domain):
        folder.mkdir()
    (engine / "counts.py").write_text("@jit\ndef one(): return 1")
    (engine / "rows.py").write_text("def two(): return 2")
    monkeypatch.setattr(compiled, "_HERE", engine)
    before = compiled.stamp()
    (engine / "rows.py").write_text("def two(): return 3")
    assert compiled.stamp() == before
    (domain / "periods.py").write_text("CHART_PERIODS = (7,)")
    assert compiled.stamp() != before


def test_a_folder_that_cannot_be_written_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    assert compiled.cache_folder() is None
    monkeypatch.setattr(compiled, "FOLDER", None)
    assert compiled.jit(lambda x: x + 1)(1) == 2


def test_folders_of_other_sources_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kernel-0").mkdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    folder = compiled.cache_folder()
    assert folder is not None
    assert list(tmp_path.iterdir()) == [folder]
