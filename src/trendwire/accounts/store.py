"""Opens a home's accounts.sqlite for one process, and owns the words for its troubles.

SQLite in WAL mode with synchronous=FULL: a commit that returned is on the disk. A lock beside the file says
which process holds the accounts; what sqlite3 raises leaves here as Corrupt or NotReady.
"""

import fcntl
import hmac
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self, TextIO

from trendwire.accounts import secret
from trendwire.accounts.credential import digest
from trendwire.accounts.placing import PRIVATE, place_once
from trendwire.errors import Conflict, Corrupt, NotReady, TrendwireError
from trendwire.facts.durable import make_folder
from trendwire.statements import named

FILE = "accounts.sqlite"
LOCK = "accounts.lock"
SCHEMA_VERSION = 2

PATIENCE = 0.25
"""Seconds to wait for another program that has the file locked; the event loop waits too."""

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


class Store:
    """The file, its secret and its lock. `db` writes; it has one user at a time."""

    def __init__(self, path: Path, secret_bytes: bytes, lock: TextIO) -> None:
        self.path = path
        self.secret = secret_bytes
        self._lock = lock
        self.db = _connect(path)

    @classmethod
    def open(cls, home: Path) -> Self:
        """Open the accounts of `home`; at the first time, make them.

        Raises Conflict where another process holds them, Corrupt where the file or its secret is not what was
        written, NotReady where they cannot be used now (rights, space, a version of another program).
        """
        path = home / FILE
        with our_words(path):
            make_folder(home)
            lock = _locked(home / LOCK)
            try:
                return cls(path, _prepare(home, path), lock)
            except BaseException:
                lock.close()
                raise

    def reopen(self) -> None:
        """A new connection in place of one that can no longer be trusted."""
        self.db.close()
        self.db = _connect(self.path)

    def close(self) -> None:
        """Let the file and the lock go."""
        self.db.close()
        self._lock.close()


def _locked(path: Path) -> TextIO:
    lock = os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE), "r+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise Conflict(
            f"process {holder} holds the accounts of {path.parent}: one server runs for each home;"
            " stop that one, or name another --home",
            holder=holder,
        ) from error
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _prepare(home: Path, path: Path) -> bytes:
    """Make what is missing, bring what is old up to date, check what is there; the secret of the home."""
    if path.exists() and not (home / secret.FILE).exists():
        raise Corrupt("the secret of the accounts is missing", path=str(home / secret.FILE))
    secret_bytes = secret.of_home(home)
    mark = digest(secret_bytes, _SEALED_TEXT)
    place_once(path, lambda draft: _create(draft, mark))
    with closing(_connect(path)) as db:
        _migrate(db)
        _check(db, path, mark)
    return secret_bytes


def _create(draft: Path, mark: bytes) -> None:
    with closing(_connect(draft)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(f"BEGIN; {_SQL['schema']} {_SQL['refill_table']} COMMIT;")
        db.execute(_SQL["seal"], {"mark": mark})
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _migrate(db: sqlite3.Connection) -> None:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA_VERSION and not db.execute(_SQL["has_refills"]).fetchone():
        db.executescript(f"BEGIN; {_SQL['refill_table']} {_SQL['known_refills']} COMMIT;")
    if version != 1:
        return
    steps = (_SQL["from_version_1"], _SQL["schema"], _SQL["refill_table"], _SQL["copy_version_1"])
    db.executescript(f"BEGIN; {' '.join(steps)} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")


def _check(db: sqlite3.Connection, path: Path, mark: bytes) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise NotReady("the accounts were made by a later Trendwire", path=str(path), version=version)
    if version < 1:
        raise Corrupt("the accounts file holds no accounts", path=str(path))
    row = db.execute(_SQL["sealed"]).fetchone()
    if row is None or not hmac.compare_digest(row[0], mark):
        raise Corrupt("the secret is not the one the keys were sealed with", path=str(path))


def _connect(path: Path) -> sqlite3.Connection:
    """A connection that commits each statement by itself unless told BEGIN; never makes the file."""
    db = sqlite3.connect(
        path.resolve().as_uri() + "?mode=rw",
        uri=True,
        timeout=PATIENCE,
        isolation_level=None,
        # Statements run in the event loop's thread, commits in another; never both at once.
        check_same_thread=False,
    )
    db.execute("PRAGMA synchronous = FULL")
    return db


@contextmanager
def our_words(path: Path) -> Iterator[None]:
    """What sqlite3 and the system raise leaves as an error of ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, path) from error
    except UnicodeDecodeError as error:  # in what SQLite says of a damaged schema
        raise Corrupt("the accounts are damaged", path=str(path)) from error
    except OSError as error:
        raise NotReady("the accounts cannot be opened", path=str(path), reason=str(error)) from error


def translated(error: sqlite3.Error, path: Path) -> TrendwireError:
    """The error of ours that says what `error` means."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    facts = {"path": str(path), "reason": str(error), "sqlite_code": code}
    # No code: sqlite3 itself refused, as the connection is closed. The low byte is the primary code.
    if code is None or code & 0xFF in _PASSING:
        return NotReady("the accounts are not available now", **facts)
    return Corrupt("the accounts are damaged", **facts)
