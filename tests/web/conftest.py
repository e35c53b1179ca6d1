"""A served home with keys, in process: the application as `serve` runs it, with a clock that tests move."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.small_world import NOON_AFTER, linked
from trendwire.accounts import Moment, Store, keys
from trendwire.web.app import of_home

QPS = 50
CREDITS = 1000


@dataclass(slots=True)
class Clock:
    """Stands still until it is moved."""

    seconds: float = 0.0

    def __call__(self) -> Moment:
        return Moment(NOON_AFTER + timedelta(seconds=self.seconds), self.seconds)


@dataclass(slots=True)
class Served:
    """An application over a home of its own. `key` has `CREDITS` and `QPS`."""

    home: Path
    client: TestClient
    key: str
    clock: Clock = field(default_factory=Clock)

    def balance(self) -> int:
        with Store.open(self.home) as store:
            return keys.listed(store)[0].balance


def create_key(home: Path, credits_: int = CREDITS, qps: int = QPS, name: str = "test") -> str:
    with Store.open(home) as store:
        return keys.create(store, name, credits_, qps, NOON_AFTER).text


def revoke_key(home: Path, key_id: int) -> None:
    with Store.open(home) as store:
        keys.revoke(store, key_id, NOON_AFTER)


@pytest.fixture
def served(demo_home: Path, tmp_path: Path) -> Iterator[Served]:
    home = linked(demo_home, tmp_path / "home")
    key, clock = create_key(home), Clock()
    with TestClient(of_home(home, clock), raise_server_exceptions=False) as client:
        yield Served(home, client, key, clock)
