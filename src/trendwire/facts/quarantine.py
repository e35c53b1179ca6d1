"""The quarantine: rows that could not become facts, kept with where they came from and why."""

import os
from io import BufferedWriter
from pathlib import Path
from types import TracebackType

import msgspec

from trendwire.facts.durable import Aside, sweep, sync
from trendwire.facts.terms import Terms

_encode = msgspec.json.Encoder().encode


class Refused(msgspec.Struct, frozen=True):
    """A row that is no fact. `line` counts from 1 (rows in a JSON array or Parquet file); `row`: its text."""

    file: str
    line: int
    reason: str
    row: str


def quarantine_folder(home: Path) -> Path:
    """Where the quarantine files of a home are."""
    return home / "facts" / "quarantine"


def quarantine_file(home: Path, batch: str) -> Path:
    """The file of the refused rows of a batch."""
    return quarantine_folder(home) / f"{batch}.ndjson"


class Quarantine:
    """Takes the refused rows of one ingest into one file, made when the first one comes.

    `batch` names the file; if there is one already, a number is added. Use as a context manager: on leaving,
    the file is durable. `path` is None and `count` 0 where nothing was refused.
    """

    def __init__(self, home: Path, batch: str) -> None:
        self._folder = quarantine_folder(home)
        self._batch = batch
        self._file: BufferedWriter | None = None
        self.path: Path | None = None
        self.count = 0

    def __enter__(self) -> "Quarantine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            sync(self._folder)

    def add(self, refused: Refused) -> None:
        file = self._file or self._open()
        file.write(_encode(refused) + b"\n")
        self.count += 1

    def _open(self) -> BufferedWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            name = self._batch if number == 1 else f"{self._batch}-{number}"
            path = self._folder / f"{name}.ndjson"
            try:
                self._file = path.open("xb")
            except FileExistsError:
                number += 1
            else:
                self.path = path
                return self._file


def forget(home: Path, terms: Terms, *, dry_run: bool = False) -> int:
    """Remove the refused rows that name one of the terms, whatever else they are; how many."""
    return sum(_without(path, terms, dry_run) for path in sorted(quarantine_folder(home).glob("*.ndjson")))


def remove_older(home: Path, before: float) -> int:
    """Remove the files last written before that moment (Unix seconds), and what killed writers left."""
    folder, gone = quarantine_folder(home), 0
    sweep(folder)
    for path in folder.glob("*.ndjson"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _without(path: Path, terms: Terms, dry_run: bool) -> int:
    """Rewrite one file without them; it goes where none is left."""
    gone = kept = 0
    with path.open("rb") as lines, Aside(path) as made:
        for line in lines:
            if terms.are_in(line):
                gone += 1
            else:
                kept += 1
                made.write(line)
        if gone and kept and not dry_run:
            made.place()
    if gone and not kept and not dry_run:
        path.unlink()
    return gone
