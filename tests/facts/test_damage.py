"""Damaged facts are named and set aside, the rest goes on, and a person decides what becomes of them."""

import hashlib
import os
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from tests.facts.conftest import Stored, seen
from trendwire.errors import Corrupt, NotReady
from trendwire.facts import checksums, repair
from trendwire.facts.damaged import Damaged
from trendwire.facts.durable import shared
from trendwire.facts.store import FactStore
from trendwire.sources.push import Push


def rot(path: Path) -> bytes:
    """Change a byte as a disk does: size and times stay; what was there."""
    good, told = path.read_bytes(), path.stat()
    bad = bytearray(good)
    bad[len(bad) // 2] ^= 1
    path.write_bytes(bad)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))
    checksums._DIGESTS.clear()  # as in a new process
    return good


@pytest.fixture
def months(store: FactStore) -> FactStore:
    """A store of two parts, a month each, of ten posts each."""
    store.inbox.append([seen(post, month=post % 2) for post in range(20)])
    store.drain()
    return store


def test_a_part_that_rotted_is_set_aside_and_the_rest_is_read(months: FactStore, stored: Stored) -> None:
    first, second = months.parts()
    rot(first)
    with months.reading() as parts:
        assert parts == [second]
    assert len(stored(months)) == 10
    snapshot = months.snapshot()
    assert (snapshot.posts, snapshot.observations) == (10, 10)
    (lost,) = snapshot.damaged
    (note,) = months.damaged.notes()
    assert note.file == f"parts/{lost.part.file}"
    assert (note.rows, note.reason) == (10, checksums.CHANGED)
    assert months.damaged.path(note).exists()
    assert not first.exists()


def test_a_part_that_rotted_stops_no_drain(months: FactStore, stored: Stored) -> None:
    rot(months.parts()[0])
    months.inbox.append([seen(99)])
    drained = months.drain()
    assert (drained.posts_new, len(drained.damaged)) == (1, 1)
    assert len(stored(months)) == 11


def test_what_was_lost_may_come_again(months: FactStore, stored: Stored) -> None:
    """In the very batch in which it came first."""
    before = stored(months)
    rot(months.parts()[0])
    months.drain()
    assert not months.inbox.append([seen(post, month=post % 2) for post in range(20)]).repeated
    months.drain()
    assert stored(months) == before


def test_a_part_that_is_put_back_is_taken_back_once(months: FactStore, stored: Stored) -> None:
    before = stored(months)
    good = rot(months.parts()[0])
    months.inbox.append([seen(post, month=post % 2) for post in range(4)])
    months.drain()
    assert repair.recover(months.folder.parent) == ()
    (note,) = months.damaged.notes()
    months.damaged.path(note).write_bytes(good)
    assert repair.recover(months.folder.parent) == (note,)
    assert stored(months) == before
    assert (months.snapshot().posts, months.snapshot().damaged) == (20, ())
    assert months.damaged.notes() == ()


def test_a_loss_is_accepted(months: FactStore) -> None:
    rot(months.parts()[0])
    months.drain()
    (note,) = repair.accept_loss(months.folder.parent)
    assert note.rows == 10
    assert months.snapshot().damaged == ()
    assert list(months.damaged.folder.iterdir()) == []


def test_a_compaction_blesses_no_rot(store: FactStore) -> None:
    """Also where this process has read the part when it was good."""
    for time in range(2):
        store.inbox.append([seen(post, time) for post in range(9)])
        store.drain()
    path = store.parts()[0]
    told = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))
    store.compact(least=2)
    assert store.snapshot().observations == 9
    assert len(store.damaged.notes()) == 1


def test_a_missing_part_is_named(months: FactStore) -> None:
    months.parts()[0].unlink()
    months.drain()
    (note,) = months.damaged.notes()
    assert note.reason == checksums.MISSING
    assert months.snapshot().observations == 10


def test_a_damaged_batch_is_set_aside_and_the_others_are_stored(store: FactStore, stored: Stored) -> None:
    store.inbox.append([seen(1)])
    receipt = store.inbox.append([seen(2)])
    (store.inbox.folder / "c0.ndjson.zst").write_bytes(b"rubbish")
    (store.inbox.folder / "k1.ndjson.zst").write_bytes(b"")
    good = rot(store.inbox.waiting()[receipt.batch])
    drained = store.drain()
    assert len(drained.damaged) == 3
    assert len(stored(store)) == 1
    assert store.inbox.waiting() == {}
    note = next(one for one in store.damaged.notes() if receipt.batch in one.file)
    store.damaged.path(note).write_bytes(good)
    assert repair.recover(store.folder.parent) == (note,)
    store.drain()
    assert len(stored(store)) == 2


