"""Whether the accounts of a home that nobody serves are sound, looked at as a server would open them."""

from pathlib import Path

import msgspec

from trendwire.accounts.books import loaded
from trendwire.accounts.journal import SQL
from trendwire.accounts.store import FILE, Store, our_words
from trendwire.errors import Corrupt


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at: accounts, keys, and ledger rows."""

    accounts: int = 0
    keys: int = 0
    rows: int = 0


def checked(home: Path, at: int) -> Sound:
    """That every page can be read, the secret fits, and every balance is the sum of its ledger rows.

    `at`: Unix milliseconds. An older file is brought up to date. Raises Corrupt where it is not so, Conflict
    where a process holds the accounts, NotReady.
    """
    if not (home / FILE).exists():
        return Sound()
    store = Store.open(home)
    try:
        with our_words(store.path):
            if store.db.execute(SQL["integrity"]).fetchall() != [("ok",)]:
                raise Corrupt("the accounts are damaged", path=str(store.path))
            state, _ = loaded(store.db, at)
            sums = dict(store.db.execute(SQL["sums"]).fetchall())
            rows: int = store.db.execute(SQL["entries"]).fetchone()[0]
    finally:
        store.close()
    wrong = [one.name for one in state.accounts.values() if one.settled != sums.get(one.id, 0)]
    if wrong:
        raise Corrupt("a balance is not the sum of its ledger rows", accounts=wrong)
    return Sound(accounts=len(state.accounts), keys=len(state.keys), rows=rows)
