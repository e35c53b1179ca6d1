"""A client that asks a misbehaving source, by a clock that only waiting moves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sources.misbehaving import Source
from trendwire import clock
from trendwire.errors import SourceError
from trendwire.sources.connector import Call, Fetch, Quota
from trendwire.sources.http import Client, Limits
from trendwire.sources.pace import Clocks

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FAST = Quota(per_second=1e6)
CALL = Call("/list")


@dataclass(slots=True)
class Hours:
    """A clock that only waiting moves."""

    passed: float = 0.0
    waits: list[float] = field(default_factory=list)
    jitter: Callable[[], float] = lambda: 1.0

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.passed += seconds

    def clocks(self, monotonic: Callable[[], float] | None = None) -> Clocks:
        return Clocks(
            now=lambda: NOON + timedelta(seconds=self.passed),
            monotonic=monotonic or (lambda: self.passed),
            sleep=self.sleep,
            jitter=self.jitter,
        )


def client(source: Source, hours: Hours | None = None, quota: Quota = FAST, **told: Any) -> Client:
    limits = told.pop("limits", Limits(allow_private=True))
    clocks = told.pop("clocks", (hours or Hours()).clocks())
    return Client(told.pop("address", source.url), quota, limits=limits, clocks=clocks, **told)


def refused(fetch: Fetch, call: Call = CALL) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetch(call)
    return caught.value


def quick(**limits: Any) -> dict[str, Any]:
    """Short limits by the real clock, for what a socket must end."""
    clocks = Hours().clocks(monotonic=clock.monotonic)
    return {"limits": Limits(allow_private=True, **limits), "clocks": clocks}
