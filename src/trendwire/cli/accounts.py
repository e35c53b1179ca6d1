"""Commands for accounts, plans, and what happened: the ledger, usage, the request log."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from trendwire.accounts.operations import (
    Account,
    ChangePlan,
    CheckLedger,
    CreateAccount,
    GrantCredits,
    ListAccounts,
    ListEntries,
    ListPlans,
    ListRequests,
    ListUsage,
    SetPlan,
    Usage,
)
from trendwire.cli import printing
from trendwire.cli.desk import Desk, desk
from trendwire.cli.parameters import OfKey, day_of, key_of
from trendwire.cli.program import Home, Json, app, examples, settings_for
from trendwire.errors import InvalidInput

accounts = typer.Typer(help="Accounts: create, list, grant credits, choose a plan.", no_args_is_help=True)
plans = typer.Typer(help="Plans: the credits that accounts get each month.", no_args_is_help=True)
app.add_typer(accounts, name="accounts")
app.add_typer(plans, name="plans")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The account.")]
OfAccount = Annotated[str | None, typer.Option("--account", help="Of this account alone.")]
OfEndpoint = Annotated[str | None, typer.Option("--endpoint", help="Of this endpoint alone.")]
Since = Annotated[str | None, typer.Option("--since", help="From this day (UTC) on, YYYY-MM-DD.")]
Until = Annotated[str | None, typer.Option("--until", help="Up to this day (UTC), it included.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="The most rows.")]


class By(StrEnum):
    """What usage is added up by."""

    DAY = "day"
    KEY = "key"
    ENDPOINT = "endpoint"


@accounts.command("create", epilog=examples("trendwire accounts create ada --plan basic"))
def create_account(
    context: typer.Context,
    name: Name,
    plan: Annotated[str | None, typer.Option(help="Its plan, see `plans list`.")] = None,
    credits_: Annotated[int, typer.Option("--credits", help="Credits granted at once.")] = 0,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Open an account."""
    with desk(settings_for(context, home)) as opened:
        _show(opened.do(CreateAccount(name=name, plan=plan, credits=credits_)), as_json)


