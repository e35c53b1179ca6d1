"""What the connections of a server share: their limits, their number, their turns, the coarse time, the end.

One sweep a second looks after all deadlines. A timer for each request would cost more than the request's
parsing, and no limit here needs to be kept to the millisecond.
"""

import asyncio
import email.utils
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from uvicorn.server import ServerState

from trendwire import clock
from trendwire.web.addresses import Networks, is_within

SWEEP_SECONDS = 1.0

_SWEPT_AT_ONCE = 1000
"""Connections looked after before requests have their turn again: about half a millisecond."""

_REFUSED_AT_ONCE = 256
"""Connections above a limit that are kept for as long as it takes to refuse them in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may take. Times in seconds (kept to a second), sizes in bytes.

    `larger_bodies`: path -> the size there instead of `body_bytes`, with `body_seconds` for each of these.
    """

    head_seconds: float = 10
    body_seconds: float = 30
    idle_seconds: float = 75
    stall_seconds: float = 30
    target_bytes: int = 8_192
    head_bytes: int = 16_384
    body_bytes: int = 1_048_576
    larger_bodies: Mapping[bytes, int] = field(default_factory=dict)
    per_address: int = 512
    connections: int = 16_000
    trusted: Networks = ()


class Turns:
    """Requests that were sent ahead of an answer: one is begun in each round of the event loop.

    Connections take turns, so what one sends ahead delays another's request by its own next one at most.
    """

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def wait(self, go_on: Callable[[], None]) -> None:
        """Have `go_on` called when all that wait already have had their turn."""
        self._waiting.append(go_on)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        go_on = self._waiting.popleft()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._next)
        go_on()


class Watched(Protocol):
    """A connection as the sweep sees it."""

    def sweep(self, now: float) -> None:
        """Close what has taken too long."""


@dataclass(slots=True, eq=False)
class Watch:
    """`now`: monotonic seconds, as of the last sweep. `refused`: connections turned away, by reason."""

    limits: Limits
    now: float = field(default_factory=clock.monotonic)
    draining: bool = False
    state: ServerState = field(default_factory=ServerState)
    refused: Counter[str] = field(default_factory=Counter)
    default_lines: bytes = b""
    turns: Turns = field(default_factory=Turns)
    _addresses: Counter[str] = field(default_factory=Counter)

    def admits(self, address: str) -> str | None:
        """Count one more connection; the reason why it must be turned away, if there is one."""
        self._addresses[address] += 1
        if len(self.state.connections) > self.limits.connections:
            return "too many connections"
        if self._addresses[address] > self.limits.per_address and not is_within(address, self.limits.trusted):
            return "too many connections from one address"
        return None

    def is_flooded(self, address: str) -> bool:
        """Whether there are so many above a limit that not even refusals can be given."""
        most, per_address = self.limits.connections, self.limits.per_address
        above = max(len(self.state.connections) - most, self._addresses[address] - per_address)
        return above > _REFUSED_AT_ONCE

    def gone(self, address: str) -> None:
        """Count one connection less."""
        self._addresses[address] -= 1
        if self._addresses[address] <= 0:
            del self._addresses[address]

    async def keep(self) -> None:
        """Tell the time and look after all connections, each second, until cancelled."""
        while True:
            self.tell_time()
            connections = cast("tuple[Watched, ...]", tuple(self.state.connections))
            for first in range(0, len(connections), _SWEPT_AT_ONCE):
                for connection in connections[first : first + _SWEPT_AT_ONCE]:
                    connection.sweep(self.now)
                await asyncio.sleep(0)
            await asyncio.sleep(SWEEP_SECONDS)

    def tell_time(self) -> None:
        """One look at the clock, for deadlines and for the date in replies."""
        self.now = clock.monotonic()
        date = email.utils.formatdate(clock.milliseconds() // 1000, usegmt=True).encode()
        self.state.default_headers = [(b"date", date)]
        self.default_lines = b"date: %b\r\n" % date
