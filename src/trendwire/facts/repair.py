"""What a person does about damaged facts: takes back what is sound again, or accepts the loss."""

from pathlib import Path

from trendwire.facts import inbox
from trendwire.facts.checksums import fault
from trendwire.facts.damaged import Damaged, Note
from trendwire.facts.memberships import Memberships
from trendwire.facts.recorded import fault as chart_fault
from trendwire.facts.store import FactStore


def recover(home: Path) -> tuple[Note, ...]:
    """Take back what is sound again in the folder of damaged files; what that was.

    Rows that came again meanwhile are not doubled. Conflict where another process stores facts.
    """
    store, damaged = FactStore(home), Damaged(home)
    back = tuple(note for note in damaged.notes() if _is_sound(damaged.path(note), note))
    for note in back:
        if note.file.startswith("parts/"):
            store.take_back(damaged.path(note), note)
        else:
            damaged.path(note).replace(home / "facts" / note.file)
        damaged.drop(note)
    return back


def accept_loss(home: Path) -> tuple[Note, ...]:
    """Remove all damaged files for good; what they were. Conflict where another process stores facts."""
    damaged = Damaged(home)
    notes = damaged.notes()
    FactStore(home).accept_loss()
    Memberships(home).accept_loss({note.file for note in notes})
    for note in notes:
        damaged.drop(note)
    return notes


def _is_sound(path: Path, note: Note) -> bool:
    if not path.exists():
        return False
    if note.checksum is not None:
        return fault(path, note.checksum, again=True) is None
    if note.file.startswith("inbox/"):
        return inbox.fault(path) is None
    return note.file.startswith("recorded/") and chart_fault(path, Path(note.file).name) is None
