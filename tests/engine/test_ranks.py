"""The order of the charts on worlds small enough to count by hand."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.crowds import Crowds, settled
from tests.engine.day import Day
from tests.engine.rows import AS_OF, Row
from trendwire.domain.charts import CreatorEntry, Kind, Move, VideoEntry
from trendwire.facts.memberships import Memberships


def test_components_count_creators_by_window() -> None:
    world = Crowds()
    world.post(34, "u9")  # the region's first post: four preceding windows are covered
    world.post(14, "u1", "x")
    world.crowd(7, 2, "x")
    for user in ("u0", "u1", "u2", "u2"):
        world.post(0, user, "x")
    world.post(1, "u2", "x", views=3000)
    world.post(0, "u4", "x", views=50)  # nobody saw it
    world.post(0, None, "x")
    past = {"past": 2 + 1, "last": 2, "world": 3}
    among = {"all_now": 4, "all_past": 2 + 1 + 1, "all_last": 2, "all_world": 4}
    own = {"creators": 4, "watched": 3, "best": 1000 + 1000 + 3000, "now": 4}
    assert Day(world.facts).components("x") == own | past | among


def test_views_above_the_floor_or_unknown_are_seen() -> None:
    """First posts have 95, 96 and three times 1000 views: a tenth of 1000, cut to three bits, is 96."""
    world = Crowds()
    world.post(34, "u9")
    for user, views in (("a", 95), ("b", 96), ("c", None), ("d", 1000), ("e", 1000)):
        world.post(0, user, "x", views=views)
    found = Day(world.facts).components("x")
    assert (found["creators"], found["watched"], found["best"]) == (5, 4, 96 + 1000 + 1000)


def test_a_creator_is_watched_when_half_of_its_posts_are_seen() -> None:
    world = Crowds()
    world.crowd(34, 9, prefix="old")
    for user, counts in (("a", (1000, 1)), ("b", (1000, 1, 1)), ("c", (1,)), ("d", (1,))):
        for views in counts:
            world.post(0, user, "x", views=views)
    found = Day(world.facts).components("x")
    assert (found["creators"], found["watched"], found["now"], found["best"]) == (4, 1, 2, 1000)


def test_a_young_region_is_measured_against_the_window_s_own_past() -> None:
    world = Crowds()
    world.crowd(6, 1, "x", prefix="early")
    world.crowd(5, 2, prefix="other")
    world.crowd(4, 2, "x", prefix="early")  # the median post of seven (index 3) is of this day
    world.crowd(0, 2, "x", prefix="late")
    found = Day(world.facts).components("x")
    assert (found["now"], found["past"], found["last"], found["watched"]) == (4, 1, 1, 4)
    assert (found["all_now"], found["all_past"], found["all_last"]) == (4, 3, 3)


def test_the_world_tells_how_a_subject_is_used_elsewhere() -> None:
    world = Crowds()
    world.crowd(20, 5, prefix="old")
    world.crowd(20, 3, "x", prefix="far", region="US")
    world.crowd(20, 2, "x", prefix="nowhere", region=None)
    world.crowd(0, 4, "x")
    found = Day(world.facts).components("x")
    assert (found["past"], found["world"]) == (0, 5)
    assert (found["all_past"], found["all_world"]) == (5, 10)


def test_posts_without_region_count_for_the_world_alone() -> None:
    world = settled()
    world.crowd(0, 20, "x", prefix="a", region=None)
    world.crowd(0, 20, "x", prefix="b")
    day = Day(world.facts)
    assert day.components("x")["creators"] == 20
    assert day.components("x", "ALL")["creators"] == 40


def test_one_creator_s_many_posts_list_nothing() -> None:
    world = settled()
    for _ in range(50):
        world.post(0, "spammer", "spam")
        world.post(0, "second", "spam")
    world.crowd(0, 12, "burst", prefix="b")
    assert Day(world.facts).tags() == ["burst"]


def test_ties_go_by_views_then_identity() -> None:
    world = settled()
    world.crowd(0, 12, "b", "ä", "a", prefix="b")
    world.post(0, None, "b")
    assert Day(world.facts).tags() == ["b", "a", "ä"]


def test_a_chart_has_a_hundred_rows_in_one_order() -> None:
    world = settled()
    for number in range(130):
        world.crowd(0, 12, f"t{number:03}", prefix="c")
    rows = Day(world.facts).hashtags()
    assert [(row.name, row.rank) for row in rows] == [(f"t{n:03}", n + 1) for n in range(100)]


def test_rows_move_against_the_chart_a_period_before() -> None:
    world = settled()
    for tag, before, now in (("up", 10, 60), ("same", 14, 50), ("down", 18, 40), ("new", 0, 30)):
        world.crowd(8, before, tag, prefix=tag)
        world.crowd(0, now, tag, prefix=tag)
    assert [(row.name, row.move, row.steps) for row in Day(world.facts).hashtags()] == [
        ("up", Move.UP, 2),
        ("same", Move.SAME, 0),
        ("down", Move.DOWN, 2),
        ("new", Move.NEW, 0),
    ]


@pytest.mark.parametrize(("first", "move"), [(12, Move.NEW), (13, Move.SAME)])
def test_all_rows_are_new_where_the_past_does_not_reach(first: int, move: Move) -> None:
    """The preceding window begins 13 days ago: posts from then on cover it, and rows can move against it."""
    world = Crowds()
    world.crowd(first, 60, prefix="old")
    world.crowd(9, 31, prefix="other")
    world.crowd(9, 30, "x", prefix="x")
    world.crowd(6, 60, prefix="old")
    world.crowd(0, 130, "x", prefix="x")
    assert [(row.name, row.move) for row in Day(world.facts).hashtags()] == [("x", move)]


def test_industry_charts_hold_the_tags_of_the_industry() -> None:
    world = settled()
    world.crowd(0, 30, "shoes", prefix="a", industry=10)
    world.crowd(0, 20, "goal", prefix="b", industry=20)
    world.crowd(0, 25, "boots", prefix="c", industry=10)
    day = Day(world.facts)
    assert day.tags() == ["shoes", "boots", "goal"]
    assert day.tags(10) == ["shoes", "boots"]
    assert day.tags(20) == ["goal"]
    assert {key.industry for key in day.charts.keys} == {0, 10, 20}


def burst_world() -> Crowds:
    world = settled()
    world.crowd(0, 30, "x", prefix="a")
    world.crowd(0, 20, "y", prefix="b")
    return world


def publish(folder: Path, facts: Sequence[Row], as_of: date) -> Path:
    """The members of a day's charts, but y."""
    members = [one for one in Day(facts, as_of).charts.members() if one.subject != "y"]
    path = folder / f"{as_of}.parquet"
    Memberships(folder).write(path, members)
    return path


