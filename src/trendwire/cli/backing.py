"""Commands for a home as a whole: a backup of it, and a home from a backup."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from trendwire import __version__, backups, clock
from trendwire.cli import printing
from trendwire.cli.outcomes import ExitCode, say
from trendwire.cli.program import Home, Json, app, examples, settings_for
from trendwire.errors import InvalidInput

STDOUT = "-"


@app.command(
    epilog=examples(
        "trendwire backup /backup/trendwire.tar.zst",
        "trendwire backup /backup/trendwire.tar.zst --force",
        "trendwire backup - | ssh elsewhere 'cat > trendwire.tar.zst'",
    )
)
def backup(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to write; - is stdout.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Back up the whole home into one file, while `serve` and `run` go on working on it.

    A tar packed with zstd, with all that was acknowledged before it began. It holds what opens the keys and
    the secrets that lie in the home, and is made for its owner alone: keep it so.
    """
    settings = settings_for(context, home)
    if file == STDOUT and (as_json or sys.stdout.isatty()):
        raise InvalidInput("FILE", "must name a file here: stdout is taken")
    with printing.progress() as told:
        done = backups.backup(settings.home, file, clock.now(), __version__, told, replace=force)
    if settings.postgres_url is not None:
        say("accounts are in PostgreSQL and not in this backup: back that up as well")
    if as_json:
        printing.as_json(done)
    elif done.file is not None:
        printing.pairs([("file", done.file), ("bytes", f"{done.bytes:,}"), *_held(done)])
    if done.damaged:
        say(f"left out, because it is damaged: {'; '.join(done.damaged)}. `trendwire doctor` says what to do")
        raise typer.Exit(ExitCode.PARTLY)


@app.command(
    epilog=examples(
        "trendwire restore /backup/trendwire.tar.zst --verify --home /srv/trendwire",
        "trendwire restore /backup/trendwire.tar.zst --verify --dry-run",
    )
)
def restore(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file that `trendwire backup` made.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Read everything, and restore only what is sound.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file; restore nothing.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make a home from a backup: whole, or not at all. The home must be empty, or not be there yet.

    Sizes and hashes are checked always; with --verify also that editions are what was published, that every
    balance is the sum of its ledger rows, and that all facts can be read.
    """
    settings = settings_for(context, home)
    now = clock.milliseconds()
    with printing.progress() as told:
        if dry_run:
            done = backups.check(file, now, told, verified=verify)
        else:
            done = backups.restore(file, settings.home, now, told, verified=verify)
    if as_json:
        printing.as_json(done)
    else:
        printing.pairs(list(_restored(done)))


def _held(done: backups.BackedUp | backups.Restored) -> list[tuple[str, object]]:
    return [
        ("files", f"{done.files:,}"),
        ("bytes unpacked", f"{done.size:,}"),
        ("begun", f"{done.created_at:%Y-%m-%d %H:%M:%S} UTC"),
    ]


def _restored(done: backups.Restored) -> Iterator[tuple[str, object]]:
    yield "home", done.home or "none: the backup was only checked"
    yield from _held(done)
    yield "made by", f"Trendwire {done.made_by}"
    yield "hashes", "every file is as it was backed up"
    if (found := done.verified) is None:
        return
    yield "facts", f"all {found.observations:,} observations of {found.posts:,} posts can be read"
    if found.missing:
        yield "missing", f"{', '.join(found.missing)}: damaged before the backup; see `trendwire doctor`"
    yield "inbox", f"{found.batches:,} batches wait, and can be read"
    yield "charts", f"{found.days:,} published days and {found.recorded_charts:,} recorded charts are sound"
    yield "editions", f"{found.editions:,} are kept, and are what was published"
    books = found.accounts
    yield (
        "accounts",
        f"{books.accounts:,}, each balance is the sum of its ledger rows ({books.rows:,} in all)",
    )
    yield "keys", f"{books.keys:,}, and the secret is theirs"
