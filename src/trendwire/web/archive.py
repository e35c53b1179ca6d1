"""What an operator looks up beside accounts, as messages like theirs: editions, ingests, quarantine.

`WholeDesk` answers these, those of accounts and those of `collecting`: the admin API and the console have one
desk. Moments are Unix
milliseconds (UTC), days ISO dates.
"""

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from trendwire.accounts import Desk, checks
from trendwire.accounts.operations import Operation
from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.domain.taxonomy import industries
from trendwire.editions import Edition, Editions, Listed
from trendwire.editions.difference import Standing, difference
from trendwire.errors import InvalidInput
from trendwire.facts.ingests import Ingest, Ingests
from trendwire.facts.quarantine import Quarantined, Refusals, Refused
from trendwire.web.collecting import Collecting

R = TypeVar("R")


class ChartChange(msgspec.Struct, frozen=True, kw_only=True):
    """One chart in two editions. `rows_before`, `rows_after`: its lengths; the rest as in `Difference`."""

    before: int
    before_as_of: date
    after: int
    after_as_of: date
    chart: str
    rows_before: int
    rows_after: int
    entered: tuple[Standing, ...]
    left: tuple[Standing, ...]
    moved: tuple[Standing, ...]
    stayed: int


class QuarantineFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the quarantine, with the first of its rows (of one reason, if one was asked for)."""

    refusals: Refusals
    samples: tuple[Refused, ...]


class ListEditions(Operation[tuple[Listed, ...]], frozen=True, kw_only=True):
    """All ever published, newest first; one is current. `before`: an edition number."""

    before: int | None = None
    limit: int = 100


class CompareEditions(Operation[ChartChange], frozen=True, kw_only=True):
    """One chart from edition `before` (None: the last one kept before `after`) to `after` (None: current)."""

    before: int | None = None
    after: int | None = None
    kind: Kind = Kind.HASHTAG
    period: int = CHART_PERIODS[0]
    region: str = WORLD
    industry: int = NO_INDUSTRY


class ListIngests(Operation[tuple[Ingest, ...]], frozen=True, kw_only=True):
    """Newest first."""

    limit: int = 100


class ListQuarantine(Operation[tuple[Refusals, ...]], frozen=True, kw_only=True):
    """The files of refused rows with their reasons, newest first."""

    limit: int = 100


class ReadQuarantine(Operation[QuarantineFile], frozen=True, kw_only=True):
    """One file. `reason`: sample rows of this one alone."""

    name: str
    reason: str | None = None
    limit: int = 20


OPERATIONS: tuple[type[Operation[Any]], ...] = (
    ListEditions,
    CompareEditions,
    ListIngests,
    ListQuarantine,
    ReadQuarantine,
)


class Archive:
    """Answers the messages above over one home; reading is done in threads."""

    def __init__(self, home: Path, editions: Editions) -> None:
        self._editions = editions
        self._ingests = Ingests(home)
        self._quarantined = Quarantined(home)
        self._answers: dict[type, Callable[[Any], Any]] = {
            ListEditions: self._list_editions,
            CompareEditions: self._compare,
            ListIngests: lambda asked: self._ingests.newest(_limit(asked)),
            ListQuarantine: self._list_quarantine,
            ReadQuarantine: self._read_quarantine,
        }

    def knows(self, operation: Operation[Any]) -> bool:
        """Whether it is one of ours."""
        return type(operation) in self._answers

    async def do(self, operation: Operation[R]) -> R:
        """Raises InvalidInput, NotFound, Gone for what is asked; NotReady, Corrupt for the home."""
        answered: R = await asyncio.to_thread(self._answers[type(operation)], operation)
        return answered

    def _list_editions(self, asked: ListEditions) -> tuple[Listed, ...]:
        newest = reversed(self._editions.listed())
        found = [one for one in newest if asked.before is None or one.number < asked.before]
        return tuple(found[: _limit(asked)])

    def _compare(self, asked: CompareEditions) -> ChartChange:
        after = self._editions.current() if asked.after is None else self._editions.at(asked.after)
        before = self._editions.at(self._earlier(after) if asked.before is None else asked.before)
        key = _key(asked, (before, after))
        rows_before, rows_after = before.chart(key) or (), after.chart(key) or ()
        found = difference(rows_before, rows_after)
        return ChartChange(
            before=before.number,
            before_as_of=before.as_of,
            after=after.number,
            after_as_of=after.as_of,
            chart=key.text,
            rows_before=len(rows_before),
            rows_after=len(rows_after),
            **msgspec.structs.asdict(found),
        )

    def _earlier(self, after: Edition) -> int:
        numbers = [one.number for one in self._editions.records() if one.kept and one.number < after.number]
        if not numbers:
            raise InvalidInput("before", f"must be named: none is kept before edition {after.number}")
        return max(numbers)

    def _list_quarantine(self, asked: ListQuarantine) -> tuple[Refusals, ...]:
        return tuple(self._quarantined.refusals(name) for name in self._quarantined.names()[: _limit(asked)])

    def _read_quarantine(self, asked: ReadQuarantine) -> QuarantineFile:
        refusals = self._quarantined.refusals(asked.name)
        return QuarantineFile(
            refusals=refusals, samples=self._quarantined.samples(asked.name, asked.reason, _limit(asked))
        )


class WholeDesk:
    """The desk of the accounts, and beside it the archive and what there is to say of collecting."""

    def __init__(self, accounts: Desk, archive: Archive, collecting: Collecting) -> None:
        self._accounts = accounts
        self._archive = archive
        self._collecting = collecting

    async def do(self, operation: Operation[R], at: int) -> R:
        """See `Desk.do`, `Archive.do` and `Collecting.do`."""
        if self._collecting.knows(operation):
            return await self._collecting.do(operation, at)
        if self._archive.knows(operation):
            return await self._archive.do(operation)
        return await self._accounts.do(operation, at)


def _limit(asked: Any) -> int:
    return checks.whole("limit", asked.limit, 1, checks.MAX_ROWS)


def _key(asked: CompareEditions, editions: tuple[Edition, ...]) -> ChartKey:
    regions = {region for edition in editions for region in edition.regions} | {WORLD}
    if asked.period not in CHART_PERIODS:
        raise InvalidInput("period", f"must be one of {', '.join(map(str, CHART_PERIODS))}")
    if asked.region not in regions:
        raise InvalidInput("region", f"must be one of {', '.join(sorted(regions))}")
    if asked.industry != NO_INDUSTRY and asked.industry not in industries():
        raise InvalidInput("industry", "must be a first-level industry, or 0 for all")
    return ChartKey(asked.kind, asked.period, asked.region, asked.industry)
