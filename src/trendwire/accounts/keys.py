"""API keys: made, listed, revoked, found. The text of a key is known to its owner alone, once.

A key belongs to an account and spends its credits. Making a key by a name makes the account of that name, or
adds to it: two keys of one name share one balance.
"""

import hmac
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from trendwire.accounts import credential, ledger
from trendwire.accounts.store import Store
from trendwire.errors import BadCredential, InvalidInput, NotFound
from trendwire.statements import named

MAX_QPS = 10_000
"""Requests per second; bounds what the rate limit remembers of a key."""

MAX_NAME_LENGTH = 100

_MAX_ID = 2**63 - 1  # what SQLite can hold

_SQL = named(__package__, "keys.sql")


@dataclass(frozen=True, slots=True)
class Key:
    """A key as lists show it. `balance` is its account's; `shown` the first characters of its text."""

    id: int
    account_id: int
    name: str
    shown: str
    qps: int
    balance: int
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. `text` is nowhere else: show it to its owner, then forget it."""

    key: Key
    text: str = field(repr=False)


class Holder(NamedTuple):
    """What admission needs to know of a key and its account, from one snapshot."""

    key_id: int
    account_id: int
    digest: bytes
    qps: int
    revoked_at: int | None
    balance: int
    last_entry: int


def create(store: Store, name: str, credits_: int, qps: int, at: datetime) -> NewKey:
    """Make a key for the account `name`, which is made too if need be, and grant it credits (0 = none).

    Raises InvalidInput for a name that is empty, long or not printable, and for numbers out of
    0 .. MAX_CREDITS and 1 .. MAX_QPS.
    """
    _check(name, credits_, qps)
    text = credential.mint()
    values = {
        "name": name,
        "digest": credential.digest(store.secret, text),
        "shown": credential.shown(text),
        "qps": qps,
        "at": ledger.milliseconds(at),
    }

    def job(db: sqlite3.Connection) -> Key:
        db.execute(_SQL["add_account"], values)
        key = _one(db, db.execute(_SQL["add_key"], values).lastrowid)
        if credits_:
            ledger.add(db, key.account_id, credits_, at)
        return _one(db, key.id)

    return NewKey(store.write(job), text)


def listed(store: Store) -> list[Key]:
    """All keys, revoked ones too, in the order they were made."""
    return [_key(row) for row in store.read(lambda db: db.execute(_SQL["all"]).fetchall())]


def revoke(store: Store, key_id: int, at: datetime) -> Key:
    """Refuse a key from its next request on; again changes nothing. Raises NotFound."""
    if not 0 < key_id <= _MAX_ID:
        raise NotFound("key", key_id=key_id)

    def job(db: sqlite3.Connection) -> Key:
        db.execute(_SQL["revoke"], {"id": key_id, "at": ledger.milliseconds(at)})
        return _one(db, key_id)

    return store.write(job)


def find(store: Store, text: str) -> Holder:
    """The holder of a key, by its text. Raises BadCredential: malformed, unknown or revoked.

    A malformed text never reaches the store. An unknown key takes the same steps as a known one, up to the
    row that is not there; the look-up goes by an HMAC, of which a guesser can steer no byte.
    """
    if not credential.is_well_formed(text):
        raise BadCredential("the key is not valid", reason="malformed")
    digest = credential.digest(store.secret, text)
    try:
        row = store.reader.execute(_SQL["holder"], (digest,)).fetchone()
    except sqlite3.Error as error:
        raise store.in_our_words(error) from error
    if row is None or not hmac.compare_digest(row[2], digest):
        raise BadCredential("the key is not valid", reason="unknown")
    holder = Holder._make(row)
    if holder.revoked_at is not None:
        raise BadCredential("the key is not valid", reason="revoked", key_id=holder.key_id)
    return holder


def _check(name: str, credits_: int, qps: int) -> None:
    if not name.strip() or not name.isprintable() or len(name) > MAX_NAME_LENGTH:
        raise InvalidInput("name", f"must have 1 to {MAX_NAME_LENGTH} printable characters")
    ledger.check_credits(credits_, least=0)
    if not 1 <= qps <= MAX_QPS:
        raise InvalidInput("qps", f"must be a whole number from 1 to {MAX_QPS}")


def _one(db: sqlite3.Connection, key_id: int | None) -> Key:
    row = db.execute(_SQL["one"], {"id": key_id}).fetchone()
    if row is None:
        raise NotFound("key", key_id=key_id)
    return _key(row)


def _key(row: tuple[int, int, str, str, int, int, int, int | None]) -> Key:
    key_id, account_id, name, shown, qps, balance, created, revoked = row
    revoked_at = None if revoked is None else _moment(revoked)
    return Key(key_id, account_id, name, shown, qps, balance, _moment(created), revoked_at)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
