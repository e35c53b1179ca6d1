"""Opens a home's accounts.sqlite and owns its connections, its one writer, and the words for its troubles.

SQLite in WAL mode with synchronous=FULL: a commit that returned is on the disk, and readers never wait for
a writer, in this process or another. Writes of a process stand in line before one thread; writes of several
processes take turns. What sqlite3 raises leaves here as Corrupt or NotReady.
"""

import hmac
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self, TypeVar

from trendwire.accounts import secret
from trendwire.accounts.credential import digest
from trendwire.accounts.placing import place_once
from trendwire.errors import Corrupt, NotReady, TrendwireError
from trendwire.statements import named

FILE = "accounts.sqlite"
SCHEMA_VERSION = 1

WRITER_PATIENCE = 10.0
"""Seconds to wait for the turn of other processes' writes."""

READER_PATIENCE = 0.25
"""Seconds. Waited only while another process mends the file after a crash; the event loop waits too."""

_SQL = named(__package__, "store.sql")

_SEALED_TEXT = "accounts"
# The primary result codes of SQLite that time, space or rights can mend; any other means a damaged file.
_PASSING = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]


class Store:
    """The accounts of one home. A context manager; `close` may be called twice."""

    def __init__(self, path: Path, secret_bytes: bytes) -> None:
        self.path = path
        self.secret = secret_bytes
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="accounts-writer")
        self._writer = _connect(path, WRITER_PATIENCE)
        self.reader = _connect(path, READER_PATIENCE, reads_only=True)
        """For short reads of the event loop's thread, each a statement fetched to its end."""

    @classmethod
    def open(cls, home: Path) -> Self:
        """Open the accounts of `home`; at the first time, make them.

        Raises Corrupt where the file or its secret is not what was written, NotReady where they cannot be
        used now (rights, space, a version of another program).
        """
        path = home / FILE
        with _our_words(path):
            return cls(path, _prepare(home, path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish the writes that were accepted, then let the file go."""
        self._thread.shutdown(wait=True)
        self._writer.close()
        self.reader.close()

    def submit(self, job: Job[T]) -> Future[T]:
        """Run `job` in one transaction of the writer's thread; done means on the disk.

        What `job` raises undoes all it did. Raises NotReady, here or from the result, where the store is
        closed, locked for too long, or out of space.
        """
        try:
            return self._thread.submit(self._transact, job)
        except RuntimeError as error:
            raise NotReady("the accounts are closed", path=str(self.path)) from error

    def write(self, job: Job[T]) -> T:
        """`submit`, and wait. Not for the thread of an event loop."""
        return self.submit(job).result()

    def read(self, job: Job[T]) -> T:
        """Run `job` on one snapshot, on a connection of its own: long lists are in nobody's way."""
        with _our_words(self.path), closing(_connect(self.path, WRITER_PATIENCE, reads_only=True)) as db:
            db.execute("BEGIN")
            return job(db)

    def in_our_words(self, error: sqlite3.Error) -> TrendwireError:
        """The error of ours that says what `error` means."""
        return _translated(error, self.path)

    def _transact(self, job: Job[T]) -> T:
        with _our_words(self.path):
            # IMMEDIATE: the turn is taken before the first read, so nothing read here can be stale.
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                result = job(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                # Some failures (a full disk) have undone the transaction already.
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            return result


def _prepare(home: Path, path: Path) -> bytes:
    """Make what is missing, check what is there; the secret of the home."""
    if path.exists() and not (home / secret.FILE).exists():
        raise Corrupt("the secret of the accounts is missing", path=str(home / secret.FILE))
    secret_bytes = secret.of_home(home)
    mark = digest(secret_bytes, _SEALED_TEXT)
    place_once(path, lambda draft: _create(draft, mark))
    with closing(_connect(path, WRITER_PATIENCE, reads_only=True)) as db:
        _check(db, path, mark)
    return secret_bytes


def _create(draft: Path, mark: bytes) -> None:
    with closing(_connect(draft, WRITER_PATIENCE)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(f"BEGIN; {_SQL['schema']} COMMIT;")
        db.execute(_SQL["seal"], {"mark": mark})
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _check(db: sqlite3.Connection, path: Path, mark: bytes) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise NotReady("the accounts were made by a later Trendwire", path=str(path), version=version)
    if version < 1:
        raise Corrupt("the accounts file holds no accounts", path=str(path))
    row = db.execute(_SQL["sealed"]).fetchone()
    if row is None or not hmac.compare_digest(row[0], mark):
        raise Corrupt("the secret is not the one the keys were sealed with", path=str(path))


def _connect(path: Path, patience: float, *, reads_only: bool = False) -> sqlite3.Connection:
    """A connection that commits each statement by itself unless told BEGIN; never makes the file."""
    db = sqlite3.connect(
        path.resolve().as_uri() + "?mode=rw",
        uri=True,
        timeout=patience,
        isolation_level=None,
        # The writer is opened by one thread and used by another; each connection has one user at a time.
        check_same_thread=False,
    )
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    if reads_only:
        db.execute("PRAGMA query_only = ON")
    return db


@contextmanager
def _our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error, path) from error
    except OSError as error:
        raise NotReady("the accounts cannot be opened", path=str(path), reason=str(error)) from error


def _translated(error: sqlite3.Error, path: Path) -> TrendwireError:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    facts = {"path": str(path), "reason": str(error), "sqlite_code": code}
    # No code: sqlite3 itself refused, as the connection is closed. The low byte is the primary code.
    if code is None or code & 0xFF in _PASSING:
        return NotReady("the accounts are not available now", **facts)
    return Corrupt("the accounts are damaged", **facts)
