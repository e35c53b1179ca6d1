"""What of a home is older than it should be, in words: its edition, markets of it, its sources.

Nothing here fails: what cannot be looked at is said like the rest.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from trendwire.accounts import Moment
from trendwire.editions import Edition, Editions
from trendwire.errors import NotReady, TrendwireError
from trendwire.sources.configuration import FILE as CONFIGURATION
from trendwire.sources.configuration import Configuration, load
from trendwire.sources.registry import CONNECTORS
from trendwire.sources.runs import moment as moment_of
from trendwire.sources.status import SourceStatus, statuses

EDITION_DAYS = 2
"""Days that an edition may lie back without being stale."""

SECONDS_KEPT = 60.0
"""For how long the words of `/readyz` are said again before anything is looked at anew."""

What = Literal["edition", "market", "source"]
Words = Callable[[], Awaitable[tuple[str, ...]]]


class Stale(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is stale. `names`: the edition's number, the regions, or the source."""

    what: What
    names: tuple[str, ...]
    words: str


class Staleness:
    """Looks at one home."""

    def __init__(self, home: Path, editions: Editions) -> None:
        self._home = home
        self._editions = editions

    def found(self, at: int) -> tuple[Stale, ...]:
        """All that is stale at a moment (Unix milliseconds), the edition first."""
        return (*self._edition(at), *self.markets(), *self.sources(at))

    def markets(self) -> tuple[Stale, ...]:
        """Regions whose numbers come from facts that are too old, those with the same words together."""
        edition = self._current()
        if not isinstance(edition, Edition):
            return edition
        regions: dict[str, list[str]] = defaultdict(list)
        for region, known in sorted(edition.provenance.items()):
            for words in known.stale:
                regions[words].append(region)
        return tuple(
            Stale(what="market", names=tuple(names), words=words) for words, names in regions.items()
        )

    def sources(self, at: int) -> tuple[Stale, ...]:
        """Sources without a success for too long."""
        try:
            found = statuses(self._home, configuration_of(self._home), moment_of(at))
        except TrendwireError as error:
            return (Stale(what="source", names=("all",), words=f"nothing is known of them: {error.public}"),)
        return tuple(Stale(what="source", names=(one.name,), words=_of(one)) for one in found if one.stale)

    def _edition(self, at: int) -> tuple[Stale, ...]:
        edition = self._current()
        if not isinstance(edition, Edition):
            return ()
        days = (datetime.fromtimestamp(at / 1000, UTC).date() - edition.as_of).days
        words = f"its last day, {edition.as_of}, is {days} days ago"
        row = Stale(what="edition", names=(str(edition.number),), words=words)
        return (row,) if days > EDITION_DAYS else ()

    def _current(self) -> Edition | tuple[Stale, ...]:
        """The edition; where none is published, nothing that could be stale."""
        try:
            return self._editions.current()
        except NotReady:
            return ()
        except TrendwireError as error:
            return (Stale(what="edition", names=("current",), words=error.public),)


def configuration_of(home: Path) -> Configuration:
    """The configuration of a home as it is now. NotReady says in words what is wrong with it."""
    try:
        return load(home, CONNECTORS)
    except TrendwireError as error:
        place = "" if error.public.startswith(CONFIGURATION) else f"{CONFIGURATION}: "
        raise NotReady(f"{place}{error.public}", **error.facts) from error


def for_readiness(staleness: Staleness, moment: Callable[[], Moment]) -> Words:
    """Stale markets and sources as lines, looked at once a minute at most, and by one thread at a time."""
    kept: tuple[str, ...] = ()
    until: float | None = None
    alone = asyncio.Lock()

    async def words() -> tuple[str, ...]:
        nonlocal kept, until
        async with alone:
            now = moment()
            if until is None or now.tick >= until:
                kept = await asyncio.to_thread(_lines, staleness, now.wall)
                until = now.tick + SECONDS_KEPT
            return kept

    return words


def _lines(staleness: Staleness, at: int) -> tuple[str, ...]:
    found = (*staleness.markets(), *staleness.sources(at))
    return tuple(f"{one.what} {', '.join(one.names)}: {one.words}" for one in found)


def _of(source: SourceStatus) -> str:
    success = source.last_success
    since = "it never had a success"
    if success is not None:
        since = f"its last success was on {moment_of(success):%Y-%m-%d at %H:%M} UTC"
    return f"{since}; its schedule is {source.schedule}{', but it is paused' if source.paused else ''}"
