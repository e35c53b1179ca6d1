"""Credits of accounts: grants and debits, rows that are never changed, and the balance they add up to.

Invariants, held by the schema and not only by this module:
1. the balance of an account is the sum of its rows, at every moment another connection can see;
2. it is never below 0: a debit that it does not cover leaves no row;
3. a row is never updated, replaced or deleted.
"""

import sqlite3
from datetime import datetime

from trendwire.accounts.store import Store
from trendwire.errors import Corrupt, InvalidInput, NotFound
from trendwire.statements import named

MAX_CREDITS = 10**12
"""The most one grant may give."""

_SQL = named(__package__, "ledger.sql")


def grant(store: Store, account_id: int, credits_: int, at: datetime) -> int:
    """Add credits (1 .. MAX_CREDITS) to an account; its new balance. Raises InvalidInput, NotFound."""
    check_credits(credits_, least=1)

    def job(db: sqlite3.Connection) -> int:
        if _balance(db, account_id) is None:
            raise NotFound("account", account_id=account_id)
        add(db, account_id, credits_, at)
        return _balance(db, account_id) or 0

    return store.write(job)


def balance(store: Store, account_id: int) -> int:
    """The credits of an account now. Raises NotFound."""
    found = store.read(lambda db: _balance(db, account_id))
    if found is None:
        raise NotFound("account", account_id=account_id)
    return found


def check(store: Store) -> None:
    """Add up every row of every account. Raises Corrupt where a balance is not the sum of its rows."""
    rows = store.read(lambda db: db.execute(_SQL["unsound"]).fetchall())
    if rows:
        raise Corrupt("a balance is not the sum of its ledger rows", accounts=rows)


def check_credits(credits_: int, *, least: int) -> None:
    """Raises InvalidInput unless `least` <= `credits_` <= MAX_CREDITS."""
    if not least <= credits_ <= MAX_CREDITS:
        raise InvalidInput("credits", f"must be a whole number from {least} to {MAX_CREDITS}")


def add(db: sqlite3.Connection, account_id: int, credits_: int, at: datetime) -> None:
    """A grant, as part of the caller's transaction."""
    db.execute(_SQL["grant"], {"account_id": account_id, "credits": credits_, "at": milliseconds(at)})


def debit(
    db: sqlite3.Connection, account_id: int, key_id: int, endpoint: str, cost: int, at: datetime
) -> int | None:
    """A debit of `cost` >= 1, as part of the caller's transaction: its row's id; None if not covered."""
    values = {"account_id": account_id, "key_id": key_id, "endpoint": endpoint, "cost": cost}
    cursor = db.execute(_SQL["debit"], values | {"at": milliseconds(at)})
    return cursor.lastrowid if cursor.rowcount else None


def milliseconds(at: datetime) -> int:
    """A moment as the store writes it: Unix milliseconds."""
    return round(at.timestamp() * 1000)


def _balance(db: sqlite3.Connection, account_id: int) -> int | None:
    row: tuple[int] | None = db.execute(_SQL["balance"], {"account_id": account_id}).fetchone()
    return None if row is None else row[0]
