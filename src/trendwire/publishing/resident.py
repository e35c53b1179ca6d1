"""Owns the state of the engine of one home in this process: it follows the facts from day to day, answers
details, and is kept as a checkpoint, so that the next process need not count everything again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from threading import RLock
from typing import NamedTuple

import duckdb
import msgspec
import structlog

from trendwire.domain.charts import WORLD, Kind
from trendwire.domain.details import Detail
from trendwire.domain.periods import epoch_day
from trendwire.editions.catalog import Catalog, Record
from trendwire.engine import changes, checkpoint, compiling
from trendwire.engine.build import by_month
from trendwire.engine.charts import LISTED_DAYS, LISTED_PERIOD, Charts
from trendwire.engine.columns import DEAD
from trendwire.engine.details import Details
from trendwire.engine.directory import Directory, Order
from trendwire.engine.kinds import KINDS
from trendwire.engine.origins import Origin, Origins
from trendwire.engine.state import State, rebuilt
from trendwire.errors import Gone, NotReady
from trendwire.facts.duck import Resources
from trendwire.facts.durable import make_private
from trendwire.facts.manifest import Manifest, Part
from trendwire.facts.memberships import Memberships, Standing, standing_of
from trendwire.facts.store import FactStore, Removed
from trendwire.publishing.day import Progress, scratch
from trendwire.publishing.days import older_posts
from trendwire.publishing.taken import Taken, number_of, taken, unknown

_log = structlog.get_logger()


MOST_DEAD = 0.125
"""Of the rows of a state: above, it is made anew when posts go, so that what was removed does not pile up."""


def checkpoint_of(home: Path) -> Path:
    """The folder in which a home keeps its checkpoint."""
    return home / "state" / "checkpoint"


class Change(NamedTuple):
    """What was done to the facts: parts that came, and posts that lost rows."""

    new: Sequence[Part]
    gone: Sequence[str] = ()


class Shown:
    """What a state tells as it is, each part made when it is first asked for. `before`: what it told until
    it changed.
    """

    def __init__(
        self, state: State, order: Order, standing: Callable[[], Standing], before: "Shown | None" = None
    ) -> None:
        self.state, self._standing = state, standing
        self.subjects = Directory(state, order)
        self._before: Charts | None = vars(before).get("charts") if before else None

    @cached_property
    def charts(self) -> Charts:
        charts, self._before = Charts(self.state, self._standing(), self._before), None
        return charts

    @cached_property
    def details(self) -> Details:
        return Details(self.state, self.charts)


class Resident:
    """The state of one home. Any thread may use it; one at a time does.

    `name`: of the state as it stands, empty while there is none.
    """

    def __init__(self, home: Path, resources: Resources) -> None:
        self._home, self._resources = home, resources
        self._lock, self._facts = RLock(), RLock()
        self._taken: Taken | None = None
        self._saved: Taken | None = None
        self._shown: Shown | None = None
        self._order, self._origins = Order(), Origins()
        self._removed: dict[int, tuple[str, ...]] = {}

    @property
    def name(self) -> str:
        return self._taken.name if self._taken else ""

    @property
    def shown(self) -> Shown:
        """What the state tells. NotReady while there is none."""
        if self._shown is None:
            raise NotReady("the engine has no state yet: run `trendwire publish`")
        return self._shown

    def origins(self, connection: duckdb.DuckDBPyConnection) -> list[Origin]:
        """What the observations in the state were ingested from; while nobody may remove their parts."""
        return self._origins.count(connection, self._paths(self._taken.parts if self._taken else ()))

    def rebuild(self, as_of: date, progress: Progress) -> None:
        """The state of a day from the facts alone, whatever there is. Raises NotReady without posts."""
        with self._lock, FactStore(self._home).opened() as manifest:
            self._rebuild(self._wanted(manifest, as_of, progress), progress)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Who asks meanwhile waits: from a change until the edition that names the new state is current."""
        with self._lock:
            yield

    def follow(self, as_of: date, progress: Progress) -> None:
        """Bring the state to a day and the facts of now, from the checkpoint or from the facts where there
        is none in memory. Raises NotReady without posts.
        """
        with self._lock, self._facts, FactStore(self._home).opened() as manifest:
            wanted = self._wanted(manifest, as_of, progress)
            if not (self._reaches(manifest, wanted) or (self._load() and self._reaches(manifest, wanted))):
                self._rebuild(wanted, progress)

    def remove_older(self, before: int) -> Removed:
        """Remove the rows of posts created before that moment (Unix seconds) from the facts, in such a way
        that the state can follow.
        """
        store = FactStore(self._home)
        with self._facts:
            with store.opened() as manifest:
                ids = older_posts(store.parts_folder, manifest.parts, before, self._resources)
            removed = store.remove_older(before)
            number = manifest.removals + 1
            if removed.observations and store.snapshot().removals == number:
                self._removed[number] = ids
        return removed

    def detail(self, state: str, kind: Kind, identity: str, region: str | None) -> Detail | None:
        """What is known of a subject in the state of that name. Gone where it is another by now."""
        with self._lock:
            told = self._named(state).details
            return told.detail(kind, identity, region) if _is_counted(kind) else None

    def identities(self, state: str, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """Subjects whose identity begins so, ascending by code point. Gone as above."""
        with self._lock:
            told = self._named(state).subjects
            return told.identities(kind, beginning, most) if _is_counted(kind) else ()

    def save(self) -> None:
        """Write the checkpoint; nothing where there is no state, or the checkpoint has it."""
        with self._lock:
            if self._taken is not None and self._taken != self._saved:
                text = msgspec.json.encode(self._taken).decode()
                make_private(checkpoint_of(self._home).parent)
                checkpoint.save(self.shown.state, checkpoint_of(self._home), text)
                self._saved = self._taken

    @classmethod
    def opened(cls, home: Path, resources: Resources) -> "Resident | None":
        """The state that the newest edition names, or as near as the checkpoint and the parts since lead;
        None where there is no checkpoint that can be used.
        """
        resident, newest = cls(home, resources), _newest(home)
        if not resident._load():
            return None
        if newest is not None and newest.state not in ("", resident.name):
            with FactStore(home).opened() as manifest:
                resident._lead_to(newest, manifest)
        return resident

    def _lead_to(self, record: Record, manifest: Manifest) -> None:
        """Take as many of the parts that came as were in that edition."""
        known = self._taken
        new = unknown(manifest, known) if known else None
        if known is None or new is None:
            return
        new = tuple(sorted(new, key=number_of))
        of_day = taken(manifest, record.as_of, Memberships(self._home))
        for count in range(len(new), -1, -1):
            later = new[count:]
            wanted = msgspec.structs.replace(
                of_day,
                parts=tuple(part for part in manifest.parts if part not in later),
                observations=manifest.observations - sum(part.rows for part in later),
            )
            if wanted.name == record.state:
                self._reaches(manifest, wanted)
                return

    def _wanted(self, manifest: Manifest, as_of: date, progress: Progress) -> Taken:
        if not manifest.parts:
            raise NotReady("there are no posts yet: run `trendwire ingest FILE...`")
        compiling.ensure(progress)
        return taken(manifest, as_of, Memberships(self._home))

    def _reaches(self, manifest: Manifest, wanted: Taken) -> bool:
        """Whether changes led to what is wanted; without a state, or where they fail, there is none then."""
        known = self._taken
        if known is None or wanted.as_of < known.as_of:
            return False
        change = self._told(msgspec.structs.replace(manifest, parts=wanted.parts), known)
        if change is None:
            return False
        if known.name == wanted.name:
            self._taken = wanted  # the same facts, maybe in other parts
            return True
        try:
            self._change(change, wanted, rolled=wanted.as_of > known.as_of)
        except Exception as error:  # noqa: BLE001  whatever it was: the facts are there to count again
            _log.warning("the state of the engine is made anew", reason=repr(error))
        return self._taken is not None

    def _told(self, manifest: Manifest, known: Taken) -> Change | None:
        """What was done to the facts since; None where nobody knows, or too little of the state is left."""
        if manifest.removals == known.removals:
            new = unknown(manifest, known)
            return None if new is None else Change(new)
        removals = range(known.removals + 1, manifest.removals + 1)
        if not self._removed.keys() >= set(removals) or len(manifest.damaged) != known.damaged:
            return None
        if _dead_share(self.shown.state) > MOST_DEAD:
            return None
        gone = {id_ for number in removals for id_ in self._removed[number]}
        # What is known of a part that was rewritten changes nothing when it is taken again.
        new = tuple(part for part in manifest.parts if part not in known.parts)
        return Change(new, tuple(sorted(gone)))

    def _change(self, change: Change, wanted: Taken, *, rolled: bool) -> None:
        """An exception leaves no state: nobody knows how much of the change it holds."""
        shown, every = self.shown, self._paths(wanted.parts)
        state = shown.state
        self._drop()
        with scratch(self._home) as folder, duckdb.connect(config=self._resources.config(folder)) as duck:
            if change.gone:
                changes.remove(state, duck, change.gone, every)
            changes.take(state, duck, self._paths(change.new), every)
        if rolled:
            changes.roll(state, epoch_day(wanted.as_of))
        self._keep(state, wanted, shown)
        self._removed = {number: ids for number, ids in self._removed.items() if number > wanted.removals}

    def _rebuild(self, wanted: Taken, progress: Progress) -> None:
        self._drop()
        self._saved, self._order = None, Order()
        months = by_month(map(Path, self._paths(wanted.parts)))
        with scratch(self._home) as folder, duckdb.connect(config=self._resources.config(folder)) as duck:
            told, threads = partial(progress, "posts"), self._resources.thread_count
            state = rebuilt(duck, months, epoch_day(wanted.as_of), told, threads)
        self._keep(state, wanted)

    def _load(self) -> bool:
        """Whether there is a checkpoint; the state is that of it then."""
        self._drop()
        found = checkpoint.opened(checkpoint_of(self._home))
        if found is None:
            return False
        state, text = found
        known = _decoded(text)
        if known is None:
            return False
        self._order = Order()
        self._keep(state, known)
        self._saved = known
        return True

    def _drop(self) -> None:
        self._taken, self._shown = None, None

    def _keep(self, state: State, known: Taken, before: Shown | None = None) -> None:
        self._taken = known
        self._shown = Shown(state, self._order, lambda: self._standing(state, known.as_of), before)

    def _standing(self, state: State, as_of: date) -> Standing:
        published = Memberships(self._home).by_day(as_of)
        regions = [WORLD, *(state.columns.regions[place] for place in range(len(state.columns.regions)))]
        with duckdb.connect(config={"threads": 1}) as duck:
            return standing_of(duck, published, as_of, regions, LISTED_PERIOD, LISTED_DAYS)

    def _paths(self, parts: Sequence[Part]) -> list[str]:
        folder = FactStore(self._home).parts_folder
        return [str(folder / part.file) for part in parts]

    def _named(self, state: str) -> Shown:
        if not state or (state != self.name and not self._changes_to(state)):
            raise Gone("this edition's details are no longer kept: ask for the current edition")
        return self.shown

    def _changes_to(self, state: str) -> bool:
        """Where another process made the newest edition: the state that it left in the checkpoint."""
        left, kept = checkpoint.taken(checkpoint_of(self._home)), _newest(self._home)
        known = _decoded(left) if left else None
        if kept is None or kept.state != state or known is None or known.name != state:
            return False
        return self._load() and self.name == state


def _newest(home: Path) -> Record | None:
    """The newest edition that is kept."""
    return next((one for one in reversed(Catalog(home).records()) if one.kept), None)


def _decoded(text: str) -> Taken | None:
    """What a checkpoint says of itself; None where another version wrote it."""
    try:
        return msgspec.json.decode(text, type=Taken)
    except msgspec.MsgspecError:
        return None


def _dead_share(state: State) -> float:
    hot = state.columns["hot"]
    return float((hot["day"] == DEAD).mean()) if len(hot) else 0.0


def _is_counted(kind: Kind) -> bool:
    return any(named.kind == kind for named in KINDS)
