"""Owns home/editions: the names of its files, the records of all editions ever published, and the pointer.

The pointer is the newest number in catalog.json, unless an older edition is held there. The file is replaced
whole by a rename, so a reader sees the edition before or the edition after, never half of one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from trendwire.facts.checksums import Checksum, fault, sealed
from trendwire.facts.durable import alone, write_whole
from trendwire.facts.versioned import decoded

FILE = "catalog.json"
VERSION = 1

Stamp = tuple[int, int, int]
"""Changes with every replacement of the catalog: inode, nanoseconds, size."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One published edition. `content_hash`: SHA-256 over everything it serves, in hex.

    `charts`: documents in it. `subjects`: those that it tells of. `published_at`: UTC. `seconds`: what
    making it took. `engine`: the version that made it. `kept`: whether its file is still there; the record
    stays for ever, but for those whose details a state told and that a newer one of the same day replaced.
    `segments`: of one that an older version made of several files, which no version reads any more; others
    have none. `sha256`: of its own file, in hex; empty for those made before there was any. `state`: the
    name of the state of the engine that tells its details; empty where the file holds them all.
    `details_sha256`: of the file beside it that holds those of the subjects in its charts, empty where
    there is none.
    """

    number: int
    as_of: date
    content_hash: str
    charts: int
    subjects: int
    published_at: datetime
    seconds: float
    engine: str
    kept: bool = True
    segments: tuple[dict[str, Any], ...] = ()
    sha256: str = ""
    state: str = ""
    details_sha256: str = ""


class Listed(Record, frozen=True, kw_only=True):
    """A record as lists show it. `current`: whether this edition is what is served. `held_since`: since when
    somebody holds it there (UTC).
    """

    current: bool
    held_since: datetime | None = None


class Held(msgspec.Struct, frozen=True):
    """The edition that somebody made current, and when: it stays so until it is released."""

    number: int
    since: datetime


class Listing(msgspec.Struct, frozen=True):
    """What catalog.json holds. `editions`: ascending by number."""

    version: int = VERSION
    editions: tuple[Record, ...] = ()
    held: Held | None = None

    def current(self) -> Record | None:
        """What is served: the edition that is held, else the newest that is kept."""
        kept = {record.number: record for record in self.editions if record.kept}
        held = kept.get(self.held.number) if self.held else None
        return held or next(reversed(kept.values()), None)

    def without_lost_hold(self) -> "Listing":
        """The same; a hold goes with the file of its edition."""
        kept = {record.number for record in self.editions if record.kept}
        lost = self.held is not None and self.held.number not in kept
        return msgspec.structs.replace(self, held=None) if lost else self


@dataclass(frozen=True, slots=True)
class Catalog:
    """The catalog of the editions in the data folder `home`."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "editions"

    @property
    def file(self) -> Path:
        return self.folder / FILE

    def edition(self, number: int) -> Path:
        """The file of an edition, whether or not it is there."""
        return self.folder / f"{number}.sqlite"

    def details_file(self, number: int) -> Path:
        """The file with details of the subjects in an edition's charts, whether or not it is there."""
        return self.folder / f"{number}.details.sqlite"

    @property
    def segments(self) -> Path:
        """The folder of the files that editions of older versions shared."""
        return self.folder / "segments"

    def files(self, record: Record) -> tuple[Path, ...]:
        """The files that an edition is read from, whether or not they are there."""
        details = [self.details_file(record.number)] if record.details_sha256 else []
        return (self.edition(record.number), *details)

    def fault(self, record: Record, *, again: bool = False) -> str | None:
        """Which file of an edition is not what was written, and why; None where all are. `again`: files that
        this process has read before are read anew.
        """
        named = {self.edition: record.sha256, self.details_file: record.details_sha256}
        for path, sha256 in named.items():
            reason = fault(path(record.number), Checksum(sha256), again=again) if sha256 else None
            if reason is not None:
                return f"{path(record.number).relative_to(self.home)}: {reason}"
        return None

    def stamp(self) -> Stamp | None:
        """What tells a flip at the price of one stat; None before the first edition."""
        try:
            found = self.file.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def listing(self) -> Listing:
        """All that the catalog says now; what is read no more is not kept. Corrupt if unreadable."""
        try:
            data = self.file.read_bytes()
        except FileNotFoundError:
            return Listing()
        found = decoded(data, Listing, VERSION, "the catalog of editions", self.file)
        editions = tuple(
            msgspec.structs.replace(one, kept=False) if one.segments else one for one in found.editions
        )
        return msgspec.structs.replace(found, editions=editions)

    def records(self) -> tuple[Record, ...]:
        """All editions published, ascending by number. Corrupt if unreadable."""
        return self.listing().editions

    @contextmanager
    def changing(self) -> Iterator[Listing]:
        """The listing, which nobody else replaces meanwhile. Not for long: others wait."""
        with alone(self.folder / "catalog.lock", wait=True):
            yield self.listing()

    def replace(self, listing: Listing) -> None:
        """Put a listing in place of what was; on the disk when this returns. Within `changing`."""
        write_whole(self.file, encoded(listing.without_lost_hold()))


def encoded(listing: Listing) -> bytes:
    """The file of a catalog."""
    return sealed(msgspec.json.format(msgspec.json.encode(listing), indent=1))