def test_a_batch_of_other_things_is_found_among_good_ones(store: FactStore, stored: Stored) -> None:
    """Whole, with its checksum, but no observations."""
    store.inbox.append([seen(1)])
    store.inbox.append(b'{"id": []}\n{"id"', batch_id="x")
    store.inbox.append([seen(2)])
    (file,) = store.drain().damaged
    assert file.startswith("inbox/k")
    assert len(stored(store)) == 2


def test_a_push_whose_batch_rotted_may_come_again(tmp_path: Path, stored: Stored) -> None:
    store = FactStore(tmp_path)

    def push() -> bool:
        pushed = Push(tmp_path, "key", "", 1_800_000_000, 1 << 20)
        try:
            pushed.feed(b'{"id": "7506832682593094928"}\n')
            return pushed.end().repeated
        finally:
            pushed.close()

    assert not push()
    rot(next(iter(store.inbox.waiting().values())))
    store.drain()
    assert stored(store) == []
    assert not push()
    store.drain()
    assert len(stored(store)) == 1


def test_a_manifest_whose_checksum_is_gone_is_refused(months: FactStore) -> None:
    path = months.folder / "manifest.json"
    whole = msgspec.json.decode(path.read_bytes())
    del whole["sha256"]
    path.write_bytes(msgspec.json.encode(whole))
    with pytest.raises(Corrupt, match="checksum is missing"):
        months.snapshot()


def as_version_1(store: FactStore) -> None:
    """The manifest as it was before there were checksums."""
    path = store.folder / "manifest.json"
    told = msgspec.json.decode(path.read_bytes())
    for name in ("sha256", "checksums", "damaged"):
        del told[name]
    path.write_bytes(msgspec.json.encode(told | {"version": 1}))


def test_an_older_home_gains_checksums_when_it_is_compacted(months: FactStore, stored: Stored) -> None:
    before = stored(months)
    as_version_1(months)
    assert months.snapshot().checksums == {}
    assert stored(months) == before
    months.compact()
    assert set(months.snapshot().checksums) == {part.file for part in months.snapshot().parts}
    assert months.snapshot().version == 2
    rot(months.parts()[0])
    months.drain()
    assert months.snapshot().observations == 10


def test_an_older_part_that_cannot_be_read_is_not_sealed(months: FactStore) -> None:
    as_version_1(months)
    path = months.parts()[0]
    path.write_bytes(path.read_bytes()[:-20])
    months.inbox.append([seen(99)])
    with pytest.raises(Corrupt, match="doctor --seal"):
        months.drain()
    assert months.seal() == 1
    assert len(months.damaged.notes()) == 1
    assert months.drain().posts_new == 1


def test_a_later_manifest_is_refused_in_words(months: FactStore) -> None:
    path = months.folder / "manifest.json"
    path.write_bytes(msgspec.json.encode({"version": 3, "posts": "many"}))
    with pytest.raises(NotReady, match="later Trendwire"):
        months.snapshot()


def test_a_checksum_is_asked_of_the_disk_once_in_a_process(
    months: FactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    digest = hashlib.file_digest

    def noted(file: Any, name: str) -> object:
        read.append(file)
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", noted)
    checksums._DIGESTS.clear()
    for _ in range(3):
        with months.reading() as parts:
            duckdb.execute("select count(*) from read_parquet($p)", {"p": [str(path) for path in parts]})
    assert len(read) == 2


def test_who_reads_the_damaged_part_just_now_keeps_it(months: FactStore) -> None:
    first, _ = months.parts()
    rot(first)
    with shared(months.folder / "read.lock"):
        months.drain()
        assert first.exists()
    months.drain()
    assert not first.exists()


@pytest.mark.parametrize(
    "step", ["trendwire.facts.manifest.write_whole", "trendwire.facts.damaged.write_whole"]
)
def test_setting_aside_that_breaks_off_is_taken_up(
    step: str, months: FactStore, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    rot(months.parts()[0])

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step, fail)
        with pytest.raises(KeyboardInterrupt):
            months.drain()
    months.drain()
    assert len(stored(months)) == months.snapshot().observations == 10
    (note,) = months.damaged.notes()
    assert months.damaged.path(note).exists()


def test_a_note_that_is_damaged_itself_still_names_its_file(months: FactStore) -> None:
    months.parts()[0].unlink()
    months.drain()
    (note,) = months.damaged.folder.glob("*.why.json")
    note.write_bytes(b"\xff")
    assert [one.file for one in Damaged(months.folder.parent).notes()] == [
        note.name.removesuffix(".why.json")
    ]
