"""Compiled functions say what they say uncompiled, are made anew with their sources, and need no folder."""

import os
import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.engine.states import NOTHING, state_of
from tests.engine.worlds import BATCHES, World
from trendwire.engine import compiled
from trendwire.engine.charts import Charts
from trendwire.facts.store import FactStore

UNCOMPILED = """
import sys
from pathlib import Path
from tests.engine.test_compiled import charts
print(charts(Path(sys.argv[1])))
"""


def charts(folder: Path) -> str:
    """All charts of a small world, as JSON."""
    world = World(folder, random.Random(5))
    world.begin()
    for name in ("again", "elsewhere", "ring"):
        world.take(BATCHES[name](world))
    found = Charts(state_of(FactStore(world.home).parts(), world.as_of), NOTHING)
    return msgspec.json.encode({key.text: found.entries(key) for key in found.keys}).decode()


def test_uncompiled_functions_make_the_same_charts(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-W", "error", "-c", UNCOMPILED, str(tmp_path / "uncompiled")]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    expected = charts(tmp_path / "compiled")
    assert expected.count('"rank":1,') > 20
    assert found.stdout.strip() == expected


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
