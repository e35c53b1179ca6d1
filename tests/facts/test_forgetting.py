"""Forgetting: nothing of a user or a post is left in any file of a home, and neither comes back."""

import fcntl
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.editions.told import append, chart, row
from tests.small_world import LAST_DAY, NOON_AFTER, linked, settings_of, silent
from trendwire import pipeline
from trendwire.domain.charts import ChartKey, CreatorEntry, Kind, VideoEntry
from trendwire.editions import Editions
from trendwire.editions.document import unpack
from trendwire.errors import Conflict, NotReady
from trendwire.facts import forgotten as journal
from trendwire.facts.durable import exclusive, shared
from trendwire.facts.memberships import Memberships
from trendwire.facts.quarantine import Quarantine, Refused
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore
from trendwire.facts.terms import Terms
from trendwire.facts.zstd import zstd
from trendwire.sources.base import RowSource
from trendwire.sources.records import RecordParser


def everything(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a home, packed ones unpacked."""
    for path in sorted(home.rglob("*")):
        if path.is_file():
            name = str(path.relative_to(home))
            yield name, name.encode()
            yield name, path.read_bytes()
            yield from ((name, content) for content in _unpacked(path))


def _unpacked(path: Path) -> Iterator[bytes]:
    if path.suffix == ".parquet":
        query = "select to_json(r)::varchar from read_parquet($path) r"
        yield "\n".join(text for (text,) in duckdb.execute(query, {"path": str(path)}).fetchall()).encode()
    elif path.suffix == ".zst":
        yield zstd.decompress(path.read_bytes())
    elif path.suffix == ".sqlite":
        with sqlite3.connect(path) as connection:
            for table in ("charts", "subjects", "meta"):
                yield from (unpack(one) for (one,) in connection.execute(f"select document from {table}"))
        connection.close()


def traces(home: Path, *terms: str) -> set[str]:
    """The files that hold one of the terms, in any case."""
    wanted = [term.lower().encode() for term in terms]
    return {name for name, content in everything(home) if any(term in content.lower() for term in wanted)}


def ingest(home: Path, *rows: Mapping[str, object]) -> Any:
    source = RowSource("rows", "test", [dict(row) for row in rows])
    return pipeline.ingest_from(settings_of(home), [source], NOON_AFTER, silent)


def forget(home: Path, *users: str, posts: tuple[str, ...] = (), **told: Any) -> pipeline.Forgot:
    return pipeline.forget(settings_of(home), users, posts, silent, **told)


def query(home: Path, text: str, **values: object) -> list[tuple[Any, ...]]:
    parts = [str(part) for part in FactStore(home).parts()]
    return duckdb.execute(text, {"parts": parts, **values}).fetchall()


def posts_of(home: Path, user: str) -> list[str]:
    found = query(home, "select distinct id from read_parquet($parts) where username = $user", user=user)
    return [id_ for (id_,) in found]


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    return linked(demo_home, tmp_path / "home")


@pytest.fixture
def star(home: Path) -> str:
    """The creator at the top of the world's chart."""
    first = (Editions(home).current().chart(ChartKey(Kind.CREATOR, 7)) or ())[0]
    assert isinstance(first, CreatorEntry)
    return first.username


def test_nothing_of_a_user_is_left_in_any_file(home: Path, star: str) -> None:
    ids = posts_of(home, star)
    Path(home, "scratch-left").mkdir()
    Path(home, "scratch-left", "spill").write_text(star)
    before = traces(home, star, *ids)
    assert {name.split("/")[1] for name in before if name.startswith("facts/")} == {"parts", "memberships"}
    forgot = forget(home, f"@{star.upper()}", publish_again=True)
    assert forgot.facts.posts == len(ids) > 0
    assert forgot.facts.observations > forgot.facts.posts
    assert forgot.facts.memberships > 0
    assert set(forgot.editions) == {2, 3}
    assert forgot.published == 4
    assert traces(home, star, *ids) == set()
    assert Editions(home).current().number == 4
    assert Editions(home).current().verify()


def test_a_post_alone_leaves_its_user_be(home: Path, star: str) -> None:
    first = (Editions(home).current().chart(ChartKey(Kind.VIDEO, 7)) or ())[0]
    assert isinstance(first, VideoEntry)
    snapshot = FactStore(home).snapshot()
    forgot = forget(home, posts=(first.id,), publish_again=True)
    assert forgot.facts.posts == 1
    assert traces(home, first.id) == set()
    after = FactStore(home).snapshot()
    assert (after.posts, after.observations) == (
        snapshot.posts - 1,
        snapshot.observations - forgot.facts.observations,
    )
    assert posts_of(home, star)


def test_counts_of_the_manifest_stay_those_of_the_parts(home: Path, star: str) -> None:
    forget(home, star)
    snapshot = FactStore(home).snapshot()
    counted = query(home, "select count(distinct id), count(*) from read_parquet($parts)")
    assert counted == [(snapshot.posts, snapshot.observations)]
    assert sum(part.rows for part in snapshot.parts) == snapshot.observations


def test_without_publish_an_older_edition_serves_or_none(home: Path, star: str) -> None:
    forget(home, star)
    with pytest.raises(NotReady, match="trendwire publish"):
        Editions(home).current()
    record = pipeline.publish(settings_of(home), LAST_DAY, silent)
    assert Editions(home).current().number == record.number
    forgot = forget(home, "nobody")
    assert (forgot.editions, forgot.facts.posts) == ((), 0)
    assert Editions(home).current().number == record.number


def test_the_clean_edition_before_takes_the_place_of_one_that_is_removed(home: Path) -> None:
    row = {"id": "77", "create_time": "2025-09-28", "username": "latecomer", "view_count": 10**11}
    ingest(home, row)
    pipeline.publish(settings_of(home), LAST_DAY, silent)
    assert forget(home, "latecomer").editions == (4,)
    assert Editions(home).current().number == 3


def test_a_dry_run_counts_the_same_and_removes_nothing(home: Path, star: str) -> None:
    before = traces(home, star)
    dry = forget(home, star, dry_run=True)
    assert traces(home, star) == before
    assert journal.read(home) == journal.Forgotten()
    forgot = forget(home, star)
    assert (dry.facts, dry.editions, dry.dry_run) == (forgot.facts, forgot.editions, True)


ROW = {"id": "501", "create_time": "2025-09-20", "username": "Gone.Girl", "nickname": "Girl", "view_count": 5}


def test_what_was_forgotten_does_not_come_back(home: Path) -> None:
    ingest(home, ROW)
    forget(home, "gone.girl")
    again = ingest(
        home, ROW, ROW | {"id": "502", "username": "@GONE.girl"}, {"id": "501", "create_time": "2025-09-20"}
    )
    assert (again.posts_new, again.observations_new, again.duplicates) == (0, 0, 0)
    assert traces(home, "gone.girl") == set()
    assert ingest(home, ROW | {"id": "503", "username": "gone.girl2"}).posts_new == 1


def test_a_sound_no_longer_names_who_was_forgotten(home: Path) -> None:
    """Used by others: the sound stays, its author, title and cover go; in what comes later, too."""
    own = {"music_id": "9001", "music_author": "Girl", "music_title": "original sound - Girl"}
    other = {"id": "601", "create_time": "2025-09-20", "username": "other", **own}
    named = {"id": "602", "create_time": "2025-09-20", "music_id": "9002", "music_author": "gone.girl"}
    namesake = {"id": "603", "create_time": "2025-09-20", "music_id": "9003", "music_author": "Girl"}
    ingest(home, ROW | own, other, named, namesake)
    forget(home, "gone.girl")
    ingest(home, other | {"id": "604"}, named | {"id": "605"})
    found = query(
        home,
        "select id, music_id, music_author, music_title from read_parquet($parts)"
        " where id in ('601', '602', '603', '604', '605') order by id",
    )
    assert found == [
        ("601", "9001", None, None),
        ("602", "9002", None, None),
        ("603", "9003", "Girl", None),
        ("604", "9001", None, None),
        ("605", "9002", None, None),
    ]


def test_the_inbox_is_cleaned_too(home: Path) -> None:
    store = FactStore(home)
    store.inbox.append([RecordParser(int(NOON_AFTER.timestamp()), "test").parse(dict(ROW))])
    assert traces(home, "gone.girl")
    assert forget(home, "gone.girl").facts.posts == 1
    assert traces(home, "gone.girl") == set()


def test_refused_rows_are_removed_whatever_they_look_like(home: Path) -> None:
    rows = ['{"username":"gone.girl"', "x,Gone.Girl,y", '{"u":"\\u0067one.girl"}', "see @gone.girl."]
    kept = ["gone.girls", "xgone.girl", "nothing"]
    with Quarantine(home, "mixed") as mixed, Quarantine(home, "only") as only:
        for text in (*rows, *kept):
            mixed.add(Refused("f", 1, "is none", text))
        only.add(Refused("f", 1, "is none", rows[0]))
    ingest(home, ROW)
    assert forget(home, "gone.girl").facts.quarantined == 5
    (left,) = (home / "facts" / "quarantine").glob("*.ndjson")
    assert [json.loads(line)["row"] for line in left.read_text().splitlines()] == kept


def test_recorded_charts_name_them_no_more(home: Path) -> None:
    ingest(home, ROW | {"music_id": "9001", "music_author": "Girl"})
    hashtags = chart([row("tag", 1, creators=(("Girl", "a"), ("Other", None)))])
    sounds = chart(
        [row("9001", 1, title="t", author="x"), row("1", 2, author="gone.girl", title="t")], kind=Kind.SOUND
    )
    creators = chart([row("gone.girl", 1), row("other", 2)], kind=Kind.CREATOR)
    append(home, hashtags, sounds, creators)
    assert forget(home, "gone.girl").facts.recorded_charts == 3
    append(home, hashtags, sounds, creators)
    told = {one.kind: one.rows for one in Recorded(home).charts()}
    assert len(list(Recorded(home).charts())) == 3
    assert told[Kind.HASHTAG][0].creators == (("Other", None),)
    assert [(one.title, one.author) for one in told[Kind.SOUND]] == [(None, None), (None, None)]
    assert [one.identity for one in told[Kind.CREATOR]] == ["other"]
    assert traces(home, "gone.girl") == set()


def test_after_a_restore_they_are_removed_again(home: Path, star: str, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "backup")
    forget(home, star)
    shutil.copy(home / "facts" / "forgotten.json", tmp_path / "forgotten.json")
    shutil.rmtree(home)
    shutil.copytree(tmp_path / "backup", home)
    shutil.copy(tmp_path / "forgotten.json", home / "facts" / "forgotten.json")
    assert traces(home, star)
    assert forget(home, publish_again=True).facts.posts > 0
    assert traces(home, star) == set()


def test_a_crash_on_the_way_is_made_up_for(home: Path, star: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (FactStore, Memberships, Recorded):

        def killed(*_given: object, **_told: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(place, "forget", killed)
            with pytest.raises(KeyboardInterrupt):
                forget(home, star)
    forget(home, star)
    assert traces(home, star) == set()


def test_who_reads_is_waited_for(home: Path, star: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old parts are gone when it returns, although somebody was reading them until it waited."""
    entered, waits, flock = threading.Event(), threading.Event(), fcntl.flock

    def read() -> None:
        with FactStore(home).reading():
            entered.set()
            waits.wait(30)

    def noted(handle: int, kind: int) -> None:
        if kind == fcntl.LOCK_EX and os.path.sameopenfile(handle, lock.fileno()):
            waits.set()
        flock(handle, kind)

    monkeypatch.setattr(fcntl, "flock", noted)
    reader = threading.Thread(target=read)
    reader.start()
    assert entered.wait(30)
    with (home / "facts" / "read.lock").open() as lock:
        forget(home, star)
    was_waited_for = waits.is_set()
    waits.set()
    reader.join(30)
    assert was_waited_for
    assert traces(home, star) == set()


def test_another_process_is_not_disturbed(home: Path, star: str) -> None:
    with exclusive(home / "editions" / "publish.lock", "publishing"), pytest.raises(Conflict):
        forget(home, star)
    with exclusive(home / "facts" / "write.lock", "draining the inbox"), pytest.raises(Conflict):
        forget(home, star)
    assert journal.read(home) == journal.Forgotten()


def test_the_journal_holds_no_name(home: Path, star: str) -> None:
    forget(home, star, posts=("12345678",))
    text = (home / "facts" / "forgotten.json").read_text()
    assert star not in text
    assert "12345678" not in text
    told = journal.read(home)
    assert ("user", star.upper()) in told
    assert ("post", "12345678") in told
    assert ("user", "12345678") not in told
    assert journal.Forgotten().with_("user", ["a"]).salt != journal.Forgotten().with_("user", ["a"]).salt


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b'{"username":"a.b"}', True),
        (b"A.B", True),
        (b"see a.b, or", True),
        (b"@a.b.", True),
        (b"xa.b", False),
        (b"a.bc", False),
        (b"-77-", True),
        (b"177", False),
        ("die müller hier".encode(), True),
        (b"", False),
    ],
)
def test_terms_are_found_where_they_stand_alone(text: bytes, found: bool) -> None:
    assert Terms({"a.b", "müller"}, {"77"}).are_in(text) is found


def test_what_is_older_than_it_may_be_goes(home: Path) -> None:
    append(home, chart([row("a", 1)]), chart([row("a", 1)], as_of=LAST_DAY))
    with Quarantine(home, "old") as old, Quarantine(home, "new") as new:
        old.add(Refused("f", 1, "is none", "x"))
        new.add(Refused("f", 1, "is none", "x"))
    assert old.path is not None
    at = datetime.fromtimestamp(old.path.stat().st_mtime, UTC)
    long_ago = (at - timedelta(days=40)).timestamp()
    os.utime(old.path, (long_ago, long_ago))
    days = (at.date() - LAST_DAY).days
    removed = pipeline.retain(settings_of(home), at, posts=days + 9, charts=days + 9, quarantined=30)
    assert (removed.charts, removed.quarantine, removed.editions) == (1, 1, ())
    assert removed.posts > 0
    first = datetime(2025, 9, 19, tzinfo=UTC).timestamp()
    oldest = query(home, "select min(coalesce(create_time, id_time)) from read_parquet($parts)")[0][0]
    assert first <= oldest < first + 86_400
    again = pipeline.retain(settings_of(home), at, posts=days + 9, charts=days + 9, quarantined=30)
    assert (again.posts, again.charts, again.quarantine) == (0, 0, 0)


def test_nothing_is_removed_that_no_limit_names(home: Path) -> None:
    before = FactStore(home).snapshot()
    removed = pipeline.retain(settings_of(home), NOON_AFTER + timedelta(days=3650), None, None, None)
    assert (removed.posts, removed.charts, removed.quarantine) == (0, 0, 0)
    assert FactStore(home).snapshot() == before


def test_pruning_waits_for_nobody(home: Path) -> None:
    """Whoever reads keeps the old files until the next change."""
    with shared(home / "facts" / "read.lock"):
        removed = pipeline.retain(settings_of(home), NOON_AFTER, 30, None, None)
    assert removed.posts > 0
    ingest(home, ROW)
    named = {str(path) for path in FactStore(home).parts()}
    assert {str(path) for path in (home / "facts" / "parts").glob("*/*")} == named
