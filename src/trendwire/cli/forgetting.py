"""Commands that remove: forget a user or a post, prune what is older than it may be."""

from typing import Annotated

import typer

from trendwire import clock, pipeline
from trendwire.cli import printing
from trendwire.cli.collecting import configuration_of
from trendwire.cli.outcomes import say
from trendwire.cli.program import Home, Json, app, examples, settings_for
from trendwire.facts.damaged import Damaged

_DAYS = {"min": 1, "max": 36_500, "metavar": "DAYS", "show_default": False}


@app.command(
    epilog=examples(
        "trendwire forget --user trendwatcher --publish",
        "trendwire forget --post 7506832682593094928 --dry-run",
        "trendwire forget",
    )
)
def forget(
    context: typer.Context,
    user: Annotated[
        list[str] | None,
        typer.Option("--user", metavar="NAME", help="A creator's username, with or without @."),
    ] = None,
    post: Annotated[list[str] | None, typer.Option("--post", metavar="ID", help="A post's id.")] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish the current day again without them, at once.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; remove nothing.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Remove users and posts from everything that is kept, and do not let them in again.

    Facts, inbox, published charts and editions, recorded charts, refused rows. Both options may be repeated;
    without any, those forgotten before are removed again, as after a restore of a backup.
    """
    settings = settings_for(context, home)
    markets = configuration_of(settings).publish.markets
    with printing.progress() as told:
        forgot = pipeline.forget(
            settings, user or (), post or (), told, markets, publish_again=publish, dry_run=dry_run
        )
    if as_json:
        printing.as_json(forgot)
    else:
        printing.pairs(_forgot(forgot))
    if forgot.editions and not (publish or dry_run):
        say("editions that named them are removed: `trendwire publish` makes a new one")
    if Damaged(settings.home).notes():
        say("facts/damaged cannot be searched for them: `trendwire doctor --accept-loss` removes it")


def _forgot(told: pipeline.Forgot) -> list[tuple[str, object]]:
    return [
        ("posts", told.facts.posts),
        ("observations", told.facts.observations),
        ("chart memberships", told.facts.memberships),
        ("recorded charts", told.facts.recorded_charts),
        ("quarantined rows", told.facts.quarantined),
        ("editions", ", ".join(map(str, told.editions)) or 0),
        *([("published", told.published)] if told.published is not None else []),
        *([("dry run", "nothing is removed")] if told.dry_run else []),
    ]


@app.command(epilog=examples("trendwire prune", "trendwire prune --posts 730 --quarantine 30"))
def prune(
    context: typer.Context,
    posts: Annotated[
        int | None, typer.Option("--posts", help="Posts created longer ago, with all observations.", **_DAYS)
    ] = None,
    charts: Annotated[
        int | None, typer.Option("--charts", help="Charts of sources, of days longer ago.", **_DAYS)
    ] = None,
    quarantine: Annotated[
        int | None, typer.Option("--quarantine", help="Refused rows that came longer ago.", **_DAYS)
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Remove what is older than `[retention]` of trendwire.toml allows, and editions beyond those to be kept.

    An option counts instead of the table's line; what neither names is kept.
    """
    settings = settings_for(context, home)
    kept = configuration_of(settings).retention
    removed = pipeline.retain(
        settings, clock.now(), posts or kept.posts, charts or kept.charts, quarantine or kept.quarantine
    )
    if as_json:
        printing.as_json(removed)
        return
    printing.pairs(
        [
            ("posts", removed.posts),
            ("observations", removed.observations),
            ("recorded charts", removed.charts),
            ("quarantine files", removed.quarantine),
            ("notes of pushes", removed.pushes),
            ("editions", len(removed.editions)),
        ]
    )
