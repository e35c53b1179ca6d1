"""The request log of a home: what was asked and answered lately, for who looks for a mistake.

Rows are collected in memory and written about once a second by a thread of their own, without waiting for the
disk: a power cut may take the last second. A flood is thinned out, and each kept row says for how many it
stands. No key is ever in a row: what looks like one is cut out of the target.
"""

import sqlite3
import threading
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import msgspec
import structlog

from trendwire import clock
from trendwire.accounts.operations import ListRequests, LoggedRequest
from trendwire.accounts.placing import PRIVATE
from trendwire.accounts.redaction import redacted
from trendwire.accounts.state import DAY_MS
from trendwire.accounts.store import our_words
from trendwire.statements import named

FILE = "requests.sqlite"
FLUSH_SECONDS = 1.0
KEPT_PER_SECOND = 1000
"""Rows of one kind (answered, refused) kept of a second before it is thinned out."""

MOST_TARGET = 2000
"""Characters."""

_PRUNE_EVERY = 60
"""Flushes."""

_SQL = named(__package__, "requests.sql")
_REFUSED_FROM = 400

_log = structlog.get_logger()


class _Thinning:
    """Lets every row pass, then every 2nd, every 4th, ... of a second, so that none is over-full."""

    __slots__ = ("kept", "seen", "step")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """A second has begun."""
        self.kept, self.seen, self.step = 0, 0, 1


class RequestLogStore:
    """The log of one home, in one process. Keeps nothing where `keep_days` is 0."""

    def __init__(self, path: Path, keep_days: int, most_rows: int) -> None:
        self._path = path
        self._keep_days = keep_days
        self._most_rows = most_rows
        self._rows: list[LoggedRequest] = []
        self._answered, self._refused = _Thinning(), _Thinning()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.lost = 0

    @classmethod
    def open(cls, home: Path, keep_days: int, most_rows: int) -> Self:
        """The log of `home`; its file is made when there is something to write."""
        return cls(home / FILE, keep_days, most_rows)

    def start(self) -> None:
        """Write from now on."""
        self._thread = threading.Thread(target=self._run, name="request-log", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what is left."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def wanted(self, status: int) -> int:
        """See `operations.RequestLog`."""
        if not self._keep_days:
            return 0
        thinning = self._refused if status >= _REFUSED_FROM else self._answered
        thinning.seen += 1
        step = thinning.step
        if thinning.seen % step:
            return 0
        thinning.kept += 1
        if thinning.kept % KEPT_PER_SECOND == 0:
            thinning.step *= 2
        return step

    def note(self, row: LoggedRequest) -> None:
        """Keep a row until the next flush."""
        self._rows.append(row)

    def find(self, asked: ListRequests, account_id: int | None) -> tuple[LoggedRequest, ...]:
        """The rows asked for, newest first, of what is written and what is not yet."""
        self._flush()
        if not self._path.exists():
            return ()
        values = msgspec.structs.asdict(asked) | {"account_id": account_id}
        with our_words(self._path), closing(self._connect()) as db:
            rows = db.execute(_SQL["find"], values).fetchall()
        return tuple(LoggedRequest(**dict(zip(_COLUMNS, row, strict=True))) for row in rows)

    def _run(self) -> None:
        flushes = 0
        while not self._stopped.wait(FLUSH_SECONDS):
            self._flush(prune=flushes % _PRUNE_EVERY == 0)
            flushes += 1
        self._flush(prune=True)

    def _flush(self, *, prune: bool = False) -> None:
        self._answered.reset()
        self._refused.reset()
        rows, self._rows = self._rows, []
        if not rows and not (prune and self._path.exists()):
            return
        try:
            with closing(self._connect()) as db, db:
                self._write(db, rows, prune=prune)
        except (sqlite3.Error, OSError) as error:
            self.lost += len(rows)
            _log.warning("the request log could not be written", reason=str(error), lost=self.lost)

    def _write(self, db: sqlite3.Connection, rows: list[LoggedRequest], *, prune: bool) -> None:
        db.executemany(_SQL["add"], [_values(row) for row in rows])
        if prune:
            oldest = clock.milliseconds() - self._keep_days * DAY_MS
            db.execute(_SQL["prune"], {"most_rows": self._most_rows, "oldest": oldest})

    def _connect(self) -> sqlite3.Connection:
        self._path.touch(PRIVATE)
        db = sqlite3.connect(self._path, timeout=5)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")
        db.execute(_SQL["schema"])
        return db


_COLUMNS = tuple(field.name for field in msgspec.structs.fields(LoggedRequest))


def _values(row: LoggedRequest) -> tuple[Any, ...]:
    """Without the id, which the file gives."""
    told = msgspec.structs.replace(row, target=_shown(row.target))
    return msgspec.structs.astuple(told)[1:]


@lru_cache(maxsize=4096)
def _shown(target: str) -> str:
    """Kept, as the same questions come again and again, and to look for keys in them takes long."""
    return redacted(target)[:MOST_TARGET]
