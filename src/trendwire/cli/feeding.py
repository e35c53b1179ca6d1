"""Commands of the write side: ingest, publish, audit, simulate."""

import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from trendwire import clock, pipeline
from trendwire.cli import printing, reports
from trendwire.cli.collecting import configuration_of
from trendwire.cli.outcomes import ExitCode, say
from trendwire.cli.parameters import LATEST, day_of
from trendwire.cli.program import Home, Json, app, examples, settings_for
from trendwire.editions import Record
from trendwire.editions.catalog import Catalog
from trendwire.errors import BadFile, InvalidInput
from trendwire.settings import Settings
from trendwire.sources.reading import mapping
from trendwire.sources.simulator import World, simulate

_BAR_EVERY = 5000


class Engine(StrEnum):
    """What computes an edition."""

    EMBEDDED = "embedded"
    SPARK = "spark"


@app.command(
    epilog=examples(
        "trendwire ingest posts.ndjson.gz",
        "trendwire ingest 'crawl/*.csv' more.parquet folder",
        "trendwire ingest --check export.xlsx",
        "trendwire ingest --map id=vid,view_count=stats.seen odd.csv",
    )
)
def ingest(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files, folders, globs, or - for stdin.")
    ],
    mapped: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN,...",
            help="Where a field of the post record stands: the name of a column, a path such as"
            " `stats.playCount`, or `Date+Time`.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read the files and report what they hold; store nothing.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take posts in: NDJSON, JSON, saved replies, CSV, Parquet or Excel; plain, gzip or zstd.

    Files, and what the tools of others write, are recognised by what they hold. A bad row is put aside with
    its reason, a bad file is named, and the others go on (exit code 3). What is known already is counted, not
    stored twice.
    """
    columns = mapping.parse("--map", mapped) if mapped else None
    settings = settings_for(context, home)
    read = pipeline.check if check else pipeline.ingest
    with printing.progress() as told:
        report = read(settings, files, clock.now(), told, columns)
    reports.explain(report, columns)
    nothing = report.failed_files and not report.rows
    if as_json:
        printing.as_json(report)
    elif not nothing:
        reports.show(report)
    if nothing:
        raise typer.Exit(ExitCode.FAILED)
    damaged = isinstance(report, pipeline.IngestReport) and report.damaged
    if report.failed_files or report.quarantined or damaged:
        raise typer.Exit(ExitCode.PARTLY)


Details = Annotated[
    pipeline.Details | None,
    typer.Option(
        help="Write every detail with the edition, or make each when it is asked for."
        " [default: by the size of the home]"
    ),
]
AllowEmpty = Annotated[
    bool,
    typer.Option(
        "--allow-empty",
        help="Publish also a day after the last post, or an edition without charts where there were some.",
    ),
]
KeepHeld = Annotated[
    bool,
    typer.Option(
        "--keep-held",
        help="Leave an edition current that `editions use` holds: for schedules; `run` does so.",
    ),
]


@app.command(
    epilog=examples(
        "trendwire publish", "trendwire publish --as-of latest", "trendwire publish --from 2025-05-01"
    )
)
def publish(
    context: typer.Context,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="DAY",
            help="The last UTC day that counts, or `latest`: the last with posts."
            " [default: yesterday, or the last day with enough posts]",
        ),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="Publish each day from this one on.")
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="What computes: this machine, or a Spark cluster (needs trendwire[spark]).")
    ] = Engine.EMBEDDED,
    master: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The cluster: `spark://host:7077`, `yarn`, `k8s://...`."),
    ] = None,
    details: Details = None,
    allow_empty: AllowEmpty = False,
    keep_held: KeepHeld = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Compute all charts and details of a day and make them what is served.

    Where details are made when they are asked for, only what came since the edition before is computed. A day
    after today is refused, and one that would blank the site needs --allow-empty.
    """
    settings = settings_for(context, home)
    begin = None if first is None else day_of("--from", first)
    last = _as_of(settings, as_of)
    markets = configuration_of(settings).publish.markets
    held = _held(settings)
    with printing.progress() as told:
        computes = _engine(engine, master)
        asked = partial(pipeline.publish_range, allow_empty=allow_empty, keep_held=keep_held)
        made = list(asked(settings, begin or last, last, told, markets, computes, details))
    _say_of_hold(held, _held(settings))
    if as_json:
        printing.as_json(made[0] if first is None else made)
        return
    for edition in made:
        printing.pairs(_published(edition))


