"""Commands for API keys: create, list, change, rotate, revoke."""

from typing import Annotated, Any

import typer
from msgspec import UNSET

from trendwire.accounts.operations import ChangeKey, CreateKey, Key, ListKeys, NewKey, RevokeKey, RotateKey
from trendwire.cli import printing
from trendwire.cli.desk import desk
from trendwire.cli.parameters import KeyId, key_of
from trendwire.cli.program import Home, Json, app, examples, settings_for

group = typer.Typer(help="API keys: create, list, change, rotate, revoke.", no_args_is_help=True)
app.add_typer(group, name="keys")

Endpoints = Annotated[
    list[str] | None,
    typer.Option("--endpoint", metavar="NAME", help="An endpoint it may call; repeatable. None: all."),
]
Addresses = Annotated[
    list[str] | None,
    typer.Option(
        "--address", metavar="NETWORK", help="An address or network it may call from; repeatable. None: any."
    ),
]


@group.command(
    epilog=examples(
        "trendwire keys create --name ada --credits 1000 --qps 5",
        "trendwire keys create --name ada --cap 500 --address 192.0.2.0/24",
        "trendwire keys create --name ada --test",
    )
)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="The account: keys of one name share its credits.")],
    credits_: Annotated[int, typer.Option("--credits", help="Credits granted to the account.")] = 1000,
    qps: Annotated[int, typer.Option(help="Requests that the key may make in any one second.")] = 10,
    cap: Annotated[int | None, typer.Option(help="Credits that the key may spend in a month.")] = None,
    endpoint: Endpoints = None,
    address: Addresses = None,
    test: Annotated[
        bool, typer.Option("--test", help="A test key: answered from a sample, free of charge.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown this once: only a fingerprint of it is kept."""
    asked = CreateKey(
        account=name,
        credits=0 if test else credits_,
        qps=qps,
        mode="test" if test else "live",
        monthly_cap=cap,
        endpoints=tuple(endpoint or ()),
        addresses=tuple(address or ()),
    )
    with desk(settings_for(context, home)) as opened:
        _show_new(opened.do(asked), as_json)


@group.command("list", epilog=examples("trendwire keys list", "trendwire keys list --json"))
def list_keys(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="Of this account alone.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List all keys with the credits of their accounts and what they were used for."""
    with desk(settings_for(context, home)) as opened:
        found = opened.do(ListKeys(account=account))
    if as_json:
        printing.as_json([_row(key) for key in found])
        return
    rows = [
        (
            key.id,
            key.account,
            f"{key.shown}...",
            key.qps,
            key.balance,
            key.calls,
            key.spent,
            printing.moment(key.created_at),
            _end(key),
        )
        for key in found
    ]
    columns = ("id", "name", "key", "qps", "credits", "calls", "spent", "created", "")
    printing.table(columns, rows, right=("id", "qps", "credits", "calls", "spent"))


@group.command(epilog=examples("trendwire keys change 3 --qps 20", "trendwire keys change 3 --no-cap"))
def change(
    context: typer.Context,
    key: KeyId,
    qps: Annotated[int | None, typer.Option(help="Requests in any one second.")] = None,
    cap: Annotated[int | None, typer.Option(help="Credits that it may spend in a month.")] = None,
    no_cap: Annotated[
        bool, typer.Option("--no-cap", help="Let its account's balance alone bound it.")
    ] = False,
    endpoint: Endpoints = None,
    address: Addresses = None,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="Lift the restrictions to endpoints and addresses.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Change what a key may do; what is not named stays."""
    none: tuple[str, ...] = ()
    with desk(settings_for(context, home)) as opened:
        changed = opened.do(
            ChangeKey(
                key_id=key_of(opened, "KEY", key),
                qps=UNSET if qps is None else qps,
                monthly_cap=None if no_cap else UNSET if cap is None else cap,
                endpoints=tuple(endpoint) if endpoint else none if everywhere else UNSET,
                addresses=tuple(address) if address else none if everywhere else UNSET,
            )
        )
    if as_json:
        printing.as_json(_row(changed))
        return
    cap_words = "no cap" if changed.monthly_cap is None else f"at most {changed.monthly_cap} credits a month"
    where = ", ".join((*changed.endpoints, *changed.addresses)) or "everywhere"
    limits = f"{changed.qps} requests a second, {cap_words}, {where}"
    printing.line(f"key {changed.id} of {changed.account}: {limits}")


@group.command(epilog=examples("trendwire keys rotate 3", "trendwire keys rotate 3 --overlap 3600"))
def rotate(
    context: typer.Context,
    key: KeyId,
    overlap: Annotated[int, typer.Option(help="Seconds for which the old key works on.")] = 86_400,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make a key like this one and let this one end; the new one is shown this once."""
    with desk(settings_for(context, home)) as opened:
        old = key_of(opened, "KEY", key)
        made = opened.do(RotateKey(key_id=old, overlap=overlap))
    _show_new(made, as_json)
    if not as_json:
        printing.line(f"Key {old} works for {overlap} more seconds.")


@group.command(epilog=examples("trendwire keys revoke 3", "trendwire keys revoke sk_live_Ab12"))
def revoke(context: typer.Context, key: KeyId, home: Home = None, as_json: Json = False) -> None:
    """Refuse a key from its next request on, also where a server is running."""
    with desk(settings_for(context, home)) as opened:
        revoked = opened.do(RevokeKey(key_id=key_of(opened, "KEY", key)))
    if as_json:
        printing.as_json(_row(revoked))
    else:
        printing.line(f"key {revoked.id} of {revoked.account} ({revoked.shown}...) is revoked")


def _show_new(made: NewKey, as_json: bool) -> None:
    key = made.key
    if as_json:
        printing.as_json({"key": made.text} | _row(key))
        return
    printing.line(made.text)
    left = "a test key" if key.mode == "test" else f"{key.balance} credits"
    printing.line(f"key {key.id} of {key.account}: {left}, {key.qps} requests a second")
    printing.line("Keep it now: it cannot be shown again.")


def _end(key: Key) -> str:
    if key.revoked_at is not None:
        return f"revoked {printing.moment(key.revoked_at)}"
    return "" if key.expires_at is None else f"until {printing.moment(key.expires_at)}"


def _row(key: Key) -> dict[str, Any]:
    told: dict[str, Any] = printing.builtins(key)
    moments = {name: printing.iso(told[name]) for name in ("created_at", "expires_at", "revoked_at")}
    return told | {"name": key.account, "credits": key.balance} | moments
