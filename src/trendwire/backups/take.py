"""A backup of a home on which others go on working: nothing waits for it but the removal of old facts.

What is copied when, and why. A file is copied before those that may speak of what it must already hold:

    all other files       settings, secrets of sources, watched folders: a file that is read from there and
                          moved meanwhile has its rows in the inbox, which comes later
    sources.sqlite        a cursor moves on when what it passed is durable: an older cursor only asks again
    pushes                a push is noted as stored when its rows are in the inbox
    editions              the catalog as it was read at first; their files; then the catalog. One that was
                          pruned meanwhile is marked so, as the pruning does. Before the facts: none is newer
    memberships           published with an edition, before its catalog: so read after it
    recorded charts       each file is whole
    inbox                 before the facts: a batch leaves it when the manifest of the facts names its rows
    facts                 the manifest, then the parts that it names; the readers' lock keeps them there
    quarantine, ingests   whole lines of them; nothing depends on them
    forgotten.json        last: whoever is gone from what was copied is in it, and does not come back
    users, requests       SQLite's own copy of one moment, as of sources.sqlite
    accounts.sqlite       the same: in WAL mode a reader holds up no charge, and sees all acknowledged ones
    accounts.secret       made before the ledger, never changed
"""

import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec

from trendwire.accounts import secret
from trendwire.backups import places
from trendwire.backups.archive import Contents, File, Writer
from trendwire.backups.formats import FORMATS
from trendwire.editions import catalog as catalogs
from trendwire.editions.catalog import Catalog, Record
from trendwire.errors import Conflict, Corrupt, InvalidInput, NotReady
from trendwire.facts import forgotten, inbox, ingests
from trendwire.facts import manifest as manifests
from trendwire.facts import memberships as members
from trendwire.facts.checksums import MISSING, Checksum
from trendwire.facts.damaged import Damaged
from trendwire.facts.durable import Aside, folder_aside, sweep
from trendwire.facts.memberships import Memberships
from trendwire.facts.recorded import read_sound
from trendwire.facts.store import FactStore
from trendwire.sources import push, runs

Progress = Callable[[str, float], None]
"""Told the stage and the share (0..1) of it that is done."""

STAGE = "back up"
STDOUT = "-"

_LINES = ".ndjson"


