"""A backup becomes a home: unpacked aside, held against its manifest, verified if asked, then put in place.

A home that is not there comes into being with one rename. One that is there and empty stays the folder that
it is (it may be a volume, or another's to make); the files are unpacked in it aside, and when all are there
and on the disk, moved to their places. If that is cut off, the next restore finishes it.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from trendwire.backups import archive, formats
from trendwire.backups.archive import Contents, Member
from trendwire.backups.verify import Verified, verify
from trendwire.errors import BadFile, Conflict, Corrupt, NotReady
from trendwire.facts.damaged import Damaged
from trendwire.facts.durable import Aside, folder_aside, make_folder, sync

Progress = Callable[[str, float], None]
"""Told the stage and the share (0..1) of it that is done."""

STAGE = "restore"
CHECK = "check"

_ASIDE = ".restoring-"
_WHOLE = ".restored"
_NOT_OURS = ("lost+found",)  # of a file system of its own


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was restored, or (`dry_run`, without a `home`) only checked. `size`: of its files."""

    home: str | None
    made_by: str
    created_at: datetime
    files: int
    size: int
    verified: Verified | None
    dry_run: bool


def restore(file: str, home: Path, at: int, progress: Progress, *, verified: bool) -> Restored:
    """Make `home` from a backup. `at`: Unix milliseconds; `verified`: only if all of it is sound.

    Raises Conflict where the home is not empty, BadFile for what is no whole backup, Corrupt for what is not
    sound, NotReady where it is one of a later version or there is no room: nothing is left in the home then.
    """
    with _opened(file) as backup:
        told = _contents(backup)
        _check_empty(home)
        there = home.exists()
        parent, prefix = (home, _ASIDE) if there else (home.parent, f".{home.name}{_ASIDE}")
        with _our_words(), folder_aside(parent, prefix) as aside:
            _unpack(backup, told, aside, progress)
            found = _verified(aside, at, progress) if verified else None
            os.sync()
            _move_in(aside, home) if there else _rename(aside, home)
    return _restored(told, str(home), found)


def check(file: str, at: int, progress: Progress, *, verified: bool) -> Restored:
    """Read a backup to its end, and leave nothing. To be `verified`, it is unpacked where temporary files go.

    Raises what `restore` raises.
    """
    with _opened(file) as backup:
        told, found = _contents(backup), None
        if not verified:
            for member in _members(backup, told, progress, CHECK):
                for _ in member.pieces:
                    pass
        else:
            with _our_words(), tempfile.TemporaryDirectory(prefix="trendwire-restore-") as folder:
                _unpack(backup, told, Path(folder), progress)
                found = _verified(Path(folder), at, progress)
    return _restored(told, None, found)


def fetch_damaged(file: str, home: Path) -> int:
    """Take the files that are set aside as damaged from a backup that has them as they were written; how
    many. They lie in the folder of damaged files then, to be taken back from there.
    """
    damaged, found = Damaged(home), 0
    notes = {f"facts/{note.file}": note for note in damaged.notes()}
    with _opened(file) as backup:
        for member in archive.members(backup, _contents(backup)):
            note = notes.get(member.file.path)
            if note is None or (note.checksum and note.checksum.sha256 != member.file.sha256):
                for _ in member.pieces:
                    pass
                continue
            with Aside(damaged.path(note)) as made:
                for piece in member.pieces:
                    made.write(piece)
                made.place()
            found += 1
    return found


def _restored(told: Contents, home: str | None, found: Verified | None) -> Restored:
    return Restored(
        home=home,
        made_by=told.made_by,
        created_at=told.created_at,
        files=len(told.files),
        size=told.size,
        verified=found,
        dry_run=home is None,
    )


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """The file; what is wrong with it is said with its name."""
    try:
        with Path(file).open("rb") as backup:
            yield backup
    except BadFile as error:
        raise BadFile(f"{file} {error.public}") from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise BadFile(f"{file} cannot be read: {error.strerror}") from error


def _contents(backup: BinaryIO) -> Contents:
    told = archive.contents(backup)
    formats.check(told.formats, told.made_by)
    if any(file.path.startswith((_ASIDE, _WHOLE)) for file in told.files):
        raise BadFile("names files that no backup holds")
    return told


def _check_empty(home: Path) -> None:
    if not home.exists():
        return
    if not home.is_dir():
        raise Conflict("the home is no folder: name another --home", path=str(home))
    if (home / _WHOLE).exists():
        _finish(home)
        raise Conflict("a restore into this home was cut off at its end; it is finished now", path=str(home))
    names = sorted(path.name for path in home.iterdir() if not path.name.startswith(_ASIDE))
    if left := [name for name in names if name not in _NOT_OURS]:
        named = f"{', '.join(left[:5])}{', ...' if len(left) > 5 else ''}"
        raise Conflict(
            f"the home is not empty: name another --home, or move away what is there: {named}", path=str(home)
        )


def _unpack(backup: BinaryIO, told: Contents, folder: Path, progress: Progress) -> None:
    free = shutil.disk_usage(folder).free
    if told.size > free:
        raise NotReady(f"there is no room: the backup holds {told.size:,} bytes, {free:,} are free")
    for member in _members(backup, told, progress, STAGE):
        _write(member, folder / member.file.path)


def _members(backup: BinaryIO, told: Contents, progress: Progress, stage: str) -> Iterator[Member]:
    done = 0
    progress(stage, 0.0)
    for member in archive.members(backup, told):
        yield member
        done += member.file.size
        progress(stage, done / (told.size or 1))


def _write(member: Member, path: Path) -> None:
    make_folder(path.parent)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for piece in member.pieces:
            file.write(piece)
    path.chmod(member.mode)
    os.utime(path, (member.changed, member.changed))


def _verified(folder: Path, at: int, progress: Progress) -> Verified:
    try:
        return verify(folder, at, progress)
    except Corrupt as error:
        raise Corrupt(f"what was backed up is not sound: {error.public}; nothing is restored") from error


def _rename(aside: Path, home: Path) -> None:
    try:
        aside.rename(home)
    except OSError as error:
        raise Conflict("another process made this home meanwhile", path=str(home)) from error
    sync(home.parent)


def _move_in(aside: Path, home: Path) -> None:
    aside.rename(home / _WHOLE)
    sync(home)
    _finish(home)


def _finish(home: Path) -> None:
    """Move what is whole to its place; what was moved before is there."""
    for path in sorted((home / _WHOLE).iterdir()):
        if (home / path.name).exists():
            raise Conflict(f"a restore was cut off, and another process made {path.name}", path=str(home))
        path.rename(home / path.name)
    (home / _WHOLE).rmdir()
    sync(home)


@contextmanager
def _our_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        about = {"path": str(error.filename)} if error.filename else {}
        raise NotReady(f"the backup could not be restored: {error.strerror}", **about) from error
