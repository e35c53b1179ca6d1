"""Durable steps on the file system: what they return from survives a crash, whole or not at all."""

import fcntl
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from trendwire.errors import Conflict

_TEMPORARY = ".part"
_NAME_BYTES = 6
_OURS = re.compile(rf"\..+\.[0-9a-f]{{{2 * _NAME_BYTES}}}{re.escape(_TEMPORARY)}", re.DOTALL)
PRIVATE = 0o700
"""Of folders: they hold names of people, and what they posted."""

_TRIES, _BETWEEN = 3, 0.02
"""How often a lock is tried for, and seconds between: who only looks (`held`) has it for an instant."""


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are not there, for their owner alone."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for folder in reversed(missing):
        folder.mkdir(PRIVATE, exist_ok=True)


def make_private(folder: Path) -> None:
    """Make a folder for its owner alone; also one that an older version made for everybody."""
    make_folder(folder)
    if stat.S_IMODE(folder.stat().st_mode) & ~PRIVATE:
        with suppress(PermissionError):  # it is another user's to change
            folder.chmod(PRIVATE)


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Aside:
    """A file that is written piece by piece beside `path`: `place` puts it there whole, or it never was.

    Use as a context manager, or end with `close`. `mode`: who may read and write it.
    """

    def __init__(self, path: Path, mode: int = 0o644) -> None:
        make_folder(path.parent)
        handle, self._temporary = _claim(path, mode)
        self._path, self._file = path, os.fdopen(handle, "wb")

    def __enter__(self) -> "Aside":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def write(self, data: bytes | bytearray) -> None:
        self._file.write(data)

    def place(self) -> None:
        """Put it in place, replacing what is there: durable when this returns."""
        self._finish()
        self._temporary.replace(self._path)
        sync(self._path.parent)

    def place_first(self) -> bool:
        """The same, but leave what is there: whether nothing was."""
        self._finish()
        try:
            self._path.hardlink_to(self._temporary)
        except FileExistsError:
            return False
        sync(self._path.parent)
        return True

    def close(self) -> None:
        """Remove it where it was not put in place."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)

    def _finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())


@dataclass(frozen=True, slots=True)
class Claimed:
    """A file to be written by others under `path`, which `sweep` leaves alone while its writer lives."""

    path: Path
    target: Path

    def place(self) -> None:
        """Put it in place, once its bytes are on the disk: durable when this returns."""
        self.path.replace(self.target)
        sync(self.target.parent)


@contextmanager
def claimed(path: Path) -> Iterator[Claimed]:
    """An empty file beside `path`, to be written and put in place; it is removed where it was not."""
    make_folder(path.parent)
    handle, temporary = _claim(path)
    try:
        yield Claimed(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in place, replacing what is there; a reader sees the old one or the new one."""
    with Aside(path) as made:
        made.write(data)
        made.place()


def sweep(folder: Path) -> None:
    """Remove the temporary files that killed writers (`Aside`) left; not those of living writers."""
    for path in folder.glob(f".*{_TEMPORARY}"):
        if not _OURS.fullmatch(path.name):
            continue
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            if _locked(handle, fcntl.LOCK_EX):
                path.unlink(missing_ok=True)
        finally:
            os.close(handle)


@contextmanager
def folder_aside(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder in `parent` for its owner alone; it goes at the end, unless it was moved away.

    Those of the same prefix whose processes were killed go first.
    """
    make_folder(parent)
    for left in parent.glob(f"{prefix}*"):
        _remove_if_left(left)
    handle, folder = _claim_folder(parent, prefix)
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)
        os.close(handle)


@contextmanager
def exclusive(path: Path, doing: str) -> Iterator[None]:
    """Hold the lock file `path`. Conflict names the process that already is `doing` the same."""
    with _opened(path) as handle:
        if not _locked_soon(handle):
            raise Conflict(f"another process (pid {_holder(path)}) is {doing}", lock=str(path))
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold the lock file `path` together with others of the same kind; waits for an exclusive holder."""
    with _opened(path) as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextmanager
def alone(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Whether nobody holds the lock file `path`; if so, it is held meanwhile. `wait`: until nobody does."""
    with _opened(path) as handle:
        if wait:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield wait or _locked(handle, fcntl.LOCK_EX)


def held(path: Path) -> bool:
    """Whether a process holds the lock file `path` with `exclusive`; nothing is made by looking."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _locked(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield handle
    finally:
        os.close(handle)


def _claim(path: Path, mode: int = 0o644) -> tuple[int, Path]:
    """A new temporary file beside `path`, locked, so that `sweep` leaves it alone while its writer lives."""
    while True:
        temporary = path.with_name(f".{path.name}.{os.urandom(_NAME_BYTES).hex()}{_TEMPORARY}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, temporary
        os.close(handle)  # swept between its creation and its lock


def _claim_folder(parent: Path, prefix: str) -> tuple[int, Path]:
    """The same for a folder."""
    while True:
        folder = Path(mkdtemp(dir=parent, prefix=prefix))
        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if folder.exists():
            return handle, folder
        os.close(handle)


def _remove_if_left(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        if _locked(handle, fcntl.LOCK_EX):
            rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _locked(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _locked_soon(handle: int) -> bool:
    for _ in range(_TRIES - 1):
        if _locked(handle, fcntl.LOCK_EX):
            return True
        time.sleep(_BETWEEN)
    return _locked(handle, fcntl.LOCK_EX)


def _holder(path: Path) -> str:
    return path.read_text(encoding="ascii", errors="replace").strip() or "unknown"