def days_listed(day: Day, tag: str, region: str = "VN") -> int:
    return day.detail(tag).region(region).popular_days


def test_what_stood_in_an_earlier_edition_is_not_new_to_the_chart(tmp_path: Path) -> None:
    facts = burst_world().facts
    earlier = {AS_OF: publish(tmp_path, facts, AS_OF)}
    day = Day(facts, AS_OF + timedelta(days=1), earlier)
    assert [(row.name, row.move, row.first_time) for row in day.hashtags()] == [
        ("x", Move.NEW, False),
        ("y", Move.NEW, True),
    ]
    assert [days_listed(day, tag) for tag in "xy"] == [2, 1]


def test_editions_of_the_day_itself_and_later_say_nothing(tmp_path: Path) -> None:
    facts = burst_world().facts
    others = {day: publish(tmp_path, facts, day) for day in (AS_OF, AS_OF + timedelta(days=1))}
    day = Day(facts, AS_OF, others)
    assert [row.first_time for row in day.hashtags()] == [True, True]
    assert {days_listed(day, tag, region) for tag in "xy" for region in ("VN", "ALL")} == {1}


@pytest.mark.parametrize(("age", "days"), [(364, 2), (365, 1)])
def test_days_listed_are_those_of_a_year(tmp_path: Path, age: int, days: int) -> None:
    facts = burst_world().facts
    earlier = {AS_OF - timedelta(days=age): publish(tmp_path, facts, AS_OF)}
    assert days_listed(Day(facts, AS_OF, earlier), "x") == days


def test_videos_and_creators_are_ranked_by_views_gained_in_the_window() -> None:
    world = Crowds()
    world.post(0, "ann", views=500)
    world.post(0, "bob", views=300)
    world.post(0, "bob", views=300, region=None)
    world.post(20, "bob", views=90_000)  # gained before the window
    world.post(0, None, views=400)
    world.post(0, "cat", views=None)
    day = Day(world.facts)
    videos = [row for row in day.entries(Kind.VIDEO) if isinstance(row, VideoEntry)]
    assert [(row.id, row.views) for row in videos] == [("000000", 500), ("000004", 400), ("000001", 300)]
    assert creators(day, "VN") == [("ann", 500), ("bob", 300)]
    assert creators(day, "ALL") == [("bob", 600), ("ann", 500)]


def creators(day: Day, region: str) -> list[tuple[str, int]]:
    rows = [row for row in day.entries(Kind.CREATOR, region=region) if isinstance(row, CreatorEntry)]
    return [(row.username, row.views) for row in rows]


def test_equal_views_are_ordered_by_name_and_id() -> None:
    names = ["b", "a10", "a9", "ä", "💫", "Z"]
    world = Crowds()
    for name in names:
        world.post(0, name, id=name)
    day = Day(world.facts)
    assert [name for name, _ in creators(day, "VN")] == sorted(names)
    assert [row.id for row in day.entries(Kind.VIDEO) if isinstance(row, VideoEntry)] == sorted(names)


def test_members_are_every_row_of_every_chart() -> None:
    members = list(Day(burst_world().facts).charts.members())
    assert [(one.subject, one.rank) for one in members if one.chart_key == "hashtag/7/VN/0"] == [
        ("x", 1),
        ("y", 2),
    ]
    assert {"video/7/VN/0", "creator/120/ALL/0"} <= {one.chart_key for one in members}


def position(facts: Sequence[Row], tag: str) -> float:
    """The rank of a tag, infinite if it is not charted."""
    found = Day(facts).tags()
    return found.index(tag) + 1 if tag in found else float("inf")


@settings(max_examples=10)
@given(st.lists(st.integers(3, 40), min_size=2, max_size=6), st.integers(1, 20), st.data())
def test_more_creators_never_lower_a_rank(sizes: list[int], more: int, data: st.DataObject) -> None:
    world = settled()
    for number, size in enumerate(sizes):
        world.crowd(0, size, f"t{number}", prefix=f"c{number}-")
    chosen = data.draw(st.integers(0, len(sizes) - 1))
    before = position(world.facts, f"t{chosen}")
    world.crowd(0, more, f"t{chosen}", prefix="more")
    assert position(world.facts, f"t{chosen}") <= before