@accounts.command("list", epilog=examples("trendwire accounts list"))
def list_accounts(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List all accounts with their balances."""
    with desk(settings_for(context, home)) as opened:
        found = opened.do(ListAccounts())
    if as_json:
        printing.as_json(found)
        return
    rows = [(one.id, one.name, one.plan or "", one.balance, printing.moment(one.created_at)) for one in found]
    printing.table(("id", "name", "plan", "credits", "created"), rows, right=("id", "credits"))


@accounts.command(epilog=examples("trendwire accounts grant ada 5000 --note 'invoice 17'"))
def grant(
    context: typer.Context,
    name: Name,
    credits_: Annotated[int, typer.Argument(metavar="CREDITS", help="How many to add.")],
    note: Annotated[str | None, typer.Option(help="Why; kept in the ledger.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Add credits to an account."""
    with desk(settings_for(context, home)) as opened:
        entry = opened.do(GrantCredits(account=name, credits=credits_, note=note))
        balance = next(one.balance for one in opened.do(ListAccounts()) if one.name == name)
    if as_json:
        printing.as_json(entry)
    else:
        printing.line(f"{name} has {balance} credits, {entry.amount} of them new")


@accounts.command(epilog=examples("trendwire accounts plan ada basic", "trendwire accounts plan ada --none"))
def plan(
    context: typer.Context,
    name: Name,
    plan_name: Annotated[str | None, typer.Argument(metavar="PLAN", help="See `plans list`.")] = None,
    none: Annotated[bool, typer.Option("--none", help="Take it off its plan.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Put an account on a plan; its first refill comes at once."""
    if (plan_name is None) != none:
        raise InvalidInput("PLAN", "must be the name of a plan, or --none")
    with desk(settings_for(context, home)) as opened:
        _show(opened.do(ChangePlan(account=name, plan=plan_name)), as_json)


@plans.command("list", epilog=examples("trendwire plans list"))
def list_plans(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the plans."""
    with desk(settings_for(context, home)) as opened:
        found = opened.do(ListPlans())
    if as_json:
        printing.as_json(found)
        return
    printing.table(
        ("name", "a month"), [(one.name, one.monthly_credits) for one in found], right=("a month",)
    )


@plans.command("set", epilog=examples("trendwire plans set basic 10000"))
def set_plan(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The plan.")],
    monthly: Annotated[int, typer.Argument(metavar="CREDITS", help="What a month starts with, at least.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make a plan, or change what it gives from the next refill on."""
    with desk(settings_for(context, home)) as opened:
        made = opened.do(SetPlan(name=name, monthly_credits=monthly))
    if as_json:
        printing.as_json(made)
    else:
        printing.line(f"plan {made.name}: each month starts with at least {made.monthly_credits} credits")


@app.command(epilog=examples("trendwire usage", "trendwire usage --account ada --by endpoint"))
def usage(
    context: typer.Context,
    account: OfAccount = None,
    key: OfKey = None,
    endpoint: OfEndpoint = None,
    since: Since = None,
    until: Until = None,
    by: Annotated[By | None, typer.Option(help="Add up by this.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show requests that were charged for, and their credits, by key, endpoint and day."""
    with desk(settings_for(context, home)) as opened:
        found = opened.do(
            ListUsage(
                account=account,
                key_id=_key(opened, key),
                endpoint=endpoint,
                since=None if since is None else day_of("--since", since).isoformat(),
                until=None if until is None else day_of("--until", until).isoformat(),
            )
        )
    if as_json:
        printing.as_json(
            found if by is None else [{by.value: n, "calls": c, "credits": s} for n, c, s in _sums(found, by)]
        )
    elif by is not None:
        printing.table((by.value, "calls", "credits"), _sums(found, by), right=("calls", "credits"))
    else:
        rows = [(one.key_id, one.endpoint, one.day, one.calls, one.credits) for one in found]
        printing.table(
            ("key", "endpoint", "day", "calls", "credits"), rows, right=("key", "calls", "credits")
        )


@app.command(
    epilog=examples(
        "trendwire requests --status 4",
        "trendwire requests --key 3 --limit 20",
        "trendwire requests --key sk_live_Ab12",
    )
)
def requests(
    context: typer.Context,
    account: OfAccount = None,
    key: OfKey = None,
    endpoint: OfEndpoint = None,
    status: Annotated[int | None, typer.Option(help="A status, or its first digit: 4 = 400 to 499.")] = None,
    request_id: Annotated[str | None, typer.Option("--id", help="The request of this X-Request-Id.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show the request log, newest first."""
    with desk(settings_for(context, home)) as opened:
        found = opened.do(
            ListRequests(
                account=account,
                key_id=_key(opened, key),
                endpoint=endpoint,
                status=status,
                request_id=request_id,
                since=_start("--since", since),
                until=_end("--until", until),
                limit=limit,
            )
        )
    if as_json:
        printing.as_json(found)
        return
    rows = [
        (
            printing.moment(one.at),
            one.status,
            one.key_id or "",
            one.cost,
            f"{one.ms:.1f}",
            one.method,
            one.target,
        )
        for one in found
    ]
    printing.table(
        ("at", "status", "key", "cost", "ms", "", "asked"), rows, right=("status", "key", "cost", "ms")
    )


@app.command(epilog=examples("trendwire ledger --account ada", "trendwire ledger --check"))
def ledger(
    context: typer.Context,
    account: OfAccount = None,
    key: OfKey = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    check: Annotated[bool, typer.Option("--check", help="Add up every row of every account.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show grants, refills and debits, newest first."""
    with desk(settings_for(context, home)) as opened:
        if check:
            printing.line(f"{opened.do(CheckLedger())} rows: every balance is the sum of its rows")
            return
        found = opened.do(
            ListEntries(
                account=account,
                key_id=_key(opened, key),
                since=_start("--since", since),
                until=_end("--until", until),
                limit=limit,
            )
        )
        names = {one.id: one.name for one in opened.do(ListAccounts())}
    if as_json:
        printing.as_json(found)
        return
    rows = [
        (
            one.id,
            printing.moment(one.at),
            names[one.account_id],
            one.kind,
            one.amount,
            one.key_id or "",
            one.endpoint or one.note or "",
        )
        for one in found
    ]
    printing.table(
        ("id", "at", "account", "kind", "credits", "key", "for"), rows, right=("id", "credits", "key")
    )


def _show(account: Account, as_json: bool) -> None:
    if as_json:
        printing.as_json(account)
        return
    plan_words = "no plan" if account.plan is None else f"plan {account.plan}"
    printing.line(f"account {account.id}, {account.name}: {account.balance} credits, {plan_words}")


def _sums(found: tuple[Usage, ...], by: By) -> list[tuple[str, int, int]]:
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in found:
        name = {By.DAY: one.day, By.KEY: str(one.key_id), By.ENDPOINT: one.endpoint}[by]
        sums[name][0] += one.calls
        sums[name][1] += one.credits
    return [(name, calls, credits_) for name, (calls, credits_) in sums.items()]


def _key(opened: Desk, text: str | None) -> int | None:
    return None if text is None else key_of(opened, "--key", text)


def _start(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    return int(datetime.combine(day_of(option, text), datetime.min.time(), UTC).timestamp() * 1000)


def _end(option: str, text: str | None) -> int | None:
    """The day is included: the first moment of the next one."""
    if text is None:
        return None
    return _start(option, (day_of(option, text) + timedelta(days=1)).isoformat())
