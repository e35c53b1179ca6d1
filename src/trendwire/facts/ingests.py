"""The journal of ingests: what each brought, a line of JSON each. No fact depends on it."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from trendwire.facts.checksums import is_sound, sealed_line
from trendwire.facts.durable import make_folder

FILE = "ingests.ndjson"

MOST_READ = 1 << 20
"""Bytes read from the end of the journal: some thousands of ingests."""

MOST_SOURCES = 10
"""Names of sources kept of one ingest."""


class Ingest(msgspec.Struct, frozen=True, kw_only=True):
    """One ingest. `batch`: its name. `at`: Unix milliseconds. `sources`: the names of the first ones.

    `rows` = accepted + `quarantined`; the three counts after it are as in the ingest's own report.
    `quarantine`: the name of the file with the refused rows, None where there were none. `failed_files`:
    (name, why it could not be read to its end).
    """

    batch: str
    at: int
    sources: tuple[str, ...]
    rows: int
    posts_new: int
    observations_new: int
    duplicates: int
    quarantined: int
    quarantine: str | None
    failed_files: tuple[tuple[str, str], ...]


class Ingests:
    """The journal of the data folder `home`; any process may write to it."""

    def __init__(self, home: Path) -> None:
        self._file = home / "facts" / FILE

    def note(self, ingest: Ingest) -> None:
        """Add one ingest. A line is one write, so that two processes never mix theirs."""
        make_folder(self._file.parent)
        handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, sealed_line(msgspec.json.encode(ingest)))
            os.fsync(handle)
        finally:
            os.close(handle)

    def newest(self, limit: int) -> tuple[Ingest, ...]:
        """The last ones, newest first. What a crash left of a line is passed over."""
        found = tuple(self._read())
        return found[: -limit - 1 : -1]

    def _read(self) -> Iterator[Ingest]:
        try:
            with self._file.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - MOST_READ))
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            return
        for line in lines:
            try:
                if is_sound(line):
                    yield _DECODER.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue


_DECODER = msgspec.json.Decoder(Ingest)
