"""The gate of several servers: key, rate, cap and credits in one step of Redis. See `gate.Gate`.

A debit moves the balance at admission and is written to the stream when it is settled; a hold that nobody
settles goes back when its lease runs out.
"""

import secrets
from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from trendwire.accounts import credential as text_of_key
from trendwire.accounts.clock_watch import ClockWatch
from trendwire.accounts.cluster.scripts import Scripts
from trendwire.accounts.gate import Admission, Ask
from trendwire.accounts.limits import RESET
from trendwire.accounts.state import month_of
from trendwire.errors import (
    BadCredential,
    NotAllowed,
    NotReady,
    OutOfCredits,
    RateLimited,
    TrendwireError,
)

PREFIX = "trendwire:"
HOLDS, LEASES, DEBITS = f"{PREFIX}holds", f"{PREFIX}leases", f"{PREFIX}debits"
LEASE_MS = 60_000
"""How long a hold may stay unsettled."""

SPENT_SECONDS = 40 * 86_400
"""How long Redis keeps what a key spent in a month; where it has it no more, PostgreSQL says it again."""

_ASKED_AT_MOST = 6


def key_name(fingerprint: bytes) -> str:
    """Where Redis keeps what a key may do."""
    return f"{PREFIX}key:{fingerprint.hex()}"


def balance_name(account_id: int) -> str:
    """Where Redis keeps an account's balance."""
    return f"{PREFIX}balance:{account_id}"


def spent_name(key_id: int, month: int) -> str:
    """Where Redis keeps what a key has spent in a month."""
    return f"{PREFIX}spent:{key_id}:{month}"


class ClusterGate:
    """`load` looks for a key that Redis does not know; answers its account and id, None if there is none.

    `load_spent` has Redis know what a key spent in a month. `clock`: told the time of each request.
    """

    def __init__(
        self,
        scripts: Scripts,
        secret: bytes,
        load: Callable[[bytes], Awaitable[tuple[int, int] | None]],
        load_spent: Callable[[int, int], Awaitable[None]],
    ) -> None:
        self.clock = ClockWatch(None)
        self._load_spent = load_spent
        self._scripts = scripts
        self._secret = secret
        self._load = load
        self._owners: dict[bytes, tuple[int, int]] = {}

    def fingerprint(self, credential: str | None) -> bytes:
        return text_of_key.fingerprint(self._secret, credential)

    async def admit(self, ask: Ask) -> Admission:
        self.clock.look(ask.at)
        networks, allowed = "", True
        for _ in range(_ASKED_AT_MOST):
            owner = self._owners.get(ask.fingerprint) or await self._owner(ask.fingerprint)
            hold = secrets.token_hex(12)
            word, *told = await self._asked(ask, owner, hold, networks, allowed)
            if word == b"networks":
                networks = told[0].decode()
                allowed = _is_within(ask.address, networks)
            elif word == b"unspent":
                await self._load_spent(owner[1], month_of(ask.at.wall))
            elif word == b"unknown":
                # Redis has lost its data, or the key was never there.
                self._owners.pop(ask.fingerprint, None)
            elif word == b"ok":
                return _admitted(ask, hold, told)
            else:
                raise _refusal(word.decode(), told)
        raise NotReady("the accounts are not available now", reason="Redis and PostgreSQL disagree")

    async def settle(self, admission: Admission, *, charged: bool) -> None:
        if not admission.cost:
            return
        ask = admission.ask
        keys = (
            HOLDS,
            LEASES,
            DEBITS,
            balance_name(admission.account_id),
            spent_name(admission.key_id, month_of(ask.at.wall)),
        )
        told = (admission.account_id, admission.key_id, admission.cost, ask.endpoint, ask.at.wall)
        done = await self._scripts.call("settle", keys, (admission.hold, int(charged), *told))
        if charged and not done:
            raise NotReady("the charge came too late", key_id=admission.key_id)

    async def _owner(self, fingerprint: bytes) -> tuple[int, int]:
        owner = await self._load(fingerprint)
        if owner is None:
            raise BadCredential("the key is not valid", reason="unknown")
        self._owners[fingerprint] = owner
        return owner

    async def _asked(
        self, ask: Ask, owner: tuple[int, int], hold: str, networks: str, allowed: bool
    ) -> list[Any]:
        account_id, key_id = owner
        month = month_of(ask.at.wall)
        name = key_name(ask.fingerprint)
        keys = (
            name,
            f"{name}:window",
            balance_name(account_id),
            spent_name(key_id, month),
            HOLDS,
            LEASES,
        )
        values = (hold, ask.cost, ask.endpoint, SPENT_SECONDS, LEASE_MS, networks, int(allowed))
        answer: list[Any] = await self._scripts.call("admit", keys, values)
        return answer


def _admitted(ask: Ask, hold: str, told: list[Any]) -> Admission:
    key_id, account_id, qps, remaining, balance, cost, test, _now = map(int, told)
    return Admission(ask, key_id, account_id, cost, qps, remaining, RESET, balance, bool(test), hold)


def _refusal(word: str, told: list[Any]) -> TrendwireError:
    if word == "ended":
        return BadCredential("the key is not valid", reason="revoked or expired")
    key_id, account_id, qps, *rest = map(int, told)
    known = {"key_id": key_id, "account_id": account_id, "per_second_limit": qps}
    if word == "fast":
        return RateLimited("too many requests in a second", max(rest[0], 1) / 1e6, **known)
    if word == "poor":
        remaining, balance = rest
        return OutOfCredits(
            "the credits do not cover the cost", **known, per_second_remaining=remaining, credits=balance
        )
    words = {"endpoint": "the key may not use this endpoint"}
    return NotAllowed(
        words.get(word, "the key may not be used from this address"), **known, per_second_remaining=qps
    )


@lru_cache(maxsize=4096)
def _is_within(address: str, networks: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in ip_network(network) for network in networks.split(","))
