"""Publishing: whole or not at all, numbers that ascend for ever, a hash of what is served alone."""

import os
import sqlite3
import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.editions.worlds import DAY, KEY, NOON, content, publish, stopped_by
from trendwire.domain.charts import Kind
from trendwire.editions import Editions
from trendwire.editions import publish as publishing_module
from trendwire.editions.catalog import Catalog
from trendwire.editions.document import pack, unpack
from trendwire.editions.publish import Publisher, publishing
from trendwire.errors import Conflict, Corrupt
from trendwire.facts.memberships import Memberships


def test_what_is_published_is_read_back(tmp_path: Path) -> None:
    record = publish(tmp_path, "a", "ü")
    edition = Editions(tmp_path).current()
    assert edition.record == record
    assert (record.number, record.as_of, record.charts, record.subjects) == (1, DAY, 1, 2)
    assert (record.published_at, record.seconds, record.engine, record.kept) == (NOON, 1.5, "0.1.0", True)
    assert [row.name for row in edition.chart(KEY) or ()] == ["a", "ü"]  # type: ignore[union-attr]
    assert edition.regions == ("VN",)
    assert edition.verify()


def test_numbers_ascend_also_for_the_same_day(tmp_path: Path) -> None:
    days = (DAY, DAY, DAY - timedelta(days=5))
    assert [publish(tmp_path, "a", as_of=day).number for day in days] == [1, 2, 3]
    assert Editions(tmp_path).current().as_of == days[-1]


def test_the_hash_is_of_what_is_served_alone(tmp_path: Path) -> None:
    """Not of the number, the time of publishing, or the file; and of every part of what is served."""
    first = publish(tmp_path / "one", "a", "b")
    publish(tmp_path / "two", "other")
    again = publish(tmp_path / "two", "a", "b", at=NOON + timedelta(days=3))
    assert again.number != first.number
    assert again.content_hash == first.content_hash
    others = [
        publish(tmp_path / "three", "a", "b", views=101),
        publish(tmp_path / "three", "a", "c"),
        publish(tmp_path / "three", "a", "b", as_of=DAY + timedelta(days=1)),
        publish(tmp_path / "three", "b", "a"),
    ]
    assert len({first.content_hash, *(other.content_hash for other in others)}) == 5


def test_an_edition_file_is_read_only_and_alone(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    names = {path.name for path in (tmp_path / "editions").iterdir()}
    assert names == {"1.sqlite", "catalog.json", "catalog.lock", "publish.lock"}
    assert stat.S_IMODE((tmp_path / "editions" / "1.sqlite").stat().st_mode) == 0o444


def test_membership_becomes_a_fact(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    publish(tmp_path, "b")
    records = Memberships(tmp_path).records()
    assert [(record.as_of, record.number) for record in records] == [(DAY, 2)]


def test_one_process_publishes_at_a_time(tmp_path: Path) -> None:
    with publishing(tmp_path), pytest.raises(Conflict, match=str(os.getpid())), publishing(tmp_path):
        pass


@pytest.mark.parametrize("names", [("b", "b"), ("b", "a")])
def test_documents_out_of_order_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    made = content(tmp_path, "a")
    wrong = replace(made, subjects=iter([(Kind.HASHTAG, name, "{}") for name in names]))
    with publishing(tmp_path) as publisher, pytest.raises(Corrupt):
        publisher.publish(wrong, NOON, 0, "0.1.0")
    assert Editions(tmp_path).records() == ()


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (publishing_module, "_write"),
        (publishing_module, "_finish"),
        (publishing_module, "_check"),
        (publishing_module, "sync"),
        (Memberships, "adopt"),
        (Catalog, "replace"),
    ],
)
def test_a_failure_at_any_step_leaves_the_edition_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    """And the next publish works, takes no number twice and removes what was left."""
    first = publish(tmp_path, "a")
    with monkeypatch.context() as patch, stopped_by(OSError):
        patch.setattr(where, name, _fail)
        publish(tmp_path, "b")
    edition = Editions(tmp_path).current()
    assert (edition.number, edition.verify()) == (first.number, True)
    number = publish(tmp_path, "c").number
    assert number == Editions(tmp_path).current().number
    files = {path.name for path in (tmp_path / "editions").glob("*.sqlite*")}
    assert files == {f"{record.number}.sqlite" for record in Editions(tmp_path).records()}
    assert not list((tmp_path / "editions").glob(".*"))


def test_a_recorded_membership_is_flipped_to_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, "a")
    with monkeypatch.context() as patch, stopped_by(OSError):
        patch.setattr(Catalog, "replace", _fail)
        publish(tmp_path, "b")
    assert Editions(tmp_path).current().number == 1
    with publishing(tmp_path) as publisher:
        assert publisher.next_number() == 3
    assert Editions(tmp_path).current().number == 2
    assert Editions(tmp_path).current().detail(Kind.HASHTAG, "b") is not None


@pytest.mark.parametrize("damage", ["gone", "cut", "changed"])
def test_an_incomplete_edition_is_never_flipped_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    publish(tmp_path, "a")
    with monkeypatch.context() as patch, stopped_by(OSError):
        patch.setattr(Catalog, "replace", _fail)
        publish(tmp_path, "b")
    _damage(Catalog(tmp_path).edition(2), damage)
    with publishing(tmp_path):
        pass
    assert Editions(tmp_path).current().number == 1
    assert publish(tmp_path, "c").number == 3


def test_a_difference_on_reading_back_stops_the_publish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, "a")
    monkeypatch.setattr(publishing_module, "pack", lambda document: pack(document.replace(b"100", b"101")))
    with pytest.raises(Corrupt):
        publish(tmp_path, "b")
    assert Editions(tmp_path).current().number == 1


def test_pruning_keeps_the_newest_and_all_records(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        publish(tmp_path, name)
    with publishing(tmp_path) as publisher:
        assert publisher.prune(2) == (1,)
        assert publisher.prune(2) == ()
        assert publisher.prune(0) == (2,)
    assert [record.kept for record in Editions(tmp_path).records()] == [False, False, True]
    assert [path.name for path in (tmp_path / "editions").glob("*.sqlite")] == ["3.sqlite"]


def test_a_crash_while_pruning_is_finished_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, "a")
    publish(tmp_path, "b")
    with monkeypatch.context() as patch, stopped_by(OSError), publishing(tmp_path) as publisher:
        patch.setattr(Publisher, "_remove_leftovers", _fail)
        publisher.prune(1)
    with publishing(tmp_path):
        pass
    assert [path.name for path in (tmp_path / "editions").glob("*.sqlite")] == ["2.sqlite"]


def test_a_catalog_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    Catalog(tmp_path).file.write_text("{")
    with pytest.raises(Corrupt):
        Editions(tmp_path).current()


@pytest.mark.parametrize("document", [b"{}", b"[" + b"1," * 500 + b"1]", "é".encode() * 40])
def test_packing_is_undone(document: bytes) -> None:
    assert unpack(pack(document)) == document
    assert len(pack(document)) <= len(document)


def _fail(*_args: Any, **_named: Any) -> Any:
    raise OSError("the disk is full")


def _damage(path: Path, damage: str) -> None:
    path.chmod(0o644)
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        os.truncate(path, path.stat().st_size // 2)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE subjects SET document = CAST('{}' AS BLOB)")
        connection.close()


def test_days_are_told_apart_in_the_hash(tmp_path: Path) -> None:
    hashes = {publish(tmp_path, "a", as_of=date(2025, 5, day)).content_hash for day in (1, 2, 11, 12)}
    assert len(hashes) == 4
