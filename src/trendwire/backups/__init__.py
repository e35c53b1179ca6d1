"""Backups of a whole home: taken while others work on it, in one file, restored whole or not at all.

take.py      what is copied in which order, and why that fits together
places.py    what a home holds, and what of it stays out
archive.py   the file: a tar packed with zstd, with a manifest that binds
restore.py   a file becomes a home
verify.py    a home is read whole and held against what it says
soundness.py which files of a home at work are not what was written
formats.py   the versions of the formats of a home; a later one is refused
"""

from trendwire.backups.restore import Restored, check, fetch_damaged, restore
from trendwire.backups.soundness import Sealed, accept_loss, damage, seal
from trendwire.backups.take import BackedUp, backup

__all__ = [
    "BackedUp",
    "Restored",
    "Sealed",
    "accept_loss",
    "backup",
    "check",
    "damage",
    "fetch_damaged",
    "restore",
    "seal",
]
