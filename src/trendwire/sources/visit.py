"""One visit to a configured source: lease, secrets, client, a run of `collect`, and a note of how it went."""

import secrets as randomness
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from trendwire.errors import SourceError
from trendwire.sources import http
from trendwire.sources.collect import Client, Told, collect, failure
from trendwire.sources.configuration import ConfiguredSource
from trendwire.sources.connector import Call
from trendwire.sources.http_body import Redaction
from trendwire.sources.pace import Breaker, Budget, Clocks
from trendwire.sources.runs import Kept, Run, Runs, ms
from trendwire.sources.secrets import Secrets

Opener = Callable[[ConfiguredSource, Secrets, Kept, Clocks], AbstractContextManager[Client]]


@contextmanager
def opened(source: ConfiguredSource, secrets: Secrets, kept: Kept, clocks: Clocks) -> Iterator[Client]:
    """The client of a source, as it was left."""
    if not source.address:
        yield Nowhere(clocks)
        return
    with http.Client(
        source.address,
        source.quota,
        limits=source.limits,
        clocks=clocks,
        secrets=tuple(secrets.values()),
        breaker=kept.breaker,
        budget=kept.budget,
    ) as client:
        yield client


class Nowhere:
    """The client of a source without an address: it tells the time, and asks nobody."""

    def __init__(self, clocks: Clocks) -> None:
        self.budget, self.breaker = Budget(clocks.now().date()), Breaker()
        self._clocks = clocks

    @property
    def at(self) -> datetime:
        return self._clocks.now()

    def count_rows(self, rows: int) -> None:
        """There is no budget to count them against."""

    def __call__(self, call: Call) -> Any:  # noqa: ARG002
        raise SourceError("the source has no address to ask")


@dataclass(frozen=True, slots=True)
class Means:
    """What a visit needs of the process. `holder` begins the names of its leases; `stopped` is asked after
    each page, and `clocks.sleep` raises Stopped where it is cut short."""

    home: Path
    environment: Mapping[str, str]
    holder: str
    clocks: Clocks = Clocks()  # noqa: RUF009  frozen
    stopped: Callable[[], bool] = lambda: False
    open: Opener = opened


def visit(source: ConfiguredSource, means: Means, told: Told) -> Run:
    """Collect the source once; how it went is noted. Conflict where another process is at it."""
    runs, at = Runs(means.home), means.clocks.now()
    holder = f"{means.holder} {randomness.token_hex(4)}"
    runs.lease(source.name, holder, at)
    try:
        number = runs.begin(source.name, at)
        run = _collected(source, means, runs.kept(source.name), at, holder, told)
        runs.end(number, run)
    finally:
        runs.release(source.name, holder)
    return run


def _collected(
    source: ConfiguredSource, means: Means, kept: Kept, at: datetime, holder: str, told: Told
) -> Run:
    """What stands in the way before the first page ends the run, too."""
    hide = Redaction(())
    try:
        secrets = source.read_secrets(means.environment)
        hide = Redaction(secrets.values())
        connector = source.make(secrets)
        with means.open(source, secrets, kept, means.clocks) as client:
            run = collect(source.name, connector, client, means.home, at, holder, told, means.stopped)
    except Exception as error:  # noqa: BLE001  a connector may do anything: the run says what
        ending, message, again = failure(error)
        run = Run(
            source=source.name,
            started=ms(at),
            ended=ms(means.clocks.now()),
            ending=ending,
            message=message,
            again=None if again is None else ms(again),
        )
    return msgspec.structs.replace(run, message=hide(run.message))
