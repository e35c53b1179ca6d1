"""What every request passes, whatever keeps the accounts: admit, serve, settle.

    fingerprint = gate.fingerprint(credential)          offline: no look-up, no I/O
    admission = await gate.admit(Ask(...))              key, restrictions, rate, credits, in this order
    ...serve...
    await gate.settle(admission, charged=True)          durable when it returns

Two gates keep this contract: `books.BookGate` in one process over SQLite, `cluster.ClusterGate` over Redis
and PostgreSQL for several servers.
"""

from typing import Protocol

import msgspec


class Moment(msgspec.Struct, frozen=True):
    """Now, twice: `wall` in Unix milliseconds (UTC) for what is written, `tick` in monotonic seconds."""

    wall: int
    tick: float


class Ask(msgspec.Struct, frozen=True):
    """What a request asks of the gate. `cost` in credits, 0 = free; `address`: the client's IP address."""

    fingerprint: bytes
    endpoint: str
    cost: int
    address: str
    at: Moment


class Admission(msgspec.Struct):
    """A request that was let in and whose cost is held. Settle it exactly once.

    `per_second_limit`, `per_second_remaining`: of its key, after this request. `reset`: whole seconds until
    the window is empty again. `credits`: of its account, if this request is charged. `test`: of a test key,
    which is answered from the sample edition and costs nothing. `hold`: what the gate knows it by.
    """

    ask: Ask
    key_id: int
    account_id: int
    cost: int
    per_second_limit: int
    per_second_remaining: int
    reset: int
    credits: int
    test: bool = False
    hold: str = ""


class Gate(Protocol):
    """See the head of the module."""

    def fingerprint(self, credential: str | None) -> bytes:
        """What the stores know a key by. Raises NoCredential; BadCredential where it cannot be a key."""

    async def admit(self, ask: Ask) -> Admission:
        """Let a request in and hold its cost.

        Raises BadCredential (unknown, revoked, expired), NotAllowed (endpoint or address), RateLimited,
        OutOfCredits (account or the key's cap), in this order; NotReady or Corrupt where the store is in
        trouble. A request refused by the rate limit is not counted by it; one refused for want of credits is.
        """

    async def settle(self, admission: Admission, *, charged: bool) -> None:
        """Spend the credits held, durably before this returns, or give them back.

        Raises NotReady or Corrupt where the charge could not be written; nothing was charged then and nothing
        is held. A caller cancelled while it waits leaves a charge that is made all the same.
        """
