"""Writes to the accounts in groups: rows by the event loop's thread, commits by another. The one writer.

What is asked for while a commit is on its way is collected and goes with the next. A batch is inserted by a
few multi-row statements, which take microseconds; its commit waits for the disk in a thread that does nothing
else, and its callers go on when it has returned. A batch that fails is undone as a whole; the next one tries
again.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, TypeVar

import structlog

from trendwire import clock
from trendwire.accounts.state import DAY_MS, AccountState, KeyState, State, day_text
from trendwire.accounts.store import Store, translated
from trendwire.errors import NotReady, TrendwireError
from trendwire.statements import named

SQL = named(__package__, "books.sql")

SAVE_SECONDS = 1.0
"""How often balances and usage are saved while they change; a start has to add up no more than that."""

_ROW = "(?, ?, ?, ?, ?)"
_SIZES = (64, 32, 16, 8, 4, 2, 1)
_INSERTS = {size: SQL["debits"].format(rows=", ".join([_ROW] * size)) for size in _SIZES}

_log = structlog.get_logger()

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Job:
    """Statements of the desk: `run` in the transaction, `apply` to the state once it is on the disk."""

    run: Callable[[sqlite3.Connection], Any]
    apply: Callable[[Any], None]
    done: "_Shared"
    result: Any = None
    error: Exception | None = None


class _Shared(asyncio.Future[Any]):
    """Waited for by everybody of a batch: one who gives up must not end it for the others."""

    def cancel(self, msg: object = None) -> bool:  # noqa: ARG002  as asyncio calls it
        """Never."""
        return False


@dataclass(slots=True, eq=False)
class _Batch:
    """What is committed together. `values`: those of all debits, one after the other."""

    done: _Shared
    values: list[Any] = field(default_factory=list)
    debits: list[tuple[KeyState, int, str, int]] = field(default_factory=list)
    jobs: list[_Job] = field(default_factory=list)
    last_id: int = 0


class Journal:
    """The writer of one store. For one event loop's thread."""

    def __init__(self, store: Store, state: State, last_id: int) -> None:
        self._store = store
        self._state = state
        self._last_id = last_id
        self._dirty: set[int] = set(state.accounts)
        self._saving: tuple[set[int], dict[tuple[int, str, int], list[int]]] | None = None
        self._saved_at = clock.monotonic()
        self._collecting: _Batch | None = None
        self._committing = False
        self.failing = False
        """Whether the last commit failed."""
        self._lost = False  # the connection could not even be rolled back
        self._to_commit: SimpleQueue[_Batch | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.commits, self.rows = 0, 0

    def start(self) -> None:
        """Take the running event loop as the one to write for."""
        self._loop = loop = asyncio.get_running_loop()
        self._thread = threading.Thread(
            target=self._commit_all, args=(loop,), name="accounts-commit", daemon=True
        )
        self._thread.start()

    async def close(self) -> None:
        """Write what is asked for and what is unsaved; then nothing is written any more."""
        if self._thread is None:
            return
        await self.write(lambda _db: None, lambda _none: None, save=True)
        self._to_commit.put(None)
        self._thread.join()
        self._thread = None

    def debit(self, key: KeyState, cost: int, endpoint: str, at: int) -> _Shared:
        """Write a debit; the future (of its whole batch) is done when it is on the disk."""
        batch = self._collecting or self._next()
        batch.values += (key.account.id, -cost, key.id, endpoint, at)
        batch.debits.append((key, cost, endpoint, at))
        return batch.done

    async def write(
        self, run: Callable[[sqlite3.Connection], T], apply: Callable[[T], None], *, save: bool = False
    ) -> T:
        """Run statements in the next batch; what they raise undoes them alone. `save`: tallies too."""
        batch = self._collecting or self._next()
        if save:
            self._saved_at = float("-inf")
        job = _Job(run, apply, _Shared(loop=self._loop))
        batch.jobs.append(job)
        result: T = await job.done
        return result

    def _next(self) -> _Batch:
        if self._thread is None:
            raise NotReady("the accounts are closed", path=str(self._store.path))
        self._collecting = _Batch(_Shared(loop=self._loop))
        if not self._committing:
            self._committing = True
            self._loop.call_soon(self._flush)
        return self._collecting

    def _flush(self) -> None:
        """Insert what was collected, then have it committed."""
        batch, self._collecting = self._collecting, None
        if batch is None:
            self._committing = False
            return
        try:
            if self._lost:
                self._store.reopen()
                self._lost = False
            self._store.db.execute("BEGIN IMMEDIATE")
            self._save_tallies()
            for job in batch.jobs:
                self._run(job)
            batch.last_id = self._insert(batch)
        except sqlite3.Error as error:
            self._finished(batch, error)
        else:
            self._to_commit.put(batch)

    def _run(self, job: _Job) -> None:
        """A job's refusal is its own: what others asked for in the same batch goes on."""
        db = self._store.db
        db.execute("SAVEPOINT job")
        try:
            job.result = job.run(db)
        except (TrendwireError, sqlite3.IntegrityError) as error:
            job.error = error
            db.execute("ROLLBACK TO job")
        db.execute("RELEASE job")

    def _insert(self, batch: _Batch) -> int:
        """All debits, in statements of few sizes, which stay prepared; the id of the last row there is."""
        db, values, start = self._store.db, batch.values, 0
        left = len(batch.debits)
        for size in _SIZES:
            while left >= size:
                end = start + 5 * size
                db.execute(_INSERTS[size], values[start:end])
                start, left = end, left - size
        last: int = db.execute(SQL["last_entry"]).fetchone()[0]
        return last

    def _save_tallies(self) -> None:
        """Balances and usage up to the last row that is on the disk."""
        now = clock.monotonic()
        if now - self._saved_at < SAVE_SECONDS or not (self._dirty or self._state.usage):
            return
        db, state = self._store.db, self._state
        balances = [(state.accounts[number].settled, number) for number in self._dirty]
        db.executemany(SQL["save_balance"], balances)
        used = [(key, name, day_text(day), *counts) for (key, name, day), counts in state.usage.items()]
        db.executemany(SQL["save_usage"], used)
        db.execute(SQL["save_upto"], (self._last_id,))
        self._saving = (self._dirty, state.usage)
        self._dirty, state.usage = set(), {}
        self._saved_at = now

    def _commit_all(self, loop: asyncio.AbstractEventLoop) -> None:
        """The other thread: one commit after the other."""
        while (batch := self._to_commit.get()) is not None:
            error: sqlite3.Error | None = None
            try:
                self._store.db.execute("COMMIT")
            except sqlite3.Error as raised:
                error = raised
            loop.call_soon_threadsafe(self._finished, batch, error)

    def _finished(self, batch: _Batch, error: sqlite3.Error | None) -> None:
        if error is None:
            self._written(batch)
        else:
            self._undo()
        self._say_once(error)
        _tell(batch, None if error is None else translated(error, self._store.path))
        # Only then the next: what those who were told ask at once still joins it.
        self._loop.call_soon(self._flush)

    def _say_once(self, error: sqlite3.Error | None) -> None:
        """That a disk fails is said when it begins and when it ends, not for each batch."""
        if self.failing == (error is not None):
            return
        self.failing = error is not None
        if error is not None:
            _log.error("accounts cannot be written", reason=str(error), path=str(self._store.path))
        else:
            _log.info("accounts are written again", path=str(self._store.path))

    def _written(self, batch: _Batch) -> None:
        self._saving = None
        self._last_id = batch.last_id
        self.commits += 1
        self.rows += len(batch.debits)
        usage, dirty = self._state.usage, self._dirty
        for key, cost, endpoint, at in batch.debits:
            account = key.account
            account.settled -= cost
            dirty.add(account.id)
            counts = usage.setdefault((key.id, endpoint, at // DAY_MS), [0, 0])
            counts[0] += 1
            counts[1] += cost
        for job in batch.jobs:
            if job.error is None:
                job.apply(job.result)

    def settle(self, account: AccountState, amount: int) -> None:
        """A row of that amount is on the disk."""
        account.settled += amount
        self._dirty.add(account.id)

    def _undo(self) -> None:
        """Leave the file as it was before the batch, and the state as what the file says."""
        if self._saving is not None:
            dirty, used = self._saving
            self._saving = None
            self._dirty |= dirty
            for (key_id, endpoint, day), (calls, credits_) in used.items():
                self._state.count(key_id, endpoint, day * DAY_MS, calls, credits_)
        try:
            if self._store.db.in_transaction:
                self._store.db.execute("ROLLBACK")
        except sqlite3.Error:
            self._lost = True


def _tell(batch: _Batch, error: TrendwireError | None) -> None:
    """Wake whoever waits for the batch."""
    for job in batch.jobs:
        failed = job.error or error
        if job.done.done():
            continue
        if failed is None:
            job.done.set_result(job.result)
        else:
            job.done.set_exception(failed)
    if batch.done.done():
        return
    if error is None:
        batch.done.set_result(None)
    else:
        batch.done.set_exception(error)
        batch.done.exception()  # seen: nobody may be waiting for a batch of jobs
