"""The write side, read this first: files of posts -> facts -> charts and details -> a published edition.

    ingest    sources -> inbox -> facts            what was seen, appended for ever
    check     sources -> a report                  what ingest would read, nothing stored
    publish   facts -> engine -> editions          one day computed, checked, then made current
              recorded charts ----^                for the regions whose charts a source ranked
    audit     facts alone -> the same edition?     whatever was followed to make it
    prune     old edition files go                 their records and memberships stay
    retain    what is older than it may be goes    posts, recorded charts, refused rows
    forget    a user or a post goes everywhere     and does not come back

One function per job. Each runs to its end or leaves things as they were; the command line calls them, and
nothing here serves a request or reads the clock but to say how long a build took.
"""

import glob
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

import msgspec

from trendwire.editions import Record
from trendwire.editions.markets import rules
from trendwire.editions.publish import Publisher, publishing
from trendwire.editions.removal import holding
from trendwire.errors import Conflict, InvalidInput
from trendwire.facts import forgetting, quarantine
from trendwire.facts.forgetting import ForgottenFacts
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore, Removed
from trendwire.publishing import audit as auditing
from trendwire.publishing import whole
from trendwire.publishing.audit import Audit
from trendwire.publishing.choice import Choice, check_charts, check_day, default_day, latest_day
from trendwire.publishing.day import SCRATCH, Day, Details, details_of, threads
from trendwire.publishing.whole import Engine, embedded
from trendwire.settings import Settings
from trendwire.sources.base import Source
from trendwire.sources.collect import drain
from trendwire.sources.files import FileSource
from trendwire.sources.ingest import IngestReport
from trendwire.sources.ingest import ingest as take_in
from trendwire.sources.push import remove_notes
from trendwire.sources.reading.checking import CheckReport
from trendwire.sources.reading.checking import check as take_none
from trendwire.sources.reading.mapping import ColumnMap
from trendwire.sources.streams import STDIN

if TYPE_CHECKING:
    from trendwire.publishing.resident import Resident

__all__ = [
    "Audit",
    "CheckReport",
    "Choice",
    "Details",
    "Engine",
    "Forgot",
    "IngestReport",
    "Retained",
    "audit",
    "check",
    "compact",
    "default_day",
    "details_of",
    "embedded",
    "forget",
    "ingest",
    "ingest_from",
    "keep_state",
    "latest_day",
    "opened_state",
    "prune",
    "publish",
    "publish_range",
    "retain",
    "spark",
]

Progress = Callable[[str, float], None]
"""Told the stage and the share (0..1) of it that is done."""


MOST_WORKERS = 4
"""Processes that parse posts; reading them feeds no more."""

PUSH_DAYS = 30
"""How long the key of a push is known again."""

_REBUILDABLE = (f"{SCRATCH}*", "facts/memberships/rows-*", "facts/memberships/scratch/*", "state")
"""What killed builds left, and the state of the engine: while nobody publishes, nobody needs them."""


def ingest(
    settings: Settings,
    files: Sequence[str],
    at: datetime,
    progress: Progress,
    columns: ColumnMap | None = None,
) -> IngestReport:
    """Take in the posts of `files`: paths, folders, globs, or `-` for standard input.

    `columns`: where fields stand, for files that are not recognised by themselves.
    """
    return ingest_from(settings, _sources(files, columns), at, progress)


def check(
    settings: Settings,
    files: Sequence[str],
    at: datetime,
    progress: Progress,
    columns: ColumnMap | None = None,
) -> CheckReport:
    """What `ingest` would read of the same files. Nothing is stored."""
    workers = min(threads(settings), MOST_WORKERS)
    return take_none(_sources(files, columns), int(at.timestamp()), progress, workers)


def _sources(files: Sequence[str], columns: ColumnMap | None) -> list[FileSource]:
    return [FileSource(path, columns) for path in expanded(files)]


def ingest_from(
    settings: Settings, sources: Iterable[Source], at: datetime, progress: Progress
) -> IngestReport:
    """The same from sources of any kind. Raises Conflict where another process stores facts now."""
    workers = min(threads(settings), MOST_WORKERS)
    return take_in(sources, settings.home, int(at.timestamp()), f"{at:%Y%m%dT%H%M%S}", progress, workers)


def expanded(files: Sequence[str]) -> list[str]:
    """Paths, folders and globs as paths of files, each once. Of folders, all files below that are not hidden.

    A glob that matches nothing, and a folder without files, stays, to be reported.
    """
    return list(dict.fromkeys(file for given in files for path in _expanded(given) for file in _below(path)))


def _below(path: str) -> list[str]:
    if path == STDIN or not os.path.isdir(path):  # noqa: PTH112  not Path.is_dir: a name may be too long
        return [path]
    found = (file for file in Path(path).rglob("*") if file.is_file())
    seen = [file for file in found if not any(part.startswith(".") for part in file.relative_to(path).parts)]
    return sorted(map(str, seen)) or [path]


def _expanded(given: str) -> list[str]:
    # not Path.exists and Path.glob: a name may be too long, and a pattern absolute
    if given == STDIN or os.path.exists(given):  # noqa: PTH110
        return [given]
    return sorted(glob.glob(given, recursive=True)) or [given]  # noqa: PTH207


