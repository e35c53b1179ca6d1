"""Commands for the people who may use the console: add, list, remove, give a new password."""

import sys
from typing import Annotated

import typer

from trendwire import clock
from trendwire.accounts.users import Users
from trendwire.cli import printing
from trendwire.cli.program import Home, Json, app, examples, settings_for

group = typer.Typer(help="Users of the console: add, list, remove, new password.", no_args_is_help=True)
app.add_typer(group, name="users")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
]


@group.command(
    epilog=examples("trendwire users add ada", "trendwire users add ada --password-stdin < password.txt")
)
def add(context: typer.Context, name: Name, password_stdin: FromStdin = False, home: Home = None) -> None:
    """Let somebody sign in to the console, at once also where a server is running."""
    users = Users(settings_for(context, home).home)
    users.add(name, _password(password_stdin), clock.milliseconds())
    printing.line(f"{name} can sign in at /console")


@group.command("list", epilog=examples("trendwire users list"))
def list_users(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List who may sign in."""
    found = Users(settings_for(context, home).home).list()
    if as_json:
        moments = [(one, printing.iso(one.created_at), printing.iso(one.signed_in_at)) for one in found]
        printing.as_json(
            [{"name": one.name, "created_at": made, "signed_in_at": last} for one, made, last in moments]
        )
        return
    rows = [
        (
            one.name,
            printing.moment(one.created_at),
            "never" if one.signed_in_at is None else printing.moment(one.signed_in_at),
        )
        for one in found
    ]
    printing.table(("name", "created", "signed in"), rows)


@group.command(epilog=examples("trendwire users remove ada"))
def remove(context: typer.Context, name: Name, home: Home = None) -> None:
    """Let somebody in no longer; where they are signed in, that ends now."""
    Users(settings_for(context, home).home).remove(name)
    printing.line(f"{name} is removed and signed out")


@group.command(epilog=examples("trendwire users password ada"))
def password(
    context: typer.Context, name: Name, password_stdin: FromStdin = False, home: Home = None
) -> None:
    """Give somebody a new password; where they are signed in, that ends now."""
    Users(settings_for(context, home).home).set_password(name, _password(password_stdin))
    printing.line(f"{name} has a new password and is signed out everywhere")


def _password(from_stdin: bool) -> str:
    """From the first line of stdin, or asked for twice, unseen."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt="The same again")
    return asked
