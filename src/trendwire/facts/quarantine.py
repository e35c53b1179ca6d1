"""The quarantine: rows that could not become facts, kept with where they came from and why."""

import os
from collections import Counter
from collections.abc import Iterator
from io import BufferedWriter
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import msgspec

from trendwire.errors import NotFound
from trendwire.facts.checksums import is_line, is_sound, sealed_line
from trendwire.facts.durable import Aside, make_folder, sweep, sync
from trendwire.facts.terms import Terms

SUFFIX = ".ndjson"

MAX_QUOTED = 1 << 20
"""Bytes of a refused row that are kept."""

MOST_READ = 64 << 20
"""Bytes of one file that are read to count its rows: some hundred thousand of them."""

MOST_REASONS = 50
"""Reasons told apart in one file; the rest counts as the last of them."""

OTHER_REASONS = "other reasons"

DAMAGED = "the line is damaged on the disk"

Row = TypeVar("Row")

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
        file.write(sealed_line(_encode(refused)))
        self.count += 1

    def _open(self) -> BufferedWriter:
        make_folder(self._folder)
        number = 1
        while True:
            name = self._batch if number == 1 else f"{self._batch}-{number}"
            path = self._folder / (name + SUFFIX)
            try:
                self._file = path.open("xb")
            except FileExistsError:
                number += 1
            else:
                self.path = path
                return self._file


class Refusals(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in one file of the quarantine. `at`: Unix milliseconds of its last row.

    `reasons`: (reason, rows), most first. `whole`: whether all of it was counted; if not, there are more.
    """

    name: str
    at: int
    rows: int
    reasons: tuple[tuple[str, int], ...]
    whole: bool


class Quarantined:
    """The quarantine of the data folder `home`, for readers. A file is counted once as long as it stays."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "facts" / "quarantine"
        self._counted: dict[str, tuple[tuple[int, int], Refusals]] = {}

    def names(self) -> tuple[str, ...]:
        """The files there are, newest first: their names begin with the time of their ingest."""
        return tuple(sorted((path.stem for path in self._folder.glob(f"*{SUFFIX}")), reverse=True))

    def refusals(self, name: str) -> Refusals:
        """What lies in one of `names`. Raises NotFound."""
        path = self._path(name)
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._counted.get(name)
        if known is None or known[0] != stamp:
            self._counted[name] = known = (stamp, _counted(path, name, stamp))
        return known[1]

    def samples(self, name: str, reason: str | None, limit: int) -> tuple[Refused, ...]:
        """The first rows of a file, of one reason if there is one."""
        found = []
        for line in _lines(self._path(name)):
            refused = _decoded(_REFUSED, line)
            if refused is not None and reason in (None, refused.reason):
                found.append(refused)
            if len(found) == limit:
                break
        return tuple(found)

    def _path(self, name: str) -> Path:
        if name not in self.names():
            raise NotFound("quarantine file", name=name)
        return self._folder / (name + SUFFIX)


class _Why(msgspec.Struct, frozen=True):
    """A refused row without the row."""

    reason: str


_REFUSED = msgspec.json.Decoder(Refused)
_ANY = msgspec.json.Decoder(dict[str, object])
_WHY = msgspec.json.Decoder(_Why)


def damaged_lines(path: Path) -> int:
    """Whole lines of a file that are not what was written; of this or another of lines with checksums."""
    with path.open("rb") as file:
        return sum(is_line(line) and _decoded(_ANY, line) is None for line in file)


def _decoded(decoder: "msgspec.json.Decoder[Row]", line: bytes) -> Row | None:
    """What a line says; None where it is not what was written."""
    try:
        return decoder.decode(line) if is_sound(line) else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _counted(path: Path, name: str, stamp: tuple[int, int]) -> Refusals:
    reasons: Counter[str] = Counter()
    for line in _lines(path):
        why = _decoded(_WHY, line)
        reason = DAMAGED if why is None else why.reason
        full = reason not in reasons and len(reasons) >= MOST_REASONS
        reasons[OTHER_REASONS if full else reason] += 1
    changed, size = stamp
    return Refusals(
        name=name,
        at=changed // 1_000_000,
        rows=reasons.total(),
        reasons=tuple(reasons.most_common()),
        whole=size <= MOST_READ,
    )


def _lines(path: Path) -> Iterator[bytes]:
    """The whole lines of the first `MOST_READ` bytes; one that is being written is left out."""
    read = 0
    with path.open("rb") as file:
        for line in file:
            read += len(line)
            if read > MOST_READ or not is_line(line):
                return
            yield line


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
