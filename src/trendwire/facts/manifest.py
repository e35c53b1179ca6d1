"""The manifest: which Parquet parts are the facts at one moment. What it does not name does not exist."""

from pathlib import Path

import msgspec

from trendwire.facts.checksums import Checksum, sealed
from trendwire.facts.durable import write_whole
from trendwire.facts.versioned import decoded

VERSION = 2
"""From 2 on with checksums: of the parts, and of the manifest itself."""

BATCHES_KEPT = 10_000
"""Ids of drained batches remembered; older ones are known by the keys of their rows."""


class Part(msgspec.Struct, frozen=True):
    """One Parquet file of observations, by id; `file` is relative to the folder of parts."""

    file: str
    month: str
    rows: int


class Damage(msgspec.Struct, frozen=True):
    """A part that was not what was written, and is set aside (see damaged.py) until a person acts."""

    part: Part
    reason: str


class Manifest(msgspec.Struct, frozen=True):
    """`sequence`: the number of the last part written. `posts`: distinct ids; `observations`: rows.

    `removals`: how often rows were removed or changed; while it stays, rows are only added. `checksums`: by
    file; none for parts of version 1 that were not sealed yet. `damaged`: what is missing.
    """

    version: int = VERSION
    sequence: int = 0
    posts: int = 0
    observations: int = 0
    parts: tuple[Part, ...] = ()
    batches: tuple[str, ...] = ()
    removals: int = 0
    checksums: dict[str, Checksum] = {}
    damaged: tuple[Damage, ...] = ()


def read(path: Path) -> Manifest:
    """The manifest, or an empty one where none was written yet. Corrupt if it is no manifest, NotReady if it
    is one of a later version.
    """
    try:
        return of_bytes(path.read_bytes(), path)
    except FileNotFoundError:
        return Manifest()


def of_bytes(data: bytes, path: Path) -> Manifest:
    """The manifest that the file `path` held when it was read."""
    return decoded(data, Manifest, VERSION, "the manifest of the facts", path, sealed_from=VERSION)


def write(path: Path, manifest: Manifest) -> None:
    """Replace the manifest, in the version of now."""
    named = {part.file for part in manifest.parts}
    kept = msgspec.structs.replace(
        manifest,
        version=VERSION,
        batches=manifest.batches[-BATCHES_KEPT:],
        checksums={file: one for file, one in manifest.checksums.items() if file in named},
    )
    write_whole(path, sealed(msgspec.json.format(msgspec.json.encode(kept), indent=1)))
