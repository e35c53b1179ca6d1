"""Owns home/editions: the names of its files, the records of all editions ever published, and the pointer.

The pointer is the newest number in catalog.json. The file is replaced whole by a rename, so a reader sees
the edition before or the edition after, never half of one.
"""

import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec

from trendwire.facts.checksums import Checksum, fault, sealed
from trendwire.facts.durable import write_whole
from trendwire.facts.versioned import decoded

FILE = "catalog.json"
VERSION = 1

Stamp = tuple[int, int, int]
"""Changes with every replacement of the catalog: inode, nanoseconds, size."""


class Segment(msgspec.Struct, frozen=True):
    """A file that lean editions share: how many rows it has of each table, its bytes and their SHA-256."""

    name: str
    posts: int
    subjects: int
    documents: int
    size: int
    sha256: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One published edition. `content_hash`: SHA-256 over everything it serves, in hex.

    `charts`, `subjects`: documents in it. `published_at`: UTC. `seconds`: what making it took. `engine`: the
    version that made it. `kept`: whether its file is still there; the record stays for ever,
    but for lean ones that a newer one of the same day replaced.
    `segments`: what a lean edition is read from, oldest first; a whole one has none. `sha256`: of its own
    file, in hex; empty for those made before there was any.
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
    segments: tuple[Segment, ...] = ()
    sha256: str = ""


class _Listing(msgspec.Struct, frozen=True):
    version: int = VERSION
    editions: tuple[Record, ...] = ()


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

    @property
    def segments(self) -> Path:
        """The folder of the segments of lean editions."""
        return self.folder / "segments"

    def segment(self, name: str) -> Path:
        """The file of a segment, whether or not it is there."""
        return self.segments / f"{name}.sqlite"

    def files(self, record: Record) -> tuple[Path, ...]:
        """The files that an edition is read from, whether or not they are there."""
        segments = (self.segment(one.name) for one in record.segments)
        return (*segments, self.edition(record.number))

    def fault(self, record: Record, *, again: bool = False) -> str | None:
        """Which file of an edition is not what was written, and why; None where all are. `again`: files that
        this process has read before are read anew.
        """
        own = {self.edition(record.number): Checksum(record.sha256)} if record.sha256 else {}
        shared = {self.segment(one.name): Checksum(one.sha256, one.size) for one in record.segments}
        for path, checksum in (own | shared).items():
            reason = fault(path, checksum, again=again)
            if reason is not None:
                return f"{path.relative_to(self.home)}: {reason}"
        return None

    def stamp(self) -> Stamp | None:
        """What tells a flip at the price of one stat; None before the first edition."""
        try:
            found = self.file.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def records(self) -> tuple[Record, ...]:
        """All editions published, ascending by number; the last is the current one. Corrupt if unreadable."""
        try:
            data = self.file.read_bytes()
        except FileNotFoundError:
            return ()
        return decoded(data, _Listing, VERSION, "the catalog of editions", self.file).editions

    def current_segments(self) -> tuple[Segment, ...]:
        """What the newest edition that is kept is read from; nothing of a whole one."""
        kept = next((record for record in reversed(self.records()) if record.kept), None)
        return () if kept is None else kept.segments

    def replace(self, records: tuple[Record, ...]) -> None:
        """Put these records in place of what was; on the disk when this returns."""
        write_whole(self.file, listing(records))


def listing(records: tuple[Record, ...]) -> bytes:
    """The file of a catalog of these records."""
    return sealed(msgspec.json.format(msgspec.json.encode(_Listing(editions=records)), indent=1))


def segment_name(number: int) -> str:
    """A name for a segment made for an edition, never given before."""
    return f"{number}-{os.urandom(8).hex()}"
