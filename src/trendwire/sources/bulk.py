"""Rows of the post record read in bulk, by columns. Any row that does not fit goes to the parser of rows.

What DuckDB reads here is what sources/records.py makes of the same row; where its queries cannot tell that,
or a line is no JSON, no object, or has other names than the record's, the row does not fit.
"""

import dataclasses
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, groupby
from pathlib import Path

import duckdb
import msgspec

from trendwire.domain.posts import RECORD_FIELDS
from trendwire.domain.taxonomy import countries, parent_industries
from trendwire.facts.duck import connection
from trendwire.facts.durable import folder_aside
from trendwire.sources import parsing
from trendwire.sources.base import RawRow
from trendwire.sources.parsing import Job, Parsed
from trendwire.sources.reading import rows
from trendwire.sources.records import DAY, EARLIEST, MAX_TAGS
from trendwire.statements import named

FEWEST = 2_000
"""Rows that are read in bulk: for fewer a database costs more than it saves."""

MOST = 50_000
"""Rows that are read at once."""

LONGEST = 1 << 18
"""Bytes of a line that is read in bulk."""

FEWEST_APART = 200
"""Lines among which the one that DuckDB refuses is no longer looked for."""

MEMORY = "1GB"

SQL = named(__package__, "bulk.sql")

_Row = msgspec.defstruct(
    "_Row",
    [(field.name, msgspec.Raw, msgspec.Raw()) for field in RECORD_FIELDS],
    forbid_unknown_fields=True,
    gc=False,
)
_encode = msgspec.json.Encoder().encode
_check = msgspec.json.Decoder(_Row).decode
"""Passes what is one JSON object with names of the record."""


_LETTERS = (
    range(0xDF, 0x530),
    range(0x5D0, 0x10FF),
    range(0x1E00, 0x1F00),
    range(0x3040, 0xA000),
    range(0xAC00, 0xD7A4),
)
"""Where the letters of most hashtags are; others are for the parser of rows."""

_BLANKS = bytes.maketrans(b"\r\n", b"  ")

_Statement = dict[str, object]


def joined(jobs: Iterable[Job]) -> Iterator[Job]:
    """The same rows in fewer batches: each costs a database. What is refused keeps its place."""
    held: Job | None = None
    for job in jobs:
        if held is not None and not _is_next(held, job):
            yield held
            held = None
        rows = [*(held.batch.rows if held else ()), *job.batch.rows]
        held = msgspec.structs.replace(held or job, batch=dataclasses.replace((held or job).batch, rows=rows))
    if held is not None:
        yield held


def _is_next(held: Job, job: Job) -> bool:
    """Whether the rows of a job may follow those of the one before in the same batch."""
    return (
        (held.name, held.origin, held.batch.columns) == (job.name, job.origin, job.batch.columns)
        and not job.batch.refused
        and len(held.batch.rows) + len(job.batch.rows) <= MOST
    )


def parse(scratch: Path, job: Job) -> Parsed:
    """What `parsing.parse` gives; where there are many rows, those that fit as Parquet files."""
    found = _lines_of(job.batch.rows) if job.batch.columns is None else {}
    if len(found) < FEWEST:
        return parsing.parse(job)
    with folder_aside(scratch, "bulk-") as folder, connection(folder, 1, MEMORY) as duck:
        return _Bulk(duck, folder, job).parsed(found)


_FIELDS: _Statement = {"fields": {field.name: "JSON" for field in RECORD_FIELDS}, "longest": 2 * LONGEST}


