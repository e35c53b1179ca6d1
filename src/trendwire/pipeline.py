"""The write side, read this first: files of posts -> facts -> charts and details -> a published edition.

    ingest    sources -> inbox -> facts            what was seen, appended for ever
    publish   facts -> trends.build -> editions    one day computed whole, checked, then made current;
              recorded charts ------------^        for the regions whose charts a source ranked
    prune     old edition files go                 their records and memberships stay
    retain    what is older than it may be goes    posts, recorded charts, refused rows
    forget    a user or a post goes everywhere     and does not come back

One function per job. Each runs to its end or leaves things as they were; the command line calls them, and
nothing here serves a request or reads the clock but to say how long a build took.
"""

import glob
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Protocol

import msgspec

from trendwire import __version__, clock
from trendwire.editions import Record
from trendwire.editions.joined import joined_charts, joined_subjects
from trendwire.editions.markets import Rule, rules
from trendwire.editions.markets import markets as recorded_markets
from trendwire.editions.publish import Content, Publisher, publishing
from trendwire.editions.recorded import LISTED_DAYS, LISTED_PERIOD, recorded_content
from trendwire.editions.removal import holding
from trendwire.errors import InvalidInput
from trendwire.facts import forgetting, quarantine
from trendwire.facts.forgetting import ForgottenFacts
from trendwire.facts.memberships import Memberships
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore, Removed
from trendwire.settings import Settings
from trendwire.sources.base import Source
from trendwire.sources.collect import drain
from trendwire.sources.files import FileSource
from trendwire.sources.ingest import IngestReport
from trendwire.sources.ingest import ingest as take_in
from trendwire.sources.push import remove_notes
from trendwire.sources.streams import STDIN
from trendwire.trends.build import Build, Resources
from trendwire.trends.build import build as embedded
from trendwire.trends.last_day import last_day
from trendwire.trends.ranking import Published

__all__ = [
    "Forgot",
    "IngestReport",
    "Retained",
    "embedded",
    "forget",
    "ingest",
    "ingest_from",
    "latest_day",
    "prune",
    "publish",
    "publish_range",
    "retain",
    "spark",
]

Progress = Callable[[str, float], None]
"""Told the stage and the share (0..1) of it that is done."""


class Engine(Protocol):
    """Computes what an edition serves: `trends.build.build`, or the same on a cluster (`spark`)."""

    def __call__(
        self,
        parts: Sequence[Path],
        as_of: date,
        published: Sequence[Published],
        scratch: Path,
        progress: Progress,
        resources: Resources,
    ) -> AbstractContextManager[Build]:
        """See `trends.build.build`."""
        ...


MOST_WORKERS = 4
"""Processes that parse posts; reading them feeds no more."""

PUSH_DAYS = 30
"""How long the key of a push is known again."""

_SCRATCH = "scratch-"
_LEFT_BY_KILLED = (f"{_SCRATCH}*", "facts/memberships/rows-*", "facts/memberships/scratch/*")
"""Folders of builds that were killed; while nobody else publishes, nobody needs them."""


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
    """The last UTC day on which a post was created or a recorded chart ends. Raises NotReady without any."""
    told = [one.as_of for filed in Recorded(settings.home).filed().values() for one in filed]
    with FactStore(settings.home).reading() as parts, _scratch(settings) as scratch:
        if parts or not told:
            told.append(last_day(parts, scratch, _resources(settings)))
    return max(told)


def publish(
    settings: Settings, as_of: date, progress: Progress, markets: Mapping[str, str] | None = None
) -> Record:
    """Make one day what is served; the record of the edition.

    `markets`: region (or `default`) -> `auto`, `computed` or `recorded`, see editions/markets.py. Raises
    InvalidInput for others, NotReady without posts and recorded charts, Conflict where another process
    publishes, Corrupt where what is read back is not what was written.
    """
    (record,) = publish_range(settings, as_of, as_of, progress, markets)
    return record


def spark(master: str) -> Engine:
    """The engine on the Spark cluster at `master`. Raises InvalidInput where Spark is not installed."""
    try:
        from trendwire.trends.cluster.build import build as build_on
        from trendwire.trends.cluster.spark import cluster
    except ImportError as error:
        raise InvalidInput("--engine", "spark needs more: pip install 'trendwire[spark]'") from error
    return partial(build_on, partial(cluster, master))


def publish_range(
    settings: Settings,
    first: date,
    last: date,
    progress: Progress,
    markets: Mapping[str, str] | None = None,
    engine: Engine = embedded,
) -> Iterator[Record]:
    """The same for each day from `first` to `last`, oldest first, so that each knows those before it.

    What waits in the inbox counts, unless another process is storing it just now.
    """
    if first > last:
        raise InvalidInput("--from", f"must not be later than {last}, the last day to publish")
    given = rules(markets or {})
    if FactStore(settings.home).inbox.waiting():
        drain(settings.home)
    with publishing(settings.home) as publisher:
        for number in range((last - first).days + 1):
            as_of = first + timedelta(days=number)
            yield _publish(settings, publisher, as_of, progress, given, engine)
        publisher.prune(settings.keep_editions)


def prune(settings: Settings) -> tuple[int, ...]:
    """Remove the oldest edition files beyond those to be kept; the numbers removed."""
    with publishing(settings.home) as publisher:
        return publisher.prune(settings.keep_editions)