def publish(
    settings: Settings,
    as_of: date,
    progress: Progress,
    markets: Mapping[str, str] | None = None,
    *,
    allow_empty: bool = False,
) -> Record:
    """Make one day what is served; the record of the edition.

    `markets`: region (or `default`) -> `auto`, `computed` or `recorded`, see editions/markets.py.
    `allow_empty`: see `publish_range`. Raises InvalidInput for what it does not allow, NotReady without posts
    and recorded charts, Conflict where another process publishes, Corrupt where what is read back is not what
    was written.
    """
    (record,) = publish_range(settings, as_of, as_of, progress, markets, allow_empty=allow_empty)
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
    details: Details | None = None,
    *,
    allow_empty: bool = False,
    keep_held: bool = False,
    resident: "Resident | None" = None,
) -> Iterator[Record]:
    """The same for each day from `first` to `last`, oldest first, so that each knows those before it.

    What waits in the inbox counts, unless another process is storing it just now. `details`: None leaves it
    to the size of the home; a cluster writes them all. `allow_empty`: also a day after the last post, and an
    edition without charts in place of one with some; else InvalidInput says what there is. `keep_held`: an
    edition that is held stays current (see editions/hold.py). `resident`: the state of the engine where the
    caller keeps it; else it comes from the checkpoint and goes back there.
    """
    if first > last:
        raise InvalidInput("--from", f"must not be later than {last}, the last day to publish")
    given = rules(markets or {})
    if FactStore(settings.home).inbox.waiting():
        drain(settings.home)
    if not allow_empty:
        check_day(settings, last)
    check = None if allow_empty else partial(check_charts, settings)
    with (
        publishing(settings.home, release=not keep_held, check=check) as publisher,
        _state(settings, engine, details, resident) as state,
    ):
        for number in range((last - first).days + 1):
            day = Day(settings, first + timedelta(days=number), given, progress)
            yield _publish(publisher, day, engine, state)
        publisher.prune(settings.keep_editions)


def audit(settings: Settings, progress: Progress, markets: Mapping[str, str] | None = None) -> Audit:
    """Make the day of the newest edition anew from the facts alone: the same? What came since is published.

    Raises NotReady without an edition, Conflict where facts were stored or removed meanwhile.
    """
    store, given = FactStore(settings.home), rules(markets or {})
    with publishing(settings.home) as publisher:
        newest = publisher.newest()
        day = Day(settings, newest.as_of, given, progress)
        before = store.snapshot()
        with auditing.rebuilt(day, newest) as anew, _state(settings, embedded, _as(newest)) as state:
            found = anew.against(newest, state)
            if not found.same and auditing.facts_changed(settings.home, newest):
                found = anew.against(_publish(publisher, day, embedded, state), state)
        if store.snapshot() != before:
            raise Conflict("facts were stored meanwhile: the two cannot be compared; audit again")
        publisher.prune(settings.keep_editions)
    return found


def compact(settings: Settings) -> int:
    """Merge the small parts of the facts; how many fewer there are. Raises Conflict while others store."""
    return FactStore(settings.home).compact()


def prune(settings: Settings) -> tuple[int, ...]:
    """Remove the oldest edition files beyond those to be kept; the numbers removed."""
    with publishing(settings.home) as publisher:
        return publisher.prune(settings.keep_editions)


class Retained(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed because of its age. `quarantine`: files of refused rows; `pushes`: notes of them."""

    posts: int
    observations: int
    charts: int
    quarantine: int
    pushes: int
    editions: tuple[int, ...]


def retain(
    settings: Settings,
    at: datetime,
    posts: int | None,
    charts: int | None,
    quarantined: int | None,
    state: "Resident | None" = None,
) -> Retained:
    """Remove what is older than so many days (None: nothing), and edition files beyond those to be kept.

    `at`: this moment. Posts count from their creation, recorded charts from their day, refused rows from when
    they came; the first day that is kept begins at its UTC midnight. `state`: of the engine, where the caller
    keeps it; it follows then. Raises Conflict where another process stores facts or publishes.
    """

    def first(days: int) -> datetime:
        return datetime.combine(at.astimezone(UTC).date() - timedelta(days=days), time(), UTC)

    home = settings.home
    facts = state or FactStore(home)
    removed = Removed() if posts is None else facts.remove_older(int(first(posts).timestamp()))
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
        for pattern in _REBUILDABLE:
            for left in home.glob(pattern):
                rmtree(left, ignore_errors=True)
        records = publisher.catalog.records()
        if publish_again and records and (FactStore(home).snapshot().posts or Recorded(home).filed()):
            day = Day(settings, records[-1].as_of, given, progress)
            with _state(settings, embedded, _as(records[-1])) as state:
                published = _publish(publisher, day, embedded, state).number
        publisher.remove(editions)
    return Forgot(facts=facts, editions=editions, published=published, dry_run=False)


def _as(record: Record) -> Details:
    """The kind of edition that it is."""
    return Details.RENDERED if record.state else Details.WRITTEN


def opened_state(settings: Settings) -> "Resident":
    """The state of the engine that the current edition names, else one that is still to be made."""
    from trendwire.publishing import large

    return large.opened(settings)


def keep_state(settings: Settings, state: "Resident") -> None:
    """Write the checkpoint. Raises Conflict where another process publishes."""
    from trendwire.publishing import large

    with publishing(settings.home):
        large.keep(settings, state)


@contextmanager
def _state(
    settings: Settings, engine: Engine, details: Details | None, given: "Resident | None" = None
) -> Iterator["Resident | None"]:
    """The state of the engine, which tells the details of editions; None where they are all written. The one
    place that decides it.
    """
    posts = FactStore(settings.home).snapshot().posts
    written = (details or details_of(settings)) is Details.WRITTEN
    if engine is not embedded or written or not posts:
        yield None
    elif given is not None:
        yield given
    else:
        from trendwire.publishing import large

        state = opened_state(settings)
        yield state
        large.keep(settings, state)


def _publish(publisher: Publisher, day: Day, engine: Engine, state: "Resident | None") -> Record:
    if state is None:
        return whole.publish(day, publisher, engine)
    from trendwire.publishing import large

    return large.publish(day, publisher, state)
