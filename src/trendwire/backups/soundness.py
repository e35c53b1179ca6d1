"""Which files of a home are not what was written, while others may work on it; nothing is changed by looking.

A `quick` look reads what is small, and of parts those alone whose size or time changed. Checksums of older
files are made by `seal`, after each was read to its end.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from trendwire.accounts import requests, store, users
from trendwire.editions import Editions
from trendwire.editions.catalog import Catalog
from trendwire.editions.publish import publishing
from trendwire.errors import Corrupt
from trendwire.facts import forgotten, inbox, ingests, quarantine, repair
from trendwire.facts.checksums import is_sound
from trendwire.facts.damaged import Damaged
from trendwire.facts.inbox import PUSHES, Inbox
from trendwire.facts.memberships import Memberships
from trendwire.facts.recorded import Recorded
from trendwire.facts.recorded import fault as chart_fault
from trendwire.facts.store import FactStore
from trendwire.sources import runs


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """How many files got a checksum that had none."""

    parts: int
    recorded_charts: int
    editions: int


def seal(home: Path) -> Sealed:
    """Give files of before there were checksums theirs; damaged ones are set aside. Conflict where another
    process stores facts or publishes.
    """
    with publishing(home) as publisher:
        sealed = Sealed(
            parts=FactStore(home).seal(), recorded_charts=Recorded(home).seal(), editions=publisher.seal()
        )
    Memberships(home).check()
    journal = forgotten.read(home)
    if journal:
        journal.save(home)
    return sealed


def accept_loss(home: Path) -> tuple[str, ...]:
    """Remove damaged facts and editions for good; what they were. An edition that is sound takes the place of
    a damaged current one. Conflict where another process stores facts or publishes.
    """
    with publishing(home) as publisher:
        catalog = publisher.catalog
        kept = [record for record in catalog.records() if record.kept]
        damaged = [record.number for record in kept if catalog.fault(record, again=True) is not None]
        publisher.remove(damaged)
    notes = repair.accept_loss(home)
    return (*(note.file for note in notes), *(f"edition {number}" for number in damaged))


def damage(home: Path, *, quick: bool) -> Iterator[str]:
    """The files that are not what was written, each with the reason."""
    for look in _QUICK if quick else (*_QUICK, *_DEEP):
        try:
            yield from look(home)
        except Corrupt as error:
            yield error.public


def _batches(home: Path) -> Iterator[str]:
    for path in Inbox(home).waiting().values():
        if path.exists() and (reason := inbox.fault(path)) is not None:
            yield f"facts/inbox/{path.name}: {reason}"


def _days(home: Path) -> Iterator[str]:
    memberships, damaged = Memberships(home), Damaged(home)
    for record in memberships.records():
        reason = memberships.fault(record, again=True)
        if reason is not None and not damaged.holds(f"memberships/{record.file}"):
            yield f"facts/memberships/{record.file}: {reason}"


def _forgotten(home: Path) -> Iterator[str]:
    forgotten.read(home)
    return iter(())


def _recorded_charts(home: Path) -> Iterator[str]:
    for path in sorted((home / "facts" / "recorded").glob("*/*.json")):
        if (reason := chart_fault(path, path.name)) is not None:
            yield f"{path.relative_to(home)}: {reason}"


def _lines(home: Path) -> Iterator[str]:
    facts = home / "facts"
    for path in (*sorted(facts.glob(f"quarantine/*{quarantine.SUFFIX}")), facts / ingests.FILE):
        if path.exists() and (damaged := quarantine.damaged_lines(path)):
            yield f"{path.relative_to(home)}: {damaged} lines are not what was written"


def _notes(home: Path) -> Iterator[str]:
    for path in sorted((home / "facts" / PUSHES).glob("*.json")):
        if not is_sound(path.read_bytes()):
            yield f"{path.relative_to(home)}: the note of a push is damaged, and is not used"


def _editions(home: Path) -> Iterator[str]:
    catalog, editions = Catalog(home), Editions(home)
    for record in catalog.records():
        reason = catalog.fault(record, again=True) if record.kept else None
        if reason is not None:
            yield reason
        elif record.kept and not editions.at(record.number).verify():
            yield f"edition {record.number} is not what was published"


def _databases(home: Path) -> Iterator[str]:
    for name in (store.FILE, users.FILE, requests.FILE, runs.FILE):
        path = home / name
        if not path.exists():
            continue
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
                found = db.execute("PRAGMA integrity_check").fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            yield f"{name}: {error}"
        else:
            if found != [("ok",)]:
                yield f"{name}: {found[0][0]}"


_QUICK: tuple[Callable[[Path], Iterator[str]], ...] = (_batches, _days, _forgotten)
_DEEP = (_recorded_charts, _lines, _notes, _editions, _databases)
