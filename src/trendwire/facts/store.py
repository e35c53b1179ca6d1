"""The store of observations: drains the inbox into Parquet parts, each row once, and tells which parts count.

A drain writes parts, then the manifest that names them, then removes the batches: a crash between any two
steps loses nothing and doubles nothing. DuckDB runs only inside these calls.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

import duckdb
import msgspec

from trendwire.domain.posts import FACT_COLUMNS
from trendwire.errors import Corrupt
from trendwire.facts import manifest as manifests
from trendwire.facts.duck import connection
from trendwire.facts.durable import alone, exclusive, shared, sweep, sync
from trendwire.facts.forgotten import Forgotten
from trendwire.facts.forgotten import read as read_forgotten
from trendwire.facts.inbox import Inbox
from trendwire.facts.manifest import Manifest, Part
from trendwire.statements import named

_SQL = named(__package__, "store.sql")

Progress = Callable[[str, float], None]
"""Told the stage and how much of it is done, 0 to 1."""

BATCHES_AT_ONCE = 16
"""Batches drained in one step: what is held in memory, and the least that a crash repeats."""


class DrainResult(msgspec.Struct, frozen=True):
    """`batches` taken; of their rows those new, those known before, and those dropped because they were
    forgotten; and the posts new with them.
    """

    posts_new: int = 0
    observations_new: int = 0
    duplicates: int = 0
    batches: int = 0
    forgotten: int = 0

    def __add__(self, other: "DrainResult") -> "DrainResult":
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return DrainResult(*[mine + theirs for mine, theirs in pairs])


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What a row says of who made it; `own_sound`: the clip id of a sound that the user is the author of."""

    username: str | None
    nickname: str | None
    id: str
    own_sound: str | None


class Removed(msgspec.Struct, frozen=True):
    """Observations removed, and posts of which none is left."""

    posts: int = 0
    observations: int = 0


