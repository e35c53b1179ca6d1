"""Parsing of raw batches into the lines of the inbox, in this process or, for many rows, in several."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing import get_context

import msgspec

from trendwire.errors import InvalidInput
from trendwire.facts.quarantine import MAX_QUOTED, Refused
from trendwire.sources.base import RawBatch, RawRow
from trendwire.sources.fields import decode_json
from trendwire.sources.reading.columns import MAX_COLUMNS
from trendwire.sources.reading.wrappers import posts_in
from trendwire.sources.records import DAMAGED, NO_POST, Counts, RecordParser

FEW = 4
"""Batches that are parsed here in any case: starting processes takes longer."""

_encode = msgspec.json.Encoder().encode


class Job(msgspec.Struct, frozen=True):
    """A raw batch, the source it is from, and the ingest time in Unix seconds."""

    name: str
    origin: str
    at: int
    batch: RawBatch


class Parsed(msgspec.Struct, frozen=True):
    """`rows` read: those accepted as `lines` of observations or in Parquet `tables`, which hold `tabled` of
    them, the others in `refused`.

    `name`: of the source. `columns`: the names in the first row in which no id was found.
    """

    name: str
    rows: int
    lines: bytes
    refused: list[Refused]
    counts: Counts
    columns: tuple[str, ...]
    tables: tuple[bytes, ...] = ()
    tabled: int = 0


Parser = Callable[[Job], Parsed]


def parse(job: Job) -> Parsed:
    """Parse one batch; a row that wraps posts is as many rows."""
    parser, lines = RecordParser(job.at, job.origin, job.batch.columns), []
    refused = list(job.batch.refused)
    nameless: tuple[str, ...] = ()
    for number, row in job.batch.rows:
        try:
            value = decode_json(row) if isinstance(row, bytes) else row
        except ValueError as error:
            refused.append(_refused(job.name, (number, row), f"the row is no JSON: {error}"))
            continue
        for post in posts_in(value):
            try:
                lines.append(_encode(parser.parse(post)))
            except InvalidInput as error:
                refused.append(_refused(job.name, (number, row if post is value else post), error.public))
                is_nameless = error.name == "id" and error.accepted not in (DAMAGED, NO_POST)
                if is_nameless and not nameless and isinstance(post, dict):
                    nameless = tuple(name[:100] for name in list(post)[:MAX_COLUMNS])
    text = b"".join([line + b"\n" for line in lines])
    return Parsed(job.name, len(lines) + len(refused), text, refused, parser.counts, nameless)


def parse_all(jobs: Iterator[Job], workers: int, parse: Parser = parse) -> Iterator[Parsed]:
    """The jobs parsed, in their order; after the first few by `workers` processes, if more than one."""
    yield from map(parse, jobs if workers < 2 else islice(jobs, FEW))
    for first in jobs:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            waiting: deque[Future[Parsed]] = deque()
            for job in chain([first], jobs):
                waiting.append(pool.submit(parse, job))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


def _refused(name: str, numbered: RawRow, reason: str) -> Refused:
    number, row = numbered
    if not isinstance(row, bytes):
        try:
            row = _encode(row)
        except (TypeError, ValueError, RecursionError):
            row = repr(row).encode(errors="backslashreplace")
    return Refused(name, number, reason, row[:MAX_QUOTED].decode(errors="backslashreplace"))
