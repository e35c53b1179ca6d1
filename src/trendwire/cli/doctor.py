"""The command that looks a home over and says what to do about what it finds.

Each check is one function that answers a finding; none of them changes anything.
"""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

from trendwire import backups, clock
from trendwire.accounts.checks import MAX_ROWS
from trendwire.accounts.operations import CheckLedger, ListEntries
from trendwire.accounts.state import DAY_MS
from trendwire.cli import printing
from trendwire.cli.desk import desk
from trendwire.cli.outcomes import ExitCode, say
from trendwire.cli.program import Home, Json, app, examples, settings_for
from trendwire.cli.serving import Port
from trendwire.domain.charts import Kind
from trendwire.editions import Editions
from trendwire.errors import Corrupt, Gone, InvalidInput, NotReady, TrendwireError
from trendwire.facts import repair
from trendwire.facts.damaged import Damaged
from trendwire.facts.store import FactStore
from trendwire.publishing.day import resources
from trendwire.publishing.details import HomeDetails
from trendwire.settings import Settings
from trendwire.web.server import Tcp, check_free

LEAST_FREE_MB = 1024
PARTS = (
    "`trendwire doctor --seal` sets it aside, as the next ingest or publish does, and `trendwire doctor"
    " --recover --from BACKUP` takes it back from a backup"
)
SET_ASIDE = (
    "`trendwire doctor --seal` sets damaged facts aside, as the next ingest or publish does; publish in place"
    " of a damaged edition, and `trendwire doctor --accept-loss` removes it; restore a damaged database from"
    " a backup"
)
RECOVER = (
    "`trendwire doctor --recover --from BACKUP` takes them back from a backup that has them; or take their"
    " posts in again, and run `trendwire doctor --accept-loss`"
)
SECRETS = ("accounts.secret", "accounts.sqlite")
"""Files of a home that nobody but its owner may read."""