def silent(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""


class FactStore:
    """The observations in the data folder `home`. `memory` and `threads` bound DuckDB."""

    def __init__(self, home: Path, *, threads: int = 2, memory: str = "2GB") -> None:
        self._home, self.folder = home, home / "facts"
        self.inbox = Inbox(home)
        self.parts_folder = self._parts = self.folder / "parts"
        self._manifest = self.folder / "manifest.json"
        self._writing = self.folder / "write.lock"
        self._reading = self.folder / "read.lock"
        self._threads, self._memory = threads, memory

    def snapshot(self) -> Manifest:
        """The manifest as it is now."""
        return manifests.read(self._manifest)

    def parts(self) -> list[Path]:
        """The files that hold all observations now. They may go once compacted: see `reading`."""
        return [self._parts / part.file for part in self.snapshot().parts]

    @contextmanager
    def reading(self) -> Iterator[list[Path]]:
        """The same files, none of which is removed meanwhile."""
        with shared(self._reading):
            yield self.parts()

    def drain(self, progress: Progress = silent) -> DrainResult:
        """Take all waiting batches. Conflict if another process is at it, Corrupt if a batch is damaged."""
        total = DrainResult()
        with self._changing("draining the inbox"):
            waiting = self._not_yet_drained()
            with self._duckdb() as duck:
                for start in range(0, len(waiting), BATCHES_AT_ONCE):
                    progress("store", start / len(waiting))
                    group = waiting[start : start + BATCHES_AT_ONCE]
                    total += self._take(duck, group)
        progress("store", 1.0)
        return total

    def compact(self, least: int = 8) -> int:
        """Merge the parts of each month that has at least `least` (2 or more) of them; the parts saved."""
        saved = 0
        with self._changing("compacting the facts"), self._duckdb() as duck:
            by_month = defaultdict(list)
            for part in self.snapshot().parts:
                by_month[part.month].append(part)
            for month, parts in by_month.items():
                if len(parts) >= least:
                    self._merge(duck, month, parts)
                    saved += len(parts) - 1
            self._remove_orphans()
        return saved

    def count(self) -> int:
        """Read every row there is; how many observations. Corrupt where a part cannot be read, or has other
        rows than the manifest says.
        """
        with self.reading() as parts, self._duckdb() as duck:
            told = {str(self._parts / part.file): part.rows for part in self.snapshot().parts}
            try:
                found = duck.execute(_SQL["count_rows"], {"parts": list(told)}).fetchall() if parts else []
            except duckdb.Error as error:
                raise Corrupt("a part of the facts cannot be read", why=str(error)) from error
        if {path: rows for path, rows, _ in found} != told:
            raise Corrupt("a part of the facts has other rows than the manifest says")
        return sum(told.values())

    def told_of(self, forgotten: Forgotten) -> list[Told]:
        """What is stored of those that were forgotten, each once."""
        with self.reading() as parts, self._duckdb() as duck:
            if not parts:
                return []
            duck.execute(
                _SQL["doomed_forgotten"], {"parts": [str(path) for path in parts], **forgotten.values}
            )
            return msgspec.convert(duck.execute(_SQL["told"]).fetchall(), list[Told])

    def forget(self, forgotten: Forgotten, *, dry_run: bool = False) -> Removed:
        """Remove all that is stored of them; waits for readers: the files are gone when it returns."""
        return self._remove("doomed_forgotten", forgotten.values, wait=True, dry_run=dry_run)

    def remove_older(self, before: int) -> Removed:
        """Remove the rows of posts created before that moment (Unix seconds)."""
        return self._remove("doomed_older", {"before": before}, wait=False, dry_run=False)

    def _remove(self, which: str, values: dict[str, object], *, wait: bool, dry_run: bool) -> Removed:
        with self._changing("removing facts"), self._duckdb(clean=wait) as duck:
            before = self.snapshot()
            if not before.parts:
                return Removed()
            duck.execute(_SQL[which], {"parts": [str(path) for path in self.parts()], **values})
            touched: dict[str, int] = dict(duck.execute(_SQL["touched"]).fetchall())
            paths = {"parts": [str(path) for path in self.parts()]}
            posts = duck.execute(_SQL["posts_gone"], paths).fetchall()[0][0] if touched else 0
            removed = Removed(posts, sum(touched.values()))
            if touched and not dry_run:
                manifests.write(self._manifest, self._without(duck, before, touched, removed))
                self._remove_orphans(wait=wait)
        return removed

    def _without(
        self, duck: duckdb.DuckDBPyConnection, before: Manifest, touched: dict[str, int], removed: Removed
    ) -> Manifest:
        """The parts rewritten that lose rows or change; the manifest that names them."""
        parts, number = [], before.sequence
        for part in before.parts:
            path = str(self._parts / part.file)
            kept = part.rows - touched.get(path, 0)
            if path not in touched:
                parts.append(part)
            elif kept:
                number += 1
                made = Part(f"{part.month}/{number:08d}.parquet", part.month, kept)
                self._write(duck, "without", made, {"part": path})
                parts.append(made)
        return msgspec.structs.replace(
            before,
            sequence=number,
            posts=before.posts - removed.posts,
            observations=before.observations - removed.observations,
            parts=tuple(parts),
            removals=before.removals + 1,
        )

    @contextmanager
    def _changing(self, doing: str) -> Iterator[None]:
        with exclusive(self._writing, doing):
            for folder in (self._parts, self.inbox.folder):
                folder.mkdir(parents=True, exist_ok=True)
            sweep(self.inbox.folder)
            sweep(self.folder)
            self._remove_orphans()
            yield

    @contextmanager
    def _duckdb(self, *, clean: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """`clean`: without what killed processes had spilled; only for who may change the facts."""
        scratch = self.folder / "scratch"
        if clean:
            rmtree(scratch, ignore_errors=True)
        with connection(scratch, self._threads, self._memory) as duck:
            yield duck

    def _not_yet_drained(self) -> list[tuple[str, Path]]:
        """The waiting batches; those that a crash left after they were taken are removed."""
        taken = set(self.snapshot().batches)
        waiting = self.inbox.waiting()
        for batch in taken & waiting.keys():
            waiting.pop(batch).unlink()
        return list(waiting.items())

    def _take(self, duck: duckdb.DuckDBPyConnection, group: list[tuple[str, Path]]) -> DrainResult:
        before = self.snapshot()
        self._stage(duck, [path for _, path in group])
        if before.parts:
            duck.execute(_SQL["know"], {"parts": [str(self._parts / part.file) for part in before.parts]})
        else:
            duck.execute(_SQL["know_nothing"])
        duck.execute(_SQL["pick"])
        forgotten = self._strike(duck)
        rows, fresh, posts = duck.execute(_SQL["tally"]).fetchall()[0]
        parts = self._file(duck, before.sequence)
        after = msgspec.structs.replace(
            before,
            sequence=before.sequence + len(parts),
            posts=before.posts + posts,
            observations=before.observations + fresh,
            parts=before.parts + tuple(parts),
            batches=before.batches + tuple(batch for batch, _ in group),
        )
        manifests.write(self._manifest, after)
        for _, path in group:
            path.unlink()
        return DrainResult(posts, fresh, rows - fresh - forgotten, len(group), forgotten)

    def _strike(self, duck: duckdb.DuckDBPyConnection) -> int:
        """Drop what was forgotten from what is fresh; how many rows."""
        forgotten = read_forgotten(self._home)
        if not forgotten:
            return 0
        duck.execute(_SQL["uncredit"], forgotten.values)
        return len(duck.execute(_SQL["strike"], forgotten.values).fetchall())

    def _stage(self, duck: duckdb.DuckDBPyConnection, files: list[Path]) -> None:
        try:
            values = {"files": [str(path) for path in files], "columns": FACT_COLUMNS}
            duck.execute(_SQL["stage"], values)
        except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException) as error:
            raise Corrupt("a batch in the inbox of the facts cannot be read", why=str(error)) from error

    def _file(self, duck: duckdb.DuckDBPyConnection, sequence: int) -> list[Part]:
        """Write what is fresh, one part a month."""
        parts = []
        for number, (month, rows) in enumerate(duck.execute(_SQL["months"]).fetchall(), sequence + 1):
            part = Part(f"{month}/{number:08d}.parquet", month, rows)
            self._write(duck, "file", part, {"month": month})
            parts.append(part)
        return parts

    def _merge(self, duck: duckdb.DuckDBPyConnection, month: str, parts: list[Part]) -> None:
        before = self.snapshot()
        number = before.sequence + 1
        merged = Part(f"{month}/{number:08d}.parquet", month, sum(part.rows for part in parts))
        self._write(duck, "merge", merged, {"parts": [str(self._parts / part.file) for part in parts]})
        kept = tuple(part for part in before.parts if part not in parts)
        manifests.write(
            self._manifest, msgspec.structs.replace(before, sequence=number, parts=(*kept, merged))
        )

    def _write(
        self, duck: duckdb.DuckDBPyConnection, statement: str, part: Part, values: dict[str, object]
    ) -> None:
        path = self._parts / part.file
        path.parent.mkdir(exist_ok=True)
        duck.execute(_SQL[statement], {**values, "path": str(path)})
        for written in (path, path.parent, self._parts):
            sync(written)

    def _remove_orphans(self, *, wait: bool = False) -> None:
        """Remove the parts that the manifest does not name, unless somebody may still read them."""
        with alone(self._reading, wait=wait) as nobody_reads:
            if nobody_reads:
                named = set(self.parts())
                for path in self._parts.glob("*/*"):
                    if path not in named:
                        path.unlink()
