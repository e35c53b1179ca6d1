"""One flipped bit in any file of a home: no row is lost or changed without a word.

Each file is read as a new process would read it: what this process knows of its checksums is forgotten first.
`FLIPS`: how many bits of each kind of file; a tenth of them where all of a database is read after each.
"""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import duckdb
import pytest

from tests.accounts.moments import START
from tests.furnished import LAST_DAY, Furnished, settings_of
from tests.small_world import silent
from trendwire import backups, pipeline
from trendwire.accounts.soundness import checked
from trendwire.editions import Editions
from trendwire.editions.catalog import Catalog
from trendwire.engine import checkpoint
from trendwire.errors import TrendwireError
from trendwire.facts import checksums, forgotten, inbox, quarantine
from trendwire.facts.inbox import PUSHES
from trendwire.facts.ingests import FILE, Ingests
from trendwire.facts.memberships import Memberships
from trendwire.facts.quarantine import Quarantined
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore
from trendwire.facts.zstd import zstd
from trendwire.publishing.resident import checkpoint_of
from trendwire.sources.push import _read as known_push

FLIPS = int(os.environ.get("FLIPS", "400"))

Say = Callable[[Path], object]
"""What a home says, or an error of ours. Damage that it tells by itself is an error, too."""


class Told(TrendwireError):
    """A reader told of damage, and went on."""


