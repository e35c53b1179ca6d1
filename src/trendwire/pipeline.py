"""The write side, read this first: files of posts -> facts -> charts and details -> a published edition.

    ingest    sources -> inbox -> facts            what was seen, appended for ever
    publish   facts -> trends.build -> editions    one day computed whole, checked, then made current
    prune     old edition files go                 their records and memberships stay

One function per job. Each runs to its end or leaves things as they were; the command line calls them, and
nothing here serves a request or reads the clock but to say how long a build took.
"""

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from trendwire import __version__, clock
from trendwire.editions import Record
from trendwire.editions.publish import Content, Publisher, publishing
from trendwire.errors import InvalidInput
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore
from trendwire.settings import Settings
from trendwire.sources.base import Source
from trendwire.sources.files import FileSource
from trendwire.sources.ingest import IngestReport
from trendwire.sources.ingest import ingest as take_in
from trendwire.sources.streams import STDIN
from trendwire.trends.build import Resources, build
from trendwire.trends.last_day import last_day
from trendwire.trends.ranking import Published

__all__ = [
    "IngestReport",
    "ingest",
    "ingest_from",
    "latest_day",
    "prune",
    "publish",
    "publish_range",
]

Progress = Callable[[str, float], None]
"""Told the stage and the share (0..1) of it that is done."""


MOST_WORKERS = 4
"""Processes that parse posts; reading them feeds no more."""


def ingest(settings: Settings, files: Sequence[str], at: datetime, progress: Progress) -> IngestReport:
    """Take in the posts of `files`: paths, globs, or `-` for standard input."""
    return ingest_from(settings, [FileSource(path) for path in expanded(files)], at, progress)


def ingest_from(
    settings: Settings, sources: Iterable[Source], at: datetime, progress: Progress
) -> IngestReport:
    """The same from sources of any kind. Raises Conflict where another process stores facts now."""
    workers = min(_threads(settings), MOST_WORKERS)
    return take_in(sources, settings.home, int(at.timestamp()), f"{at:%Y%m%dT%H%M%S}", progress, workers)


def expanded(files: Sequence[str]) -> list[str]:
    """Paths and globs as paths, each once; a glob that matches nothing stays, to be reported as absent."""
    return list(dict.fromkeys(path for given in files for path in _expanded(given)))


def _expanded(given: str) -> list[str]:
    if given == STDIN or Path(given).exists():
        return [given]
    # not Path.glob: a pattern may be absolute
    return sorted(glob.glob(given, recursive=True)) or [given]  # noqa: PTH207


def latest_day(settings: Settings) -> date:
    """The last UTC day on which a post was created. Raises NotReady where there are no posts."""
    with FactStore(settings.home).reading() as parts, _scratch(settings) as scratch:
        return last_day(parts, scratch, _resources(settings))


def publish(settings: Settings, as_of: date, progress: Progress) -> Record:
    """Compute one day and make it what is served; the record of the edition.

    Raises NotReady without posts, Conflict where another process publishes, Corrupt where what is read back
    is not what was written.
    """
    (record,) = publish_range(settings, as_of, as_of, progress)
    return record


def publish_range(settings: Settings, first: date, last: date, progress: Progress) -> Iterator[Record]:
    """The same for each day from `first` to `last`, oldest first, so that each knows those before it."""
    if first > last:
        raise InvalidInput("--from", f"must not be later than {last}, the last day to publish")
    with publishing(settings.home) as publisher:
        for number in range((last - first).days + 1):
            yield _publish(settings, publisher, first + timedelta(days=number), progress)
        publisher.prune(settings.keep_editions)


def prune(settings: Settings) -> tuple[int, ...]:
    """Remove the oldest edition files beyond those to be kept; the numbers removed."""
    with publishing(settings.home) as publisher:
        return publisher.prune(settings.keep_editions)


def _publish(settings: Settings, publisher: Publisher, as_of: date, progress: Progress) -> Record:
    begun, resources = clock.monotonic(), _resources(settings)
    published = _published(settings.home)
    with (
        FactStore(settings.home).reading() as parts,
        _scratch(settings) as scratch,
        build(parts, as_of, published, scratch, progress, resources) as built,
    ):
        members = scratch / "memberships.parquet"
        built.write_memberships(members)
        progress("publish", 0.0)
        content = Content(as_of, built.charts(), built.subjects(), members)
        record = publisher.publish(content, clock.now(), clock.monotonic() - begun, __version__)
    progress("publish", 1.0)
    return record


def _published(home: Path) -> list[Published]:
    """The memberships of all days published so far; the build looks at those before its own day."""
    memberships = Memberships(home)
    days = [record.as_of for record in memberships.records()]
    return [Published(day, path) for day, path in zip(days, memberships.paths(date.max), strict=True)]


def _resources(settings: Settings) -> Resources:
    return Resources(_threads(settings), settings.engine_memory_mb)


def _threads(settings: Settings) -> int:
    """What is set, else the processors that this process may run on (the machine may have more)."""
    allowed = getattr(os, "sched_getaffinity", None)
    return settings.engine_threads or (len(allowed(0)) if allowed else os.cpu_count() or 1)


@contextmanager
def _scratch(settings: Settings) -> Iterator[Path]:
    """A folder in the home for what does not fit into memory; gone at the end."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.home, prefix="scratch-") as folder:
        yield Path(folder)
