"""A backup of a home holds everything that was acknowledged before it began, whatever happens meanwhile."""

import asyncio
import io
import stat
import tarfile
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

import msgspec
import pytest

from tests.accounts.moments import START, books
from tests.backups.conftest import VERSION, names, once_at, restored, take
from tests.editions import told
from tests.furnished import AT, CALLS, COST, CREDITS, LAST_DAY, PUSHED, RECORDED, push, settings_of
from tests.serving import running
from tests.small_world import silent
from trendwire import backups, pipeline
from trendwire.accounts.operations import ListAccounts
from trendwire.backups.places import LEFT_OUT
from trendwire.dialects.catalog import ENDPOINTS
from trendwire.editions import Editions
from trendwire.errors import Conflict, InvalidInput, NotReady
from trendwire.facts.memberships import Memberships
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore
from trendwire.facts.zstd import zstd

MOMENTS = 21
"""How often a backup of a furnished home tells how much is done: after each file."""

ENDPOINT = ENDPOINTS[0]


def left_out(name: str) -> bool:
    path = Path(name)
    places = [place.as_posix() for place in (path, *path.parents)]
    return any(fnmatchcase(place, pattern) for place in places for pattern in LEFT_OUT)


def test_every_file_of_a_home_is_in_its_backup(home: Path, tmp_path: Path) -> None:
    """To the byte, with its mode and time, also one that nobody knows; but for what belongs to processes."""
    ours = ("state/columns", "scratch-x/y", "facts/scratch/z", "facts/.x.01.part", "run.lock")
    for name in ("incoming/posts.json", *ours):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(name)
    whole = {name for name in names(home) if not left_out(name)}
    assert {"incoming/posts.json", "facts/forgotten.json", "console.sqlite"} <= whole
    assert whole.isdisjoint(ours)
    after = tmp_path / "after"
    backups.restore(str(take(home, tmp_path / "file")), after, START, silent, verified=False)
    assert names(after) == whole
    for name in whole - {"accounts.sqlite"}:  # SQLite counts in a file that it was copied
        assert (after / name).read_bytes() == (home / name).read_bytes(), name
    for name in whole - {path for path in whole if path.endswith(".sqlite")}:
        assert (after / name).stat().st_mode == (home / name).stat().st_mode, name
        assert int((after / name).stat().st_mtime) == int((home / name).stat().st_mtime), name
    assert stat.S_IMODE((after / "accounts.sqlite").stat().st_mode) == 0o600