_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `advice` says what to do where it is not well."""

    check: str
    well: bool
    found: str
    advice: str = ""


Check = Callable[[Settings], Finding]


def _python(_settings: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= (3, 11), version, "install Python 3.11 or later")


def _home(settings: Settings) -> Finding:
    home = settings.home
    if not home.exists():
        return Finding("home", True, f"{home} (not there yet; the first ingest makes it)")
    well = home.is_dir() and os.access(home, os.R_OK | os.W_OK | os.X_OK)
    return Finding(
        "home", well, str(home), "make it a folder that this user may write, or name another --home"
    )


def _disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(folder).free // _MB
    advice = "free some space, or lower TRENDWIRE_KEEP_EDITIONS and publish"
    return Finding("disk", free >= LEAST_FREE_MB, f"{free:,} MB free", advice)


def _facts(settings: Settings) -> Finding:
    return _held_against(settings, deep=False)


def _all_facts(settings: Settings) -> Finding:
    return _held_against(settings, deep=True)


def _held_against(settings: Settings, *, deep: bool) -> Finding:
    """The parts, against their checksums: all, or those that changed."""
    store = FactStore(settings.home)
    snapshot = store.snapshot()
    faults = store.faults(snapshot, again=deep, quick=not deep)
    if faults:
        told = "; ".join(f"facts/parts/{part.file}: {reason}" for part, reason in faults.items())
        rows = sum(part.rows for part in faults)
        return Finding("facts", False, f"{told} ({rows:,} observations)", PARTS)
    bare = len(snapshot.parts) - len(snapshot.checksums)
    found = f"{snapshot.posts:,} posts, {snapshot.observations:,} observations, {len(snapshot.parts)} files"
    if bare:
        found += f", {bare} without a checksum: `trendwire doctor --seal` makes them"
    return Finding("facts", snapshot.posts > 0, found, "run `trendwire ingest FILE...`")


def _damaged(settings: Settings) -> Finding:
    notes = Damaged(settings.home).notes()
    told = "; ".join(
        f"facts/{note.file}{f' ({note.rows:,} observations)' if note.rows else ''}: {note.reason}"
        for note in notes
    )
    return Finding("damaged", not notes, told or "nothing is set aside", RECOVER)


def _files(settings: Settings) -> Finding:
    return _of_damage(list(backups.damage(settings.home, quick=True)), "the small files are what was written")


def _all_files(settings: Settings) -> Finding:
    return _of_damage(list(backups.damage(settings.home, quick=False)), "all files are what was written")


def _of_damage(found: list[str], well: str) -> Finding:
    return Finding("files", not found, "; ".join(found) or well, SET_ASIDE)


def _inbox(settings: Settings) -> Finding:
    waiting = len(FactStore(settings.home).inbox.waiting())
    return Finding("inbox", True, f"{waiting} batches wait" if waiting else "empty")


def _edition(settings: Settings) -> Finding:
    editions = Editions(settings.home)
    try:
        current = editions.current()
    except NotReady:
        return Finding("edition", False, "none is published yet", "run `trendwire publish`")
    well = current.verify()
    found = f"number {current.number}, as of {current.as_of}, {len(editions.records())} published"
    return Finding("edition", well, found, "its content is not what was published: publish again")


def _served(settings: Settings) -> Finding:
    """That the current edition does not blank a site that had charts, and whether it is held."""
    listed = Editions(settings.home).listed()
    current = next((one for one in listed if one.current), None)
    if current is None:
        return Finding("served", True, "nothing yet")
    found = f"{current.charts:,} charts"
    if current.held_since is not None:
        found += f"; held since {current.held_since:%Y-%m-%d %H:%M}, the newest is number {listed[-1].number}"
    charted = [one.number for one in listed if one.kept and one.charts]
    if current.charts or not charted:
        return Finding("served", True, found)
    found = f"no charts, and edition {charted[-1]} has some"
    return Finding("served", False, found, f"run `trendwire editions use {charted[-1]}`")


def _details(settings: Settings) -> Finding:
    """That somebody tells the details that are not in the current edition."""
    editions = Editions(settings.home, HomeDetails(settings.home, resources(settings)))
    try:
        edition = editions.current()
    except (NotReady, Corrupt):
        return Finding("details", True, "there is no edition to ask")
    if edition.has_details:
        return Finding("details", True, "all are in the edition")
    advice = "run `trendwire publish`"
    try:
        editions.read(None, lambda edition: edition.identities(Kind.HASHTAG, "", 1))
    except (NotReady, Gone) as error:
        return Finding("details", False, error.public, advice)
    return Finding("details", True, "the state of the engine tells them")


def _clock(settings: Settings) -> Finding:
    """That the last row of the ledger does not lie in the future; whether the clock went back lately."""
    if not _has_accounts(settings):
        return Finding("clock", True, "nothing to hold it against yet")
    with desk(settings) as opened:
        newest = opened.do(ListEntries(limit=MAX_ROWS))
    ahead = (newest[0].at - clock.milliseconds()) // DAY_MS if newest else 0
    if ahead >= 1:
        found = f"the last ledger row, of {printing.moment(newest[0].at)}, is {ahead} days ahead"
        return Finding("clock", False, found, "set the machine's clock; the months of accounts follow it")
    back = [(before, row) for row, before in pairwise(newest) if before.at - row.at > DAY_MS]
    if back:
        before, row = back[0]
        times = f"from {printing.moment(before.at)} to {printing.moment(row.at)}"
        return Finding("clock", True, f"it is well now; it went back {times} before ledger row {row.id}")
    return Finding("clock", True, "it goes with the ledger")


def _has_accounts(settings: Settings) -> bool:
    return (settings.home / SECRETS[1]).exists() or settings.redis_url is not None


def _accounts(settings: Settings) -> Finding:
    if not _has_accounts(settings):
        return Finding("accounts", True, "none yet; `trendwire keys create --name NAME` makes the first")
    with desk(settings) as opened:
        opened.do(CheckLedger())
    return Finding("accounts", True, "every balance is the sum of its ledger rows")


def _secrets(settings: Settings) -> Finding:
    there = [settings.home / name for name in SECRETS if (settings.home / name).exists()]
    opened = [path.name for path in there if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if opened:
        names = " ".join(opened)
        return Finding("secrets", False, f"others may read {names}", f"chmod 600 {names} in the home")
    return Finding("secrets", True, "readable by their owner alone" if there else "none yet")


def _port(settings: Settings) -> Finding:
    check_free(Tcp(settings.host, settings.port))
    return Finding("port", True, f"{settings.port} on {settings.host} is free")


CHECKS: dict[str, Check] = {
    "python": _python,
    "home": _home,
    "disk": _disk,
    "facts": _facts,
    "damaged": _damaged,
    "inbox": _inbox,
    "files": _files,
    "edition": _edition,
    "served": _served,
    "details": _details,
    "accounts": _accounts,
    "clock": _clock,
    "secrets": _secrets,
    "port": _port,
}

DEEP_CHECKS: dict[str, Check] = {**CHECKS, "facts": _all_facts, "files": _all_files}
"""The same, but every byte is read."""

_ADVICE = {
    "facts": "restore a backup into an empty home: `trendwire restore FILE --verify`",
    "edition": "publish again; if that fails, restore a backup into an empty home",
    "accounts": "restore accounts.sqlite and accounts.secret from the same backup",
    "port": "name another one with --port, or stop what listens there",
}
"""What to do where a check could not even be made."""


def examine(settings: Settings, *, deep: bool = False) -> list[Finding]:
    """All findings, in the order of the table."""
    return [_made(name, check, settings) for name, check in (DEEP_CHECKS if deep else CHECKS).items()]


def _made(name: str, check: Check, settings: Settings) -> Finding:
    try:
        finding = check(settings)
        return replace(finding, advice="") if finding.well else finding
    except TrendwireError as error:
        return Finding(name, False, error.public, _ADVICE.get(name, ""))
    except OSError as error:
        return Finding(
            name, False, f"{error.strerror}: {Path(error.filename or '').name}", "check its permissions"
        )


@app.command(
    epilog=examples(
        "trendwire doctor",
        "trendwire doctor --deep --json",
        "trendwire doctor --recover --from backup.tar.zst",
    )
)
def doctor(
    context: typer.Context,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every file, and hold it against its checksum.")
    ] = False,
    seal: Annotated[
        bool, typer.Option("--seal", help="Give older files their checksums; set damaged ones aside.")
    ] = False,
    recover: Annotated[
        bool, typer.Option("--recover", help="Take back what is sound again in facts/damaged.")
    ] = False,
    backup: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="With --recover: take the files from this backup first."),
    ] = None,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss", help="Remove damaged editions, and what is in facts/damaged, for good."
        ),
    ] = False,
    port: Port = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Look the installation and the data folder over, and say what to do.

    Nothing is changed, unless --seal, --recover or --accept-loss ask for it.
    """
    settings = settings_for(context, home, port=port)
    if backup is not None and not recover:
        raise InvalidInput("--from", "is told with --recover only")
    if backup is not None:
        say(f"{backups.fetch_damaged(backup, settings.home)} files are in the backup as they were written")
    for line in _acted(settings.home, seal=seal, recover=recover, accept_loss=accept_loss):
        say(line)
    findings = examine(settings, deep=deep)
    if as_json:
        printing.as_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            advice = f" -> {finding.advice}" if finding.advice else ""
            printing.line(f"{'ok' if finding.well else 'BAD':<4} {finding.check:<9} {finding.found}{advice}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(ExitCode.PARTLY)


def _acted(home: Path, *, seal: bool, recover: bool, accept_loss: bool) -> Iterator[str]:
    """Do what was asked for; what became of it."""
    if recover:
        back = repair.recover(home)
        yield f"taken back: {', '.join(note.file for note in back) or 'nothing is sound again'}"
    if accept_loss:
        yield f"removed for good: {', '.join(backups.accept_loss(home)) or 'nothing is damaged'}"
    if seal:
        made = backups.seal(home)
        yield (
            f"checksums made: {made.parts} parts, {made.recorded_charts} recorded charts,"
            f" {made.editions} editions"
        )
