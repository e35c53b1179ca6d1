"""Owns what a state of the engine took of the facts: its name, and which parts hold rows that it has not."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import date

import msgspec

from trendwire.facts.manifest import Manifest, Part
from trendwire.facts.memberships import Memberships


class Taken(msgspec.Struct, frozen=True):
    """The facts that are in a state, for one day.

    `earlier`: day and number of the editions of earlier days. `damaged`: how many parts are missing.
    `checksums`: of the parts, by file; none for those that have none.
    """

    as_of: date
    parts: tuple[Part, ...]
    observations: int
    removals: int
    damaged: int
    earlier: tuple[tuple[date, int], ...]
    checksums: dict[str, str] = {}

    @property
    def name(self) -> str:
        """Of the state: the same for the same facts, however they lie in parts."""
        said = (self.as_of, self.observations, self.removals, self.damaged, self.earlier)
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]


def taken(manifest: Manifest, as_of: date, memberships: Memberships) -> Taken:
    """All of the facts."""
    earlier = tuple((one.as_of, one.number) for one in memberships.records() if one.as_of < as_of)
    return Taken(
        as_of=as_of,
        parts=manifest.parts,
        observations=manifest.observations,
        removals=manifest.removals,
        damaged=len(manifest.damaged),
        earlier=earlier,
        checksums={file: checksum.sha256 for file, checksum in manifest.checksums.items()},
    )


def unknown(manifest: Manifest, known: Taken) -> tuple[Part, ...] | None:
    """The parts of `manifest` that hold rows not taken yet; None where rows that were taken are no more.

    Parts are only added, but for two jobs: merging replaces parts of a month by one of the same rows, and a
    removal replaces them by less, which `removals` counts. Of a merged part whose month gained rows meanwhile
    nobody knows which are new: it counts as new whole.
    """
    kept, before = set(manifest.parts), set(known.parts)
    if manifest.removals != known.removals or not _follows(kept, before) or _replaced(manifest, known):
        return None
    found: list[Part] = []
    for month in sorted({part.month for part in kept ^ before}):
        new = [part for part in manifest.parts if part.month == month and part not in before]
        gained = _rows(new) - _rows(part for part in before - kept if part.month == month)
        if gained < 0:
            return None
        found += new if gained else ()
    return tuple(found)


def _follows(kept: Collection[Part], before: Collection[Part]) -> bool:
    """Whether `kept` is later than `before`: no file of another content, no number not given yet."""
    content = {part.file: part for part in kept}
    newest = max(map(number_of, kept), default="")
    return all(content.get(part.file, part) == part and number_of(part) <= newest for part in before)


def _replaced(manifest: Manifest, known: Taken) -> bool:
    """Whether a file that was taken is another one by now, as where facts were deleted and ingested again."""
    return any(
        manifest.checksums[file].sha256 != known.checksums[file]
        for file in manifest.checksums.keys() & known.checksums.keys()
    )


def number_of(part: Part) -> str:
    """Ascends with every part that is written."""
    return part.file.rpartition("/")[2]


def _rows(parts: Iterable[Part]) -> int:
    return sum(part.rows for part in parts)
