"""Commands of what was published: editions list, show, use."""

from typing import Annotated

import typer

from trendwire import clock
from trendwire.cli import printing
from trendwire.cli.program import Home, Json, app, examples, settings_for
from trendwire.editions import Editions, Listed
from trendwire.editions.hold import hold, release
from trendwire.errors import InvalidInput, NotFound

group = typer.Typer(help="Editions: list, show, make an older one current.", invoke_without_command=True)
app.add_typer(group, name="editions")

Number = Annotated[int, typer.Argument(metavar="N", help="The number of an edition.")]


@group.callback(epilog=examples("trendwire editions", "trendwire editions use 7"))
def editions(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the editions published so far, oldest first; the current one is what is served."""
    settings = settings_for(context, home)
    context.obj = settings.home
    if context.invoked_subcommand is None:
        _print(Editions(settings.home).listed(), as_json=as_json)


@group.command("list", epilog=examples("trendwire editions list --json"))
def list_editions(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the editions, oldest first: the same as `trendwire editions`."""
    _print(Editions(settings_for(context, home).home).listed(), as_json=as_json)


@group.command(epilog=examples("trendwire editions show 7"))
def show(context: typer.Context, number: Number, home: Home = None, as_json: Json = False) -> None:
    """Show what is known of one edition."""
    found = _listed(Editions(settings_for(context, home).home), number)
    if as_json:
        printing.as_json(found)
    else:
        printing.pairs(_pairs(found))


@group.command(epilog=examples("trendwire editions use 7", "trendwire editions use --newest"))
def use(
    context: typer.Context,
    number: Annotated[int | None, typer.Argument(metavar="N", help="The edition to be served.")] = None,
    newest: Annotated[
        bool, typer.Option("--newest", help="Serve the newest again, and what is published from now on.")
    ] = False,
    home: Home = None,
) -> None:
    """Make an edition that is kept current at once, also for servers that run, and hold it there.

    It stays current until `use --newest`, or until somebody runs `publish`. What `trendwire run` publishes
    meanwhile is kept, and does not become current.
    """
    folder = settings_for(context, home).home
    if newest == (number is not None):
        raise InvalidInput("N", "must be the number of an edition, or --newest in its place")
    if number is None:
        record = release(folder)
        printing.line(f"edition {record.number}, as of {record.as_of}, is current; nothing is held")
        return
    editions = Editions(folder)
    editions.at(_listed(editions, number).number)  # one that cannot be read must not be served
    record = hold(folder, number, clock.now())
    printing.line(
        f"edition {number}, as of {record.as_of}, is current, and held:"
        " until `trendwire editions use --newest`, or a publish by hand"
    )


def _listed(editions: Editions, number: int) -> Listed:
    found = next((one for one in editions.listed() if one.number == number), None)
    if found is None:
        raise NotFound(f"edition {number}")
    return found


def _print(listed: tuple[Listed, ...], *, as_json: bool) -> None:
    if as_json:
        printing.as_json(listed)
        return
    rows = [
        (
            one.number,
            one.as_of,
            one.charts,
            one.subjects,
            f"{one.published_at:%Y-%m-%d %H:%M}",
            one.content_hash[:16],
            _state(one),
        )
        for one in listed
    ]
    columns = ("number", "as of", "charts", "subjects", "published", "content", "")
    printing.table(columns, rows, right=("number", "charts", "subjects"))


def _pairs(one: Listed) -> list[tuple[str, object]]:
    return [
        ("edition", one.number),
        ("as of", one.as_of),
        ("state", _state(one) or "kept"),
        ("charts", one.charts),
        ("subjects", one.subjects),
        ("published", f"{one.published_at:%Y-%m-%d %H:%M}"),
        ("made in", f"{one.seconds:.1f} s by Trendwire {one.engine}"),
        ("content hash", one.content_hash),
    ]


def _state(one: Listed) -> str:
    if one.held_since is not None:
        return f"current, held since {one.held_since:%Y-%m-%d %H:%M}"
    return "current" if one.current else "" if one.kept else "pruned"
