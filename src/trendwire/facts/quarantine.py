"""The quarantine: rows that could not become facts, kept with where they came from and why."""

import os
from io import BufferedWriter
from pathlib import Path
from types import TracebackType

import msgspec

from trendwire.facts.durable import sync

_encode = msgspec.json.Encoder().encode


class Refused(msgspec.Struct, frozen=True):
    """A row that is no fact. `line` counts from 1 (rows in a JSON array or Parquet file); `row`: its text."""

    file: str
    line: int
    reason: str
    row: str


class Quarantine:
    """Takes the refused rows of one ingest into one file, made when the first one comes.

    `batch` names the file; if there is one already, a number is added. Use as a context manager: on leaving,
    the file is durable. `path` is None and `count` 0 where nothing was refused.
    """

    def __init__(self, home: Path, batch: str) -> None:
        self._folder = home / "facts" / "quarantine"
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
