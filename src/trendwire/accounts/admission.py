"""The one gate before every answer that costs: key, then rate limit, then credits; and the charge after it.

    admission = await gate.admit(credential, endpoint, cost, at)
    charged = False
    try:
        ...                      # make the answer; charged = it is a success
    finally:
        await gate.settle(admission, charged)

`admit` holds the cost, so that requests at the same time can not spend the same credits; `settle` spends it
or gives it back. The debit itself asks once more, in the store, so that two processes can not overspend
either. Every admission must be settled, once. A gate belongs to one event loop.
"""

import asyncio
import sqlite3
from datetime import datetime

import msgspec

from trendwire.accounts import keys, ledger, usage
from trendwire.accounts.holds import Holds
from trendwire.accounts.limits import Limits
from trendwire.accounts.store import Store
from trendwire.errors import NoCredential, OutOfCredits


class Moment(msgspec.Struct, frozen=True):
    """When a request came: `wall` (aware) dates its charge, `tick` (monotonic seconds) its rate limit."""

    wall: datetime
    tick: float


class Admission(msgspec.Struct, frozen=True):
    """A request let in: who pays, what it will cost, how many more may come in this second."""

    hold: int
    key_id: int
    account_id: int
    endpoint: str
    cost: int
    per_second_remaining: int
    at: Moment


class Gate:
    """Admits and settles requests against one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._limits = Limits()
        self._holds = Holds()

    async def admit(self, credential: str | None, endpoint: str, cost: int, at: Moment) -> Admission:
        """Let a request in and hold its cost (credits, 0 = free).

        Raises NoCredential, BadCredential, RateLimited, OutOfCredits, in this order; NotReady or Corrupt
        where the store is in trouble. A request refused by the rate limit is not counted by it; one refused
        for want of credits is.
        """
        if not credential:
            raise NoCredential("a key is needed")
        holder = keys.find(self._store, credential)
        remaining = self._limits.take(holder.key_id, holder.qps, at.tick)
        # No await between the balance read above and the hold below: nothing can come in between.
        available = holder.balance - self._holds.held(holder.account_id, holder.last_entry)
        if available < cost:
            raise OutOfCredits(
                "the credits do not cover the cost", remaining, key_id=holder.key_id, available=available
            )
        hold = self._holds.take(holder.account_id, cost)
        return Admission(hold, holder.key_id, holder.account_id, endpoint, cost, remaining, at)

    async def settle(self, admission: Admission, charged: bool) -> None:
        """Spend the credits held (on the disk before this returns), or give them back.

        Raises OutOfCredits where another process spent them first, NotReady or Corrupt where the charge
        could not be written; nothing was charged then and nothing is held. A caller that is cancelled while
        it waits leaves a charge that is made all the same. Raises Conflict at the second call.
        """
        self._holds.close(admission.hold)
        if not charged:
            self._release(admission)
            return
        charge = asyncio.wrap_future(self._store.submit(lambda db: self._charge(db, admission)))
        charge.add_done_callback(lambda done: self._charged(done, admission))
        await asyncio.shield(charge)

    def _charge(self, db: sqlite3.Connection, admission: Admission) -> None:
        """The debit and its count, in the transaction of the writer's thread."""
        a = admission
        if a.cost:
            entry = ledger.debit(db, a.account_id, a.key_id, a.endpoint, a.cost, a.at.wall)
            if entry is None:
                raise OutOfCredits(
                    "the credits do not cover the cost", a.per_second_remaining, key_id=a.key_id
                )
            self._holds.land(a.account_id, a.hold, entry, a.cost)
        usage.count(db, a.key_id, a.endpoint, a.cost, a.at.wall)

    def _charged(self, done: asyncio.Future[None], admission: Admission) -> None:
        self._release(admission)
        # Seen here, so that a failure whose caller was cancelled is not reported as forgotten.
        if not done.cancelled():
            done.exception()

    def _release(self, admission: Admission) -> None:
        self._holds.release(admission.account_id, admission.hold, admission.cost)