class Retained(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed because of its age: posts with their observations, recorded charts, files of refused
    rows, notes of pushes, edition files.
    """

    posts: int
    observations: int
    charts: int
    quarantine: int
    pushes: int
    editions: tuple[int, ...]


def retain(
    settings: Settings, at: datetime, posts: int | None, charts: int | None, quarantined: int | None
) -> Retained:
    """Remove what is older than so many days (None: nothing), and edition files beyond those to be kept.

    `at`: this moment. Posts count from their creation, recorded charts from their day, refused rows from when
    they came; the first day that is kept begins at its UTC midnight. Raises Conflict where another process
    stores facts or publishes.
    """

    def first(days: int) -> datetime:
        return datetime.combine(at.astimezone(UTC).date() - timedelta(days=days), time(), UTC)

    home = settings.home
    removed = Removed() if posts is None else FactStore(home).remove_older(int(first(posts).timestamp()))
    return Retained(
        posts=removed.posts,
        observations=removed.observations,
        charts=0 if charts is None else Recorded(home).remove_older(first(charts).date()),
        quarantine=0
        if quarantined is None
        else quarantine.remove_older(home, first(quarantined).timestamp()),
        pushes=remove_notes(home, first(PUSH_DAYS).timestamp()),
        editions=prune(settings),
    )


class Forgot(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed. `editions`: numbers of those that named somebody; `published`: of the one made anew.

    `dry_run`: it was only counted.
    """

    facts: ForgottenFacts
    editions: tuple[int, ...]
    published: int | None
    dry_run: bool


def forget(
    settings: Settings,
    users: Collection[str],
    posts: Collection[str],
    progress: Progress,
    markets: Mapping[str, str] | None = None,
    *,
    publish_again: bool = False,
    dry_run: bool = False,
) -> Forgot:
    """Remove users (by username) and posts (by id) from everywhere, and those forgotten before: in a home
    that came from a backup they are there again. With `publish_again`, the current edition's day is published
    without them first, so that there is always one to be served.

    Raises Conflict where another process stores facts or publishes.
    """
    home, published = settings.home, None
    given = rules(markets or {})
    with publishing(home) as publisher:
        what = forgetting.asked(home, users, posts)
        facts = forgetting.forget(home, what, dry_run=dry_run)
        editions = holding(home, what.terms.users | what.shown, what.terms.posts)
        if dry_run:
            return Forgot(facts=facts, editions=editions, published=None, dry_run=True)
        for pattern in _LEFT_BY_KILLED:
            for left in home.glob(pattern):
                rmtree(left, ignore_errors=True)
        records = publisher.catalog.records()
        if publish_again and records and (FactStore(home).snapshot().posts or Recorded(home).filed()):
            published = _publish(settings, publisher, records[-1].as_of, progress, given, embedded).number
        publisher.remove(editions)
    return Forgot(facts=facts, editions=editions, published=published, dry_run=False)


def _publish(
    settings: Settings,
    publisher: Publisher,
    as_of: date,
    progress: Progress,
    given: Mapping[str, Rule],
    engine: Engine,
) -> Record:
    begun = clock.monotonic()
    with (
        _scratch(settings) as scratch,
        _computed(settings, as_of, scratch, progress, engine) as computed,
    ):
        progress("publish", 0.0)
        content = _with_recorded(settings.home, computed, given, scratch)
        record = publisher.publish(content, clock.now(), clock.monotonic() - begun, __version__)
    progress("publish", 1.0)
    return record


@contextmanager
def _computed(
    settings: Settings, as_of: date, scratch: Path, progress: Progress, engine: Engine
) -> Iterator[Content]:
    """What the posts give; nothing where there are only recorded charts."""
    members = scratch / "memberships.parquet"
    with FactStore(settings.home).reading() as parts:
        if not parts and Recorded(settings.home).filed():
            Memberships(settings.home).write(members, ())
            yield Content(as_of, (), (), members)
            return
        published = _published(settings.home)
        with engine(parts, as_of, published, scratch, progress, _resources(settings)) as built:
            built.write_memberships(members)
            yield Content(as_of, built.charts(), built.subjects(), members, built.provenance(__version__))


def _with_recorded(home: Path, computed: Content, given: Mapping[str, Rule], scratch: Path) -> Content:
    """The same, but for the regions whose charts are recorded."""
    as_of, memberships = computed.as_of, Memberships(home)
    markets = recorded_markets(Recorded(home).filed(), as_of, given, computed.provenance)
    if not markets:
        return computed
    standing = memberships.standing(as_of, markets, LISTED_PERIOD, LISTED_DAYS)
    recorded = recorded_content(markets, as_of, standing, __version__)
    members = scratch / "all-memberships.parquet"
    memberships.write(members, recorded.members(), computed.memberships, markets)
    return Content(
        as_of=as_of,
        charts=joined_charts(computed.charts, recorded),
        subjects=joined_subjects(computed.subjects, recorded),
        memberships=members,
        provenance={**computed.provenance, **recorded.provenance},
    )


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
    with TemporaryDirectory(dir=settings.home, prefix=_SCRATCH) as folder:
        yield Path(folder)