@app.command(epilog=examples("trendwire audit", "trendwire audit --json"))
def audit(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """Make the newest edition anew from the facts alone, and tell whether it is the same to the byte.

    What came since is published first; where nothing came, nothing is. Exit code 1 where it is not the same.
    """
    settings = settings_for(context, home)
    with printing.progress() as told:
        found = pipeline.audit(settings, told, configuration_of(settings).publish.markets)
    if as_json:
        printing.as_json(found)
    else:
        printing.pairs(_audited(found))
    if not found.same:
        raise typer.Exit(ExitCode.FAILED)


def _audited(found: pipeline.Audit) -> list[tuple[str, object]]:
    return [
        ("edition", found.edition),
        ("as of", found.as_of),
        ("content", found.content_hash),
        ("from the facts", found.anew),
        ("the same", "yes" if found.same else "no"),
        *([("differs in", ", ".join(found.differences))] if found.differences else []),
        ("seconds", round(found.seconds, 1)),
    ]


def _engine(engine: Engine, master: str | None) -> pipeline.Engine:
    if engine is Engine.EMBEDDED:
        if master is not None:
            raise InvalidInput("--master", "is told with --engine spark only")
        return pipeline.embedded
    if master is None:
        raise InvalidInput("--master", "must name the cluster, for instance spark://host:7077")
    return pipeline.spark(master)


def _published(edition: Record) -> list[tuple[str, object]]:
    return [
        ("edition", edition.number),
        ("as of", edition.as_of),
        ("charts", edition.charts),
        ("subjects", edition.subjects),
        ("content hash", edition.content_hash),
        ("seconds", f"{edition.seconds:.1f}"),
    ]


def _as_of(settings: Settings, text: str | None) -> date:
    today = clock.now().date()
    if text is None:
        choice = pipeline.default_day(settings, today)
        if choice.reason:
            say(choice.reason)
        return choice.as_of
    if text.lower() == LATEST:
        return pipeline.latest_day(settings, today)
    as_of = day_of("--as-of", text, also=LATEST)
    if as_of > today:
        raise InvalidInput("--as-of", f"must be today, {today}, or earlier: {as_of} is still to come")
    return as_of


def _held(settings: Settings) -> int | None:
    """The edition that is held, if one is."""
    held = Catalog(settings.home).listing().held
    return held.number if held else None


def _say_of_hold(before: int | None, now: int | None) -> None:
    if now is not None:
        say(f"edition {now} stays current: it is held until `trendwire editions use --newest`")
    elif before is not None:
        say(f"edition {before} is no longer held")


@app.command(
    "simulate", epilog=examples("trendwire simulate --posts 20000 --days 200 --seed 7 --out world.ndjson")
)
def simulate_world(
    posts: Annotated[int, typer.Option(min=1, help="Posts created in all.")] = 200_000,
    days: Annotated[int, typer.Option(min=1, help="Days the world lasts.")] = 400,
    seed: Annotated[
        int, typer.Option(help="Another seed, another world; the same seed, the same bytes.")
    ] = 1,
    regions: Annotated[int, typer.Option(min=1, max=40, help="Countries with posts of their own.")] = 40,
    last_day: Annotated[
        str | None, typer.Option(metavar="DAY", help="Its last day. [default: yesterday]")
    ] = None,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where the NDJSON goes; - for stdout.")] = "-",
) -> None:
    """Write the posts of a made-up world, bursts, evergreen tags, spammers and dirt included."""
    last = clock.yesterday() if last_day is None else day_of("--last-day", last_day)
    world = World(posts=posts, days=days, regions=regions, seed=seed, last_day=last)
    with _opened(out) as file, printing.progress() as told:
        rows = _write(world, file, told)
    say(f"{rows} rows of {posts} posts written")


def _write(world: World, file: BinaryIO, told: printing.Told) -> int:
    encode, rows, expected = msgspec.json.Encoder().encode, 0, world.posts * 3
    for row in simulate(world):
        file.write(encode(row) + b"\n")
        rows += 1
        if not rows % _BAR_EVERY:
            told("simulate", min(1.0, rows / expected))
    told("simulate", 1.0)
    return rows


def _opened(out: str) -> AbstractContextManager[BinaryIO]:
    if out == "-":
        return nullcontext(sys.stdout.buffer)
    try:
        return Path(out).open("wb")
    except OSError as error:
        raise BadFile(f"{out} cannot be written: {error.strerror}") from error
