"""Accounts and plans: who there is, what they have, and how they get more."""

from starlette.responses import Response

from trendwire.accounts.operations import (
    Account,
    ChangePlan,
    CreateAccount,
    GrantCredits,
    ListAccounts,
    ListEntries,
    ListKeys,
    ListPlans,
    SetPlan,
)
from trendwire.errors import NotFound
from trendwire.web.console.visit import ROOT, Visit

TAB = f"{ROOT}/accounts"
LAST_ENTRIES = 10


async def accounts(visit: Visit) -> Response:
    """All accounts and plans, with forms for new ones."""
    found = await visit.do(ListAccounts())
    keys = await visit.do(ListKeys())
    return visit.shown(
        "accounts",
        "Accounts",
        TAB,
        accounts=found,
        plans=await visit.do(ListPlans()),
        keys_of={one.id: sum(key.account_id == one.id for key in keys) for one in found},
    )


async def account(visit: Visit) -> Response:
    """One account: its plan, its credits, its keys, its last ledger rows."""
    one = await _asked(visit)
    return visit.shown(
        "account",
        one.name,
        TAB,
        account=one,
        plans=await visit.do(ListPlans()),
        keys=await visit.do(ListKeys(account=one.name)),
        entries=await visit.do(ListEntries(account=one.name, limit=LAST_ENTRIES)),
    )


async def open_account(visit: Visit) -> Response:
    fields = visit.fields
    made = await visit.do(
        CreateAccount(
            name=fields.needed("name"), plan=fields.optional("plan"), credits=fields.whole("credits", 0)
        )
    )
    return visit.sent(f"{TAB}/{made.id}", "opened")


async def set_plan(visit: Visit) -> Response:
    fields = visit.fields
    await visit.do(
        SetPlan(name=fields.needed("plan_name"), monthly_credits=fields.whole("monthly_credits", 0))
    )
    return visit.sent(TAB, "plan")


async def change_plan(visit: Visit) -> Response:
    one = await _asked(visit)
    await visit.do(ChangePlan(account=one.name, plan=visit.fields.optional("plan")))
    return visit.sent(f"{TAB}/{one.id}", "planned")


async def grant(visit: Visit) -> Response:
    one, fields = await _asked(visit), visit.fields
    await visit.do(
        GrantCredits(account=one.name, credits=fields.whole("credits", 0), note=fields.optional("note"))
    )
    return visit.sent(f"{TAB}/{one.id}", "granted")


async def _asked(visit: Visit) -> Account:
    for one in await visit.do(ListAccounts()):
        if one.id == visit.number:
            return one
    raise NotFound("account")
