"""Owns what is new about the facts: which parts hold rows that a state has not taken in yet."""

from collections.abc import Collection, Iterable

from trendwire.facts.manifest import Manifest, Part


def unknown(manifest: Manifest, taken: Collection[Part], removals: int) -> tuple[Part, ...] | None:
    """The parts of `manifest` that hold rows not in `taken`; None where rows that were taken are no more.

    Parts are only added, but for two jobs: merging replaces parts of a month by one of the same rows, and a
    removal replaces them by less, which `removals` counts. Of a merged part whose month gained rows meanwhile
    nobody knows which are new: it counts as new whole.
    """
    kept, known = set(manifest.parts), set(taken)
    if manifest.removals != removals or not _follows(kept, known):
        return None
    found: list[Part] = []
    for month in sorted({part.month for part in kept ^ known}):
        new = [part for part in manifest.parts if part.month == month and part not in known]
        gained = _rows(new) - _rows(part for part in known - kept if part.month == month)
        if gained < 0:
            return None
        found += new if gained else ()
    return tuple(found)


def _follows(kept: set[Part], known: set[Part]) -> bool:
    """Whether `kept` is later than `known`: no file of another content, no number that was not given yet."""
    content = {part.file: part for part in kept}
    newest = max(map(_number, kept), default="")
    return all(content.get(part.file, part) == part and _number(part) <= newest for part in known)


def _number(part: Part) -> str:
    return part.file.rpartition("/")[2]


def _rows(parts: Iterable[Part]) -> int:
    return sum(part.rows for part in parts)
