"""Connector `files`: posts from a folder that others put files into, in every format that `ingest` reads.

Account: none; the files are yours. A file is taken once it is written to its end; one that is cut off waits
for the rest of it, one that cannot be read at all goes to `failed` at once. It is read again when its content
is another one.
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
from trendwire.escaping import terminal
from trendwire.facts.quarantine import Refused
from trendwire.sources.base import RawBatch, RawRow
from trendwire.sources.connector import Cursor, Fetch, Options, Page, Quota
from trendwire.sources.fields import decode_json
from trendwire.sources.files import FileSource
from trendwire.sources.folder import Ended, Folder, Stamp, stamp_of
from trendwire.sources.reading import mapping
from trendwire.sources.reading.mapping import ColumnMap
from trendwire.sources.reading.wrappers import posts_in
from trendwire.sources.streams import CUT_OFF, Unfinished
from trendwire.sources.writing import is_open_for_writing

PATIENCE = 3600
"""Seconds: how long a file that is cut off waits unchanged before it has failed."""

SETTLE = 30
"""Seconds: how long nothing must have changed a file of which the system does not say who writes it."""

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
            " is deleted. One that cannot be read goes to `failed` in any case, its reason beside it."
        ),
    ] = "keep"
    settle_seconds: Annotated[
        Annotated[int, Meta(ge=0, le=86_400)] | None,
        Meta(
            description="How long nothing must have changed a file before it is taken. Default: not at all"
            " where the system says that nobody has the file open for writing, else 30."
        ),
    ] = None
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
        self._left: dict[str, str] = {}

    def begin(self, at: datetime, last: Cursor | None) -> Cursor:
        """From the first file: those that were read are known by what the folder notes, or gone."""
        del at, last
        self._left = {}
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
            return Page(notes=[self._note(name, reason) for name, reason in self._left.items()])
        notes = [self._note(one.name, one.reason) for one in place.ended if one.reason]
        return Page(cursor=_cursor(msgspec.structs.replace(place, stored=True)), stored=True, notes=notes)

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
        """The file, if it is settled, new, and whole, or has been cut off for long."""
        path = self._folder.place(name)
        try:
            stamp, age = stamp_of(path), now - path.stat().st_ctime
            if self._folder.knows(name, stamp) or not is_settled(path, age, self._told.settle_seconds):
                return None
            digest = self._folder.digest(name)
            if self._folder.knows_content(name, stamp, digest) or stamp_of(path) != stamp:
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            self._left[name] = f"cannot be read: {(error.strerror or str(error)).lower()}"
            return None
        if not is_whole(path, self._columns) and age < PATIENCE:
            self._left[name] = "is not whole yet"
            return None
        source = FileSource(str(path), self._columns)
        return _Reading(name, source.name, stamp, digest, source.batches())

    def _note(self, name: str, reason: str) -> str:
        return f"{self._shown(name)}: {reason}"

    def _shown(self, name: str) -> str:
        return terminal(str(self._folder.place(name).relative_to(self._folder.path)))

    def _read(self, reading: "_Reading", place: _Place) -> Page:
        """The next part of the file. Where it ends, the next page is that of another one."""
        posts, refused, reason, more = reading.next_part()
        self._open = reading if more else None
        if more:
            following = msgspec.structs.replace(place, file=reading.name, rows=reading.given)
        else:
            ended = Ended(reading.name, reading.stamp, reading.digest, reason)
            following = _Place(file=reading.name, ended=(*place.ended, ended))
        return Page(
            posts=[post for _, post in posts],
            refused=refused,
            cursor=_cursor(following),
            file=reading.shown,
            lines=[line for line, _ in posts],
        )


@dataclass(slots=True)
class _Reading:
    """A file on its way; `shown`: its path as the quarantine has it, `given`: rows so far."""

    name: str
    shown: str
    stamp: Stamp
    digest: str
    batches: Iterator[RawBatch]
    given: int = 0

    def next_part(self) -> tuple[list[tuple[int, Any]], list[Refused], str, bool]:
        """Posts with their lines, rows that are none, why the file broke off, and whether more follows."""
        try:
            batch = next(self.batches, None)
        except BadFile as error:
            reason = f"the file {error.public}"
            return [], [Refused(self.shown, 1, reason, "")], error.public, False
        if batch is None:
            return [], [], "", False
        self.given += len(batch.rows) + len(batch.refused)
        posts, refused = _sorted(self.shown, batch.rows, batch.columns)
        return posts, [*batch.refused, *refused], "", True


def is_settled(path: Path, age: float, settle: int | None) -> bool:
    """Whether nobody is writing a file any more. `age`: seconds since its last change; `settle`: how many
    there must be, None for as few as the system allows."""
    if settle is None:
        return age >= SETTLE or is_open_for_writing(path) is False
    return age >= settle


def is_whole(path: Path, columns: ColumnMap | None = None) -> bool:
    """Whether nothing says that more of the file is to come: it can be read to its end and its last row is
    one, or it is none that would become readable."""
    last: object = None
    try:
        for batch in FileSource(str(path), columns).batches():
            if batch.rows:
                last = batch.rows[-1][1]
            if any(one.reason == CUT_OFF for one in batch.refused):
                return False
        if isinstance(last, bytes):
            decode_json(last)
    except (Unfinished, ValueError):
        return False
    except BadFile:
        return True
    return True


def _sorted(
    name: str, rows: Sequence[RawRow], columns: ColumnMap | None
) -> tuple[list[tuple[int, Any]], list[Refused]]:
    """Rows with their lines, under the names that they are mapped to; and those that are no JSON."""
    posts, refused = [], []
    for number, row in rows:
        try:
            value = _sendable(decode_json(row) if isinstance(row, bytes) else row)
            found = [value] if columns is None else columns.applied_to(posts_in(value))
            posts += [(number, post) for post in found]
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