@pytest.fixture(scope="module")
def template(furnished: Furnished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished home with everything that is kept, details beside an edition and a state too."""
    home = tmp_path_factory.mktemp("flips") / "home"
    backups.restore(str(furnished.file), home, START, silent, verified=False)
    first = LAST_DAY - timedelta(days=1)
    list(
        pipeline.publish_range(settings_of(home), first, LAST_DAY, silent, details=pipeline.Details.RENDERED)
    )
    shutil.copytree(_waiting(furnished, home), home / "facts" / "inbox", dirs_exist_ok=True)
    return home


def _waiting(furnished: Furnished, home: Path) -> Path:
    """A folder with a batch that waits: the publishing above has taken it in."""
    again = home.with_name("again")
    backups.restore(str(furnished.file), again, START, silent, verified=False)
    return again / "facts" / "inbox"


def _rows(home: Path) -> object:
    store = FactStore(home)
    for reason in store.faults(store.snapshot()).values():
        raise Told(reason)
    paths = [str(path) for path in store.parts()]
    return duckdb.execute("select * from read_parquet($p) order by all", {"p": paths}).fetchall()


def _batches(home: Path) -> object:
    waiting = inbox.Inbox(home).waiting().values()
    for path in waiting:
        if inbox.fault(path):
            raise Told("damaged")
    return [zstd.decompress(path.read_bytes()) for path in waiting]


def _days(home: Path) -> object:
    memberships = Memberships(home)
    if any(memberships.fault(record) for record in memberships.records()):
        raise Told("damaged")
    return [path.read_bytes() for path in memberships.paths(LAST_DAY)]


def _quarantined(home: Path) -> object:
    told = Quarantined(home)
    reasons = {reason for name in told.names() for reason, _ in told.refusals(name).reasons}
    if quarantine.DAMAGED in reasons:
        raise Told("damaged")
    return [told.samples(name, None, 1000) for name in told.names()]


def _ingests(home: Path) -> object:
    if quarantine.damaged_lines(home / "facts" / FILE):
        raise Told("damaged")
    return Ingests(home).newest(1000)


def _pushes(home: Path) -> object:
    """A note that is damaged knows nothing: the rows are known by their own keys."""
    found = [known_push(path) for path in sorted((home / "facts" / PUSHES).glob("*.json"))]
    if None in found:
        raise Told("unknown")
    return found


def _editions(home: Path) -> object:
    editions = Editions(home)
    return [editions.at(one.number).content_hash for one in editions.records() if one.kept]


def _balances(home: Path) -> object:
    checked(home, START)
    with closing(sqlite3.connect(home / "accounts.sqlite")) as db:
        return db.execute("select account_id, sum(amount) from entry group by 1 order by 1").fetchall()


def _state(home: Path) -> object:
    """What a checkpoint has of the facts; its columns are those of the state then."""
    found = checkpoint.opened(checkpoint_of(home))
    if found is None:
        raise Told("no checkpoint")
    return found[1], found[0].as_of


KINDS: dict[str, tuple[str, Say]] = {
    "parts": ("facts/parts/*/*.parquet", _rows),
    "batches": ("facts/inbox/*.ndjson.zst", _batches),
    "manifest": ("facts/manifest.json", lambda home: FactStore(home).snapshot()),
    "memberships": ("facts/memberships/*.parquet", _days),
    "membership manifest": ("facts/memberships/manifest.json", lambda home: Memberships(home).records()),
    "recorded charts": ("facts/recorded/*/*.json", lambda home: list(Recorded(home).charts())),
    "quarantine": ("facts/quarantine/*.ndjson", _quarantined),
    "journal of ingests": ("facts/ingests.ndjson", _ingests),
    "notes of pushes": ("facts/pushes/*.json", _pushes),
    "journal of the forgotten": ("facts/forgotten.json", forgotten.read),
    "checkpoint": ("state/checkpoint/*", _state),
    "editions": ("editions/*.sqlite", _editions),
    "details": ("editions/*.details.sqlite", _editions),
    "secret": ("accounts.secret", _balances),
    "catalog": ("editions/catalog.json", lambda home: Catalog(home).records()),
}


def _flips(files: list[Path], seed: str, count: int) -> Iterator[tuple[Path, int]]:
    """Files, and the places of bits in them."""
    chance = random.Random(seed)
    for _ in range(count):
        path = chance.choice(files)
        yield path, chance.randrange(path.stat().st_size * 8)


def _flip(path: Path, place: int) -> Callable[[], None]:
    """Flip a bit as a disk does: size and times stay. What puts it right again."""
    good, told = path.read_bytes(), path.stat()
    bad = bytearray(good)
    bad[place // 8] ^= 1 << place % 8

    def put(data: bytes) -> None:
        path.chmod(0o644)
        path.write_bytes(data)
        path.chmod(told.st_mode)
        os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))
        checksums._DIGESTS.clear()

    put(bytes(bad))
    return partial(put, good)


def _unsaid(home: Path, pattern: str, say: Say, kind: str, count: int = FLIPS) -> tuple[list[str], int]:
    """The flips after which the home says something else without a word; how many were told."""
    files, told = [path for path in sorted(home.glob(pattern)) if path.stat().st_size], 0
    assert files, pattern
    before, wrong = say(home), []
    for path, place in _flips(files, kind, count):
        mend = _flip(path, place)
        try:
            if say(home) != before:
                wrong.append(f"{path.name} bit {place}")
        except (TrendwireError, duckdb.Error):
            told += 1
        mend()
    assert say(home) == before
    return wrong, told


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_is_lost_or_changed_without_a_word(kind: str, template: Path) -> None:
    wrong, told = _unsaid(template, *KINDS[kind], kind)
    assert wrong == []
    assert told > FLIPS // 2


def test_no_balance_changes_without_a_word(template: Path) -> None:
    """SQLite has no checksums: its look at every page and the sums of the ledger hold balances alone."""
    assert _unsaid(template, "accounts.sqlite", _balances, "accounts")[0] == []


def test_a_backup_is_refused_or_the_same(furnished: Furnished, tmp_path: Path) -> None:
    file = Path(shutil.copy2(furnished.file, tmp_path / "file"))

    def say(_home: Path) -> object:
        done = backups.check(str(file), START, silent, verified=False)
        return done.files, done.size, done.created_at, done.made_by

    assert _unsaid(tmp_path, "file", say, "backup")[0] == []
