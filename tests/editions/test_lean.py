"""Lean editions: what changed is written, all of it is served, and nothing tells how it came about."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from tests.editions.lean_worlds import KEY, TODAY, World, absorb, chart, editions_of, post, publish_lean
from tests.editions.worlds import DAY, publish
from trendwire.domain.charts import ChartKey, Kind
from trendwire.editions import Editions
from trendwire.editions.catalog import Catalog
from trendwire.editions.documents import Section
from trendwire.editions.publish import publishing
from trendwire.editions.removal import holding
from trendwire.errors import Conflict, Corrupt, Gone, NotFound


def _world() -> World:
    world = World()
    world.charts = {KEY.text: chart(1, "a"), "hashtag/7/ALL/0": chart(1, "b")}
    return world


def test_a_base_is_read_back(tmp_path: Path) -> None:
    world = _world()
    record = publish_lean(tmp_path, world.content(tmp_path, [post("1", "a", sound="s"), post("2", "a", "b")]))
    edition = editions_of(tmp_path).current()
    assert (record.charts, record.subjects, edition.regions) == (2, 3, ("VN",))
    assert edition.record == record
    assert [row.views for row in edition.chart(KEY) or ()] == [1]
    found = edition.detail(Kind.HASHTAG, "a")
    assert found is not None
    assert (found.posts_all, found.views_all) == (2, 20)
    assert edition.detail(Kind.SOUND, "s", "VN") is not None
    assert edition.detail(Kind.SOUND, "a") is None
    assert edition.identities(Kind.HASHTAG, "", 9) == ("a", "b")
    assert edition.verify()


def test_an_overlay_changes_what_it_holds_alone(tmp_path: Path) -> None:
    """A post that is seen again, one that left a tag, a new one; the edition before stays as it was."""
    world = _world()
    first = publish_lean(tmp_path, world.content(tmp_path, [post("1", "a"), post("2", "a", "gone")]))
    changes = [post("2", "a", "b", views=99), post("3", "new")]
    second = publish_lean(
        tmp_path, world.content(tmp_path, changes, first.number, charts={KEY.text: chart(2, "b")})
    )
    before, after = editions_of(tmp_path).at(1), editions_of(tmp_path).current()
    found = after.detail(Kind.HASHTAG, "a")
    assert found is not None
    assert (found.posts_all, found.views_all) == (2, 109)
    assert after.detail(Kind.HASHTAG, "gone") is None
    assert after.identities(Kind.HASHTAG, "", 9) == ("a", "b", "new")
    assert before.identities(Kind.HASHTAG, "", 9) == ("a", "gone")
    assert [row.views for row in after.chart(KEY) or ()] == [2]
    assert after.chart(ChartKey(Kind.HASHTAG, 7)) == before.chart(ChartKey(Kind.HASHTAG, 7))
    assert [one.documents for one in second.segments] == [3, 1]
    assert [one.posts for one in second.segments] == [2, 2]
    assert before.verify()
    assert after.verify()


def test_the_hash_does_not_tell_how_an_edition_came_about(tmp_path: Path) -> None:
    """Overlays over a base, the same absorbed, and everything at once."""
    world = _world()
    batches = [[post(str(n), "a", f"t{n}")] for n in range(4)] + [[post("0", "b")]]
    after = None
    for number, batch in enumerate(batches):
        world.charts[KEY.text] = chart(number, "a")
        after = publish_lean(tmp_path / "one", world.content(tmp_path, batch, after)).number
    while absorb(tmp_path / "one"):
        pass
    again = publish_lean(tmp_path / "two", world.content(tmp_path))
    edition = editions_of(tmp_path / "one").current()
    assert len(edition.record.segments) < len(batches)
    assert edition.content_hash == again.content_hash
    assert (edition.record.charts, edition.record.subjects) == (again.charts, again.subjects)
    assert editions_of(tmp_path / "two").current().verify()
    others = [
        world.content(tmp_path, as_of=DAY + timedelta(days=1)),
        world.content(tmp_path, charts={KEY.text: chart(9, "a")}),
        world.content(tmp_path, listed=[("hashtag", "a", '{"VN":1}')]),
        world.content(tmp_path, [post("9", "z")]),
    ]
    hashes = {publish_lean(tmp_path / "two", one).content_hash for one in others}
    assert len(hashes | {again.content_hash}) == 5


def test_posts_that_are_too_new_do_not_count_yet(tmp_path: Path) -> None:
    world = _world()
    made = world.content(tmp_path, [post("1", "a"), post("2", "later", day=TODAY + 1)])
    assert publish_lean(tmp_path, made).subjects == 1
    edition = editions_of(tmp_path).current()
    assert edition.identities(Kind.HASHTAG, "", 9) == ("a",)
    assert edition.detail(Kind.HASHTAG, "later") is None
    assert edition.verify()
    rolled = world.content(tmp_path, (), 1, as_of=DAY + timedelta(days=1))
    assert publish_lean(tmp_path, rolled).subjects == 2
    assert editions_of(tmp_path).current().identities(Kind.HASHTAG, "", 9) == ("a", "later")
    assert editions_of(tmp_path).current().verify()


def test_charts_go(tmp_path: Path) -> None:
    """One by one, or because a section that is complete does not name them."""
    world = _world()
    publish_lean(tmp_path, world.content(tmp_path, [post("1", "a")]))
    second = publish_lean(tmp_path, world.content(tmp_path, (), 1, charts={KEY.text: None}))
    assert (second.charts, editions_of(tmp_path).current().regions) == (1, ())
    assert editions_of(tmp_path).current().chart(KEY) is None
    third = world.content(tmp_path, (), 2, charts={KEY.text: chart(3, "a")}, complete={Section.CHART})
    assert publish_lean(tmp_path, third).charts == 1
    edition = editions_of(tmp_path).current()
    assert edition.chart(ChartKey(Kind.HASHTAG, 7)) is None
    assert edition.regions == ("VN",)
    assert edition.verify()


def test_documents_as_they_were_are_not_written_again(tmp_path: Path) -> None:
    world = _world()
    publish_lean(tmp_path, world.content(tmp_path, [post("1", "a")]))
    again = publish_lean(tmp_path, world.content(tmp_path, (), 1, complete={Section.CHART}))
    assert [one.documents for one in again.segments] == [3, 0]
    assert again.content_hash == editions_of(tmp_path).at(1).content_hash


def test_only_an_edition_that_is_kept_is_continued(tmp_path: Path) -> None:
    world = _world()
    publish_lean(tmp_path, world.content(tmp_path, [post("1", "a")]))
    publish(tmp_path, "whole")
    for number in (2, 3):
        with pytest.raises(Conflict, match=f"edition {number} is not there"):
            publish_lean(tmp_path, world.content(tmp_path, (), number))
    assert publish_lean(tmp_path, world.content(tmp_path, (), 1)).number == 3


def test_rows_out_of_order_are_refused(tmp_path: Path) -> None:
    world = _world()
    made = world.content(tmp_path, [post("1", "a"), post("2", "a")])
    object.__setattr__(made, "posts", [(1, "[]"), (1, "[]")])
    with pytest.raises(Corrupt, match="ascend"):
        publish_lean(tmp_path, made)
    assert Editions(tmp_path).records() == ()


def test_a_segment_goes_with_the_last_edition_that_names_it(tmp_path: Path) -> None:
    world = _world()
    publish_lean(tmp_path, world.content(tmp_path, [post("1", "a")]))
    publish_lean(tmp_path, world.content(tmp_path, [post("2", "a")], 1))
    held = editions_of(tmp_path).current()
    publish_lean(tmp_path, world.content(tmp_path))
    with publishing(tmp_path) as publisher:
        publisher.prune(2)
    assert len(_segments(tmp_path)) == 3
    with publishing(tmp_path) as publisher:
        publisher.prune(1)
    assert len(_segments(tmp_path)) == 1
    found = held.detail(Kind.HASHTAG, "a")
    assert found is not None
    assert found.posts_all == 2
    assert held.verify()


def test_records_of_what_a_newer_one_of_its_day_replaced_do_not_pile_up(tmp_path: Path) -> None:
    world, after = _world(), None
    for day, id_ in ((DAY, "1"), (DAY, "2"), (DAY + timedelta(days=1), "3"), (DAY, "4")):
        after = publish_lean(tmp_path, world.content(tmp_path, [post(id_, "a")], after, as_of=day)).number
    with publishing(tmp_path) as publisher:
        assert publisher.prune(1) == (1, 2, 3)
        assert publisher.next_number() == 5
    editions = editions_of(tmp_path)
    assert [(one.number, one.kept) for one in editions.records()] == [(3, False), (4, True)]
    for number in (1, 3):
        with pytest.raises(Gone):
            editions.at(number)
    for number in (0, 5):
        with pytest.raises(NotFound):
            editions.at(number)


def test_a_changed_segment_does_not_verify(tmp_path: Path) -> None:
    world = _world()
    record = publish_lean(tmp_path, world.content(tmp_path, [post("1", "a")]))
    path = Catalog(tmp_path).segment(record.segments[0].name)
    path.chmod(0o644)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE subjects SET first = 'b'")
    connection.close()
    with pytest.raises(Corrupt, match="edition 1 is damaged"):
        editions_of(tmp_path).current()


def test_one_that_renders_no_details_says_so(tmp_path: Path) -> None:
    publish_lean(tmp_path, _world().content(tmp_path, [post("1", "a")]))
    with pytest.raises(RuntimeError, match="opened without"):
        Editions(tmp_path).current().detail(Kind.HASHTAG, "a")


@pytest.mark.parametrize(
    ("names", "posts", "found"),
    [
        (["NAMED"], [], (2, 3)),
        (["named"], [], (2, 3)),
        ([], ["2"], (2, 3)),
        (["by s"], [], (1, 2, 3)),
        (["told"], [], (3,)),
        (["u"], [], (1, 2, 3)),
        (["nobody"], ["3"], ()),
    ],
)
def test_who_is_named_in_a_segment_is_named_in_its_editions(
    tmp_path: Path, names: list[str], posts: list[str], found: tuple[int, ...]
) -> None:
    """As the creator of a post, also of one that was replaced; as a post, an author, in a chart."""
    world = _world()
    publish_lean(tmp_path, world.content(tmp_path, [post("1", "a", sound="s")]))
    publish_lean(tmp_path, world.content(tmp_path, [post("2", "a", user="Named")], 1))
    told = {"video/7/ALL/0": '[{"id":"1","username":"told"}]'}
    publish_lean(tmp_path, world.content(tmp_path, [post("2", "a", user="u")], 2, charts=told))
    publish(tmp_path, "whole")
    assert holding(tmp_path, names, posts) == found
    with publishing(tmp_path) as publisher:
        publisher.remove(found)
    assert holding(tmp_path, names, posts) == ()


def _segments(home: Path) -> set[str]:
    return {path.name for path in (home / "editions" / "segments").iterdir()}
