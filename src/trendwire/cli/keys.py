"""Commands for API keys: create, list, revoke."""

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer

from trendwire import clock
from trendwire.accounts import Store, usage
from trendwire.accounts import keys as accounts
from trendwire.cli import printing
from trendwire.cli.program import Home, Json, app, examples, settings_for

group = typer.Typer(help="API keys: create, list, revoke.", no_args_is_help=True)
app.add_typer(group, name="keys")


def opened(context: typer.Context, home: Path | None) -> Store:
    """The accounts of the home that the command is about, which is made if need be."""
    return Store.open(settings_for(context, home).home)


@group.command(epilog=examples("trendwire keys create --name ada --credits 1000 --qps 5"))
def create(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="The account: keys of one name share its credits.")],
    credits_: Annotated[int, typer.Option("--credits", help="Credits granted to the account.")] = 1000,
    qps: Annotated[int, typer.Option(help="Requests that the key may make in any one second.")] = 10,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown this once: only a fingerprint of it is kept."""
    with opened(context, home) as store:
        made = accounts.create(store, name, credits_, qps, clock.now())
    if as_json:
        printing.as_json({"key": made.text} | _row(made.key))
        return
    printing.line(made.text)
    printing.line(f"key {made.key.id} of {name}: {made.key.balance} credits, {qps} requests a second")
    printing.line("Keep it now: it cannot be shown again.")


@group.command("list", epilog=examples("trendwire keys list", "trendwire keys list --json"))
def list_keys(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List all keys with the credits of their accounts and what they were used for."""
    with opened(context, home) as store:
        found, used = accounts.listed(store), usage.rows(store)
    calls: defaultdict[int, int] = defaultdict(int)
    spent: defaultdict[int, int] = defaultdict(int)
    for row in used:
        calls[row.key_id] += row.calls
        spent[row.key_id] += row.credits
    if as_json:
        counts = [{"calls": calls[key.id], "spent": spent[key.id]} for key in found]
        printing.as_json([_row(key) | count for key, count in zip(found, counts, strict=True)])
        return
    rows = [
        (
            key.id,
            key.name,
            f"{key.shown}...",
            key.qps,
            key.balance,
            calls[key.id],
            spent[key.id],
            f"{key.created_at:%Y-%m-%d %H:%M}",
            f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "",
        )
        for key in found
    ]
    columns = ("id", "name", "key", "qps", "credits", "calls", "spent", "created", "")
    printing.table(columns, rows, right=("id", "qps", "credits", "calls", "spent"))


@group.command(epilog=examples("trendwire keys revoke 3"))
def revoke(
    context: typer.Context,
    key_id: Annotated[int, typer.Argument(metavar="ID", help="The id that `keys list` shows.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Refuse a key from its next request on, also where a server is running."""
    with opened(context, home) as store:
        key = accounts.revoke(store, key_id, clock.now())
    if as_json:
        printing.as_json(_row(key))
    else:
        printing.line(f"key {key.id} of {key.name} ({key.shown}...) is revoked")


def _row(key: accounts.Key) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "shown": key.shown,
        "qps": key.qps,
        "credits": key.balance,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }
