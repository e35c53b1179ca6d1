"""A store of one test, and the moments at which things happen in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trendwire.accounts import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened
