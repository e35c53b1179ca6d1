"""Owns a live state: one file that holds what is counted of the facts for one day, and that follows them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from trendwire.domain.periods import epoch_day, from_epoch_day
from trendwire.domain.provenance import Provenance
from trendwire.errors import Conflict, NotReady
from trendwire.facts.duck import Resources
from trendwire.facts.durable import make_folder
from trendwire.facts.manifest import Manifest, Part
from trendwire.statements import named
from trendwire.trends import scoring
from trendwire.trends.build import SQL
from trendwire.trends.execution import Progress, fetched, run
from trendwire.trends.live import charts, counts, crowds, news, origins, past, posts, reach, subjects
from trendwire.trends.live.news import Changes, Edition, News
from trendwire.trends.live.taken import unknown
from trendwire.trends.ranking import Published

_SQL = named(__package__, "state.sql")

VERSION = "1"
"""Of the tables: a state of another version is made anew."""

DAMAGED = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.SerializationException,
)
"""What a file that is not what it was answers with."""


_LOG = "1GB"
"""Changes are kept in a log until `tidy`: writing them in place would hold up the edition."""


class Change(StrEnum):
    """What a refresh did."""

    NOTHING = "nothing"
    FOLLOWED = "followed"
    ANEW = "anew"


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts at one moment: `folder` has the parts that `manifest` names; none goes meanwhile."""

    folder: Path
    manifest: Manifest

    def paths(self, parts: Sequence[Part]) -> list[Path]:
        """The files of these parts."""
        return [self.folder / part.file for part in parts]


@dataclass(frozen=True, slots=True)
class State:
    """What a state is of: a day, facts, and the memberships of editions of earlier days."""

    as_of: date
    removals: int
    taken: tuple[Part, ...]
    earlier: tuple[Published, ...]


class Live:
    """The state in one file; see `opened`. For one thread at a time."""

    def __init__(self, path: Path, resources: Resources) -> None:
        self._path, self._resources = path, resources
        self.connection = self._connect()

    def refresh(
        self, facts: Facts, as_of: date, published: Sequence[Published], progress: Progress
    ) -> Change:
        """Bring the state to these facts, this day, and the editions of earlier days.

        Raises NotReady where there are no facts. A crash leaves the state as it was.
        """
        if not facts.manifest.parts:
            raise NotReady("there are no posts yet: run `trendwire ingest FILE...`")
        earlier = tuple(edition for edition in published if edition.as_of < as_of)
        wanted = State(as_of, facts.manifest.removals, facts.manifest.parts, earlier)
        known = self.state()
        if known == wanted:
            return Change.NOTHING
        new = unknown(facts.manifest, known.taken, known.removals) if known else None
        if known is None or new is None or as_of < known.as_of:
            return self._anew(facts, wanted, progress)
        try:
            return self._follow(facts, new, known, wanted, progress)
        except DAMAGED:
            return self._anew(facts, wanted, progress)

    def state(self) -> State | None:
        """What the file holds; None where it holds nothing that can be used."""
        try:
            ((version, as_of, removals),) = fetched(self.connection, _SQL["state"], {})
            taken = fetched(self.connection, _SQL["taken"], {})
            earlier = fetched(self.connection, _SQL["earlier"], {})
        except (duckdb.Error, ValueError):
            return None
        if version != VERSION:
            return None
        editions = tuple(Published(from_epoch_day(day), Path(path)) for day, path in earlier)
        return State(from_epoch_day(as_of), removals, tuple(Part(*row) for row in taken), editions)

    def continuing(self, editions: Collection[int]) -> None:
        """Have everything told again, unless the newest edition that was told is one of these."""
        news.continuing(self.connection, editions)

    def news(self) -> AbstractContextManager[News]:
        """What the next edition must be told; between `refresh` and `told`."""
        return news.news(self.connection)

    def told(self, number: int, total: int) -> None:
        """The edition of this number was told it all; `total` of the news."""
        news.told(self.connection, Edition(number, total))

    def provenance(self, engine: str) -> dict[str, Provenance]:
        """Where the numbers of each region come from. `engine`: the version that computes."""
        state = self.state()
        return origins.provenance(self.connection, state.as_of, engine) if state else {}

    def tidy(self) -> None:
        """Write the log of changes in place; when nobody waits for an edition."""
        run(self.connection, _SQL["tidy"], {})

    def write_memberships(self, path: Path) -> None:
        """Write who is in which chart to one Parquet file."""
        run(self.connection, SQL["write_memberships"], {"path": str(path)})

    def close(self) -> None:
        """Give the file free for another process."""
        self.connection.close()

    def _anew(self, facts: Facts, wanted: State, progress: Progress) -> Change:
        """From the facts alone, in a new file."""
        self.connection.close()
        discard(self._path)
        self.connection = self._connect()
        for statement in (_SQL["create"], news.CREATE, origins.CREATE, past.CREATE):
            run(self.connection, statement, {})
        parts = facts.paths(wanted.taken)
        posts.resolve_all(self.connection, parts, wanted.as_of, partial(progress, "rollups"))
        with self._changing(wanted) as values:
            changes = Changes(self.connection, anew=True)
            for box in (counts, crowds, reach):
                box.count_all(self.connection, values)
            subjects.tell_all(self.connection, values)
            origins.count(self.connection, parts, anew=True)
            past.read(self.connection, (), wanted.earlier, values)
            charts.chart(self.connection, wanted.as_of, values, progress)
            changes.charts_changed(values)
        return Change.ANEW

    def _follow(
        self, facts: Facts, new: Sequence[Part], known: State, wanted: State, progress: Progress
    ) -> Change:
        """From what is known already."""
        rolled = wanted.as_of > known.as_of
        with self._changing(wanted) as values:
            posts.touch(self.connection, facts.paths(wanted.taken), facts.paths(new), rolled=rolled)
            changes = Changes(self.connection, anew=False)
            posts.resolve_touched(self.connection, wanted.as_of)
            changes.posts_changed()
            counts.count_touched(self.connection, values, rolled=rolled)
            crowds.count_touched(self.connection, values, rolled=rolled)
            reach.count_touched(self.connection, values)
            merged = bool(new) and not set(known.taken) <= set(wanted.taken)
            origins.count(self.connection, facts.paths(wanted.taken if merged else new), anew=merged)
            if rolled or known.earlier != wanted.earlier:
                past.read(self.connection, known.earlier, wanted.earlier, values)
            changes.subjects_changed(values)
            charts.chart(self.connection, wanted.as_of, values, progress)
            changes.charts_changed(values)
        return Change.FOLLOWED

    @contextmanager
    def _changing(self, wanted: State) -> Iterator[Mapping[str, Any]]:
        """One transaction, after which the state is what is wanted, or what it was; values for statements."""
        self.connection.begin()
        try:
            run(self.connection, _SQL["begin"], {})
            yield charts.values(wanted.as_of)
            run(self.connection, _SQL["look_at_main"], {})
            for (drop,) in self.connection.execute(_SQL["worked"]).fetchall():
                run(self.connection, drop, {})
            self._say(wanted)
            self.connection.commit()
        except BaseException:
            with suppress(duckdb.TransactionException):  # a commit that failed has ended it
                self.connection.rollback()
            run(self.connection, _SQL["look_at_main"], {})
            raise

    def _say(self, wanted: State) -> None:
        run(self.connection, _SQL["forget_state"], {})
        values: dict[str, Any] = {
            "files": [part.file for part in wanted.taken],
            "months": [part.month for part in wanted.taken],
            "rows": [part.rows for part in wanted.taken],
            "days": [epoch_day(edition.as_of) for edition in wanted.earlier],
            "paths": [str(edition.path) for edition in wanted.earlier],
            "version": VERSION,
            "as_of": epoch_day(wanted.as_of),
            "removals": wanted.removals,
        }
        for name in ("set_taken", "set_earlier", "set_state"):
            run(self.connection, _SQL[name], values)

    def _connect(self) -> DuckDBPyConnection:
        make_folder(self._path.parent)
        try:
            return self._connected()
        except duckdb.Error as error:
            if "Could not set lock" in str(error):
                raise Conflict(
                    "the state of the engine is open in another process", why=str(error)
                ) from error
            discard(self._path)
            return self._connected()

    def _connected(self) -> DuckDBPyConnection:
        config = self._resources.config(self._path.with_suffix(".spill")) | {"checkpoint_threshold": _LOG}
        connection = duckdb.connect(str(self._path), config=config)
        scoring.install(connection)
        return connection


@contextmanager
def opened(path: Path, resources: Resources) -> Iterator[Live]:
    """The state in the file `path`; an empty one where there is none, or a damaged one.

    Raises Conflict while another process has it open.
    """
    with closing(Live(path, resources)) as live:
        yield live


def discard(path: Path) -> None:
    """Remove the file of a state."""
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
