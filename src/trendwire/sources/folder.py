"""A folder that files are put into: which there are, which were read, and what becomes of those.

Owns the folders `done` and `failed` below it, and the note `.trendwire-read.json` of files that stay. A file
that was replaced meanwhile is never moved or deleted in place of the one that was read.

Files are named relative to the folder, in text that JSON can hold: `place` says where such a name is.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import msgspec

from trendwire.facts.durable import write_whole

DONE, FAILED = "done", "failed"
NOTE = ".trendwire-read.json"
_ASIDE = ".trendwire-"
_AT_ONCE = 1 << 20
_BYTES = "\0"
"""Before a name that is not UTF-8, with a character for each byte; no file name holds it."""


class Stamp(msgspec.Struct, frozen=True, array_like=True):
    """What changes with a file: its inode, bytes, and nanoseconds of its last write."""

    inode: int
    size: int
    written: int


class Ended(msgspec.Struct, frozen=True, array_like=True):
    """A file that was read, to its end or, for a `reason`, not. `digest`: of its content."""

    name: str
    stamp: Stamp
    digest: str
    reason: str


_Notes = dict[str, tuple[Stamp, str]]


@dataclass(slots=True)
class Folder:
    """`pattern` says which files count; `then` what becomes of those that were read."""

    path: Path
    pattern: str
    then: str
    _notes: _Notes | None = field(default=None, init=False)

    def names(self, after: str) -> list[str]:
        """The files that count, by name; hidden ones do not."""
        found = (path.relative_to(self.path) for path in self.path.glob(self.pattern) if path.is_file())
        names = sorted(_encodable(name.as_posix()) for name in found if not _is_ours(name))
        return [name for name in names if name > after]

    def place(self, name: str) -> Path:
        """The path of a file by its name here."""
        if name.startswith(_BYTES):
            return self.path / name.removeprefix(_BYTES).encode("latin-1").decode(errors="surrogateescape")
        return self.path / name

    def knows(self, name: str, stamp: Stamp) -> bool:
        """Whether this very file was read and stayed."""
        return self._read_notes().get(name, (None, ""))[0] == stamp

    def knows_content(self, name: str, stamp: Stamp, digest: str) -> bool:
        """The same by its content, for a file that was only touched."""
        known = self._read_notes().get(name)
        if known is None or known[1] != digest:
            return False
        self._note({name: (stamp, digest)})
        return True

    def digest(self, name: str) -> str:
        """Of what is in a file."""
        sum_ = blake2b(digest_size=16)
        with self.place(name).open("rb") as file:
            while part := file.read(_AT_ONCE):
                sum_.update(part)
        return sum_.hexdigest()

    def tidy(self, ended: Iterable[Ended]) -> None:
        """Note, move or delete files whose rows are durable. One that stays is noted, so that it is not read
        again."""
        noted: _Notes = {}
        for one in ended:
            if self.then != "keep" or one.reason:
                with suppress(OSError):
                    self._put_away(one)
                    continue
            noted[one.name] = (one.stamp, one.digest)
        if noted:
            self._note(noted)

    def _put_away(self, ended: Ended) -> None:
        """Take the file out of the way first, then see that it is the one that was read."""
        path = self.place(ended.name)
        if stamp_of(path) != ended.stamp:
            return
        aside = path.with_name(f"{_ASIDE}{ended.digest}")
        path.rename(aside)
        if stamp_of(aside) != ended.stamp:
            if not path.exists():
                aside.rename(path)
            return
        if self.then == "delete" and not ended.reason:
            aside.unlink()
            return
        try:
            self._move(aside, ended)
        except OSError:
            if not path.exists():
                aside.rename(path)
            raise

    def _move(self, aside: Path, ended: Ended) -> None:
        target = self._free(FAILED if ended.reason else DONE, ended)
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.rename(target)
        if ended.reason:
            target.with_name(f"{target.name}.reason.txt").write_text(ended.reason + "\n", encoding="utf-8")

    def _free(self, folder: str, ended: Ended) -> Path:
        """A place for it there; of the same name and another content, both stay."""
        target = self.path / folder / self.place(ended.name).relative_to(self.path)
        return target.with_name(f"{ended.digest[:8]}-{target.name}") if target.exists() else target

    def _read_notes(self) -> _Notes:
        if self._notes is None:
            try:
                self._notes = msgspec.json.decode((self.path / NOTE).read_bytes(), type=_Notes)
            except (OSError, msgspec.DecodeError):
                self._notes = {}
        return self._notes

    def _note(self, more: _Notes) -> None:
        """In a folder that cannot be written nothing is noted: every run reads all, which doubles nothing."""
        there = set(self.names(after=""))
        self._notes = {name: told for name, told in (self._read_notes() | more).items() if name in there}
        with suppress(OSError):
            write_whole(self.path / NOTE, msgspec.json.encode(self._notes))


def stamp_of(path: Path) -> Stamp:
    """The stamp of a file as it is now."""
    told = path.stat()
    return Stamp(told.st_ino, told.st_size, told.st_mtime_ns)


def _encodable(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        return _BYTES + name.encode(errors="surrogateescape").decode("latin-1")
    return name


def _is_ours(name: Path) -> bool:
    return name.parts[0] in (DONE, FAILED) or any(part.startswith(".") for part in name.parts)
