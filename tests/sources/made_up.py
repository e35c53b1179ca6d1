"""A made-up source and its client: what it gives is known, and what goes wrong is scripted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import msgspec

from trendwire.domain.charts import Kind
from trendwire.facts.recorded import RecordedChart, RecordedRow
from trendwire.sources.configuration import ConfiguredSource
from trendwire.sources.connector import Call, Connector, Cursor, Fetch, Options, Page, Quota
from trendwire.sources.pace import Breaker, Budget, Clocks
from trendwire.sources.runs import Kept
from trendwire.sources.secrets import Secrets
from trendwire.sources.visit import Opener

START = datetime(2026, 11, 2, tzinfo=UTC)
FIRST_DAY = START.date()
HOUR = timedelta(hours=1)


def post(number: int, at: datetime = START) -> dict[str, object]:
    """A post with an id of its own."""
    return {
        "id": str((int(at.timestamp()) << 32) + number),
        "create_time": int(at.timestamp()),
        "username": f"u{number}",
        "hashtag_names": ["tag"],
        "view_count": number,
    }


def chart(rows: int, as_of: date = FIRST_DAY, region: str = "VN") -> RecordedChart:
    """A chart with so many rows."""
    return RecordedChart(
        source="made",
        connector="made-up",
        fetched_at=int(START.timestamp()),
        as_of=as_of,
        kind=Kind.HASHTAG,
        period=7,
        region=region,
        rows=tuple(RecordedRow(rank=rank, identity=f"tag{rank}") for rank in range(1, rows + 1)),
    )


class Simulated:
    """Time that passes only when it is told to."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    @property
    def clocks(self) -> Clocks:
        return Clocks(
            now=self.now, monotonic=lambda: self.at.timestamp(), sleep=self.sleep, jitter=lambda: 0.5
        )


class MadeUpClient:
    """Counts what is asked; `replies` answers, or raises."""

    def __init__(self, time: Simulated, reply: Callable[[Call], Any]) -> None:
        self.budget, self.breaker = Budget(time.at.date()), Breaker()
        self._time, self._reply = time, reply
        self.rows = 0

    @property
    def at(self) -> datetime:
        return self._time.at

    def count_rows(self, rows: int) -> None:
        self.rows += rows

    def __call__(self, call: Call) -> Any:
        budget = self.budget.on(self.at.date())
        self.budget = msgspec.structs.replace(budget, requests=budget.requests + 1)
        return self._reply(call)


class MadeUpOptions(Options, frozen=True, kw_only=True):
    """Nothing that matters, of several types."""

    regions: tuple[str, ...] = ()
    pages: int = 3


class MadeUp:
    """Pages as the client tells them: `{"posts": [...], "charts": [...], "next": cursor or None}`."""

    kind: ClassVar[str] = "made-up"
    address: ClassVar[str] = "https://example.com"
    options: ClassVar[type[Options]] = MadeUpOptions
    secrets: ClassVar[tuple[str, ...]] = ("token",)
    quota: ClassVar[Quota] = Quota(requests_a_day=100)

    def __init__(self, name: str, options: Any, secrets: Mapping[str, str]) -> None:
        self.name, self.options_given, self.secrets_given = name, options, secrets

    def begin(self, at: datetime, last: Cursor | None) -> Cursor:
        return last or {"page": 1}

    def page(self, fetch: Fetch, cursor: Cursor) -> Page:
        told = fetch(Call(path="list", params={"page": str(cursor["page"])}))
        return Page(posts=told.get("posts", ()), charts=told.get("charts", ()), cursor=told["next"])


class MadeUpFiles(MadeUp):
    """The same without an address or secrets."""

    kind: ClassVar[str] = "made-up-files"
    address: ClassVar[str] = ""
    secrets: ClassVar[tuple[str, ...]] = ()


CONNECTORS: Mapping[str, type[Connector]] = {"made-up": MadeUp, "made-up-files": MadeUpFiles}


@dataclass(slots=True)
class Script:
    """Replies by page. A reply that is an exception is raised; a list is used up, its last stays."""

    pages: Mapping[int, Any]
    asked: list[int] = field(default_factory=list)

    def __call__(self, call: Call) -> Any:
        number = int(call.params["page"])
        self.asked.append(number)
        told = self.pages[number]
        if isinstance(told, list):
            told = told.pop(0) if len(told) > 1 else told[0]
        if isinstance(told, BaseException):
            raise told
        return told


def page(
    posts: Sequence[Any] = (), following: int | None = None, charts: Sequence[Any] = ()
) -> dict[str, Any]:
    """One reply."""
    return {"posts": posts, "charts": charts, "next": None if following is None else {"page": following}}


def opener(time: Simulated, reply: Callable[[Call], Any]) -> Opener:
    """Opens made-up clients."""

    @contextmanager
    def opened(
        source: ConfiguredSource, secrets: Secrets, kept: Kept, clocks: Clocks
    ) -> Iterator[MadeUpClient]:
        client = MadeUpClient(time, reply)
        client.budget, client.breaker = kept.budget or client.budget, kept.breaker
        yield client

    return opened
