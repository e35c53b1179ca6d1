"""Lean editions while things go wrong or go on: whatever step fails, and whoever reads meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.editions.lean_worlds import KEY, World, absorb, chart, editions_of, post, publish_lean
from tests.editions.worlds import DAY, stopped_by
from trendwire.domain.charts import Kind
from trendwire.editions import Edition, Editions, absorbing, lean
from trendwire.editions import publish as publishing_module
from trendwire.editions.catalog import Catalog
from trendwire.editions.publish import Publisher, publishing
from trendwire.facts.durable import Claimed
from trendwire.facts.memberships import Memberships


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (lean, "write"),
        (Claimed, "place"),
        (lean, "_told_only"),
        (publishing_module, "_finish"),
        (publishing_module, "sync"),
        (Memberships, "adopt"),
        (Catalog, "replace"),
    ],
)
def test_a_failure_at_any_step_leaves_the_edition_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    """And the next publish works, takes no number twice and removes what was left."""
    world = World()
    publish_lean(tmp_path, world.content(tmp_path, [post("1", "a")]))
    made = world.content(tmp_path, [post("2", "a")], 1)
    with monkeypatch.context() as patch, stopped_by(OSError):
        patch.setattr(where, name, _fail)
        publish_lean(tmp_path, made)
    assert (editions_of(tmp_path).current().number, _posts(editions_of(tmp_path).current())) == (1, 1)
    record = publish_lean(tmp_path, world.content(tmp_path, [post("2", "a")], 1))
    edition = editions_of(tmp_path).current()
    assert (edition.record, _posts(edition), edition.verify()) == (record, 2, True)
    _is_tidy(tmp_path)


def test_a_recorded_membership_is_flipped_to_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    publish_lean(tmp_path, world.content(tmp_path, [post("1", "a")]))
    with monkeypatch.context() as patch, stopped_by(OSError):
        patch.setattr(Catalog, "replace", _fail)
        publish_lean(tmp_path, world.content(tmp_path, [post("2", "a")], 1))
    with publishing(tmp_path):
        pass
    assert (editions_of(tmp_path).current().number, _posts(editions_of(tmp_path).current())) == (2, 2)
    _is_tidy(tmp_path)


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_an_edition_without_its_segments_is_never_flipped_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    world = World()
    publish_lean(tmp_path, world.content(tmp_path, [post("1", "a")]))
    with monkeypatch.context() as patch, stopped_by(OSError):
        patch.setattr(Catalog, "replace", _fail)
        publish_lean(tmp_path, world.content(tmp_path, [post("2", "a")], 1))
    (path,) = (tmp_path / "editions" / "segments").glob("2-*")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"!") if damage == "changed" else path.unlink()
    with publishing(tmp_path):
        pass
    assert editions_of(tmp_path).current().number == 1
    _is_tidy(tmp_path)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (absorbing, "write"),
        (Claimed, "place"),
        (Catalog, "replace"),
        (Publisher, "_remove_leftovers"),
    ],
)
def test_a_failure_while_absorbing_changes_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    _overlaid(tmp_path)
    before = editions_of(tmp_path).current()
    with publishing(tmp_path) as publisher, monkeypatch.context() as patch, stopped_by(OSError):
        patch.setattr(where, name, _fail)
        with absorbing.absorbing(Catalog(tmp_path)) as absorbed:
            assert absorbed is not None
            publisher.adopt(absorbed)
    assert _posts(editions_of(tmp_path).current()) == 3
    absorb(tmp_path)
    edition = editions_of(tmp_path).current()
    assert (_posts(edition), edition.verify(), len(edition.record.segments)) == (3, True, 2)
    assert edition.record == Editions(tmp_path).records()[-1]
    assert (_posts(before), before.verify()) == (3, True)
    with publishing(tmp_path):
        pass
    _is_tidy(tmp_path)


def test_what_is_published_while_overlays_are_absorbed_stays(tmp_path: Path) -> None:
    """Nothing waits for the other: the new overlay stands behind the one that took in those before it."""
    world = _overlaid(tmp_path)
    with absorbing.absorbing(Catalog(tmp_path)) as absorbed:
        assert absorbed is not None
        publish_lean(tmp_path, world.content(tmp_path, [post("4", "a")], 3))
        with publishing(tmp_path) as publisher:
            publisher.adopt(absorbed)
    record = Editions(tmp_path).records()[-1]
    assert [one.posts for one in record.segments] == [1, 2, 1]
    edition = editions_of(tmp_path).current()
    assert (_posts(edition), edition.verify()) == (4, True)
    _is_tidy(tmp_path)


def test_what_was_absorbed_in_vain_is_gone(tmp_path: Path) -> None:
    """A base came meanwhile."""
    world = _overlaid(tmp_path)
    with absorbing.absorbing(Catalog(tmp_path)) as absorbed:
        assert absorbed is not None
        publish_lean(tmp_path, world.content(tmp_path))
        with publishing(tmp_path) as publisher:
            publisher.prune(1)
            publisher.adopt(absorbed)
    assert len(Editions(tmp_path).records()[-1].segments) == 1
    _is_tidy(tmp_path)


def test_an_open_edition_is_the_same_after_absorbing(tmp_path: Path) -> None:
    """Readers that follow keep what they rendered: nothing they see has changed."""
    _overlaid(tmp_path)
    editions = editions_of(tmp_path)
    before = editions.current()
    absorb(tmp_path)
    assert editions.current() is before


def test_every_thread_sees_one_edition_whole(tmp_path: Path) -> None:
    """While overlays and bases are published, absorbed and pruned: posts, charts and numbers agree."""
    world, after = World(), None
    made = _numbered(world, tmp_path, 1, None)
    after = publish_lean(tmp_path, made).number
    editions, done = editions_of(tmp_path), Event()

    def read() -> int:
        last, looks = 0, 0
        while not done.is_set() or looks < 20:
            edition = editions.current()
            assert edition.number >= last
            last, looks = edition.number, looks + 1
            _agree(edition)
        return editions.current().number

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for number in range(2, 14):
            made = _numbered(world, tmp_path, number, None if number % 5 == 0 else after)
            after = publish_lean(tmp_path, made).number
            absorb(tmp_path)
            with publishing(tmp_path) as publisher:
                publisher.prune(1)
        done.set()
        assert {reader.result() for reader in readers} == {13}
    _is_tidy(tmp_path)


def _numbered(world: World, home: Path, number: int, after: int | None) -> Any:
    world.charts = {KEY.text: chart(number, "a", "b")}
    posts = [post(str(one), "a", "b", views=number) for one in range(50)]
    return replace(world.content(home, posts, after), as_of=DAY)


def _agree(edition: Edition) -> None:
    views = edition.number
    assert {row.views for row in edition.chart(KEY) or ()} == {views}
    for name in ("a", "b"):
        found = edition.detail(Kind.HASHTAG, name, "VN")
        assert found is not None
        assert (found.posts_all, found.views_all) == (50, 50 * views)


def _overlaid(home: Path) -> World:
    world, after = World(), None
    for number in range(1, 4):
        after = publish_lean(home, world.content(home, [post(str(number), "a")], after)).number
    return world


def _posts(edition: Edition) -> int:
    found = edition.detail(Kind.HASHTAG, "a")
    assert found is not None
    return found.posts_all


def _is_tidy(home: Path) -> None:
    records = [record for record in Editions(home).records() if record.kept]
    assert [path.name for path in (home / "editions").rglob(".*")] == []
    assert {path.name for path in (home / "editions").glob("*.sqlite")} == {
        f"{record.number}.sqlite" for record in records
    }
    named = {one.name for record in records for one in record.segments}
    assert {path.stem for path in (home / "editions" / "segments").iterdir()} == named


def _fail(*_args: Any, **_named: Any) -> Any:
    raise OSError("the disk is full")
