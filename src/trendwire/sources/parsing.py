"""Parsing of raw batches into the lines of the inbox, in this process or, for many rows, in several."""

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing import get_context

import msgspec

from trendwire.errors import InvalidInput
from trendwire.facts.quarantine import MAX_QUOTED, Refused
from trendwire.sources.base import RawBatch, RawRow
from trendwire.sources.fields import decode_json
from trendwire.sources.records import RecordParser

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
    """`rows` read: those accepted as `lines` of observations, the others in `refused`."""

    rows: int
    lines: bytes
    refused: list[Refused]
    unknown: Counter[str]


def parse(job: Job) -> Parsed:
    """Parse one batch."""
    parser, lines = RecordParser(job.at, job.origin), []
    refused = list(job.batch.refused)
    for numbered in job.batch.rows:
        row = numbered[1]
        try:
            lines.append(_encode(parser.parse(decode_json(row) if isinstance(row, bytes) else row)))
        except InvalidInput as error:
            refused.append(_refused(job.name, numbered, error.public))
        except ValueError as error:
            refused.append(_refused(job.name, numbered, f"the row is no JSON: {error}"))
    text = b"".join([line + b"\n" for line in lines])
    return Parsed(len(lines) + len(refused), text, refused, parser.unknown)


def parse_all(jobs: Iterator[Job], workers: int) -> Iterator[Parsed]:
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
