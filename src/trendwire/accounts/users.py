"""The people who may use the console: their passwords, their sessions, and how fast they may try.

console.sqlite in the home, apart from the accounts: commands change it while a server runs (WAL, short
transactions, a connection for each). All calls may wait for the disk or compute: none for the event loop.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from trendwire.accounts import checks, passwords
from trendwire.accounts.passwords import Passwords
from trendwire.accounts.placing import place_once
from trendwire.accounts.store import our_words
from trendwire.errors import BadCredential, Conflict, NotFound, NotReady, RateLimited
from trendwire.statements import named

FILE = "console.sqlite"
SCHEMA_VERSION = 1

IDLE_MS = 12 * 3_600_000
OLDEST_MS = 7 * 86_400_000
"""A session ends when it was not used for the first, at the latest after the second."""

SEEN_EVERY_MS = 60_000
"""How exactly the last use of a session is noted."""

REMEMBERED_MS = 15 * 60_000
"""How long a failed sign-in counts."""

TOKEN_BYTES = 32

_SQL = named(__package__, "users.sql")
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Slowing:
    """`free` failures cost no waiting; each more doubles it, from 1 second to `longest`."""

    free: int
    longest: int

    def wait(self, failures: int) -> int:
        """Seconds after the last of them."""
        return 0 if failures < self.free else min(self.longest, 1 << min(failures - self.free, 20))


SLOWINGS = (Slowing(free=20, longest=900), Slowing(free=20, longest=60), Slowing(free=5, longest=900))
"""Of an address, of a name (short: a stranger must not lock its owner out), of a name from an address."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """One who may sign in. Moments in Unix milliseconds; `signed_in_at`: the last time."""

    name: str
    created_at: int
    signed_in_at: int | None


class Session(msgspec.Struct, frozen=True):
    """Somebody signed in. `csrf`: what each of their forms must bring back."""

    user: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Users:
    """The users of the console of `home`; the file is made with the first one."""

    home: Path
    passwords: Passwords = field(default_factory=Passwords)

    @property
    def path(self) -> Path:
        return self.home / FILE

    def exist(self) -> bool:
        """Whether anybody could sign in."""
        return bool(self._one("any")[0]) if self.path.exists() else False

    def list(self) -> tuple[User, ...]:
        if not self.path.exists():
            return ()
        with self._opened() as db:
            rows = db.execute(_SQL["users"]).fetchall()
        return tuple(User(name=name, created_at=made, signed_in_at=last) for name, made, last in rows)

    def add(self, name: str, password: str, at: int) -> None:
        """Raises InvalidInput, Conflict where the name is taken."""
        hashed = self.passwords.hashed(passwords.checked(password))
        values = {"name": checks.name("name", name), "password": hashed, "at": at}
        with our_words(self.path):
            place_once(self.path, _create)
        with self._opened() as db:
            try:
                db.execute(_SQL["add"], values)
            except sqlite3.IntegrityError as error:
                raise Conflict(f"there is a user {name!r} already") from error

    def remove(self, name: str) -> None:
        """With all sessions. Raises NotFound."""
        self._change("remove", {"name": name})

    def set_password(self, name: str, password: str) -> None:
        """End all sessions too. Raises NotFound, InvalidInput."""
        hashed = self.passwords.hashed(passwords.checked(password))
        self._change("change_password", {"name": name, "password": hashed})
        with self._opened() as db:
            db.execute(_SQL["end_sessions"], {"name": name})

    def sign_in(self, address: str, name: str, password: str, at: int) -> str:
        """A new session's token. Raises RateLimited after too many failures, BadCredential."""
        self._try(address, name, at)
        known = self._one("password", name=name)
        stored = None if known is None else known[1]
        if not self.passwords.fits(stored, password) or known is None:
            raise BadCredential("name and password do not fit together")
        if self.passwords.is_dated(known[1]):
            known = (known[0], self.passwords.hashed(password))
            self._change("change_password", {"name": name, "password": known[1]})
        with self._opened() as db, _at_once(db):
            db.execute(_SQL["forgive"], {"address": address, "name": name})
            return _begun(db, known[0], known[1], at)

    def session(self, token: str, at: int) -> Session | None:
        """Whose token this is; None for one that is unknown or over."""
        if not self.path.exists():
            return None
        digest = _digest(token)
        with self._opened() as db:
            row = db.execute(_SQL["session"], _bounds(at) | {"digest": digest}).fetchone()
            if row is None:
                return None
            name, csrf, seen_at = row
            if at - seen_at >= SEEN_EVERY_MS:
                db.execute(_SQL["seen"], {"digest": digest, "at": at})
        return Session(name, csrf)

    def sign_out(self, token: str) -> None:
        with self._opened() as db:
            db.execute(_SQL["end"], {"digest": _digest(token)})

    def _try(self, address: str, name: str, at: int) -> None:
        """Note a try before it is made, unless it must wait."""
        values = {"address": address, "name": name[: checks.MAX_NAME_LENGTH], "at": at}
        since = {"since": at - REMEMBERED_MS}
        with self._opened() as db, _at_once(db):
            db.execute(_SQL["forget"], since)
            seconds = _waiting(db.execute(_SQL["recent"], values | since).fetchone(), at)
            if seconds <= 0:
                db.execute(_SQL["try"], values)
        if seconds > 0:
            raise RateLimited("too many failed sign-ins", retry_after=seconds)

    def _one(self, statement: str, **values: object) -> Any:
        with self._opened() as db:
            return db.execute(_SQL[statement], values).fetchone()

    def _change(self, statement: str, values: dict[str, object]) -> None:
        changed = 0
        if self.path.exists():
            with self._opened() as db:
                changed = db.execute(_SQL[statement], values).rowcount
        if not changed:
            raise NotFound("user", name=values["name"])

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A connection that commits each statement by itself unless told BEGIN."""
        address = self.path.resolve().as_uri() + "?mode=rw"
        with (
            our_words(self.path),
            closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None)) as db,
        ):
            if db.execute("PRAGMA user_version").fetchone()[0] > SCHEMA_VERSION:
                raise NotReady("the users were made by a later Trendwire", path=str(self.path))
            db.execute("PRAGMA foreign_keys = ON")
            yield db


def _create(draft: Path) -> None:
    with closing(sqlite3.connect(draft, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(f"BEGIN; {_SQL['schema']} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")


@contextmanager
def _at_once(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction that no other writer comes between."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _waiting(recent: tuple[int | None, ...], at: int) -> int:
    """Whole seconds until the next try. `recent`: failures and the moment of the last one, three times."""
    pairs = zip(recent[::2], recent[1::2], SLOWINGS, strict=True)
    ready = [(last or 0) + slowing.wait(count or 0) * 1000 for count, last, slowing in pairs]
    return -(-(max(ready) - at) // 1000)


def _begun(db: sqlite3.Connection, user_id: int, password: str, at: int) -> str:
    """A new session, unless its user was removed or got another password meanwhile."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.execute(_SQL["end_old"], _bounds(at))
    values = {"digest": _digest(token), "csrf": secrets.token_urlsafe(TOKEN_BYTES), "at": at}
    begun = db.execute(_SQL["begin"], values | {"user_id": user_id, "password": password})
    if not begun.rowcount:
        raise BadCredential("name and password do not fit together")
    db.execute(_SQL["signed_in"], {"user_id": user_id, "at": at})
    return token


def _bounds(at: int) -> dict[str, int]:
    return {"idle": at - IDLE_MS, "oldest": at - OLDEST_MS}


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
