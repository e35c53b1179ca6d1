"""The store of observations: drains the inbox into Parquet parts, each row once, and tells which parts count.

A drain writes parts, then the manifest that names them, then removes the batches: a crash between any two
steps loses nothing and doubles nothing. DuckDB runs only inside these calls.
Damaged parts and batches are set aside, and the rest goes on: see parts.py and repair.py.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path

import duckdb
import msgspec

from trendwire.domain.posts import FACT_COLUMNS, SAID_COLUMNS
from trendwire.facts import inbox as batches
from trendwire.facts import manifest as manifests
from trendwire.facts.checksums import Checksum, checksum_of
from trendwire.facts.damaged import Note
from trendwire.facts.forgotten import Forgotten
from trendwire.facts.forgotten import read as read_forgotten
from trendwire.facts.manifest import Manifest, Part
from trendwire.facts.parts import SQL, PartStore, readable

Progress = Callable[[str, float], None]
"""Told the stage and how much of it is done, 0 to 1."""

BATCHES_AT_ONCE = 16
"""Batches drained in one step: what is held in memory, and the least that a crash repeats."""


_SAID: dict[str, object] = {"said": list(SAID_COLUMNS)}


class DrainResult(msgspec.Struct, frozen=True):
    """`batches` taken; of their rows those new, those known before, and those dropped because they were
    forgotten; and the posts new with them. `damaged`: files of batches and parts that were set aside.
    """

    posts_new: int = 0
    observations_new: int = 0
    duplicates: int = 0
    batches: int = 0
    forgotten: int = 0
    damaged: tuple[str, ...] = ()

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


class FactStore(PartStore):
    """The observations in the data folder `home`."""

    def drain(self, progress: Progress = silent) -> DrainResult:
        """Take all waiting batches; damaged ones are set aside. Conflict if another process is at it."""
        total, known = DrainResult(), {note.file for note in self.damaged.notes()}
        with self._changing("draining the inbox"):
            waiting = self._sound_batches(self._not_yet_drained())
            with self._duckdb() as duck:
                for done, group in _groups(waiting):
                    progress("store", done / len(waiting))
                    total += self._take(duck, group)
        progress("store", 1.0)
        found = tuple(note.file for note in self.damaged.notes() if note.file not in known)
        return msgspec.structs.replace(total, damaged=found)

    def compact(self, least: int = 8) -> int:
        """Merge the parts of each month that has at least `least` (2 or more) of them; the parts saved. Parts
        without checksums get theirs.
        """
        saved = 0
        with self._changing("compacting the facts"), self._duckdb() as duck:
            self._seal(duck)
            by_month = defaultdict(list)
            for part in self.snapshot().parts:
                by_month[part.month].append(part)
            for month, told in by_month.items():
                parts = self._sound_now(told) if len(told) >= least else []
                if parts:
                    self._merge(duck, month, parts)
                    saved += len(parts) - 1
            self._remove_orphans()
        return saved

    def seal(self) -> int:
        """Give parts of version 1 their checksums, after reading all of each; how many."""
        with self._changing("sealing the facts"), self._duckdb() as duck:
            return self._seal(duck)

    def take_back(self, path: Path, note: Note) -> None:
        """Store the rows of a part that was set aside, each once; it is damaged no longer."""
        with self._changing("recovering facts"), self._duckdb() as duck:
            duck.execute(SQL["stage_tables"], {"files": [str(path)], "columns": list(FACT_COLUMNS)})
            self._store(duck, ())
            before = self.snapshot()
            left = tuple(one for one in before.damaged if f"parts/{one.part.file}" != note.file)
            manifests.write(self._manifest, msgspec.structs.replace(before, damaged=left))

    def accept_loss(self) -> None:
        """The manifest says no longer that parts are missing."""
        with self._changing("accepting a loss"):
            if self.snapshot().damaged:
                manifests.write(self._manifest, msgspec.structs.replace(self.snapshot(), damaged=()))

    def told_of(self, forgotten: Forgotten) -> list[Told]:
        """What is stored of those that were forgotten, each once."""
        with self.reading() as parts, self._duckdb() as duck:
            if not parts:
                return []
            duck.execute(
                SQL["doomed_forgotten"], {"parts": [str(path) for path in parts], **forgotten.values}
            )
            return msgspec.convert(duck.execute(SQL["told"]).fetchall(), list[Told])

    def forget(self, forgotten: Forgotten, *, dry_run: bool = False) -> Removed:
        """Remove all that is stored of them; waits for readers: the files are gone when it returns."""
        return self._remove("doomed_forgotten", forgotten.values, wait=True, dry_run=dry_run)

    def remove_older(self, before: int) -> Removed:
        """Remove the rows of posts created before that moment (Unix seconds)."""
        return self._remove("doomed_older", {"before": before}, wait=False, dry_run=False)

    def _remove(self, which: str, values: dict[str, object], *, wait: bool, dry_run: bool) -> Removed:
        with self._changing("removing facts", again=True), self._duckdb(clean=wait) as duck:
            before = self.snapshot()
            if not before.parts:
                return Removed()
            duck.execute(SQL[which], {"parts": [str(path) for path in self.parts()], **values})
            touched: dict[str, int] = dict(duck.execute(SQL["touched"]).fetchall())
            paths = {"parts": [str(path) for path in self.parts()]}
            posts = duck.execute(SQL["posts_gone"], paths).fetchall()[0][0] if touched else 0
            removed = Removed(posts, sum(touched.values()))
            if touched and not dry_run:
                manifests.write(self._manifest, self._without(duck, before, touched, removed))
                self._remove_orphans(wait=wait)
        return removed

    def _without(
        self, duck: duckdb.DuckDBPyConnection, before: Manifest, touched: dict[str, int], removed: Removed
    ) -> Manifest:
        """The parts rewritten that lose rows or change; the manifest that names them."""
        parts, number, checksums = [], before.sequence, dict(before.checksums)
        for part in before.parts:
            path = str(self._parts / part.file)
            kept = part.rows - touched.get(path, 0)
            if path not in touched:
                parts.append(part)
            elif kept:
                number += 1
                made = Part(f"{part.month}/{number:08d}.parquet", part.month, kept)
                checksums[made.file] = self._write(duck, "without", made, _SAID | {"part": path})
                parts.append(made)
        return msgspec.structs.replace(
            before,
            sequence=number,
            posts=before.posts - removed.posts,
            observations=before.observations - removed.observations,
            parts=tuple(parts),
            checksums=checksums,
            removals=before.removals + 1,
        )

    def _sound_batches(self, waiting: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
        """Those that are what was written; the others are set aside."""
        faults = {batch: reason for batch, path in waiting if (reason := batches.fault(path)) is not None}
        for batch, reason in faults.items():
            self.inbox.set_aside(batch, reason)
        return [one for one in waiting if one[0] not in faults]

    def _seal(self, duck: duckdb.DuckDBPyConnection) -> int:
        """Checksums for the parts that have none and can be read, with as many rows as the manifest says."""
        manifest = self.snapshot()
        bare = [part for part in manifest.parts if part.file not in manifest.checksums]
        if not bare and manifest.version == manifests.VERSION:
            return 0
        faults = {part: reason for part in bare if (reason := self._unread(duck, part)) is not None}
        made = {part.file: checksum_of(self._parts / part.file) for part in bare if part not in faults}
        sealed = msgspec.structs.replace(manifest, checksums=manifest.checksums | made)
        manifests.write(self._manifest, sealed)
        self._set_aside(faults)
        return len(made)

    def _unread(self, duck: duckdb.DuckDBPyConnection, part: Part) -> str | None:
        """Why a part without a checksum cannot be read to its end, None where it can."""
        try:
            found = duck.execute(SQL["count_rows"], {"parts": [str(self._parts / part.file)]}).fetchall()
        except duckdb.Error as error:
            return f"it cannot be read: {error}"
        rows = found[0][1] if found else 0
        return None if rows == part.rows else f"it has {rows:,} rows where {part.rows:,} were written"

    def _not_yet_drained(self) -> list[tuple[str, Path]]:
        """The waiting batches; those that a crash left after they were taken are removed."""
        taken = set(self.snapshot().batches)
        waiting = self.inbox.waiting()
        for batch in taken & waiting.keys():
            waiting.pop(batch).unlink()
        return list(waiting.items())

    def _take(self, duck: duckdb.DuckDBPyConnection, group: list[tuple[str, Path]]) -> DrainResult:
        """Store some batches; one that holds no observations is found out by taking them one by one."""
        files = [str(path) for _, path in group]
        try:
            if batches.is_table(group[0][1]):
                duck.execute(SQL["stage_tables"], {"files": files, "columns": list(FACT_COLUMNS)})
            else:
                duck.execute(SQL["stage"], {"files": files, "columns": FACT_COLUMNS})
        except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.BinderException) as error:
            if len(group) > 1:
                return sum((self._take(duck, [one]) for one in group), DrainResult())
            self.inbox.set_aside(group[0][0], f"it holds what is no observation: {error}")
            return DrainResult()
        stored = self._store(duck, [batch for batch, _ in group])
        for _, path in group:
            path.unlink()
        return stored

    def _store(self, duck: duckdb.DuckDBPyConnection, taken: Sequence[str]) -> DrainResult:
        """Make parts of what is staged of these batches, and the manifest that names them."""
        before = self.snapshot()
        self._know(duck, [str(self._parts / part.file) for part in before.parts])
        repeated = duck.execute(SQL["pick"]).fetchall()[0][0]
        forgotten = self._strike(duck)
        fresh, posts = duck.execute(SQL["tally"]).fetchall()[0]
        parts = self._file(duck, before.sequence)
        after = msgspec.structs.replace(
            before,
            sequence=before.sequence + len(parts),
            posts=before.posts + posts,
            observations=before.observations + fresh,
            parts=before.parts + tuple(parts),
            batches=before.batches + tuple(taken),
            checksums=before.checksums | {part.file: checksum for part, checksum in parts.items()},
        )
        manifests.write(self._manifest, after)
        return DrainResult(posts, fresh, repeated, len(taken), forgotten)

    def _know(self, duck: duckdb.DuckDBPyConnection, parts: list[str]) -> None:
        """Find the staged rows that repeat others or what is stored."""
        with readable():
            duck.execute(SQL["know" if parts else "know_nothing"], {"parts": parts} if parts else None)
            duck.execute(SQL["meet"])
            duck.execute(SQL["suspect"])
            if duck.execute(SQL["meets_stored"]).fetchall() == [(True,)]:
                duck.execute(SQL["suspect_stored"], {"parts": parts})
            duck.execute(SQL["repeat"], _SAID)

    def _strike(self, duck: duckdb.DuckDBPyConnection) -> int:
        """Drop what was forgotten from what is staged; how many rows."""
        forgotten = read_forgotten(self._home)
        if not forgotten:
            return 0
        duck.execute(SQL["uncredit"], forgotten.values | _SAID)
        return len(duck.execute(SQL["strike"], forgotten.values).fetchall())

    def _file(self, duck: duckdb.DuckDBPyConnection, sequence: int) -> dict[Part, Checksum]:
        """Write what is fresh, one part a month."""
        parts = {}
        for number, (month, rows) in enumerate(duck.execute(SQL["months"]).fetchall(), sequence + 1):
            part = Part(f"{month}/{number:08d}.parquet", month, rows)
            parts[part] = self._write(duck, "file", part, {"month": month})
        return parts

    def _merge(self, duck: duckdb.DuckDBPyConnection, month: str, parts: list[Part]) -> None:
        before = self.snapshot()
        number = before.sequence + 1
        merged = Part(f"{month}/{number:08d}.parquet", month, sum(part.rows for part in parts))
        paths = [str(self._parts / part.file) for part in parts]
        checksum = self._write(duck, "merge", merged, {"parts": paths})
        after = msgspec.structs.replace(
            before,
            sequence=number,
            parts=(*(part for part in before.parts if part not in parts), merged),
            checksums=before.checksums | {merged.file: checksum},
        )
        manifests.write(self._manifest, after)


def _groups(waiting: list[tuple[str, Path]]) -> Iterator[tuple[int, list[tuple[str, Path]]]]:
    """Batches of one kind that are taken together, with the number of those before them."""
    done = 0
    for _, same in groupby(sorted(waiting, key=_is_table), _is_table):
        while group := list(islice(same, BATCHES_AT_ONCE)):
            yield done, group
            done += len(group)


def _is_table(waiting: tuple[str, Path]) -> bool:
    return batches.is_table(waiting[1])
