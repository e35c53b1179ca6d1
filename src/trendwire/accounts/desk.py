"""The desk of one process: what an operator does to accounts, on the same books that requests pass.

Each operation is checked at the door, written with the next batch, and then true in memory: a revoked key is
refused on its next request. Lists are read on a connection of their own, beside the server's work.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from ipaddress import ip_network
from typing import Any, TypeVar

import msgspec

from trendwire.accounts import checks, credential
from trendwire.accounts import operations as ops
from trendwire.accounts.admission import refill
from trendwire.accounts.journal import SQL as BOOKS
from trendwire.accounts.journal import Journal
from trendwire.accounts.requests import RequestLogStore
from trendwire.accounts.state import AccountState, KeyState, State, month_of
from trendwire.accounts.store import Store, our_words
from trendwire.errors import Conflict, Corrupt, InvalidInput, NotFound
from trendwire.statements import named

_SQL = named(__package__, "desk.sql")

R = TypeVar("R")
T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)


class BookDesk:
    """Answers the operations of `operations.py`."""

    def __init__(
        self, store: Store, state: State, journal: Journal, log: RequestLogStore, endpoints: frozenset[str]
    ) -> None:
        self._store = store
        self._state = state
        self._journal = journal
        self._log = log
        self._endpoints = endpoints
        self._answers: dict[type, Callable[[Any, int], Awaitable[Any]]] = {
            ops.ListPlans: self._list_plans,
            ops.SetPlan: self._set_plan,
            ops.ListAccounts: self._list_accounts,
            ops.CreateAccount: self._create_account,
            ops.ChangePlan: self._change_plan,
            ops.GrantCredits: self._grant,
            ops.ListKeys: self._list_keys,
            ops.CreateKey: self._create_key,
            ops.ChangeKey: self._change_key,
            ops.RotateKey: self._rotate,
            ops.RevokeKey: self._revoke,
            ops.ListEntries: self._list_entries,
            ops.ListUsage: self._list_usage,
            ops.ListRequests: self._list_requests,
            ops.CheckLedger: self._check,
        }

    async def do(self, operation: ops.Operation[R], at: int) -> R:
        answered: R = await self._answers[type(operation)](operation, at)
        return answered

    # Plans.

    async def _list_plans(self, _asked: ops.ListPlans, _at: int) -> tuple[ops.Plan, ...]:
        rows = await self._read(lambda db: db.execute(_SQL["plans"]).fetchall())
        return tuple(ops.Plan(name=name, monthly_credits=monthly) for name, monthly in rows)

    async def _set_plan(self, asked: ops.SetPlan, _at: int) -> ops.Plan:
        plan = ops.Plan(
            name=checks.name("name", asked.name),
            monthly_credits=checks.credits("monthly_credits", asked.monthly_credits),
        )

        def applied(_none: object) -> None:
            for account in self._state.accounts.values():
                if account.plan == plan.name:
                    account.monthly_credits = plan.monthly_credits

        values = msgspec.to_builtins(plan)
        await self._journal.write(lambda db: db.execute(_SQL["set_plan"], values), applied)
        return plan

    async def _plan(self, name: str | None) -> ops.Plan | None:
        if name is None:
            return None
        plans = await self._list_plans(ops.ListPlans(), 0)
        found = next((plan for plan in plans if plan.name == name), None)
        if found is None:
            raise InvalidInput("plan", f"must be one of {', '.join(plan.name for plan in plans) or 'none'}")
        return found

    # Accounts.

    async def _list_accounts(self, _asked: ops.ListAccounts, at: int) -> tuple[ops.Account, ...]:
        for account in tuple(self._state.accounts.values()):
            await self._refilled(account, at)
        return tuple(map(_account, self._state.accounts.values()))

    async def _create_account(self, asked: ops.CreateAccount, at: int) -> ops.Account:
        name, plan = checks.name("name", asked.name), await self._plan(asked.plan)
        amount = checks.credits("credits", asked.credits)
        if self._state.account_named(name) is not None:
            raise Conflict(f"there is an account {name!r} already")
        account = await self._opened_account(name, plan, at)
        if amount:
            await self._credit(account, amount, None, at)
        await self._refilled(account, at)
        return _account(account)

    async def _opened_account(self, name: str, plan: ops.Plan | None, at: int) -> AccountState:
        known = self._state.account_named(name)
        if known is not None:
            return known
        account = AccountState(
            0, name, plan.name if plan else None, plan.monthly_credits if plan else 0, 0, at
        )

        def run(db: sqlite3.Connection) -> int:
            values = {"name": name, "plan": account.plan, "at": at}
            return int(db.execute(_SQL["add_account"], values).lastrowid or 0)

        def applied(number: int) -> None:
            account.id = number
            self._state.accounts[number] = account

        try:
            await self._journal.write(run, applied)
        except sqlite3.IntegrityError:
            # Another call of this moment opened it first.
            return self._account(name)
        return account

    async def _change_plan(self, asked: ops.ChangePlan, at: int) -> ops.Account:
        account, plan, month = self._account(asked.account), await self._plan(asked.plan), month_of(at)

        def applied(_none: object) -> None:
            account.plan = plan.name if plan else None
            account.monthly_credits = plan.monthly_credits if plan else 0
            account.refilled.discard(month)

        def run(db: sqlite3.Connection) -> None:
            db.execute(_SQL["change_plan"], {"plan": plan.name if plan else None, "id": account.id})
            db.execute(_SQL["reopen_month"], {"month": month, "id": account.id})

        await self._journal.write(run, applied)
        await self._refilled(account, at)
        return _account(account)

    async def _grant(self, asked: ops.GrantCredits, at: int) -> ops.Entry:
        account = self._account(asked.account)
        amount = checks.credits("credits", asked.credits, least=1)
        note = None if asked.note is None else checks.name("note", asked.note)
        number = await self._credit(account, amount, note, at)
        return ops.Entry(
            id=number,
            account_id=account.id,
            kind="grant",
            amount=amount,
            key_id=None,
            endpoint=None,
            note=note,
            at=at,
        )

    async def _credit(self, account: AccountState, amount: int, note: str | None, at: int) -> int:
        entry = {"account_id": account.id, "amount": amount, "at": at, "kind": "grant", "note": note}

        def applied(_number: int) -> None:
            account.available += amount
            self._journal.settle(account, amount)

        def run(db: sqlite3.Connection) -> int:
            return int(db.execute(BOOKS["credit"], entry).lastrowid or 0)

        return await self._journal.write(run, applied)

    async def _refilled(self, account: AccountState, at: int) -> None:
        if account.plan is not None:
            await refill(self._journal, account, month_of(at), at)

    # Keys.

    async def _list_keys(self, asked: ops.ListKeys, at: int) -> tuple[ops.Key, ...]:
        account = None if asked.account is None else self._account(asked.account)
        used = await self._ever_used()
        keys = (key for key in self._state.keys.values() if account in (None, key.account))
        return tuple(_key(key, at, *used.get(key.id, (0, 0))) for key in keys)

    async def _create_key(self, asked: ops.CreateKey, at: int) -> ops.NewKey:
        name = checks.name("account", asked.account)
        draft = self._draft(asked, at)
        amount = checks.credits("credits", asked.credits)
        account = await self._opened_account(name, None, at)
        if amount:
            await self._credit(account, amount, None, at)
        return await self._added(replace(draft, account=account), at)

    def _draft(self, asked: ops.CreateKey, at: int) -> KeyState:
        cap = asked.monthly_cap
        return KeyState(
            0,
            AccountState(0, "", None, 0, 0, 0),
            asked.mode,
            b"",
            "",
            checks.whole("qps", asked.qps, 1, checks.MAX_QPS),
            None if cap is None else checks.credits("monthly_cap", cap),
            frozenset(checks.endpoints(asked.endpoints, self._endpoints)),
            tuple(map(ip_network, checks.addresses(asked.addresses))),
            at,
            checks.end(at, asked.expires_at),
            None,
        )

    async def _added(self, draft: KeyState, at: int) -> ops.NewKey:
        """Give a key its text and write it."""
        text = credential.mint(draft.mode)
        key = replace(draft, digest=credential.digest(self._store.secret, text), shown=credential.shown(text))
        values = _changeable(key) | {
            "account_id": key.account.id,
            "mode": key.mode,
            "digest": key.digest,
            "shown": key.shown,
            "carried_month": month_of(at),
            "carried": key.spent[month_of(at)],
            "expires_at": key.expires_at,
            "at": at,
        }

        def applied(number: int) -> None:
            key.id = number
            self._state.add_key(key)

        def run(db: sqlite3.Connection) -> int:
            return int(db.execute(_SQL["add_key"], values).lastrowid or 0)

        await self._journal.write(run, applied)
        return ops.NewKey(key=_key(key, at, 0, 0), text=text)

    async def _change_key(self, asked: ops.ChangeKey, at: int) -> ops.Key:
        key = self._key(asked.key_id)
        changed = replace(key)
        if asked.qps is not msgspec.UNSET:
            changed.qps = checks.whole("qps", asked.qps, 1, checks.MAX_QPS)
        if asked.monthly_cap is not msgspec.UNSET:
            cap = asked.monthly_cap
            changed.cap = None if cap is None else checks.credits("monthly_cap", cap)
        if asked.endpoints is not msgspec.UNSET:
            changed.endpoints = frozenset(checks.endpoints(asked.endpoints, self._endpoints))
        if asked.addresses is not msgspec.UNSET:
            changed.networks = tuple(map(ip_network, checks.addresses(asked.addresses)))

        def applied(_none: object) -> None:
            key.qps, key.cap = changed.qps, changed.cap
            key.endpoints, key.networks = changed.endpoints, changed.networks

        values = _changeable(changed) | {"id": key.id}
        await self._journal.write(lambda db: db.execute(_SQL["change_key"], values), applied)
        return await self._shown(key, at)

    async def _rotate(self, asked: ops.RotateKey, at: int) -> ops.NewKey:
        old = self._key(asked.key_id)
        overlap = checks.whole("overlap", asked.overlap, 0, checks.MAX_OVERLAP)
        if at >= old.ends_at:
            raise Conflict(f"key {old.id} is no longer valid: create a new one")
        until, spent = checks.end(at, asked.expires_at), old.spent.copy()
        made = await self._added(replace(old, created_at=at, expires_at=until, spent=spent), at)
        ends = at + overlap * 1000

        def applied(_none: object) -> None:
            old.end(expires_at=ends)

        values = {"id": old.id, "at": ends}
        await self._journal.write(lambda db: db.execute(_SQL["expire_key"], values), applied)
        return made

    async def _revoke(self, asked: ops.RevokeKey, at: int) -> ops.Key:
        key = self._key(asked.key_id)

        def applied(_none: object) -> None:
            key.end(revoked_at=at)

        values = {"id": key.id, "at": at}
        await self._journal.write(lambda db: db.execute(_SQL["revoke_key"], values), applied)
        return await self._shown(key, at)

    async def _shown(self, key: KeyState, at: int) -> ops.Key:
        used = await self._ever_used()
        return _key(key, at, *used.get(key.id, (0, 0)))

    async def _ever_used(self) -> dict[int, tuple[int, int]]:
        rows = await self._read(lambda db: db.execute(_SQL["ever_used"]).fetchall())
        return {key_id: (calls, spent) for key_id, calls, spent in rows}

    # What happened.

    async def _list_entries(self, asked: ops.ListEntries, _at: int) -> tuple[ops.Entry, ...]:
        checks.whole("limit", asked.limit, 1, checks.MAX_ROWS)
        values = self._filters(asked)
        rows = await self._read(lambda db: db.execute(_SQL["ledger"], values).fetchall())
        return tuple(_struct(ops.Entry, row) for row in rows)

    async def _list_usage(self, asked: ops.ListUsage, _at: int) -> tuple[ops.Usage, ...]:
        values = self._filters(asked)
        rows = await self._read(lambda db: db.execute(_SQL["usage"], values).fetchall())
        return tuple(_struct(ops.Usage, row) for row in rows)

    async def _list_requests(self, asked: ops.ListRequests, _at: int) -> tuple[ops.LoggedRequest, ...]:
        checks.whole("limit", asked.limit, 1, checks.MAX_ROWS)
        account_id = None if asked.account is None else self._account(asked.account).id
        return await asyncio.to_thread(self._log.find, asked, account_id)

    async def _check(self, _asked: ops.CheckLedger, _at: int) -> int:
        def checked(db: sqlite3.Connection) -> tuple[list[Any], int]:
            return db.execute(BOOKS["unsound"]).fetchall(), db.execute(BOOKS["entries"]).fetchone()[0]

        wrong, rows = await self._read(checked)
        if wrong:
            raise Corrupt("a balance is not the sum of its ledger rows", accounts=wrong)
        return rows

    def _filters(self, asked: Any) -> dict[str, Any]:
        account = None if asked.account is None else self._account(asked.account).id
        return msgspec.structs.asdict(asked) | {"account_id": account}

    async def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run `query` on one snapshot in which balances and usage are up to date."""
        await self._journal.write(lambda _db: None, lambda _none: None, save=True)
        return await asyncio.to_thread(self._queried, query)

    def _queried(self, query: Callable[[sqlite3.Connection], T]) -> T:
        address = self._store.path.resolve().as_uri() + "?mode=ro"
        with our_words(self._store.path), closing(sqlite3.connect(address, uri=True)) as db:
            db.execute("BEGIN")
            return query(db)

    def _account(self, name: str) -> AccountState:
        found = self._state.account_named(name)
        if found is None:
            raise NotFound("account", account=name)
        return found

    def _key(self, number: int) -> KeyState:
        found = self._state.keys.get(number)
        if found is None:
            raise NotFound("key", key_id=number)
        return found


