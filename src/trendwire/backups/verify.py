"""Whether a home that nobody works on is sound: everything in it is read, and held against what it says."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from trendwire.accounts import requests, users
from trendwire.accounts.soundness import Sound
from trendwire.accounts.soundness import checked as check_accounts
from trendwire.editions import Editions
from trendwire.errors import Corrupt
from trendwire.facts import forgotten, inbox
from trendwire.facts.damaged import Damaged
from trendwire.facts.inbox import Inbox
from trendwire.facts.memberships import Memberships
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore
from trendwire.sources import runs

Progress = Callable[[str, float], None]
"""Told the stage and the share (0..1) of it that is done."""

STAGE = "verify"


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What was read and found to be as it says. `batches` wait in the inbox; `days` of published charts;
    `editions` kept; `databases`: beside the accounts. `missing`: files that had been set aside as damaged
    before, and that the home says are missing.
    """

    posts: int
    observations: int
    batches: int
    days: int
    recorded_charts: int
    editions: int
    databases: int
    missing: tuple[str, ...]
    accounts: Sound


def verify(home: Path, at: int, progress: Progress) -> Verified:
    """Read everything. `at`: Unix milliseconds. Raises Corrupt, which says what is not sound; NotReady."""
    told: dict[str, int] = {}
    for number, (name, check) in enumerate(_CHECKS.items()):
        progress(STAGE, number / (len(_CHECKS) + 1))
        told[name] = check(home)
    forgotten.read(home)
    accounts = check_accounts(home, at)
    progress(STAGE, 1.0)
    missing = tuple(note.file for note in Damaged(home).notes())
    return Verified(posts=FactStore(home).snapshot().posts, missing=missing, accounts=accounts, **told)


def _observations(home: Path) -> int:
    store = FactStore(home)
    for part, reason in store.faults(store.snapshot(), again=True).items():
        raise Corrupt(f"part {part.file} of the facts is damaged: {reason}")
    found = store.count()
    if found != store.snapshot().observations:
        raise Corrupt("the facts have other observations than their manifest says")
    return found


def _batches(home: Path) -> int:
    waiting = Inbox(home).waiting()
    for batch, path in waiting.items():
        reason = inbox.fault(path)
        if reason is not None:
            raise Corrupt(f"batch {batch} in the inbox is damaged: {reason}")
    return len(waiting)


def _days(home: Path) -> int:
    memberships, damaged = Memberships(home), Damaged(home)
    records = [one for one in memberships.records() if not damaged.holds(f"memberships/{one.file}")]
    for record in records:
        if memberships.fault(record, again=True) is not None:
            raise Corrupt(f"the published charts of {record.as_of} are not what was published")
    return len(records)


def _recorded_charts(home: Path) -> int:
    return sum(1 for _ in Recorded(home).charts())


def _editions(home: Path) -> int:
    editions = Editions(home)
    kept = [record for record in editions.records() if record.kept]
    for record in kept:
        try:
            edition = editions.at(record.number)
        except Corrupt as error:
            raise Corrupt(f"edition {record.number} is not what was published: {error.public}") from error
        if edition.content_hash != record.content_hash or not edition.verify():
            raise Corrupt(f"edition {record.number} is not what was published")
    return len(kept)


def _databases(home: Path) -> int:
    there = [home / name for name in (users.FILE, requests.FILE, runs.FILE) if (home / name).exists()]
    for path in there:
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(address, uri=True)) as db:
                whole = db.execute("PRAGMA integrity_check").fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise Corrupt(f"{path.name} is damaged: {error}") from error
        if whole != [("ok",)]:
            raise Corrupt(f"{path.name} is damaged")
    return len(there)


_CHECKS: dict[str, Callable[[Path], int]] = {
    "observations": _observations,
    "batches": _batches,
    "days": _days,
    "recorded_charts": _recorded_charts,
    "editions": _editions,
    "databases": _databases,
}
