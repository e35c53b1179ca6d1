"""The desk of several servers: PostgreSQL is changed first, then what Redis needs of it for requests."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from trendwire.accounts import checks, credential
from trendwire.accounts import operations as ops
from trendwire.accounts.cluster.gate import SPENT_SECONDS, balance_name, key_name, spent_name
from trendwire.accounts.cluster.truth import Truth
from trendwire.accounts.requests import RequestLogStore
from trendwire.accounts.state import first_day, month_of
from trendwire.errors import Conflict, Corrupt, InvalidInput, NotFound

R = TypeVar("R")

_Row = tuple[Any, ...]


class ClusterDesk:
    """Answers the operations of `operations.py`. `drained`: waits until the ledger holds all debits."""

    def __init__(
        self,
        truth: Truth,
        redis: Any,
        secret: bytes,
        endpoints: frozenset[str],
        log: RequestLogStore,
        drained: Callable[[], Awaitable[None]],
    ) -> None:
        self._truth, self._redis, self._secret = truth, redis, secret
        self._endpoints, self._log, self._drained = endpoints, log, drained
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

    # What Redis needs.

    async def mirror_all(self) -> None:
        """Have Redis know every key, and every balance that it lacks (as after a loss of its data)."""
        for row in await self._truth.rows("keys"):
            await self._mirror(row)
        for account_id, _, _, balance, _ in await self._truth.rows("balances"):
            await self._redis.set(balance_name(account_id), balance, nx=True)

    async def last_moment(self) -> int | None:
        """When the last row of the ledger was written; None where there is none."""
        return next((int(at) for (at,) in await self._truth.rows("last_moment")), None)

    async def load_spent(self, key_id: int, month: int) -> None:
        """Have Redis know what a key spent in a month; in a task of its own, as `load_key`."""
        await asyncio.get_running_loop().create_task(self._load_spent(key_id, month))

    async def _load_spent(self, key_id: int, month: int) -> None:
        await self._drained()
        ((spent,),) = await self._truth.rows("spent", {"id": key_id, "first": first_day(month)})
        await self._redis.set(spent_name(key_id, month), spent, nx=True, ex=SPENT_SECONDS)

    async def load_key(self, fingerprint: bytes) -> tuple[int, int] | None:
        """Look for a key, in a task of its own as the gate may not have one: account and id."""
        return await asyncio.get_running_loop().create_task(self._loaded(fingerprint))

    async def _loaded(self, fingerprint: bytes) -> tuple[int, int] | None:
        row = next((one for one in await self._truth.rows("keys") if bytes(one[4]) == fingerprint), None)
        if row is None:
            return None
        await self._mirror(row)
        account_id, key_id = row[1], row[0]
        await self._balance(account_id)
        return account_id, key_id

    async def _balance(self, account_id: int) -> int:
        """What Redis says; where it has lost it, it is told what the ledger says."""
        name = balance_name(account_id)
        if await self._redis.get(name) is None:
            ((balance,),) = await self._truth.rows("balance", {"id": account_id})
            await self._redis.set(name, balance, nx=True)
        return int(await self._redis.get(name))

    async def _mirror(self, row: _Row) -> None:
        key_id, account_id, _, mode, digest, _, qps, cap, endpoints, addresses, _, expires, revoked, *_ = row
        # revoked under a clock that was ahead, it is refused all the same
        ends = 0 if revoked is not None else "" if expires is None else expires
        told = {
            "id": key_id,
            "account": account_id,
            "qps": qps,
            "mode": mode,
            "cap": "" if cap is None else cap,
            "ends": ends,
            "endpoints": f" {' '.join(endpoints)} " if endpoints else "",
            "networks": ",".join(addresses),
        }
        await self._redis.hset(key_name(bytes(digest)), mapping=told)

    async def refill_all(self, at: int) -> None:
        """Give what plans owe for this month; one server gives it."""
        month = month_of(at)
        for account_id, plan, monthly in await self._truth.rows("due_refills", {"month": month}):
            amount = max(0, monthly - await self._balance(account_id))
            entry = {"id": account_id, "month": month, "amount": amount, "note": plan, "at": at}
            if await self._truth.rows("refill", entry):
                await self._redis.incrby(balance_name(account_id), amount)

    async def _grant_credits(self, account_id: int, amount: int, note: str | None, at: int) -> int:
        await self._balance(account_id)
        entry = {"account_id": account_id, "kind": "grant", "amount": amount, "note": note, "at": at}
        ((number,),) = await self._truth.rows("credit", entry)
        await self._redis.incrby(balance_name(account_id), amount)
        return int(number)

    # Plans and accounts.

    async def _list_plans(self, _asked: ops.ListPlans, _at: int) -> tuple[ops.Plan, ...]:
        return tuple(ops.Plan(name=n, monthly_credits=m) for n, m in await self._truth.rows("plans"))

    async def _set_plan(self, asked: ops.SetPlan, _at: int) -> ops.Plan:
        name = checks.name("name", asked.name)
        monthly = checks.credits("monthly_credits", asked.monthly_credits)
        await self._truth.rows("set_plan", {"name": name, "monthly_credits": monthly})
        return ops.Plan(name=name, monthly_credits=monthly)

    async def _known_plan(self, name: str | None) -> None:
        plans = [plan.name for plan in await self._list_plans(ops.ListPlans(), 0)]
        if name is not None and name not in plans:
            raise InvalidInput("plan", f"must be one of {', '.join(plans) or 'none'}")

    async def _list_accounts(self, _asked: ops.ListAccounts, at: int) -> tuple[ops.Account, ...]:
        await self.refill_all(at)
        return tuple([await self._account_of(row) for row in await self._truth.rows("balances")])

    async def _account_of(self, row: _Row) -> ops.Account:
        account_id, name, plan, _, created_at = row
        balance = await self._balance(account_id)
        return ops.Account(id=account_id, name=name, plan=plan, balance=balance, created_at=created_at)

    async def _account(self, name: str) -> ops.Account:
        for row in await self._truth.rows("balances"):
            if row[1] == name:
                return await self._account_of(row)
        raise NotFound("account", account=name)

    async def _create_account(self, asked: ops.CreateAccount, at: int) -> ops.Account:
        name, amount = checks.name("name", asked.name), checks.credits("credits", asked.credits)
        await self._known_plan(asked.plan)
        made = await self._truth.rows("add_account", {"name": name, "plan": asked.plan, "at": at})
        if not made:
            raise Conflict(f"there is an account {name!r} already")
        if amount:
            await self._grant_credits(made[0][0], amount, None, at)
        await self.refill_all(at)
        return await self._account(name)

    async def _change_plan(self, asked: ops.ChangePlan, at: int) -> ops.Account:
        account = await self._account(asked.account)
        await self._known_plan(asked.plan)
        values = {"plan": asked.plan, "id": account.id, "month": month_of(at)}
        await self._truth.rows("change_plan", values)
        await self.refill_all(at)
        return await self._account(asked.account)

    async def _grant(self, asked: ops.GrantCredits, at: int) -> ops.Entry:
        account = await self._account(asked.account)
        amount = checks.credits("credits", asked.credits, least=1)
        note = None if asked.note is None else checks.name("note", asked.note)
        number = await self._grant_credits(account.id, amount, note, at)
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

    # Keys.

    async def _list_keys(self, asked: ops.ListKeys, at: int) -> tuple[ops.Key, ...]:
        if asked.account is not None:
            await self._account(asked.account)
        await self._drained()
        rows = [row for row in await self._truth.rows("keys") if asked.account in (None, row[2])]
        return tuple([await self._shown(row, at) for row in rows])

    async def _shown(self, row: _Row, at: int) -> ops.Key:
        (id_, account_id, account, mode, _, shown, qps, cap, endpoints, addresses, *rest) = row
        created_at, expires_at, revoked_at, calls, spent = rest
        return ops.Key(
            id=id_,
            account_id=account_id,
            account=account,
            mode=mode,
            shown=shown,
            qps=qps,
            balance=int(await self._redis.get(balance_name(account_id)) or 0),
            monthly_cap=cap,
            spent_this_month=int(await self._redis.get(spent_name(id_, month_of(at))) or 0),
            endpoints=tuple(endpoints),
            addresses=tuple(addresses),
            created_at=created_at,
            expires_at=expires_at,
            revoked_at=revoked_at,
            calls=calls,
            spent=spent,
        )

    async def _row(self, key_id: int) -> _Row:
        found = next((row for row in await self._truth.rows("keys") if row[0] == key_id), None)
        if found is None:
            raise NotFound("key", key_id=key_id)
        return found

    async def _create_key(self, asked: ops.CreateKey, at: int) -> ops.NewKey:
        name, amount = checks.name("account", asked.account), checks.credits("credits", asked.credits)
        told = {
            "mode": asked.mode,
            "qps": checks.whole("qps", asked.qps, 1, checks.MAX_QPS),
            "monthly_cap": _cap(asked.monthly_cap),
            "endpoints": list(checks.endpoints(asked.endpoints, self._endpoints)),
            "addresses": list(checks.addresses(asked.addresses)),
            "expires_at": checks.end(at, asked.expires_at),
        }
        await self._truth.rows("add_account", {"name": name, "plan": None, "at": at})
        account = await self._account(name)
        if amount:
            await self._grant_credits(account.id, amount, None, at)
        return await self._added(told | {"account_id": account.id}, at)

    async def _added(self, told: dict[str, Any], at: int) -> ops.NewKey:
        text = credential.mint(told["mode"])
        sealed = {"digest": credential.digest(self._secret, text), "shown": credential.shown(text), "at": at}
        ((number,),) = await self._truth.rows("add_key", told | sealed)
        row = await self._row(number)
        await self._mirror(row)
        return ops.NewKey(key=await self._shown(row, at), text=text)

    async def _change_key(self, asked: ops.ChangeKey, at: int) -> ops.Key:
        changes: dict[str, Any] = {}
        if asked.qps is not msgspec.UNSET:
            changes["qps"] = checks.whole("qps", asked.qps, 1, checks.MAX_QPS)
        if asked.monthly_cap is not msgspec.UNSET:
            changes["monthly_cap"] = _cap(asked.monthly_cap)
        if asked.endpoints is not msgspec.UNSET:
            changes["endpoints"] = list(checks.endpoints(asked.endpoints, self._endpoints))
        if asked.addresses is not msgspec.UNSET:
            changes["addresses"] = list(checks.addresses(asked.addresses))
        return await self._changed(asked.key_id, changes, at)

    async def _changed(self, key_id: int, changes: dict[str, Any], at: int) -> ops.Key:
        row = await self._row(key_id)
        now = {
            "id": key_id,
            "qps": row[6],
            "monthly_cap": row[7],
            "endpoints": row[8],
            "addresses": row[9],
            "expires_at": row[11],
            "revoked_at": row[12],
        }
        await self._truth.rows("change_key", now | changes)
        row = await self._row(key_id)
        await self._mirror(row)
        return await self._shown(row, at)

    async def _rotate(self, asked: ops.RotateKey, at: int) -> ops.NewKey:
        row = await self._row(asked.key_id)
        overlap = checks.whole("overlap", asked.overlap, 0, checks.MAX_OVERLAP)
        if min([one for one in (row[11], row[12]) if one is not None], default=at + 1) <= at:
            raise Conflict(f"key {row[0]} is no longer valid: create a new one")
        like = {"account_id": row[1], "mode": row[3], "qps": row[6], "monthly_cap": row[7]}
        like |= {"endpoints": row[8], "addresses": row[9]}
        made = await self._added(like | {"expires_at": checks.end(at, asked.expires_at)}, at)
        month = month_of(at)
        spent = int(await self._redis.get(spent_name(row[0], month)) or 0)
        await self._redis.incrby(spent_name(made.key.id, month), spent)
        ends = at + overlap * 1000
        await self._changed(row[0], {"expires_at": min(ends, row[11] or ends)}, at)
        return made

    async def _revoke(self, asked: ops.RevokeKey, at: int) -> ops.Key:
        row = await self._row(asked.key_id)
        return await self._changed(asked.key_id, {"revoked_at": row[12] or at}, at)

    # What happened.

    async def _list_entries(self, asked: ops.ListEntries, _at: int) -> tuple[ops.Entry, ...]:
        checks.whole("limit", asked.limit, 1, checks.MAX_ROWS)
        rows = await self._truth.rows("ledger", await self._filters(asked))
        names = [field.name for field in msgspec.structs.fields(ops.Entry)]
        return tuple(ops.Entry(**dict(zip(names, row, strict=True))) for row in rows)

    async def _list_usage(self, asked: ops.ListUsage, _at: int) -> tuple[ops.Usage, ...]:
        rows = await self._truth.rows("usage", await self._filters(asked))
        names = [field.name for field in msgspec.structs.fields(ops.Usage)]
        return tuple(ops.Usage(**dict(zip(names, row, strict=True))) for row in rows)

    async def _list_requests(self, asked: ops.ListRequests, _at: int) -> tuple[ops.LoggedRequest, ...]:
        checks.whole("limit", asked.limit, 1, checks.MAX_ROWS)
        account_id = None if asked.account is None else (await self._account(asked.account)).id
        return await asyncio.to_thread(self._log.find, asked, account_id)

    async def _check(self, _asked: ops.CheckLedger, _at: int) -> int:
        await self._drained()
        ((rows, below),) = await self._truth.rows("entries")
        if below:
            raise Corrupt("the ledger of an account is below zero", accounts=below)
        return int(rows)

    async def _filters(self, asked: Any) -> dict[str, Any]:
        await self._drained()
        account_id = None if asked.account is None else (await self._account(asked.account)).id
        return msgspec.structs.asdict(asked) | {"account_id": account_id}


def _cap(cap: int | None) -> int | None:
    return None if cap is None else checks.credits("monthly_cap", cap)
