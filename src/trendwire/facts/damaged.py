"""Damaged files of the facts: set aside with the reason beside them, until a person acts.

    facts/damaged/<name>             the file, as it was found; absent where it was missing
    facts/damaged/<name>.why.json    what it was, and why it was set aside

What is set aside is read by nobody. A file in this folder that is sound again (put there from a backup, or
read well where the disk failed once) goes back with `trendwire doctor --recover`.
"""

import os
import shutil
from pathlib import Path

import msgspec
import structlog

from trendwire.facts.checksums import Checksum, sealed
from trendwire.facts.durable import make_folder, sync, write_whole

FOLDER = "damaged"
_NOTE = ".why.json"

_log = structlog.get_logger()


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was set aside. `file`: its path in the folder of the facts. `rows`: observations in it,
    None where nobody knows. `checksum`: what it must be to go back, None where that is not known.
    """

    file: str
    reason: str
    rows: int | None = None
    checksum: Checksum | None = None

    @property
    def name(self) -> str:
        """Of the file in the folder of damaged files."""
        return self.file.replace("/", "-")


class Damaged:
    """The damaged files of the data folder `home`."""

    def __init__(self, home: Path) -> None:
        self._facts = home / "facts"
        self.folder = self._facts / FOLDER

    def notes(self) -> tuple[Note, ...]:
        """What is set aside, by name. A note that cannot be read still names its file."""
        return tuple(_read(path) for path in sorted(self.folder.glob(f"*{_NOTE}")))

    def holds(self, file: str) -> bool:
        """Whether that file of the facts is set aside."""
        return any(note.file == file for note in self.notes())

    def path(self, note: Note) -> Path:
        """Where the file is, if it was not missing."""
        return self.folder / note.name

    def keep(self, note: Note) -> None:
        """Give a file a second name in the folder, and note why; durable when this returns. The first name
        is the caller's to remove: `remove`.
        """
        make_folder(self.folder)
        noted = self.folder / (note.name + _NOTE)
        try:
            _copy(self._facts / note.file, self.path(note))
        except FileNotFoundError:
            if noted.exists():  # it was set aside before
                return
        document = msgspec.json.format(msgspec.json.encode(note), indent=1)
        write_whole(noted, sealed(document))
        _log.warning(
            "a damaged file was set aside: `trendwire doctor` says what to do",
            file=f"facts/{note.file}",
            reason=note.reason,
        )

    def set_aside(self, note: Note) -> None:
        """The same for a file that no manifest names: it goes from its place."""
        self.keep(note)
        (self._facts / note.file).unlink(missing_ok=True)

    def drop(self, note: Note) -> None:
        """Remove a file and its note."""
        self.path(note).unlink(missing_ok=True)
        (self.folder / (note.name + _NOTE)).unlink(missing_ok=True)
        sync(self.folder)


def _copy(source: Path, target: Path) -> None:
    """A second name for a file; a copy where the file system has no second names."""
    if not source.exists():
        raise FileNotFoundError(source)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
        sync(target)


def _read(path: Path) -> Note:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Note)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Note(file=path.name.removesuffix(_NOTE), reason="the note that said why is damaged itself")
