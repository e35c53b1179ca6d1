"""Owns home/editions: the names of its files, the records of all editions ever published, and the pointer.

The pointer is the newest number in catalog.json. The file is replaced whole by a rename, so a reader sees
the edition before or the edition after, never half of one.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec

from trendwire.facts.durable import write_whole
from trendwire.facts.versioned import decoded

FILE = "catalog.json"
VERSION = 1

Stamp = tuple[int, int, int]
"""Changes with every replacement of the catalog: inode, nanoseconds, size."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One published edition. `content_hash`: SHA-256 over everything it serves, in hex.

    `charts`, `subjects`: documents in it. `published_at`: UTC. `seconds`: what making it took. `engine`: the
    version that made it. `kept`: whether its file is still there; the record stays for ever.
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

    def files(self, record: Record) -> tuple[Path, ...]:
        """The files that an edition is read from, whether or not they are there."""
        return (self.edition(record.number),)

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

    def replace(self, records: tuple[Record, ...]) -> None:
        """Put these records in place of what was; on the disk when this returns."""
        write_whole(self.file, listing(records))


def listing(records: tuple[Record, ...]) -> bytes:
    """The file of a catalog of these records."""
    return msgspec.json.format(msgspec.json.encode(_Listing(editions=records)), indent=1)
