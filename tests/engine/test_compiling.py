"""Functions are compiled ahead, so that a first edition compiles nothing; nothing is needed for that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trendwire.engine import compiled, compiling

PUBLISH = """
import sys
from pathlib import Path
from numba.core import event
from trendwire.settings import Settings
from trendwire import pipeline
from trendwire.engine.build import build
from datetime import UTC, date, datetime

class Listener(event.Listener):
    def on_start(self, told): print("compiled", told.data["dispatcher"])
    def on_end(self, told): pass

event.register("numba:compile", Listener())
settings = Settings(home=Path(sys.argv[1]), engine_threads=1)
at = datetime(2025, 6, 1, tzinfo=UTC)
pipeline.ingest(settings, ["examples/posts.ndjson"], at, lambda stage, done: None)
day = date(2025, 5, 14)
(made,) = pipeline.publish_range(settings, day, day, lambda stage, done: print(stage), None, build)
print(made.content_hash)
"""
CONTENT = "dc2031bb113d20d94ea0f60e3faf68c04b717f761df17a9e4f537c369a690c17"
"""As README.md has it."""


def published(home: Path, cache: Path) -> str:
    """What a process says that publishes the example with a cache folder of its own."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", PUBLISH, str(home)]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_a_first_edition_tells_that_it_compiles_and_then_compiles_nothing_itself(tmp_path: Path) -> None:
    said = published(tmp_path / "home", tmp_path / "cache")
    assert said.startswith("compile\ncompile\nposts\n")
    assert "compiled" not in said
    assert said.endswith(f"{CONTENT}\n")
    assert [path.name for path in (tmp_path / "cache").glob("kernel-*/complete-*")]


@pytest.mark.slow
def test_where_nothing_can_be_kept_it_is_said_once_and_the_edition_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = published(tmp_path / "home", tmp_path / "file")
    assert said.startswith("compile (no folder for compiled functions can be written to")
    assert said.count("(no folder") == 1
    assert "compiled" in said
    assert said.endswith(f"{CONTENT}\n")


def test_a_read_only_installation_keeps_functions_in_the_cache_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(compiled, "user_cache_path", lambda name: tmp_path / name)
    monkeypatch.setattr(compiled, "_made", _only_below(tmp_path))
    assert compiled.cache_folder() == tmp_path / "trendwire" / f"kernel-{compiled.stamp()}"


def _only_below(folder: Path):  # type: ignore[no-untyped-def]
    """Other folders are read-only: even for root, who may write everywhere."""
    made = compiled._made
    return lambda place, name: made(place, name) if place.is_relative_to(folder) else None


def test_what_is_complete_is_not_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / compiling._MARK).touch()
    monkeypatch.setattr(compiled, "FOLDER", tmp_path)
    compiling.ensure(lambda stage, _done: pytest.fail(stage))
