"""What a home holds: which files have a place of their own in a backup, and which stay out of it."""

from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from trendwire.accounts import requests, secret, store, users
from trendwire.editions import catalog
from trendwire.facts import forgotten, ingests
from trendwire.sources import push, runs

LEDGERS = (users.FILE, requests.FILE, store.FILE)
"""SQLite files that a server writes, in the order in which they are copied."""

LEFT_OUT = (
    "state",  # made again from the facts
    "*.lock",
    "*.sock",
    "*.sqlite-*",  # what SQLite keeps beside a file; its own copy holds that
    "scratch-*",
    ".backup-*",
    ".restor*",
    ".*.part",
    "*/.*.part",
    ".accounts.*",  # drafts of files that are made once
    ".console.*",
    "facts/scratch",
    "facts/memberships/scratch",
    "facts/memberships/rows-*",
)
"""What belongs to running processes, or is made again by them. `*` stands for folders too."""

KNOWN = (
    runs.FILE,
    *LEDGERS,
    secret.FILE,
    "editions/*.sqlite",
    f"editions/{catalog.FILE}",
    *(f"facts/{name}" for name in (push.FOLDER, "memberships", "recorded", "inbox", "parts", "quarantine")),
    *(f"facts/{name}" for name in ("manifest.json", ingests.FILE, forgotten.FILE)),
)
"""What is copied at its own moment; all else comes first."""


def files(home: Path, folder: Path, without: tuple[str, ...] = LEFT_OUT) -> Iterator[Path]:
    """The files of a folder of the home and of those below it, by name, but for those that are named.

    A link to a folder is followed where it lies in the home itself.
    """
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    for path in found:
        place = path.relative_to(home).as_posix()
        if any(fnmatchcase(place, pattern) for pattern in without):
            continue
        if not path.is_dir():
            yield path
        elif not path.is_symlink() or folder == home:
            yield from files(home, path, without)


def others(home: Path) -> Iterator[Path]:
    """The files that are not `KNOWN`."""
    return files(home, home, LEFT_OUT + KNOWN)


def size(home: Path) -> int:
    """About the bytes that a backup of it holds."""
    total = 0
    for path in files(home, home):
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total
