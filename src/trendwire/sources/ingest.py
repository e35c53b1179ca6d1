"""Ingest: sources in, facts stored, everything counted. The one way in for files and for made rows."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from trendwire.errors import BadFile
from trendwire.facts.inbox import Inbox
from trendwire.facts.ingests import MOST_SOURCES, Ingest, Ingests
from trendwire.facts.quarantine import Quarantine
from trendwire.facts.store import DrainResult, FactStore, Progress, silent
from trendwire.sources import bulk
from trendwire.sources.base import Source
from trendwire.sources.parsing import Job, Parsed, parse_all
from trendwire.sources.reading.report import Tally, Understanding

BATCH_BYTES = 20 << 20
"""An inbox batch is closed once it is this long: about 50,000 rows."""


class IngestReport(Understanding, frozen=True, kw_only=True):
    """What an ingest did. `rows` = accepted + `quarantined`. The counts of new posts, new observations and
    duplicates are of all batches stored meanwhile, those that other processes had appended included.

    `failed_files`: (name, why it could not be read to its end). `damaged`: files of the facts that were found
    not to be what was written, and are set aside.
    """

    rows: int
    posts_new: int
    observations_new: int
    duplicates: int
    quarantined: int
    quarantine_path: str | None
    failed_files: tuple[tuple[str, str], ...]
    damaged: tuple[str, ...] = ()


class Intake:
    """Takes what is parsed: facts go to the inbox, refused rows to the quarantine."""

    def __init__(self, inbox: Inbox, quarantine: Quarantine) -> None:
        self.rows = 0
        self.repeated = 0
        self.tally = Tally()
        self._inbox, self._quarantine = inbox, quarantine
        self._lines = bytearray()

    def take(self, parsed: Parsed) -> None:
        self.rows += parsed.rows
        self._lines += parsed.lines
        known = [self._inbox.append_table(table).repeated for table in parsed.tables]
        if known and all(known):
            self.repeated += parsed.tabled
        for refused in parsed.refused:
            self._quarantine.add(refused)
        self.tally.add(parsed)
        if len(self._lines) >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Append what is parsed: it is durable when this returns."""
        if self._lines:
            # A batch known as a whole is not stored again, so no drain counts its rows.
            if self._inbox.append(self._lines).repeated:
                self.repeated += self._lines.count(b"\n")
            self._lines = bytearray()


def ingest(
    sources: Iterable[Source],
    home: Path,
    at: int,
    batch: str,
    progress: Progress = silent,
    workers: int = 1,
) -> IngestReport:
    """Read all rows of the sources into the facts of `home`.

    `at`: Unix seconds; `batch` names the quarantine file. `progress` is told each source's name with the
    share of it that is read, then `store`. `workers`: processes that parse, where there are many rows. What
    was done is noted in the journal of ingests. Conflict if another process drains the inbox: the rows are
    safe in it.
    """
    store, sources = FactStore(home, threads=max(workers, 1)), tuple(sources)
    failed: list[tuple[str, str]] = []
    with Quarantine(home, batch) as quarantine:
        intake = Intake(store.inbox, quarantine)
        parser = partial(bulk.parse, store.scratch)
        for parsed in parse_all(jobs(sources, at, failed, progress), workers, parser):
            intake.take(parsed)
        intake.flush()
    report = _report(store.drain(progress), intake, quarantine, failed)
    Ingests(home).note(_noted(report, batch, at, [source.name for source in sources]))
    return report


def _noted(report: IngestReport, batch: str, at: int, names: list[str]) -> Ingest:
    path = report.quarantine_path
    return Ingest(
        batch=batch,
        at=at * 1000,
        sources=tuple(names[:MOST_SOURCES]),
        rows=report.rows,
        posts_new=report.posts_new,
        observations_new=report.observations_new,
        duplicates=report.duplicates,
        quarantined=report.quarantined,
        quarantine=None if path is None else Path(path).stem,
        failed_files=report.failed_files,
    )


def jobs(
    sources: Iterable[Source], at: int, failed: list[tuple[str, str]], progress: Progress
) -> Iterator[Job]:
    """All batches of all sources; a source that breaks off is noted in `failed`, and the next one follows."""
    for source in sources:
        try:
            for batch in source.batches():
                yield Job(source.name, source.origin, at, batch)
                progress(source.name, batch.done)
        except BadFile as error:
            failed.append((source.name, error.public))


def _report(
    drained: DrainResult, intake: Intake, quarantine: Quarantine, failed: list[tuple[str, str]]
) -> IngestReport:
    return IngestReport(
        rows=intake.rows,
        posts_new=drained.posts_new,
        observations_new=drained.observations_new,
        duplicates=drained.duplicates + intake.repeated,
        quarantined=quarantine.count,
        quarantine_path=str(quarantine.path) if quarantine.path else None,
        failed_files=tuple(failed),
        damaged=drained.damaged,
        **msgspec.structs.asdict(intake.tally.understanding()),
    )
