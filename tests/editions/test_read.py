"""Reading: one edition from the first look-up to the last, whatever is published or pruned meanwhile."""

import gc
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import msgspec
import pytest

from tests.editions.worlds import DAY, KEY, NOON, detail, publish
from trendwire.domain.charts import ChartKey, Kind
from trendwire.editions import Edition, Editions
from trendwire.editions.catalog import Catalog, Held, Listing
from trendwire.editions.publish import publishing
from trendwire.errors import Corrupt, Gone, NotFound, NotReady


def test_nothing_published_is_said_in_words(tmp_path: Path) -> None:
    editions = Editions(tmp_path)
    assert editions.records() == ()
    with pytest.raises(NotReady, match="run `trendwire publish`"):
        editions.current()
    publish(tmp_path, "a")
    assert editions.current().number == 1


def test_look_ups(tmp_path: Path) -> None:
    publish(tmp_path, "a", "ü\U0001f389")
    edition = Editions(tmp_path).current()
    assert edition.detail(Kind.HASHTAG, "ü\U0001f389") == detail("ü\U0001f389")
    assert edition.detail(Kind.HASHTAG, "unknown") is None
    assert edition.detail(Kind.SOUND, "a") is None
    assert edition.chart(ChartKey(Kind.HASHTAG, 30, "VN")) is None
    assert (edition.as_of, len(edition.content_hash)) == (DAY, 64)


def test_one_region_alone_is_the_same_as_in_the_whole(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    edition = Editions(tmp_path).current()
    whole, one = edition.detail(Kind.HASHTAG, "a"), edition.detail(Kind.HASHTAG, "a", "VN")
    assert whole is not None
    assert one is not None
    assert one.region("VN") == whole.region("VN")
    assert set(one.regions) == {"VN"}
    assert (one.facts, one.posts_all, one.views_all) == (whole.facts, whole.posts_all, whole.views_all)
    absent = edition.detail(Kind.HASHTAG, "a", "DE")
    assert absent is not None
    assert absent.regions == {}


def test_pinned_editions(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    publish(tmp_path, "b")
    editions = Editions(tmp_path)
    assert editions.at(1).detail(Kind.HASHTAG, "a") is not None
    with pytest.raises(NotFound) as unknown:
        editions.at(3)
    assert unknown.value.what == "edition"
    with publishing(tmp_path) as publisher:
        publisher.prune(1)
    with pytest.raises(Gone, match="edition 1 is no longer kept"):
        editions.at(1)
    assert editions.at(2).number == 2


def test_what_an_older_version_made_of_several_files_is_no_longer_kept(tmp_path: Path) -> None:
    """Nothing in it is read, be it current, pinned or held; the next publish takes its place."""
    publish(tmp_path, "a")
    publish(tmp_path, "b")
    catalog = Catalog(tmp_path)
    shared = catalog.segments / "2-0123456789abcdef.sqlite"
    shared.parent.mkdir()
    shared.write_bytes(b"of an older version")
    told = {"name": shared.stem, "posts": 1, "subjects": 1, "documents": 1, "size": 19, "sha256": "0"}
    first, second = catalog.records()
    before = msgspec.structs.replace(second, segments=(told,))
    catalog.replace(Listing(editions=(first, before), held=Held(2, NOON)))
    editions = Editions(tmp_path)
    assert editions.current().number == 1
    with pytest.raises(Gone, match="edition 2 was made by an older version: run `trendwire publish`"):
        editions.at(2)
    assert [one.kept for one in editions.records()] == [True, False]
    catalog.replace(Listing(editions=(before,)))
    with pytest.raises(NotReady, match="no edition is kept: run `trendwire publish`"):
        editions.current()
    assert publish(tmp_path, "c").number == 3
    assert editions.current().number == 3
    with pytest.raises(Gone, match="made by an older version"):
        editions.at(2)
    with publishing(tmp_path) as publisher:
        publisher.prune(1)
    assert not shared.exists()
    assert not catalog.edition(2).exists()


def test_an_edition_that_is_held_outlives_flip_and_pruning(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    editions = Editions(tmp_path)
    held = editions.current()
    publish(tmp_path, "b")
    with publishing(tmp_path) as publisher:
        publisher.prune(1)
    assert editions.current().number == 2
    assert held.detail(Kind.HASHTAG, "a") == detail("a")
    assert held.verify()


def test_many_editions_leave_few_files_open(tmp_path: Path) -> None:
    for number in range(12):
        publish(tmp_path, f"t{number}")
    editions = Editions(tmp_path)
    for number in range(1, 13):
        assert editions.at(number).number == number
    gc.collect()
    mine = [link for link in Path("/proc/self/fd").iterdir() if str(tmp_path) in str(link.resolve())]
    assert len(mine) <= 8


def test_a_changed_file_does_not_verify(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    path = Catalog(tmp_path).edition(1)
    path.chmod(0o644)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE charts SET key = 'hashtag/7/DE/0'")
    connection.close()
    with pytest.raises(Corrupt, match="edition 1 is damaged"):
        Editions(tmp_path).current()
    listing = Catalog(tmp_path).listing()
    unsealed = tuple(msgspec.structs.replace(record, sha256="") for record in listing.editions)
    Catalog(tmp_path).replace(
        msgspec.structs.replace(listing, editions=unsealed)
    )  # as of before there were checksums
    assert not Editions(tmp_path).current().verify()


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    path = Catalog(tmp_path).edition(1)
    path.chmod(0o644)
    path.write_bytes(b"no edition at all" * 1000)
    with pytest.raises(Corrupt, match="edition 1 is damaged"):
        Editions(tmp_path).current()
    path.unlink()
    with pytest.raises(Corrupt, match=r"edition 1 is damaged .*missing"):
        Editions(tmp_path).current()


def test_every_thread_sees_one_edition_whole(tmp_path: Path) -> None:
    """While editions are published and pruned: chart and details agree, and numbers never go back."""
    publish(tmp_path, "a", "b", views=1)
    editions, done = Editions(tmp_path), Event()

    def read() -> int:
        last, looks = 0, 0
        while not done.is_set() or looks < 20:
            edition = editions.current()
            assert edition.number >= last
            last, looks = edition.number, looks + 1
            _agree(edition)
        # A look that began before the last flip may rightly have seen the edition before it.
        return editions.current().number

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for number in range(2, 14):
            publish(tmp_path, "a", "b", views=number, as_of=DAY + timedelta(days=number))
            with publishing(tmp_path) as publisher:
                publisher.prune(1)
        done.set()
        assert {reader.result() for reader in readers} == {13}


def _agree(edition: Edition) -> None:
    views = edition.number
    rows = edition.chart(KEY)
    assert rows is not None
    assert {row.views for row in rows} == {views}
    for name in ("a", "b"):
        found = edition.detail(Kind.HASHTAG, name, "VN")
        assert found is not None
        assert found.views_all == views
