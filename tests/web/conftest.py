"""A served home with keys, in process: the application as `serve` runs it, with a clock that tests move."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from starlette.testclient import TestClient

from tests.small_world import NOON_AFTER, linked
from trendwire.accounts import Moment
from trendwire.accounts.operations import CreateKey, ListKeys, Operation
from trendwire.settings import Settings
from trendwire.web.app import Service, of_settings

QPS = 50
CREDITS = 1000

R = TypeVar("R")


@dataclass(slots=True)
class Clock:
    """Stands still until it is moved."""

    seconds: float = 0.0

    def __call__(self) -> Moment:
        return Moment(round((NOON_AFTER.timestamp() + self.seconds) * 1000), self.seconds)


@dataclass(slots=True)
class Served:
    """An application over a home of its own. `key` has `CREDITS` and `QPS`."""

    home: Path
    service: Service
    client: TestClient
    clock: Clock
    key: str = field(default="")

    def do(self, operation: Operation[R]) -> R:
        """Have the desk of the running application do something."""
        portal = self.client.portal
        assert portal is not None
        return portal.call(self.service.accounts.desk.do, operation, self.clock().wall)

    def balance(self) -> int:
        return self.do(ListKeys())[0].balance

    def create_key(self, credits_: int = CREDITS, qps: int = QPS, name: str = "test", **told: Any) -> str:
        return self.do(CreateKey(account=name, credits=credits_, qps=qps, **told)).text


@contextmanager
def serving(home: Path, **settings: Any) -> Iterator[Served]:
    """The application over `home` while it runs, with a key."""
    clock = Clock()
    service = of_settings(Settings(home=home, **settings), clock)
    with TestClient(service.site, raise_server_exceptions=False) as client:
        served = Served(home, service, client, clock)
        served.key = served.create_key()
        yield served


@pytest.fixture
def served(demo_home: Path, tmp_path: Path) -> Iterator[Served]:
    with serving(linked(demo_home, tmp_path / "home")) as running:
        yield running