class BackedUp(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was made. `file`: None on stdout; `bytes`: of it; `size`: of what it holds. `damaged`:
    what is not in it because it is not what was written, each with the reason.
    """

    file: str | None
    bytes: int
    size: int
    files: int
    created_at: datetime
    damaged: tuple[str, ...]


def backup(
    home: Path, file: str, at: datetime, version: str, progress: Progress, *, replace: bool = False
) -> BackedUp:
    """Write a backup of `home` to `file` (`-`: stdout), for its owner alone; it is there whole or not at all.

    `at`: this moment. `version`: of this Trendwire. Raises Conflict where there is such a file and it is not
    to be replaced, InvalidInput for a file in the home, NotReady without a home or where files cannot be
    read, Corrupt where a manifest or a database is damaged.
    """
    if not home.is_dir():
        raise NotReady("there is no home to back up", path=str(home))
    begun = Contents(made_by=version, created_at=at, formats=dict(FORMATS))
    with _our_words(), _opened(home, file, replace=replace) as write:
        writer = Writer(write)
        _set_damaged_aside(home)
        with folder_aside(home, ".backup-") as scratch:
            copy = _Copy(home, writer, scratch, _Share(progress, places.size(home)))
            copy.everything()
        whole = writer.end(begun)
    progress(STAGE, 1.0)
    return BackedUp(
        file=None if file == STDOUT else file,
        bytes=writer.written,
        size=whole.size,
        files=len(whole.files),
        created_at=at,
        damaged=(*(f"{note.file}: {note.reason}" for note in Damaged(home).notes()), *copy.damaged),
    )


def _set_damaged_aside(home: Path) -> None:
    """Read the facts anew before they are copied: what is not what was written must not be backed up as if
    it were. Conflict where something is damaged, and another process stores facts just then.
    """
    if not (home / "facts").is_dir():
        return
    forgotten.read(home)
    Memberships(home).records()
    store = FactStore(home)
    store.check()
    Memberships(home).check()
    for path in (home / "facts" / "recorded").glob("*/*.json"):
        read_sound(path)
    for batch, path in store.inbox.waiting().items():
        with suppress(FileNotFoundError):  # it is stored meanwhile
            reason = inbox.fault(path)
            if reason is not None:
                store.inbox.set_aside(batch, reason)


@dataclass(slots=True)
class _Share:
    """Tells how much is done, of about `whole` bytes."""

    progress: Progress
    whole: int
    done: int = 0

    def add(self, size: int) -> None:
        self.done += size
        self.progress(STAGE, min(self.done / (self.whole or 1), 1.0))


@dataclass(frozen=True, slots=True)
class _Copy:
    """Copies the home into the backup, in the order above."""

    home: Path
    writer: Writer
    scratch: Path
    share: _Share
    damaged: list[str] = field(default_factory=list)
    """Editions that are left out, and why."""

    def everything(self) -> None:
        for path in places.others(self.home):
            self._file(path)
        self._database(runs.FILE)
        self._folder(f"facts/{push.FOLDER}")
        self._editions()
        self._memberships()
        self._folder("facts/recorded")
        self._folder("facts/inbox")
        self._facts()
        self._folder("facts/quarantine")
        for name in (ingests.FILE, forgotten.FILE):
            self._file(self.home / "facts" / name)
        for name in places.LEDGERS:
            self._database(name)
        self._file(self.home / secret.FILE)

    def _editions(self) -> None:
        """The oldest first: it is the next to be pruned. Editions may share files, and come to be read from
        others: where one is gone, the catalog is asked again.
        """
        catalog, copied = Catalog(self.home), set[Path]()
        there, listing = [], catalog.listing()
        for record in listing.editions:
            told = self._sound(catalog, record)
            while told.kept and not self._files(catalog.files(told), copied):
                again = next(one for one in catalog.records() if one.number == record.number)
                told = msgspec.structs.replace(told, kept=False) if again == told else again
            there.append(told)
        if there:
            copy = msgspec.structs.replace(listing, editions=tuple(there))
            self._bytes(catalog.file, catalogs.encoded(copy.without_lost_hold()))

    def _sound(self, catalog: Catalog, record: Record) -> Record:
        """The record of an edition; as one that is no longer kept where a file is not what was written."""
        reason = catalog.fault(record, again=True) if record.kept else None
        if reason is None or reason.endswith(MISSING):  # else it is pruned meanwhile
            return record
        self.damaged.append(reason)
        return msgspec.structs.replace(record, kept=False)

    def _memberships(self) -> None:
        """Each day as it is told now; where its file was replaced meanwhile, as it is told then."""
        memberships, folder = Memberships(self.home), self.home / "facts" / "memberships"
        damaged, copied = Damaged(self.home), []
        for record in memberships.records():
            told = record
            if damaged.holds(f"memberships/{record.file}"):
                copied.append(record)
                continue
            while not self._file(folder / told.file):
                again = next(one for one in memberships.records() if one.as_of == record.as_of)
                if again == told:
                    raise Corrupt("a file of the memberships is missing", path=told.file)
                told = again
            copied.append(told)
        if copied:
            self._bytes(folder / "manifest.json", members.listing(tuple(copied)))

    def _facts(self) -> None:
        """The manifest is read under the lock: no part that it names goes before all are copied."""
        folder = self.home / "facts"
        manifest = folder / "manifest.json"
        if not manifest.exists():
            return
        with FactStore(self.home).reading():
            data = manifest.read_bytes()
            told = manifests.of_bytes(data, manifest)
            for part in told.parts:
                if not self._file(folder / "parts" / part.file, checksum=told.checksums.get(part.file)):
                    raise Corrupt("a part of the facts is missing", path=part.file)
        self._bytes(manifest, data)

    def _folder(self, name: str) -> None:
        """All files of a folder; where one is gone, also what is new: it may be there under another name."""
        seen, whole = set[Path](), False
        while not whole:
            fresh = [path for path in places.files(self.home, self.home / name) if path not in seen]
            seen.update(fresh)
            copied = [self._file(path) for path in fresh]
            whole = all(copied)

    def _database(self, name: str) -> None:
        """SQLite's copy of one moment; taken aside, because its size must be known first."""
        path, copy = self.home / name, self.scratch / name
        if not path.exists():
            return
        with _said_of(path):
            address = f"{path.resolve().as_uri()}?mode=rw"
            with (
                closing(sqlite3.connect(address, uri=True, timeout=runs.PATIENCE)) as live,
                closing(sqlite3.connect(copy)) as target,
            ):
                live.backup(target)
                _check_copy(target, path)
        copy.chmod(stat.S_IMODE(path.stat().st_mode))
        self._file(copy, path)
        copy.unlink()

    def _files(self, paths: Iterable[Path], copied: set[Path]) -> bool:
        """Copy files that were not `copied`, and note them; whether all are there."""
        for path in paths:
            if path not in copied and not self._file(path):
                return False
            copied.add(path)
        return True

    def _file(self, path: Path, name: Path | None = None, checksum: Checksum | None = None) -> bool:
        """Copy a file, under the `name` of another; whether it is still there, and is one. Corrupt where it
        is not what its `checksum` tells.
        """
        try:
            told = path.stat()
            if not stat.S_ISREG(told.st_mode):
                return False
            with path.open("rb") as file:
                copied = self._add(file, name or path)
        except FileNotFoundError:
            return False
        _check_part(copied, checksum)
        return True

    def _add(self, file: BinaryIO, path: Path) -> File:
        told = os.fstat(file.fileno())
        name = path.relative_to(self.home).as_posix()
        lines = name.startswith("facts/") and path.suffix == _LINES
        size = _whole_lines(file, told.st_size) if lines else told.st_size
        added = self.writer.add(name, file, size, stat.S_IMODE(told.st_mode), told.st_mtime)
        self.share.add(size)
        return added

    def _bytes(self, path: Path, data: bytes) -> None:
        name, told = path.relative_to(self.home).as_posix(), path.stat()
        self.writer.add(name, BytesIO(data), len(data), stat.S_IMODE(told.st_mode), told.st_mtime)


def _check_copy(database: sqlite3.Connection, path: Path) -> None:
    """A damaged database is not backed up; SQLite copies one page by page without looking."""
    found = database.execute("PRAGMA integrity_check").fetchall()
    if found != [("ok",)]:
        raise Corrupt(f"{path.name} is damaged and cannot be backed up: {found[0][0]}", path=str(path))


def _check_part(copied: File, checksum: Checksum | None) -> None:
    if checksum is not None and copied.sha256 != checksum.sha256:
        raise Corrupt("a part of the facts was damaged while it was copied: run the backup again")


def _whole_lines(file: BinaryIO, size: int) -> int:
    """Bytes of the lines that are written to their end; another process may be at the next one."""
    end = size
    while end:
        begin = max(0, end - 4096)
        file.seek(begin)
        found = file.read(end - begin).rfind(b"\n")
        if found >= 0:
            end = begin + found + 1
            break
        end = begin
    file.seek(0)
    return end


@contextmanager
def _opened(home: Path, file: str, *, replace: bool) -> Iterator[Callable[[bytes], object]]:
    """Where the bytes go; a file gets its name when all are written."""
    if file == STDOUT:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    path = Path(file).absolute()
    if path.resolve().is_relative_to(home.resolve()):
        raise InvalidInput("FILE", "must be outside the home, which is what is backed up", path=file)
    check_free = partial(_check_free, path, replace=replace)
    check_free()
    if path.parent.is_dir():
        sweep(path.parent)
    with Aside(path, 0o600) as made:
        yield made.write
        check_free()
        made.place()


def _check_free(path: Path, *, replace: bool) -> None:
    if path.exists() and not path.is_file():
        raise InvalidInput("FILE", "must name a plain file, or - for stdout", path=str(path))
    if path.exists() and not replace:
        raise Conflict("there is such a file already; --force replaces it", path=str(path))


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:  # in what SQLite says of a damaged schema
        raise Corrupt(f"{path.name} is damaged and cannot be backed up", path=str(path)) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind = Corrupt if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) else NotReady
        raise kind(f"{path.name} cannot be copied: {error}", path=str(path)) from error


@contextmanager
def _our_words() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        about = {"path": str(error.filename)} if error.filename else {}
        raise NotReady(f"the backup could not be made: {error.strerror}", **about) from error
