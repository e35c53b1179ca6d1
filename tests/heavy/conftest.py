"""Homes with a small world for the heavy tests; the numbers come from the environment."""

import os
from pathlib import Path

import pytest

from tests.small_world import linked


def number(name: str, usual: int) -> int:
    """How many: more in a full run than in CI."""
    return int(os.environ.get(name, usual))


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    return linked(demo_home, tmp_path / "home")
