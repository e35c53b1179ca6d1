"""Owns whole editions as a job: everything is computed from the facts, and every detail is written."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Protocol

from trendwire import __version__, clock
from trendwire.domain.provenance import Provenance
from trendwire.editions import Record
from trendwire.editions.joined import joined_charts, joined_subjects
from trendwire.editions.publish import Content, Publisher
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Memberships
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore
from trendwire.publishing.day import Day, Progress, scratch


class Computed(Protocol):
    """What an engine computed: see `engine.build.Build`."""

    def charts(self) -> Iterator[tuple[str, str]]: ...

    def subjects(self) -> Iterator[tuple[str, str, str]]: ...

    def provenance(self, engine: str) -> dict[str, Provenance]: ...

    def write_memberships(self, path: Path) -> None: ...


class Engine(Protocol):
    """Computes what an edition serves: `engine.build.build`, or the same on a cluster."""

    def __call__(
        self,
        parts: Sequence[Path],
        as_of: date,
        published: Mapping[date, Path],
        scratch: Path,
        progress: Progress,
        resources: Resources,
    ) -> AbstractContextManager[Computed]:
        """See `engine.build.build`."""
        ...


def embedded(
    parts: Sequence[Path],
    as_of: date,
    published: Mapping[date, Path],
    scratch: Path,
    progress: Progress,
    resources: Resources,
) -> AbstractContextManager[Computed]:
    """The engine on this machine. It is imported here alone: who only reads does without."""
    from trendwire.engine.build import build

    return build(parts, as_of, published, scratch, progress, resources)


def publish(day: Day, publisher: Publisher, engine: Engine) -> Record:
    """Compute all charts and details of a day and make them what is served."""
    begun = clock.monotonic()
    with scratch(day.home) as folder, _computed(day, folder, engine) as computed:
        day.progress("publish", 0.0)
        content = with_recorded(day, computed, folder)
        record = publisher.publish(content, clock.now(), clock.monotonic() - begun, __version__)
    day.progress("publish", 1.0)
    return record


@contextmanager
def _computed(day: Day, folder: Path, engine: Engine) -> Iterator[Content]:
    """What the posts give; nothing where there are only recorded charts."""
    members = folder / "memberships.parquet"
    with FactStore(day.home).reading() as parts:
        if not parts and Recorded(day.home).filed():
            Memberships(day.home).write(members, ())
            yield Content(day.as_of, (), (), members)
            return
        with engine(parts, day.as_of, day.published(), folder, day.progress, day.resources()) as built:
            built.write_memberships(members)
            told = built.provenance(__version__)
            yield Content(day.as_of, built.charts(), built.subjects(), members, told)


def with_recorded(day: Day, computed: Content, folder: Path) -> Content:
    """The same, but for the regions whose charts are recorded."""
    markets = day.markets(computed.provenance)
    if not markets:
        return computed
    recorded = day.recorded(markets)
    members = folder / "all-memberships.parquet"
    Memberships(day.home).write(members, recorded.members(), computed.memberships, markets)
    return replace(
        computed,
        charts=joined_charts(computed.charts, recorded),
        subjects=joined_subjects(computed.subjects, recorded),
        memberships=members,
        provenance={**computed.provenance, **recorded.provenance},
    )