class _Bulk:
    """One batch that is read in a database of its own; `folder` takes its files."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, folder: Path, job: Job) -> None:
        self._duck, self._folder, self._job = duck, folder, job
        self._tables: list[Path] = []

    def parsed(self, found: dict[int, bytes]) -> Parsed:
        """`found`: the rows that may fit, by their places."""
        job = self._job
        self._duck.execute(SQL["macros"])
        for name, pattern in _patterns().items():
            self._duck.execute(SQL[name], {"pattern": pattern})
        places = list(found)
        self._clean([_one_line(line) for line in found.values()], 0)
        taken = {places[number] for number in self._fitting()}
        left = [row for place, row in enumerate(job.batch.rows) if place not in taken]
        rest = dataclasses.replace(job.batch, rows=left)
        parsed = parsing.parse(msgspec.structs.replace(job, batch=rest))
        if not taken:
            return parsed
        parsed.counts.shapes[rows.RECORD] += len(taken)
        tables = tuple(path.read_bytes() for path in self._tables)
        return msgspec.structs.replace(
            parsed, rows=parsed.rows + len(taken), tables=tables, tabled=len(taken)
        )

    def _clean(self, lines: Sequence[bytes], first: int) -> None:
        """Read lines by columns; those that DuckDB refuses are left."""
        path = self._folder / f"{first}-{len(lines)}.ndjson"
        path.write_bytes(b"\n".join(lines))
        table = path.with_suffix(".parquet")
        try:
            self._duck.execute(SQL["read"], _FIELDS | {"path": str(path), "first": first})
            self._duck.execute(SQL["weigh"], {"regions": "|".join(countries())})
            if self._duck.execute(SQL["clean"], self._values | {"table": str(table)}).fetchall() != [(0,)]:
                self._tables.append(table)
        except duckdb.Error:
            if len(lines) > FEWEST_APART:
                half = len(lines) // 2
                self._clean(lines[:half], first)
                self._clean(lines[half:], first + half)
        path.unlink()

    def _fitting(self) -> list[int]:
        """The places, among the lines, of those that were read by columns."""
        if not self._tables:
            return []
        tables = [str(table) for table in self._tables]
        return [place for (place,) in self._duck.execute(SQL["fitting"], {"tables": tables}).fetchall()]

    @property
    def _values(self) -> _Statement:
        parents = parent_industries()
        return {
            "at": self._job.at,
            "source": self._job.origin,
            "day": DAY,
            "earliest": EARLIEST,
            "most_tags": MAX_TAGS,
            "regions": list(countries()),
            "industries": list(parents),
            "parents": list(parents.values()),
        }


def _lines_of(rows: Sequence[RawRow]) -> dict[int, bytes]:
    """By its place, the JSON of each row that is one object with no other names than the record's."""
    lines = ((place, _line_of(row)) for place, (_, row) in enumerate(rows))
    return {place: line for place, line in lines if line is not None and _is_record(line)}


def _line_of(row: object) -> bytes | None:
    """The JSON of a row; of one that is an object already only where it is a row of texts, as CSV gives."""
    if isinstance(row, bytes):
        return row
    if not isinstance(row, dict) or any(type(value) is not str for value in row.values()):
        return None
    try:
        return _encode(row)
    except (UnicodeEncodeError, TypeError):
        return None


def _one_line(row: bytes) -> bytes:
    """The same without line ends, which stand between its values only."""
    return row.translate(_BLANKS) if b"\n" in row or b"\r" in row else row


def _is_record(line: bytes) -> bool:
    try:
        return len(line) <= LONGEST and _check(line) is not None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


@cache
def _patterns() -> dict[str, str]:
    """The patterns that are made of what Python knows of characters, by the statement that takes them."""
    spaces = "".join(rf"\x{{{code:X}}}" for code in range(sys.maxunicode + 1) if chr(code).isspace())
    letters = f"0-9A-Za-z_.{_ranges(filter(_is_plain, chain(*_LETTERS)))}"
    tag = f'"[{letters}-]+"'
    return {
        "odd_texts": rf'(?:^|\n)(?:[^"]|"[\\{spaces}])|(?:[{spaces}]|\\[a-z])"(?:$|\n)|\\u',
        "plain_tags": rf"\[{tag}(?:,{tag})*\]",
        "plain_names": f'"[{letters},;|# -]+"',
    }


def _is_plain(code: int) -> bool:
    """Whether a character stays as it is in a hashtag, whatever stands beside it."""
    letter = chr(code)
    return (
        letter.isalnum()
        and letter == letter.casefold() == letter.lower() == unicodedata.normalize("NFKC", letter)
        and not unicodedata.combining(letter)
        and code not in _composed_to_the_left()
    )


@cache
def _composed_to_the_left() -> frozenset[int]:
    """The characters that NFC may join with the one before them."""
    pairs = (unicodedata.decomposition(chr(code)).split() for code in range(0xFFFF))
    seconds = {int(pair[1], 16) for pair in pairs if len(pair) == 2 and not pair[0].startswith("<")}
    return frozenset(seconds).union(range(0x1160, 0x1200))


def _ranges(codes: Iterable[int]) -> str:
    """Codes, ascending, as a class of characters."""
    runs = (list(run) for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0]))
    return "".join(rf"\x{{{run[0][1]:X}}}-\x{{{run[-1][1]:X}}}" for run in runs)
