"""Connector `files`: posts from a folder that others put files into, in every format that `ingest` reads.

Account: none; the files are yours. A file is taken once nothing has changed it for a while and it can be read
to its end; one that is cut off waits for the rest of it. It is read again when its content is another one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from trendwire.errors import BadFile, InvalidInput, SourceError
from trendwire.facts.quarantine import Refused
from trendwire.sources.base import RawBatch, RawRow
from trendwire.sources.connector import Cursor, Fetch, Options, Page, Quota
from trendwire.sources.fields import decode_json
from trendwire.sources.files import FileSource
from trendwire.sources.folder import Ended, Folder, Stamp, stamp_of
from trendwire.sources.reading import mapping
from trendwire.sources.reading.mapping import ColumnMap
from trendwire.sources.reading.wrappers import posts_in

PATIENCE = 3600
"""Seconds: how long a file that is cut off or damaged waits unchanged before it has failed."""

TIDIED_AT_ONCE = 100
"""Files that are read before the first of them is moved or noted."""

_encode = msgspec.json.Encoder().encode


class FilesOptions(Options, frozen=True, kw_only=True):
    """Hidden files, and the folders `done` and `failed` below the folder, are left alone."""

    folder: Annotated[str, Meta(description="Where the files are.")]
    pattern: Annotated[
        str, Meta(min_length=1, description="Which of them: `*.gz`; `**/*.gz` for those below as well.")
    ] = "*"
    then: Annotated[
        Literal["keep", "move", "delete"],
        Meta(
            description="What becomes of a file that was read: it stays, goes to the folder `done` below, or"
            " is deleted. Unless all stay, one that cannot be read goes to `failed`, its reason beside it."
        ),
    ] = "keep"
    settle_seconds: Annotated[
        int,
        Meta(ge=0, le=86_400, description="How long nothing must have changed a file before it is taken."),
    ] = 30
    map: Annotated[
        dict[str, str],
        Meta(
            description="Where fields of the post record stand, in files that are not recognised by"
            ' themselves: `{ id = "vid", view_count = "stats.seen", create_time = "Date+Time" }`.'
        ),
    ] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            self.columns()
        except InvalidInput as error:
            raise ValueError(error.public) from None

    def columns(self) -> ColumnMap | None:
        """`map`, checked."""
        return mapping.checked("map", self.map) if self.map else None


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """The cursor: `rows` of `file` were given, and all of the files before it; `ended`: files to be tidied
    up, once their rows are `stored`.
    """

    file: str = ""
    rows: int = 0
    ended: tuple[Ended, ...] = ()
    stored: bool = False


class WatchedFiles:
    """A page is a part of a file."""

    kind: ClassVar[str] = "files"
    address: ClassVar[str] = ""
    options: ClassVar[type[Options]] = FilesOptions
    secrets: ClassVar[tuple[str, ...]] = ()
    quota: ClassVar[Quota] = Quota(per_second=1_000.0)

    def __init__(self, name: str, options: Any, secrets: Mapping[str, str]) -> None:
        del secrets
        self.name = name
        self._told: FilesOptions = options
        self._columns = self._told.columns()
        self._folder = Folder(Path(self._told.folder).expanduser(), self._told.pattern, self._told.then)
        self._open: _Reading | None = None

    def begin(self, at: datetime, last: Cursor | None) -> Cursor:
        """From the first file: those that were read are known by what the folder notes, or gone."""
        del at, last
        return _cursor(_Place())

    def page(self, fetch: Fetch, cursor: Cursor) -> Page:
        place = msgspec.convert(cursor, _Place)
        if place.stored:
            self._folder.tidy(place.ended)
            return Page(cursor=_cursor(_Place(file=place.file)))
        reading = self._reading(place, fetch.at.timestamp())
        if reading is not None:
            return self._read(reading, place)
        if not place.ended:
            return Page()
        return Page(cursor=_cursor(msgspec.structs.replace(place, stored=True)), stored=True)

    def _reading(self, place: _Place, now: float) -> "_Reading | None":
        """The file to go on with, or the next one that is to be taken."""
        if self._open is not None and (self._open.name, self._open.given) == (place.file, place.rows):
            return self._open
        if len(place.ended) >= TIDIED_AT_ONCE:
            return None
        if not self._folder.path.is_dir():
            raise SourceError(f"{self.name}: the folder of its option `folder` is not there, or is none")
        for name in self._folder.names(after=place.file):
            reading = self._taken(name, now)
            if reading is not None:
                return reading
        return None

    def _taken(self, name: str, now: float) -> "_Reading | None":
        """The file, if it is settled, new, and whole, or has been damaged for long."""
        path = self._folder.path / name
        try:
            stamp, age = stamp_of(path), now - path.stat().st_ctime
            if age < self._told.settle_seconds or self._folder.knows(name, stamp):
                return None
            digest = self._folder.digest(name)
            if self._folder.knows_content(name, stamp, digest):
                return None
            if stamp_of(path) != stamp or (not is_whole(path, self._columns) and age < PATIENCE):
                return None
        except OSError:
            return None  # gone, or not ours to read: the next run looks again
        return _Reading(name, stamp, digest, FileSource(str(path), self._columns).batches())

    def _read(self, reading: "_Reading", place: _Place) -> Page:
        """The next part of the file. Where it ends, the next page is that of another one."""
        posts, refused, reason, more = reading.next_part()
        self._open = reading if more else None
        if more:
            following = msgspec.structs.replace(place, file=reading.name, rows=reading.given)
        else:
            ended = Ended(reading.name, reading.stamp, reading.digest, reason)
            following = _Place(file=reading.name, ended=(*place.ended, ended))
        return Page(posts=posts, refused=refused, cursor=_cursor(following))


@dataclass(slots=True)
class _Reading:
    """A file on its way; `given`: rows so far."""

    name: str
    stamp: Stamp
    digest: str
    batches: Iterator[RawBatch]
    given: int = 0

    def next_part(self) -> tuple[list[Any], list[Refused], str, bool]:
        """Posts, rows that are none, why the file broke off if it did, and whether more follows."""
        try:
            batch = next(self.batches, None)
        except BadFile as error:
            reason = f"the file {error.public}"
            return [], [Refused(self.name, 1, reason, "")], reason, False
        if batch is None:
            return [], [], "", False
        self.given += len(batch.rows) + len(batch.refused)
        posts, refused = _sorted(self.name, batch.rows, batch.columns)
        return posts, [*batch.refused, *refused], "", True


def is_whole(path: Path, columns: ColumnMap | None = None) -> bool:
    """Whether a file can be read to its end, and its last row is one."""
    last: object = None
    try:
        for batch in FileSource(str(path), columns).batches():
            if batch.rows:
                last = batch.rows[-1][1]
        if isinstance(last, bytes):
            decode_json(last)
    except (BadFile, ValueError):
        return False
    return True


def _sorted(name: str, rows: Sequence[RawRow], columns: ColumnMap | None) -> tuple[list[Any], list[Refused]]:
    """Rows as objects under the names that they are mapped to, and those that are no JSON."""
    posts, refused = [], []
    for number, row in rows:
        try:
            value = _sendable(decode_json(row) if isinstance(row, bytes) else row)
            posts += [value] if columns is None else columns.applied_to(posts_in(value))
        except (ValueError, OverflowError) as error:
            text = row.decode(errors="backslashreplace") if isinstance(row, bytes) else ""
            refused.append(Refused(name, number, f"the row is no JSON: {error}", text))
    return posts, refused


def _sendable(row: object) -> object:
    """The row, with U+FFFD for lone surrogates."""
    try:
        _encode(row)
    except UnicodeEncodeError:
        text = json.dumps(row, ensure_ascii=False).encode("utf-16", "surrogatepass")
        return decode_json(text.decode("utf-16", "replace"))
    return row


def _cursor(place: _Place) -> Cursor:
    told: Cursor = msgspec.to_builtins(place)
    return told
