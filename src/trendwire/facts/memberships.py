"""Published chart membership: which subjects stood in which chart of which day, kept for ever.

One Parquet file per `as_of`, named by a manifest. Publishing a day again replaces its file. A file that is
not what was written is set aside (damaged.py): its day counts as not published until that.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import msgspec

from trendwire.errors import Corrupt
from trendwire.facts.checksums import Checksum, fault, sealed
from trendwire.facts.damaged import Damaged, Note
from trendwire.facts.duck import connection
from trendwire.facts.durable import exclusive, folder_aside, sweep, write_whole
from trendwire.facts.versioned import decoded
from trendwire.statements import named

_SQL = named(__package__, "memberships.sql")

VERSION = 1

MEMBERSHIP_COLUMNS = {
    "chart_key": "VARCHAR",
    "kind": "VARCHAR",
    "period": "INTEGER",
    "region": "VARCHAR",
    "industry": "BIGINT",
    "subject": "VARCHAR",
    "rank": "INTEGER",
}
"""Column -> DuckDB type of a membership file."""


class Member(msgspec.Struct, frozen=True):
    """One row: `subject` (identity or id) stood at `rank` (from 1) in the chart."""

    chart_key: str
    kind: str
    period: int
    region: str
    industry: int
    subject: str
    rank: int


class Published(msgspec.Struct, frozen=True):
    """The membership of one day: `number` of its edition, `file` in the folder with its SHA-256 in hex."""

    as_of: date
    number: int
    file: str
    sha256: str


class Standing(msgspec.Struct, frozen=True):
    """What published days tell of some regions: `stood` holds (chart key, subject) of everybody ever charted,
    `listed` the days on the chart of one period, by (kind, region, subject).
    """

    stood: frozenset[tuple[str, str]] = frozenset()
    listed: dict[tuple[str, str, str], int] = {}


class _Manifest(msgspec.Struct, frozen=True):
    version: int = VERSION
    published: tuple[Published, ...] = ()


def listing(published: tuple[Published, ...]) -> bytes:
    """The manifest of these records, as it is stored."""
    return sealed(msgspec.json.encode(_Manifest(published=published)))


class Memberships:
    """The memberships in the data folder `home`."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "facts" / "memberships"
        self._manifest = self._folder / "manifest.json"
        self._damaged = Damaged(home)

    def records(self) -> tuple[Published, ...]:
        """One record for each day published, ascending by day."""
        try:
            data = self._manifest.read_bytes()
        except FileNotFoundError:
            return ()
        return decoded(data, _Manifest, VERSION, "the manifest of the memberships", self._manifest).published

    def paths(self, before: date) -> list[Path]:
        """The files of all days before that one, ascending by day."""
        return list(self.by_day(before).values())

    def by_day(self, before: date) -> dict[date, Path]:
        """The same; files that are not what was written are set aside and left out."""
        told = [record for record in self.records() if record.as_of < before]
        return {record.as_of: self._folder / record.file for record in told if self._is_sound(record)}

    def fault(self, record: Published, *, again: bool = False) -> str | None:
        """Why the file of a day is not what was written, None where it is. `again`: see checksums.py."""
        return fault(self._folder / record.file, Checksum(record.sha256), again=again)

    def check(self) -> None:
        """Read all files anew; those that are not what was written are set aside."""
        for record in self.records():
            self._is_sound(record, again=True)

    def accept_loss(self, files: Collection[str]) -> None:
        """Forget the days whose files, by their paths in the folder of the facts, are lost."""
        with exclusive(self._folder / "write.lock", "publishing memberships"):
            kept = tuple(one for one in self.records() if f"memberships/{one.file}" not in files)
            if kept != self.records():
                write_whole(self._manifest, listing(kept))

    def _is_sound(self, record: Published, *, again: bool = False) -> bool:
        reason = self.fault(record, again=again)
        if reason is not None and record in self.records():  # else it was published again meanwhile
            note = Note(file=f"memberships/{record.file}", reason=reason, checksum=Checksum(record.sha256))
            self._damaged.set_aside(note)
        return reason is None

    def adopt(self, as_of: date, number: int, parquet: Path) -> Published:
        """Take over the rows of a Parquet file (copied) as the membership of `as_of`, replacing what it was.

        Corrupt if the file has other columns than `MEMBERSHIP_COLUMNS`.
        """
        self._check(parquet)
        content = parquet.read_bytes()
        record = Published(as_of, number, f"{as_of}-{number}.parquet", hashlib.sha256(content).hexdigest())
        with exclusive(self._folder / "write.lock", "publishing memberships"):
            sweep(self._folder)
            write_whole(self._folder / record.file, content)
            self._record(record)
            self._remove_orphans()
        return record

    def replace(self, as_of: date, number: int, rows: Iterable[Member]) -> Published:
        """The same from rows."""
        with folder_aside(self._folder, "rows-") as scratch:
            parquet = scratch / "rows.parquet"
            self.write(parquet, rows)
            return self.adopt(as_of, number, parquet)

    def write(
        self,
        path: Path,
        rows: Iterable[Member],
        computed: Path | None = None,
        instead: Collection[str] = (),
    ) -> None:
        """Write rows to a Parquet file that can be adopted, beside those of the file `computed`, which gives
        up its own rows of the regions `instead`.
        """
        with self._duckdb() as duck:
            write_rows(duck, path, rows, computed, instead)

    def standing(self, before: date, regions: Collection[str], period: int, days: int) -> Standing:
        """What the days before `before` tell of the regions; `listed` only of the last `days` of them."""
        with self._duckdb() as duck:
            return standing_of(duck, self.by_day(before), before, regions, period, days)

    def forget(self, users: Collection[str], posts: Collection[str], *, dry_run: bool = False) -> int:
        """Remove the rows whose subject is one of these creators (in any case) or posts; how many."""
        self.check()
        sound = [record for record in self.records() if self.fault(record) is None]
        paths = {str(self._folder / record.file): record for record in sound}
        names = {"users": sorted({user.lower() for user in users}), "posts": sorted(posts)}
        if not paths:
            return 0
        with self._duckdb() as duck:
            found = duck.execute(_SQL["named"], {"paths": list(paths), **names}).fetchall()
            for path, _ in found if not dry_run else ():
                self._strike(duck, paths[path], names)
        return sum(rows for _, rows in found)

    def _strike(
        self, duck: duckdb.DuckDBPyConnection, record: Published, names: Mapping[str, list[str]]
    ) -> None:
        """Put a file without the named rows in the place of the one that is published."""
        with exclusive(self._folder / "write.lock", "publishing memberships"):
            with folder_aside(self._folder, "rows-") as scratch:
                made = scratch / "rows.parquet"
                path = str(self._folder / record.file)
                duck.execute(_SQL["strike_members"], {"path": path, "made": str(made), **names})
                content = made.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            file = f"{record.as_of}-{record.number}-{digest[:8]}.parquet"
            write_whole(self._folder / file, content)
            self._record(Published(record.as_of, record.number, file, digest))
            self._remove_orphans()

    def _record(self, record: Published) -> None:
        others = [kept for kept in self.records() if kept.as_of != record.as_of]
        published = tuple(sorted([*others, record], key=lambda kept: kept.as_of))
        write_whole(self._manifest, listing(published))

    def _check(self, parquet: Path) -> None:
        try:
            with self._duckdb() as duck:
                shape = duck.execute(_SQL["shape"], {"path": str(parquet)}).fetchall()
        except duckdb.Error as error:
            raise Corrupt("a membership file cannot be read", path=str(parquet)) from error
        if {column[0] for column in shape} != set(MEMBERSHIP_COLUMNS):
            raise Corrupt("a membership file has other columns than it must", path=str(parquet))

    def _duckdb(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return connection(self._folder / "scratch", threads=1, memory="512MB")

    def _remove_orphans(self) -> None:
        named = {record.file for record in self.records()}
        for path in self._folder.glob("*.parquet"):
            if path.name not in named:
                path.unlink()


def write_rows(
    duck: duckdb.DuckDBPyConnection,
    path: Path,
    rows: Iterable[Member],
    computed: Path | None = None,
    instead: Collection[str] = (),
) -> None:
    """See `Memberships.write`."""
    lines = path.with_suffix(".ndjson")
    lines.write_bytes(b"\n".join(msgspec.json.encode(row) for row in rows))
    values: dict[str, object] = {"rows": str(lines), "columns": MEMBERSHIP_COLUMNS, "path": str(path)}
    if computed is not None:
        values |= {"computed": str(computed), "regions": sorted(instead)}
    duck.execute(_SQL["write" if computed is None else "combine"], values)


def standing_of(
    duck: duckdb.DuckDBPyConnection,
    published: Mapping[date, Path],
    before: date,
    regions: Collection[str],
    period: int,
    days: int,
) -> Standing:
    """See `Memberships.standing`. `published`: the file of each day; days from `before` on are left out."""
    paths = {as_of: str(path) for as_of, path in published.items() if as_of < before}
    if not paths or not regions:
        return Standing()
    recent = [path for as_of, path in paths.items() if as_of > before - timedelta(days=days)]
    values: dict[str, object] = {"regions": sorted(regions)}
    stood = duck.execute(_SQL["stood"], values | {"paths": list(paths.values())}).fetchall()
    told = {"paths": recent, "period": period}
    listed = duck.execute(_SQL["listed"], values | told).fetchall() if recent else []
    return Standing(frozenset(stood), {(kind, region, who): n for kind, region, who, n in listed})
