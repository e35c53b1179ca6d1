"""The parts: which Parquet files are the facts, who may read and change them, and whether they are what was
written.

A part is held against its checksum before a process reads it first, and again before it is rewritten. One
that is not what was written is set aside (damaged.py), the manifest no longer counts it, the rest goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

import duckdb
import msgspec

from trendwire.domain import posts
from trendwire.domain.posts import SAID_COLUMNS
from trendwire.errors import Corrupt
from trendwire.facts import manifest as manifests
from trendwire.facts.checksums import Checksum, checksum_of, fault
from trendwire.facts.damaged import Damaged, Note
from trendwire.facts.duck import connection
from trendwire.facts.durable import alone, exclusive, make_folder, make_private, shared, sweep, sync
from trendwire.facts.inbox import Inbox
from trendwire.facts.manifest import Damage, Manifest, Part
from trendwire.statements import named

SQL = named(__package__, "store.sql")

_SAID = f"STRUCT({', '.join(f'{column} {kind}' for column, kind in SAID_COLUMNS.items())})"


class PartStore:
    """The parts in the data folder `home`. `memory` and `threads` bound DuckDB."""

    def __init__(self, home: Path, *, threads: int = 2, memory: str = "2GB") -> None:
        self._home, self.folder = home, home / "facts"
        self.inbox, self.damaged = Inbox(home), Damaged(home)
        self.parts_folder = self._parts = self.folder / "parts"
        self._manifest = self.folder / "manifest.json"
        self.scratch = self.folder / "scratch"
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
    def opened(self) -> Iterator[Manifest]:
        """The manifest: its parts are what was written, and none of them is removed meanwhile.

        One that is not is set aside first. Conflict where another process stores facts just then.
        """
        while True:
            with shared(self._reading):
                manifest = self.snapshot()
                if not self.faults(manifest):
                    yield manifest
                    return
            with self._changing("setting damaged facts aside"):
                pass

    @contextmanager
    def reading(self) -> Iterator[list[Path]]:
        """The files of the parts of the same."""
        with self.opened() as manifest:
            yield [self._parts / part.file for part in manifest.parts]

    def faults(self, manifest: Manifest, *, again: bool = False, quick: bool = False) -> dict[Part, str]:
        """The parts that are not what was written, and why. `again`, `quick`: see checksums.py."""
        told = (
            (
                part,
                fault(self._parts / part.file, manifest.checksums.get(part.file), again=again, quick=quick),
            )
            for part in manifest.parts
        )
        return {part: reason for part, reason in told if reason is not None}

    def check(self) -> None:
        """Read all parts anew; those that are not what was written are set aside."""
        if self.faults(self.snapshot(), again=True):
            with self._changing("setting damaged facts aside"):
                pass

    def count(self) -> int:
        """Read every row there is; how many observations. Corrupt where a part cannot be read, or has other
        rows than the manifest says.
        """
        with self.reading() as parts, self._duckdb() as duck:
            told = {str(self._parts / part.file): part.rows for part in self.snapshot().parts}
            try:
                found = duck.execute(SQL["count_rows"], {"parts": list(told)}).fetchall() if parts else []
            except duckdb.Error as error:
                raise Corrupt("a part of the facts cannot be read", why=str(error)) from error
        if {path: rows for path, rows, _ in found} != told:
            raise Corrupt("a part of the facts has other rows than the manifest says")
        return sum(told.values())

    @contextmanager
    def _changing(self, doing: str, *, again: bool = False) -> Iterator[None]:
        """`again`: parts are read anew, because they are to be rewritten."""
        with exclusive(self._writing, doing):
            make_private(self.folder)
            for folder in (self._parts, self.inbox.folder):
                make_folder(folder)
            sweep(self.inbox.folder)
            sweep(self.folder)
            self._set_aside(self.faults(self.snapshot(), again=again))
            self._remove_orphans()
            yield

    def _set_aside(self, faults: Mapping[Part, str]) -> None:
        """The manifest no longer counts these parts; it still says that they are missing. What came in
        batches may come again: their ids are no longer known.
        """
        if not faults:
            return
        before = self.snapshot()
        for part, reason in faults.items():
            checksum = before.checksums.get(part.file)
            note = Note(file=f"parts/{part.file}", reason=reason, rows=part.rows, checksum=checksum)
            self.damaged.keep(note)
        kept = tuple(part for part in before.parts if part not in faults)
        after = msgspec.structs.replace(
            before,
            posts=self._count_posts(kept),
            observations=sum(part.rows for part in kept),
            parts=kept,
            batches=(),
            removals=before.removals + 1,
            damaged=(*before.damaged, *(Damage(part, reason) for part, reason in faults.items())),
        )
        manifests.write(self._manifest, after)
        self._remove_orphans()

    def _count_posts(self, parts: Sequence[Part]) -> int:
        if not parts:
            return 0
        paths = [str(self._parts / part.file) for part in parts]
        with self._duckdb() as duck, readable():
            count: int = duck.execute(SQL["count_posts"], {"parts": paths}).fetchall()[0][0]
        return count

    def _sound_now(self, parts: list[Part]) -> list[Part]:
        """Those that are still what was written; the others are set aside."""
        manifest = msgspec.structs.replace(self.snapshot(), parts=tuple(parts))
        faults = self.faults(manifest, again=True)
        self._set_aside(faults)
        return [part for part in parts if part not in faults]

    @contextmanager
    def _duckdb(self, *, clean: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """`clean`: without what killed processes had spilled; only for who may change the facts."""
        if clean:
            rmtree(self.scratch, ignore_errors=True)
        with connection(self.scratch, self._threads, self._memory) as duck:
            duck.create_function("row_key_of", _row_key_of, [_SAID], "VARCHAR")
            try:
                yield duck
            finally:
                duck.remove_function("row_key_of")  # else the function keeps the database alive

    def _write(
        self, duck: duckdb.DuckDBPyConnection, statement: str, part: Part, values: dict[str, object]
    ) -> Checksum:
        path = self._parts / part.file
        make_folder(path.parent)
        with readable():
            written = duck.execute(SQL[statement], {**values, "path": str(path)}).fetchall()[0][0]
        if written != part.rows:
            raise Corrupt(f"a part of the facts has {written:,} rows where {part.rows:,} were to be written")
        for synced in (path, path.parent, self._parts):
            sync(synced)
        return checksum_of(path)

    def _remove_orphans(self, *, wait: bool = False) -> None:
        """Remove the parts that the manifest does not name, unless somebody may still read them."""
        with alone(self._reading, wait=wait) as nobody_reads:
            if nobody_reads:
                named = set(self.parts())
                for path in self._parts.glob("*/*"):
                    if path not in named:
                        path.unlink()


def _row_key_of(row: Mapping[str, object]) -> str:
    """The key of a stored row whose columns tell all that it said."""
    return posts.key_of(row)


@contextmanager
def readable() -> Iterator[None]:
    """What DuckDB finds wrong with parts that carry no checksum yet, in words that say what to do."""
    try:
        yield
    except (duckdb.InvalidInputException, duckdb.SerializationException, duckdb.InternalException) as error:
        raise Corrupt(
            "a part of the facts cannot be read: `trendwire doctor --seal` sets it aside", why=str(error)
        ) from error
