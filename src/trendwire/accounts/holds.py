"""Credits promised to requests in flight: held from admission to settlement. In memory, one per process.

What an account can still spend is its balance less what is held. A debit passes through two states: held
here, then inside the balance that the store answers. A read in between must count it exactly once, so the
thread that writes notes the debit's ledger row (`land`) before it commits: whoever sees a balance whose
newest row is that one or later knows that the hold is already inside it.
"""

from dataclasses import dataclass, field

from trendwire.errors import Conflict


@dataclass(slots=True)
class _Held:
    """The holds of one account."""

    count: int = 0
    credits: int = 0
    landed: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Hold -> its ledger row and its credits, from just before the commit until the release."""


class Holds:
    """All holds of one process. Everything but `land` is for the thread of the event loop."""

    def __init__(self) -> None:
        self._accounts: dict[int, _Held] = {}
        self._open: dict[int, tuple[int, int]] = {}
        self._last = 0

    def held(self, account_id: int, last_entry: int) -> int:
        """Credits held that are not yet inside a balance whose newest ledger row is `last_entry`."""
        held = self._accounts.get(account_id)
        if held is None:
            return 0
        # A tuple first: the writer's thread may add to it while it is summed.
        landed = tuple(held.landed.values())
        return held.credits - sum(cost for entry, cost in landed if entry <= last_entry)

    def take(self, account_id: int, cost: int) -> int:
        """Hold `cost` credits; the number of the hold."""
        self._last += 1
        self._open[self._last] = (account_id, cost)
        held = self._accounts.setdefault(account_id, _Held())
        held.count += 1
        held.credits += cost
        return self._last

    def close(self, hold: int) -> None:
        """Begin to settle a hold, once. Raises Conflict where that was begun before."""
        if self._open.pop(hold, None) is None:
            raise Conflict("this admission is settled already", hold=hold)

    def land(self, account_id: int, hold: int, entry: int, cost: int) -> None:
        """Note the ledger row of a hold, before its commit. From the writer's thread."""
        self._accounts[account_id].landed[hold] = (entry, cost)

    def release(self, account_id: int, hold: int, cost: int) -> None:
        """Forget a hold: its credits are spent, or free again."""
        held = self._accounts[account_id]
        held.landed.pop(hold, None)
        held.credits -= cost
        held.count -= 1
        if not held.count:
            del self._accounts[account_id]
