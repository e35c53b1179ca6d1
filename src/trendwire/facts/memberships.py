"""Published chart membership: which subjects stood in which chart of which day, kept for ever.

One Parquet file per `as_of`, named by a manifest. Publishing a day again replaces its file.
"""

import hashlib
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import msgspec

from trendwire.errors import Corrupt
from trendwire.facts.duck import connection
from trendwire.facts.durable import exclusive, sweep, write_whole
from trendwire.statements import named

_SQL = named(__package__, "memberships.sql")

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


class _Manifest(msgspec.Struct, frozen=True):
    version: int = 1
    published: tuple[Published, ...] = ()


class Memberships:
    """The memberships in the data folder `home`."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "facts" / "memberships"
        self._manifest = self._folder / "manifest.json"

    def records(self) -> tuple[Published, ...]:
        """One record for each day published, ascending by day."""
        try:
            return msgspec.json.decode(self._manifest.read_bytes(), type=_Manifest).published
        except FileNotFoundError:
            return ()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Corrupt(
                "the manifest of the memberships cannot be read", path=str(self._manifest)
            ) from error

    def paths(self, before: date) -> list[Path]:
        """The files of all days before that one, ascending by day."""
        return [self._folder / record.file for record in self.records() if record.as_of < before]

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
        self._folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._folder, prefix="rows-") as scratch:
            lines = Path(scratch, "rows.ndjson")
            lines.write_bytes(b"\n".join(msgspec.json.encode(row) for row in rows))
            parquet = Path(scratch, "rows.parquet")
            with self._duckdb() as duck:
                values = {"rows": str(lines), "columns": MEMBERSHIP_COLUMNS, "path": str(parquet)}
                duck.execute(_SQL["write"], values)
            return self.adopt(as_of, number, parquet)

    def _record(self, record: Published) -> None:
        others = [kept for kept in self.records() if kept.as_of != record.as_of]
        published = tuple(sorted([*others, record], key=lambda kept: kept.as_of))
        write_whole(self._manifest, msgspec.json.encode(_Manifest(published=published)))

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
