"""Files that arrive in a watched folder: seen within a second, whatever the schedule of their source says."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock

from trendwire.sources.folder import Folder, Stamp, stamp_of
from trendwire.sources.watched import FilesOptions, is_settled

LOOK = 0.5
"""Seconds between two looks into the folders."""

FILES_A_LOOK = 2_000
"""A folder of more files is looked into less often."""


class Arrivals:
    """The files of one source that no run has begun with. `now`: this moment, UTC."""

    def __init__(self, options: FilesOptions, now: Callable[[], datetime]) -> None:
        self._folder = Folder(Path(options.folder).expanduser(), options.pattern, options.then)
        self._settle, self._now = options.settle_seconds, now
        self._lock = Lock()
        self._known: dict[str, Stamp] = {}
        self._waiting: dict[str, Stamp] = {}
        self._skipped = 0

    def look(self) -> bool:
        """Whether a file has come to its end since the last look."""
        if self._skipped:
            self._skipped -= 1
            return False
        found = self._found()
        self._skipped = len(found) // FILES_A_LOOK
        with self._lock:
            there = found.items()
            self._known = {name: stamp for name, stamp in self._known.items() if (name, stamp) in there}
            self._waiting = {name: stamp for name, stamp in self._waiting.items() if (name, stamp) in there}
            new = [name for name in found if name not in self._known and name not in self._waiting]
            ready = [name for name in new if self._is_ready(name, found[name])]
            self._waiting |= {name: found[name] for name in ready}
        return bool(ready)

    def waits(self) -> bool:
        """Whether a run would find something to take."""
        return bool(self._waiting)

    def begin(self) -> None:
        """A run begins: it takes all that waits."""
        with self._lock:
            self._known |= self._waiting
            self._waiting = {}

    def _found(self) -> dict[str, Stamp]:
        found = {}
        try:
            for name in self._folder.names(after=""):
                found[name] = stamp_of(self._folder.place(name))
        except OSError:
            return found  # a file or the folder went meanwhile: the next look sees what is left
        return found

    def _is_ready(self, name: str, stamp: Stamp) -> bool:
        path = self._folder.place(name)
        try:
            age = self._now().timestamp() - path.stat().st_ctime
            return not self._folder.knows(name, stamp) and is_settled(path, age, self._settle)
        except OSError:
            return False


def watchful(
    wait: Callable[[float], object], looks: Sequence[Callable[[], bool]]
) -> Callable[[float], object]:
    """A wait that is cut short where a file arrives. `wait` says whether it is to end at once."""

    def waiting(seconds: float) -> None:
        for _ in range(max(1, round(seconds / LOOK))):
            if wait(LOOK) or any(look() for look in looks):
                return

    return waiting if looks else wait
