"""A served home with keys, in process: the application as `serve` runs it, with a clock that tests move; and
connections on a real socket without a home."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from starlette.testclient import TestClient

from tests.small_world import NOON_AFTER, linked
from tests.web.wire import Open, Wire, limits
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


@pytest.fixture
def listen() -> Iterator[Callable[..., Wire]]:
    """Makes a wire with limits of the test's choice."""
    with ExitStack() as stack:
        yield lambda **changed: stack.enter_context(Wire(limits(**changed)).listening())


@pytest.fixture
def wire(listen: Callable[..., Wire]) -> Wire:
    return listen()


@pytest.fixture
def connect() -> Iterator[Open]:
    """Makes connections, from any address of 127.0.0.0/8, that are there when it returns."""
    with ExitStack() as stack:

        def connected(wire: Wire, source: str = "127.0.0.1", buffer: int | None = None) -> socket.socket:
            awaited = wire.made + 1
            client = stack.enter_context(socket.socket())
            client.settimeout(30)
            if buffer is not None:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            client.bind((source, 0))
            client.connect(("127.0.0.1", wire.port))
            wire.await_(lambda: wire.made >= awaited)
            return client

        yield connected
