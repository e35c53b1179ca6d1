"""Everything an operator can do to accounts, as messages: one Struct for each, answered by a `Desk`.

The command line, the admin API and the console send the same messages; `desk.BookDesk` answers them over
SQLite, `cluster.ClusterDesk` over PostgreSQL. Moments are Unix milliseconds (UTC), credits whole numbers,
days ISO dates (UTC).
"""

from typing import Annotated, Generic, Literal, Protocol, TypeVar

import msgspec

from trendwire.accounts.gate import Gate

R = TypeVar("R")
"""What an operation is answered with."""

Mode = Literal["live", "test"]
EntryKind = Literal["grant", "refill", "debit"]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
RowId = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`monthly_credits`: an account of this plan starts each month (UTC) with at least so many."""

    name: str
    monthly_credits: int


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Credits belong to an account. `balance` is what can be spent now."""

    id: int
    name: str
    plan: str | None
    balance: int
    created_at: int


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key as lists show it; never its text.

    `shown`: its first characters. `monthly_cap`: credits it may spend in a month (UTC), None = its account's
    balance alone bounds it. `endpoints`: names it may call, none = all. `addresses`: networks (CIDR) it may
    call from, none = any. `expires_at`: its end, set at its making or by a rotation. `calls`, `spent`: ever.
    """

    id: int
    account_id: int
    account: str
    mode: Mode
    shown: str
    qps: int
    balance: int
    monthly_cap: int | None
    spent_this_month: int
    endpoints: tuple[str, ...]
    addresses: tuple[str, ...]
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    calls: int
    spent: int


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key just made. `text` is nowhere else: show it to its owner, then forget it."""

    key: Key
    text: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger. `amount` is above 0 for grants and refills, below for debits."""

    id: int
    account_id: int
    kind: EntryKind
    amount: int
    key_id: int | None
    endpoint: str | None
    note: str | None
    at: int


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Requests charged for, and their credits: one key, one endpoint, one day."""

    key_id: int
    account_id: int
    endpoint: str
    day: str
    calls: int
    credits: int


class LoggedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request as the request log keeps it. `target`: path and query, without any key. `ms`: milliseconds.

    `weight`: how many requests this row stands for; above 1 where the log thinned out a flood.
    """

    id: int
    at: int
    request_id: str
    key_id: int | None
    account_id: int | None
    endpoint: str
    method: str
    target: str
    status: int
    cost: int
    ms: float
    address: str
    weight: int = 1


class Operation(msgspec.Struct, Generic[R], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to the desk, answered with an `R`."""


class ListPlans(Operation[tuple[Plan, ...]], frozen=True, kw_only=True):
    pass


class SetPlan(Operation[Plan], frozen=True, kw_only=True):
    """Make a plan, or change what it gives from the next refill on."""

    name: str
    monthly_credits: int


class ListAccounts(Operation[tuple[Account, ...]], frozen=True, kw_only=True):
    pass


class CreateAccount(Operation[Account], frozen=True, kw_only=True):
    """Raises Conflict where the name is taken. A plan's first refill comes at once."""

    name: str
    plan: str | None = None
    credits: int = 0


class ChangePlan(Operation[Account], frozen=True, kw_only=True):
    """Put an account on a plan (None: on none). A plan's first refill comes at once."""

    account: str
    plan: str | None


class GrantCredits(Operation[Entry], frozen=True, kw_only=True):
    """Add credits to an account."""

    account: str
    credits: int
    note: str | None = None


class ListKeys(Operation[tuple[Key, ...]], frozen=True, kw_only=True):
    """In the order they were made; revoked ones too."""

    account: str | None = None


class CreateKey(Operation[NewKey], frozen=True, kw_only=True):
    """Make a key for an account, which is made too if need be; `credits` are granted to the account.

    `expires_at`: it is refused from then on (None: never).
    """

    account: str
    credits: int = 0
    qps: int = 10
    mode: Mode = "live"
    monthly_cap: int | None = None
    endpoints: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    expires_at: int | None = None


class ChangeKey(Operation[Key], frozen=True, kw_only=True):
    """Replace what is given; what is left out (UNSET) stays."""

    key_id: RowId
    qps: int | msgspec.UnsetType = msgspec.UNSET
    monthly_cap: int | msgspec.UnsetType | None = msgspec.UNSET
    endpoints: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    addresses: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class RotateKey(Operation[NewKey], frozen=True, kw_only=True):
    """Make a key like this one; the old one works for `overlap` more seconds (0: not at all).

    `expires_at`: of the new one (None: never).
    """

    key_id: RowId
    overlap: int = 86_400
    expires_at: int | None = None


class RevokeKey(Operation[Key], frozen=True, kw_only=True):
    """Refuse a key from its next request on; again changes nothing."""

    key_id: RowId


class ListEntries(Operation[tuple[Entry, ...]], frozen=True, kw_only=True):
    """Ledger rows, newest first. `before`: an entry id, for the next page. `since` <= at < `until`."""

    account: str | None = None
    key_id: RowId | None = None
    kind: EntryKind | None = None
    since: Milliseconds | None = None
    until: Milliseconds | None = None
    before: RowId | None = None
    limit: int = 100


class ListUsage(Operation[tuple[Usage, ...]], frozen=True, kw_only=True):
    """By key, endpoint and day, `since` and `until` inclusive days."""

    account: str | None = None
    key_id: RowId | None = None
    endpoint: str | None = None
    since: str | None = None
    until: str | None = None


class ListRequests(Operation[tuple[LoggedRequest, ...]], frozen=True, kw_only=True):
    """The request log, newest first. `status`: a code, or its first digit (4 = 400..499)."""

    account: str | None = None
    key_id: RowId | None = None
    endpoint: str | None = None
    status: int | None = None
    request_id: str | None = None
    since: Milliseconds | None = None
    until: Milliseconds | None = None
    before: RowId | None = None
    limit: int = 100


class CheckLedger(Operation[int], frozen=True, kw_only=True):
    """Add up every row of every account: how many rows. Raises Corrupt where a balance is not the sum."""


OPERATIONS: tuple[type[Operation[object]], ...] = (  # type: ignore[assignment]
    ListPlans,
    SetPlan,
    ListAccounts,
    CreateAccount,
    ChangePlan,
    GrantCredits,
    ListKeys,
    CreateKey,
    ChangeKey,
    RotateKey,
    RevokeKey,
    ListEntries,
    ListUsage,
    ListRequests,
    CheckLedger,
)


class RequestLog(Protocol):
    """Keeps what was asked and answered, for `ListRequests`; never in the way of a reply."""

    def wanted(self, status: int) -> int:
        """Ask this before making a row: 0 = it would be thinned out, else the weight that it is to carry."""

    def note(self, row: LoggedRequest) -> None:
        """Keep a row (its id is given later). Returns at once; a flood is thinned out, an error is logged."""


class Desk(Protocol):
    """Answers operations. `at`: Unix milliseconds, the moment they are asked."""

    async def do(self, operation: Operation[R], at: int) -> R:
        """Raises InvalidInput, NotFound, Conflict for what is asked; NotReady, Corrupt for the store."""


class Accounts(Protocol):
    """Accounts as a server holds them: `accounts.Books` embedded, `accounts.cluster.Cluster` shared."""

    @property
    def gate(self) -> Gate: ...
    @property
    def desk(self) -> Desk: ...
    @property
    def requests(self) -> RequestLog: ...

    async def start(self) -> None:
        """Once, in the event loop that serves. Raises NotReady where a store cannot be reached."""

    async def close(self) -> None:
        """Finish the writes that were accepted, then let the stores go. May be called twice."""