def test_it_is_a_tar_that_others_read(file: Path, home: Path) -> None:
    data = zstd.decompress(file.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        inside = {one.name for one in tar.getmembers()}
        manifest = tar.extractfile("manifest.json")
        catalog = tar.extractfile("home/editions/catalog.json")
        assert manifest is not None
        assert catalog is not None
        told_of = msgspec.json.decode(manifest.read())
        assert catalog.read() == (home / "editions" / "catalog.json").read_bytes()
    assert inside == {f"home/{one['path']}" for one in told_of["files"]} | {"manifest.json"}
    assert (told_of["made_by"], told_of["created_at"]) == (VERSION, "2025-09-29T12:00:00Z")


def test_it_is_for_its_owner_alone_and_replaces_nothing_unasked(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "file"
    done = backups.backup(home, str(file), AT, VERSION, silent)
    assert (stat.S_IMODE(file.stat().st_mode), done.bytes) == (0o600, file.stat().st_size)
    before = file.read_bytes()
    with pytest.raises(Conflict, match="--force"):
        take(home, file)
    assert file.read_bytes() == before
    backups.backup(home, str(file), AT, "another", silent, replace=True)
    assert file.read_bytes() != before
    assert [path.name for path in file.parent.iterdir()] == ["file"]


def test_where_it_must_not_go_is_said(home: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="outside the home"):
        take(home, home / "backups" / "file")
    for place in (tmp_path, Path("/dev/null")):
        with pytest.raises(InvalidInput, match="plain file"):
            backups.backup(home, str(place), AT, VERSION, silent, replace=True)
    with pytest.raises(NotReady, match="no home"):
        take(tmp_path / "nowhere", tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_what_fails_half_way_leaves_nothing(home: Path, tmp_path: Path) -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    (tmp_path / "to").mkdir()
    with pytest.raises(KeyboardInterrupt):
        take(home, tmp_path / "to" / "file", once_at(9, fail)[0])
    assert list((tmp_path / "to").iterdir()) == []
    assert not list(home.glob(".backup*"))


def test_half_lines_of_others_stay_out(home: Path, tmp_path: Path) -> None:
    """A row of the quarantine that is being written, a line of the journal that a crash cut."""
    for name in ("ingests.ndjson", "quarantine/now.ndjson", "quarantine/begun.ndjson"):
        with (home / "facts" / name).open("ab") as file:
            file.write(b"" if "begun" in name else b'{"whole":1}\n')
            file.write(b'{"half":"' + b"x" * 9000)
    before = (home / "facts" / "ingests.ndjson").read_bytes()
    after = restored(take(home, tmp_path / "file")) / "facts"
    assert (after / "ingests.ndjson").read_bytes() == before[: before.rindex(b"\n") + 1]
    assert (after / "quarantine" / "now.ndjson").read_bytes() == b'{"whole":1}\n'
    assert (after / "quarantine" / "begun.ndjson").read_bytes() == b""


def stored_and_merged(home: Path) -> None:
    """What waited is in the parts, which have other names, all of them."""
    FactStore(home).drain()
    push(home, "while it is taken", {"id": str((1_758_900_000 << 32) + 99)})
    FactStore(home).drain()
    FactStore(home).compact(least=2)


def published(home: Path) -> None:
    """The oldest edition is pruned, the file of a day is another, and a recorded chart is there once more."""
    told.append(home, told.chart(told.rows("c"), as_of=LAST_DAY, region=RECORDED, period=30))
    pipeline.publish(settings_of(home), LAST_DAY, silent)


@pytest.mark.parametrize("moment", range(2, MOMENTS, 4))
@pytest.mark.parametrize("meanwhile", [stored_and_merged, published])
def test_nothing_is_missing_whatever_happens_meanwhile(
    home: Path, tmp_path: Path, meanwhile: Callable[[Path], None], moment: int
) -> None:
    check_through(home, tmp_path / "file", meanwhile, moment)


def check_through(home: Path, file: Path, meanwhile: Callable[[Path], None], moment: int) -> None:
    """That a backup holds what there was when it began, although something happens at a moment of it."""
    batches, posts = {*FactStore(home).inbox.waiting()}, FactStore(home).snapshot().posts
    current, days = Editions(home).current().record, [one.as_of for one in Memberships(home).records()]
    progress, heard = once_at(moment, lambda: meanwhile(home))
    after = restored(take(home, file, progress))
    assert len(heard) > moment
    store = FactStore(after)
    assert batches <= {*store.inbox.waiting(), *store.snapshot().batches}
    store.drain()
    assert store.snapshot().posts >= posts + PUSHED
    assert Editions(after).at(current.number).record == current
    assert [one.as_of for one in Memberships(after).records()] == days
    assert len(list(Recorded(after).charts())) >= 1
    assert pipeline.publish(settings_of(after), LAST_DAY, silent).number > current.number


def test_a_push_that_was_not_stored_yet_is_not_known_as_one_that_was(home: Path, tmp_path: Path) -> None:
    """Whatever the moment: if it is sent again, its rows are there in the end."""
    before = FactStore(home).snapshot().posts + PUSHED
    for nth, moment in enumerate(range(8, 16), 1):
        name, post = f"push {moment}", {"id": str((1_758_900_000 << 32) + 500 + moment)}
        progress, _ = once_at(moment, partial(push, home, name, post))
        after = restored(take(home, tmp_path / f"file{moment}", progress))
        push(after, name, post)
        for one in (after, home):
            FactStore(one).drain()
        assert FactStore(after).snapshot().posts == before + nth


def test_a_server_answers_and_charges_all_the_while(home: Path, key: str, tmp_path: Path) -> None:
    with running(home) as server:
        place = ENDPOINT.dialect.credential

        def ask() -> int:
            asked = Request(server.url + ENDPOINT.path, headers={place.header: place.written(key)})
            with urlopen(asked) as reply:
                return int(reply.status)

        assert [ask() for _ in range(4)] == [200] * 4
        statuses: list[int] = []
        take(home, tmp_path / "file", lambda _stage, _share: statuses.append(ask()))
        during = len(statuses)
        assert statuses == [200] * during
    after = restored(tmp_path / "file")
    spent = CREDITS - CALLS * COST - _balance(after)
    assert 4 * COST <= spent <= (4 + during) * COST
    assert _balance(home) == CREDITS - COST * (CALLS + 4 + during)


def _balance(home: Path) -> int:
    async def asked() -> int:
        async with books(home) as opened:
            (account,) = await opened.desk.do(ListAccounts(), START)
            return account.balance

    return asyncio.run(asked())


def test_a_forgotten_person_is_in_the_facts_or_in_the_journal(home: Path, tmp_path: Path) -> None:
    """Never gone from the facts and free to come back."""
    name, post = "whoever", {"id": str((1_758_900_000 << 32) + 900), "username": "whoever"}
    push(home, "theirs", post)
    FactStore(home).drain()
    for moment in range(3, MOMENTS, 7):
        progress, _ = once_at(moment, lambda: pipeline.forget(settings_of(home), [name], [], silent))
        after = restored(take(home, tmp_path / f"file{moment}", progress))
        pipeline.forget(settings_of(after), [], [], silent)
        push(after, "again", post)
        FactStore(after).drain()
        pipeline.forget(settings_of(home), [], [], silent)
        assert FactStore(after).snapshot().posts == FactStore(home).snapshot().posts


def test_a_recorded_chart_that_gets_another_name_is_copied_under_it(home: Path, tmp_path: Path) -> None:
    """As where somebody in it is forgotten meanwhile; it is the second of two."""
    (chart,) = Recorded(home).charts()
    told.append(home, told.chart(told.rows("c"), as_of=LAST_DAY, region="AD"))
    folder = home / "facts" / "recorded" / RECORDED

    def replace(rows: int) -> None:
        for path in folder.iterdir():
            path.unlink()
        Recorded(home).append(msgspec.structs.replace(chart, rows=chart.rows[:rows]))

    for moment in range(6, 12):
        replace(2)
        progress, _ = once_at(moment, partial(replace, 1))
        after = restored(take(home, tmp_path / f"file{moment}", progress))
        assert RECORDED in Recorded(after).filed()


def test_a_backup_ends_however_fast_others_push(home: Path, tmp_path: Path) -> None:
    """What comes is not waited for."""
    more = iter(range(10_000))

    def pushed(_stage: str, _share: float) -> None:
        push(home, f"push {next(more)}", {"id": "1"})

    restored(take(home, tmp_path / "file", pushed))
    assert next(more) < 2 * MOMENTS
