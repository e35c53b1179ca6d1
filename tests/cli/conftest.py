"""The command line in process: a call, what it printed, and how it ended."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.small_world import linked
from trendwire.cli import app


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Ended]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs `trendwire ...` with the home `tmp_path / "home"`."""
    monkeypatch.setenv("TRENDWIRE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRENDWIRE_ENGINE_THREADS", "1")

    def made(*words: object, stdin: bytes | None = None) -> Ended:
        result = CliRunner().invoke(app, [str(word) for word in words], input=stdin)
        return Ended(result.exit_code, result.stdout, result.stderr)

    return made


@pytest.fixture
def published(call: Call, demo_home: Path, tmp_path: Path) -> Call:
    """The same over a home with the small world, published."""
    linked(demo_home, tmp_path / "home")
    return call