def _account(account: AccountState) -> ops.Account:
    return ops.Account(
        id=account.id,
        name=account.name,
        plan=account.plan,
        balance=account.available,
        created_at=account.created_at,
    )


def _key(key: KeyState, at: int, calls: int, spent: int) -> ops.Key:
    return ops.Key(
        id=key.id,
        account_id=key.account.id,
        account=key.account.name,
        mode=key.mode,
        shown=key.shown,
        qps=key.qps,
        balance=key.account.available,
        monthly_cap=key.cap,
        spent_this_month=key.spent[month_of(at)],
        endpoints=tuple(sorted(key.endpoints)),
        addresses=tuple(map(str, key.networks)),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        calls=calls,
        spent=spent,
    )


def _changeable(key: KeyState) -> dict[str, Any]:
    return {
        "qps": key.qps,
        "monthly_cap": key.cap,
        "endpoints": msgspec.json.encode(sorted(key.endpoints)).decode(),
        "addresses": msgspec.json.encode([str(one) for one in key.networks]).decode(),
    }


def _struct(kind: type[S], row: tuple[Any, ...]) -> S:
    """A Struct from a row whose columns stand in the order of its fields."""
    names = msgspec.structs.fields(kind)
    return kind(**{field.name: value for field, value in zip(names, row, strict=True)})
