"""Accounts and keys as the process that holds them knows them: plain numbers, changed in one step each.

Everything here belongs to the event loop's thread. What is spent is taken at admission and given back where a
request fails, so that nothing is ever checked first and changed later.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from math import inf

from trendwire.accounts.operations import Mode

Network = IPv4Network | IPv6Network

DAY_MS = 86_400_000


@dataclass(slots=True, eq=False)
class AccountState:
    """`settled`: the sum of its ledger rows. `available`: that, less what is held and on its way.

    `refilled`: the months (see `month_of`) whose refill it had; a month that comes again has it once.
    """

    id: int
    name: str
    plan: str | None
    monthly_credits: int
    settled: int
    created_at: int
    refilled: set[int] = field(default_factory=set)
    available: int = 0

    def __post_init__(self) -> None:
        self.available = self.settled


@dataclass(slots=True, eq=False)
class KeyState:
    """`spent`: by month, what is held included. `endpoints`, `networks`: empty = any."""

    id: int
    account: AccountState
    mode: Mode
    digest: bytes
    shown: str
    qps: int
    cap: int | None
    endpoints: frozenset[str]
    networks: tuple[Network, ...]
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    spent: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    ends_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.end()

    def end(self, *, revoked_at: int | None = None, expires_at: int | None = None) -> None:
        """Note its end; the earlier one stays. `ends_at` is the moment from which on it is refused: a
        revoked key is refused always, also where the clock was ahead when it was revoked.
        """
        self.revoked_at = self.revoked_at if revoked_at is None else self.revoked_at or revoked_at
        if expires_at is not None:
            self.expires_at = min(expires_at, self.expires_at or expires_at)
        self.ends_at = 0 if self.revoked_at is not None else self.expires_at or inf

    def allows_address(self, address: str) -> bool:
        """Whether it may be used from there; what is no address is nowhere."""
        if not self.networks:
            return True
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.networks)


@dataclass(slots=True, eq=False)
class State:
    """All accounts and keys. `usage`: calls and credits since they were last saved."""

    accounts: dict[int, AccountState] = field(default_factory=dict)
    keys: dict[int, KeyState] = field(default_factory=dict)
    by_digest: dict[bytes, KeyState] = field(default_factory=dict)
    usage: dict[tuple[int, str, int], list[int]] = field(default_factory=dict)

    def add_key(self, key: KeyState) -> None:
        self.keys[key.id] = key
        self.by_digest[key.digest] = key

    def count(self, key_id: int, endpoint: str, at: int, calls: int, credits_: int) -> None:
        """Add to usage (negative: take away what a failed commit had counted)."""
        counts = self.usage.setdefault((key_id, endpoint, at // DAY_MS), [0, 0])
        counts[0] += calls
        counts[1] += credits_

    def account_named(self, name: str) -> AccountState | None:
        return next((one for one in self.accounts.values() if one.name == name), None)


def day_text(day: int) -> str:
    """The ISO date of a day number since 1970."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date().isoformat()


def month_of(at: int) -> int:
    """The month (UTC) of a moment in Unix milliseconds, counted in months since year 0."""
    return _month_of_epoch_day(at // DAY_MS)


def first_day(month: int) -> str:
    """The ISO date on which a month begins."""
    return f"{month // 12:04}-{month % 12 + 1:02}-01"


def month_of_day(day: str) -> int:
    """The month of an ISO date."""
    return 12 * int(day[:4]) + int(day[5:7]) - 1


@lru_cache(maxsize=64)
def _month_of_epoch_day(day: int) -> int:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
    return 12 * moment.year + moment.month - 1
