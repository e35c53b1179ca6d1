"""Puts a file in its place whole, once, whoever else is trying to at the same time."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from trendwire.facts.durable import make_folder

PRIVATE = 0o600


def place_once(path: Path, fill: Callable[[Path], None]) -> None:
    """Make `path`, readable by its owner alone, unless it is there.

    `fill` writes a draft beside it, which takes the name `path` only if nobody was faster: two processes
    that start together end with one file, and a process killed half way leaves none.
    """
    if path.exists():
        return
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    try:
        fill(draft)
        _sync(draft)
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Have the disk hold what was written to a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
