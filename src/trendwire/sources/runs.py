"""What became of each run of each source, and where the next one begins: `sources.sqlite` in the home.

Owns cursors, budgets, breakers, pauses, wishes, the list of runs, and the leases that keep two processes from
running one source at once. Any process may open it. Moments are Unix milliseconds (UTC).
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from trendwire.errors import Conflict, Corrupt, NotReady
from trendwire.facts.durable import make_folder
from trendwire.sources.connector import Cursor
from trendwire.sources.pace import Breaker, Budget
from trendwire.statements import named

FILE = "sources.sqlite"
VERSION = 2
LEASE = timedelta(minutes=30)
"""A lease that was not renewed for so long is free; it is renewed with every page that is stored, and a
client waits at most a quarter of an hour for a reply."""

PATIENCE = 10.0
"""Seconds to wait for another process that writes."""

_SQL = named(__package__, "runs.sql")
_PASSING = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
}


class Ending(StrEnum):
    """How a run ended."""

    DONE = "done"
    EMPTY = "empty"
    PARTLY = "partly"
    SUSPICIOUS = "suspicious"
    HELD = "held"
    STOPPED = "stopped"
    FAILED = "failed"
    BROKEN = "broken"


MEANINGS: Mapping[Ending, str] = {
    Ending.DONE: "all that there was came",
    Ending.EMPTY: "nothing came, and no error",
    Ending.PARTLY: "more pages than one run takes; the next run goes on",
    Ending.SUSPICIOUS: "less came than before: what came is put aside, what was there stays",
    Ending.HELD: "the budget of the day is used up; it goes on when there is one again",
    Ending.STOPPED: "stopped from outside; the next run goes on",
    Ending.FAILED: "the source failed; the next run goes on where this one was",
    Ending.BROKEN: "the process was killed; the next run goes on",
}

SUCCESSES = (Ending.DONE, Ending.EMPTY, Ending.PARTLY)
FAILURES = (Ending.SUSPICIOUS, Ending.FAILED, Ending.BROKEN)
INTERRUPTED = (Ending.HELD, Ending.STOPPED)
"""Neither: they count as a success where something had come."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `ended`, `ending`: None while it lasts. `rows`: posts seen that became facts; `quarantined`:
    rows and charts put aside, of which `suspicious` charts; `again`: when it is worth going on, if that is
    known."""

    source: str
    started: int
    ended: int | None = None
    ending: Ending | None = None
    rows: int = 0
    charts: int = 0
    quarantined: int = 0
    suspicious: int = 0
    pages: int = 0
    requests: int = 0
    message: str = ""
    again: int | None = None


class Kept(msgspec.Struct, frozen=True):
    """Where a source was left. `cursor` is None where its last run came to its end."""

    cursor: Cursor | None = None
    budget: Budget | None = None
    breaker: Breaker = Breaker()
    paused: bool = False


class Totals(msgspec.Struct, frozen=True):
    """What a source gave in the runs that are listed; `since`: when the first of them began."""

    rows: int = 0
    charts: int = 0
    quarantined: int = 0
    since: int | None = None


class Runs:
    """The list of one home; `sources.sqlite` is made when there is something to write."""

    def __init__(self, home: Path) -> None:
        self.path = home / FILE

    def lease(self, source: str, holder: str, now: datetime) -> None:
        """Have the source for oneself for the time of LEASE; a run that was killed is ended. Conflict names
        who has it."""
        values = {"source": source, "holder": holder, "now": ms(now), "until": ms(now + LEASE)}
        with self._open() as db:
            db.execute(_SQL["know"], values)
            if not db.execute(_SQL["lease"], values).rowcount:
                ((other,),) = db.execute(_SQL["holder"], values).fetchall()
                raise Conflict(f"{source} is being collected already ({other})")
            self._break_off(db, now, holder)

    def release(self, source: str, holder: str) -> None:
        """Let it go."""
        self._do("release", source=source, holder=holder)

    def clear(self, prefix: str, now: datetime) -> None:
        """Take the leases of dead processes, whose holders begin with `prefix`, and end what they had
        begun."""
        with self._open() as db:
            db.execute(_SQL["release_all"], {"prefix": prefix})
            self._break_off(db, now, "")

    def kept(self, source: str) -> Kept:
        """Where the source was left."""
        for cursor, budget, breaker, paused in self._rows("kept", source=source):
            return Kept(
                cursor and msgspec.json.decode(cursor),
                budget and msgspec.json.decode(budget, type=Budget),
                msgspec.json.decode(breaker, type=Breaker) if breaker else Breaker(),
                bool(paused),
            )
        return Kept()

    def save(
        self,
        source: str,
        holder: str,
        now: datetime,
        cursor: Cursor | None,
        budget: Budget | None,
        breaker: Breaker,
    ) -> None:
        """Remember where a run is, and hold the lease longer. Conflict where it is another's by now."""
        values = {
            "source": source,
            "holder": holder,
            "until": ms(now + LEASE),
            "cursor": None if cursor is None else canonical(cursor),
            "budget": None if budget is None else canonical(budget),
            "breaker": canonical(breaker),
        }
        if not self._do("save", **values):
            raise Conflict(f"the lease of {source} ran out, and another process may be collecting it")

    def pause(self, source: str, *, paused: bool) -> None:
        """Have the schedule leave the source alone, or not any more."""
        with self._open() as db:
            db.execute(_SQL["know"], {"source": source})
            db.execute(_SQL["pause"], {"source": source, "paused": int(paused)})

    def wish(self, source: str, now: datetime) -> None:
        """Ask for a run as soon as may be, whatever the schedule says, of a paused source too."""
        self._do("wish", source=source, at=ms(now))

    def wished(self, source: str) -> int | None:
        """Since when a run is asked for that has not begun; None where none is."""
        found: int | None = self._value("wished", source=source)
        return found

    def begin(self, source: str, now: datetime) -> int:
        """Note that a run begins, which is the one that was wished for; its number."""
        with self._open() as db:
            db.execute(_SQL["fulfil"], {"source": source})
            return int(db.execute(_SQL["begin"], {"source": source, "started": ms(now)}).lastrowid or 0)

    def end(self, number: int, run: Run) -> None:
        """Note how it ended."""
        self._do("end", id=number, **msgspec.structs.asdict(run))

    def latest(self, source: str, most: int) -> tuple[Run, ...]:
        """The latest runs, newest first; the first may still be going on."""
        return tuple(
            msgspec.convert(dict(zip(Run.__struct_fields__, row, strict=True)), Run)
            for row in self._rows("runs", source=source, most=most)
        )

    def totals(self, source: str) -> Totals:
        """Sums over the runs that are listed."""
        return Totals(*next(iter(self._rows("totals", source=source)), ()))

    def last_success(self, source: str) -> int | None:
        """When the last run ended that did what it should."""
        always, with_something = canonical(SUCCESSES), canonical(INTERRUPTED)
        found: int | None = self._value(
            "last_of", source=source, always=always, with_something=with_something
        )
        return found

    def last_given(self, source: str) -> int | None:
        """When the last run ended that brought anything."""
        found: int | None = self._value("last_given", source=source)
        return found

    def prune(self, before: datetime) -> int:
        """Forget runs that ended before; how many."""
        return self._do("prune", before=ms(before))

    def sizes(self, source: str, since: datetime) -> dict[str, int]:
        """Rows of each chart that was good at `since` or later, by the text of its key."""
        return dict(self._rows("sizes", source=source, since=ms(since)))

    def remember(self, source: str, chart: str, size: int, now: datetime) -> None:
        """A good chart had so many rows."""
        self._do("remember", source=source, chart=chart, size=size, at=ms(now))

    def mark(self, name: str) -> str | None:
        """A word kept under this name."""
        value: str | None = self._value("mark", name=name)
        return value

    def set_mark(self, name: str, value: str) -> None:
        """Keep a word."""
        self._do("set_mark", name=name, value=value)

    def _break_off(self, db: sqlite3.Connection, now: datetime, holder: str) -> None:
        """End the runs that never ended, of sources that nobody but `holder` has."""
        values = {"now": ms(now), "holder": holder, "ending": Ending.BROKEN}
        db.execute(_SQL["break_off"], {**values, "message": MEANINGS[Ending.BROKEN]})

    def _do(self, statement: str, **values: Any) -> int:
        with self._open() as db:
            return db.execute(_SQL[statement], values).rowcount

    def _rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        with self._open() as db:
            return db.execute(_SQL[statement], values).fetchall()

    def _value(self, statement: str, **values: Any) -> Any:
        return next(iter(self._rows(statement, **values)), (None,))[0]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction. Corrupt where the file is damaged, NotReady where it cannot be used now."""
        try:
            make_folder(self.path.parent)
            with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as db:
                db.execute("PRAGMA synchronous = FULL")
                self._prepare(db)
                with db:
                    yield db
        except (sqlite3.Error, OSError) as error:
            raise _our_words(error, self.path) from error

    def _prepare(self, db: sqlite3.Connection) -> None:
        ((version,),) = db.execute("PRAGMA user_version").fetchall()
        if version > VERSION:
            raise NotReady(f"{FILE} is of a newer version of Trendwire", path=str(self.path))
        if version < VERSION:
            db.executescript(f"BEGIN IMMEDIATE; {_SQL['schema']} PRAGMA user_version = {VERSION}; COMMIT;")


def ms(moment: datetime) -> int:
    """Unix milliseconds."""
    return round(moment.timestamp() * 1000)


def moment(at: int) -> datetime:
    """The same back."""
    return datetime.fromtimestamp(at / 1000, UTC)


def canonical(told: Any) -> str:
    """The same value, the same text."""
    return msgspec.json.encode(told, order="sorted").decode()


def _our_words(error: sqlite3.Error | OSError, path: Path) -> NotReady | Corrupt:
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(error, OSError) or code is None or code & 0xFF in _PASSING:
        return NotReady(f"{FILE} cannot be used now: {error}", path=str(path))
    return Corrupt(f"{FILE} is damaged: {error}", path=str(path))
