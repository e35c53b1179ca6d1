"""The order of the charts on worlds small enough to count by hand."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trends.conftest import AS_OF, Row, WriteFacts, at, fact, write_parts
from trendwire.trends import ranking, rollups
from trendwire.trends.ranking import Published

Connection = duckdb.DuckDBPyConnection


def rank(
    connection: Connection, parts: list[Path], as_of: date = AS_OF, published: Sequence[Published] = ()
) -> None:
    rollups.create(connection, parts, as_of, ranking.ends(as_of), lambda _stage, _done: None)
    ranking.create(connection, as_of, published, lambda _stage, _done: None)


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def chart(
    connection: Connection, columns: str = "identity", region: str = "VN", period: int = 7, industry: int = 0
) -> list[Any]:
    """The hashtag chart, one value per row, or one tuple where several columns are asked for."""
    found = rows(
        connection,
        f"SELECT {columns} FROM charted JOIN subjects USING (kind, subject) WHERE kind = 'hashtag'"
        f" AND region = '{region}' AND period = {period} AND industry = {industry} ORDER BY rank",
    )
    return [row[0] if len(row) == 1 else row for row in found]


def components(connection: Connection, tag: str, region: str = "VN", period: int = 7) -> dict[str, int]:
    query = (
        "SELECT components FROM heat JOIN subjects USING (subject)"
        f" WHERE identity = '{tag}' AND region = '{region}' AND period = {period}"
    )
    values: dict[str, int] = rows(connection, query)[0][0]
    return values


class World:
    """Posts of one region, numbered as they are made; days are counted back from AS_OF."""

    def __init__(self, region: str | None = "VN") -> None:
        self.facts: list[Row] = []
        self.region = region

    def post(self, ago: int, user: str | None, *tags: str, views: int | None = 1000, **columns: Any) -> None:
        day = AS_OF - timedelta(days=ago)
        given = {"region": self.region, "username": user, "tags": list(tags) or None, "view_count": views}
        number = f"{len(self.facts):06}"
        self.facts.append(fact(number, day, **(given | {"observed_at": at(day)} | columns)))

    def crowd(self, ago: int, size: int, *tags: str, prefix: str = "u", **columns: Any) -> None:
        """One post each of `size` creators, the same ones for the same prefix."""
        for number in range(size):
            self.post(ago, f"{prefix}{number}", *tags, **columns)


def settled() -> World:
    """A region with a past of ten 7-day windows in which as many creators post as in the last one."""
    world = World()
    for week in range(10):
        world.crowd(7 * week + 3, 40, "always", prefix="old")
    return world


def test_components_count_creators_by_window(connection: Connection, write_facts: WriteFacts) -> None:
    world = World()
    world.post(34, "u9")  # the region's first post: four preceding windows are covered
    world.post(14, "u1", "x")
    world.crowd(7, 2, "x")
    for user in ("u0", "u1", "u2", "u2"):
        world.post(0, user, "x")
    world.post(1, "u2", "x", views=3000)
    world.post(0, "u4", "x", views=50)  # nobody saw it
    world.post(0, None, "x")
    rank(connection, write_facts(world.facts))
    past = {"past": 2 + 1, "last": 2, "world": 3}
    among = {"all_now": 4, "all_past": 2 + 1 + 1, "all_last": 2, "all_world": 4}
    own = {"creators": 4, "watched": 3, "best": 1000 + 1000 + 3000, "now": 4}
    assert components(connection, "x") == own | past | among


def test_views_above_the_floor_or_unknown_are_seen(connection: Connection, write_facts: WriteFacts) -> None:
    """First posts have 95, 96 and three times 1000 views: a tenth of 1000, cut to three bits, is 96."""
    world = World()
    world.post(34, "u9")
    for user, views in (("a", 95), ("b", 96), ("c", None), ("d", 1000), ("e", 1000)):
        world.post(0, user, "x", views=views)
    rank(connection, write_facts(world.facts))
    found = components(connection, "x")
    assert (found["creators"], found["watched"], found["best"]) == (5, 4, 96 + 1000 + 1000)


def test_a_creator_is_watched_when_half_of_its_posts_are_seen(
    connection: Connection, write_facts: WriteFacts
) -> None:
    world = World()
    world.crowd(34, 9, prefix="old")
    for user, counts in (("a", (1000, 1)), ("b", (1000, 1, 1)), ("c", (1,)), ("d", (1,))):
        for views in counts:
            world.post(0, user, "x", views=views)
    rank(connection, write_facts(world.facts))
    found = components(connection, "x")
    assert (found["creators"], found["watched"], found["now"], found["best"]) == (4, 1, 2, 1000)


def test_a_young_region_is_measured_against_the_window_s_own_past(
    connection: Connection, write_facts: WriteFacts
) -> None:
    world = World()
    world.crowd(6, 1, "x", prefix="early")
    world.crowd(5, 2, prefix="other")
    world.crowd(4, 2, "x", prefix="early")  # the median post of seven (index 3) is of this day
    world.crowd(0, 2, "x", prefix="late")
    rank(connection, write_facts(world.facts))
    found = components(connection, "x")
    assert (found["now"], found["past"], found["last"], found["watched"]) == (4, 1, 1, 4)
    assert (found["all_now"], found["all_past"], found["all_last"]) == (4, 3, 3)


def test_the_world_tells_how_a_subject_is_used_elsewhere(
    connection: Connection, write_facts: WriteFacts
) -> None:
    world = World()
    world.crowd(20, 5, prefix="old")
    world.crowd(20, 3, "x", prefix="far", region="US")
    world.crowd(20, 2, "x", prefix="nowhere", region=None)
    world.crowd(0, 4, "x")
    rank(connection, write_facts(world.facts))
    found = components(connection, "x")
    assert (found["past"], found["world"]) == (0, 5)
    assert (found["all_past"], found["all_world"]) == (5, 10)


def test_posts_without_region_count_for_the_world_alone(
    connection: Connection, write_facts: WriteFacts
) -> None:
    world = settled()
    world.crowd(0, 20, "x", prefix="a", region=None)
    world.crowd(0, 20, "x", prefix="b")
    rank(connection, write_facts(world.facts))
    assert components(connection, "x")["creators"] == 20
    assert components(connection, "x", region="ALL")["creators"] == 40


def test_one_creator_s_many_posts_list_nothing(connection: Connection, write_facts: WriteFacts) -> None:
    world = settled()
    for _ in range(50):
        world.post(0, "spammer", "spam")
        world.post(0, "second", "spam")
    world.crowd(0, 12, "burst", prefix="b")
    rank(connection, write_facts(world.facts))
    assert chart(connection) == ["burst"]


def test_ties_go_by_views_then_identity(connection: Connection, write_facts: WriteFacts) -> None:
    world = settled()
    world.crowd(0, 12, "b", "ä", "a", prefix="b")
    world.post(0, None, "b")
    rank(connection, write_facts(world.facts))
    assert chart(connection) == ["b", "a", "ä"]


def test_a_chart_has_a_hundred_rows_in_one_order(connection: Connection, write_facts: WriteFacts) -> None:
    world = settled()
    for number in range(130):
        world.crowd(0, 12, f"t{number:03}", prefix="c")
    rank(connection, write_facts(world.facts))
    assert chart(connection, "identity, rank") == [(f"t{n:03}", n + 1) for n in range(100)]


def test_rows_move_against_the_chart_a_period_before(connection: Connection, write_facts: WriteFacts) -> None:
    world = settled()
    for tag, before, now in (("up", 10, 60), ("same", 14, 50), ("down", 18, 40), ("new", 0, 30)):
        world.crowd(8, before, tag, prefix=tag)
        world.crowd(0, now, tag, prefix=tag)
    rank(connection, write_facts(world.facts))
    assert chart(connection, "identity, move, steps") == [
        ("up", 1, 2),
        ("same", 2, 0),
        ("down", 3, 2),
        ("new", 4, 0),
    ]


@pytest.mark.parametrize(("first", "move"), [(12, 4), (13, 2)])
def test_all_rows_are_new_where_the_past_does_not_reach(
    connection: Connection, write_facts: WriteFacts, first: int, move: int
) -> None:
    """The preceding window begins 13 days ago: posts from then on cover it, and rows can move against it."""
    world = World()
    world.crowd(first, 60, prefix="old")
    world.crowd(9, 31, prefix="other")
    world.crowd(9, 30, "x", prefix="x")
    world.crowd(6, 60, prefix="old")
    world.crowd(0, 130, "x", prefix="x")
    rank(connection, write_facts(world.facts))
    assert chart(connection, "identity, move") == [("x", move)]


def test_industry_charts_hold_the_tags_of_the_industry(
    connection: Connection, write_facts: WriteFacts
) -> None:
    world = settled()
    world.crowd(0, 30, "shoes", prefix="a", industry=10)
    world.crowd(0, 20, "goal", prefix="b", industry=20)
    world.crowd(0, 25, "boots", prefix="c", industry=10)
    rank(connection, write_facts(world.facts))
    assert chart(connection) == ["shoes", "boots", "goal"]
    assert chart(connection, industry=10) == ["shoes", "boots"]
    assert chart(connection, industry=20) == ["goal"]
    assert rows(connection, "SELECT count(*) FROM charted WHERE industry NOT IN (0, 10, 20)") == [(0,)]


def burst_world() -> World:
    world = settled()
    world.crowd(0, 30, "x", prefix="a")
    world.crowd(0, 20, "y", prefix="b")
    return world


def publish(folder: Path, facts: Sequence[Row], as_of: date) -> Published:
    path = folder / f"{as_of}.parquet"
    with duckdb.connect() as connection:
        rank(connection, write_parts(folder, facts), as_of)
        connection.execute(f"COPY (FROM memberships WHERE subject <> 'y') TO '{path}'")
    return Published(as_of, path)


def test_what_stood_in_an_earlier_edition_is_not_new_to_the_chart(
    connection: Connection, write_facts: WriteFacts, tmp_path: Path
) -> None:
    facts = burst_world().facts
    parts = write_facts(facts)
    earlier = publish(tmp_path, facts, AS_OF)
    tomorrow = AS_OF + timedelta(days=1)
    rank(connection, parts, tomorrow, [earlier])
    assert chart(connection, "identity, move, first_time") == [("x", 4, False), ("y", 4, True)]
    query = "SELECT identity, days FROM listed JOIN subjects USING (subject) WHERE region = 'VN'"
    assert dict(rows(connection, query)) == {"x": 2, "y": 1}


def test_editions_of_the_day_itself_and_later_say_nothing(
    connection: Connection, write_facts: WriteFacts, tmp_path: Path
) -> None:
    facts = burst_world().facts
    parts = write_facts(facts)
    others = [publish(tmp_path, facts, AS_OF), publish(tmp_path, facts, AS_OF + timedelta(days=1))]
    rank(connection, parts, AS_OF, others)
    assert chart(connection, "first_time") == [True, True]
    assert set(rows(connection, "SELECT days FROM listed")) == {(1,)}


@pytest.mark.parametrize(("age", "days"), [(364, 2), (365, 1)])
def test_days_listed_are_those_of_a_year(
    connection: Connection, write_facts: WriteFacts, tmp_path: Path, age: int, days: int
) -> None:
    facts = burst_world().facts
    earlier = Published(AS_OF - timedelta(days=age), publish(tmp_path, facts, AS_OF).path)
    rank(connection, write_facts(facts), AS_OF, [earlier])
    query = "SELECT days FROM listed JOIN subjects USING (subject) WHERE identity = 'x' AND region = 'VN'"
    assert rows(connection, query) == [(days,)]


def test_videos_and_creators_are_ranked_by_views_gained_in_the_window(
    connection: Connection, write_facts: WriteFacts
) -> None:
    world = World()
    world.post(0, "ann", views=500)
    world.post(0, "bob", views=300)
    world.post(0, "bob", views=300, region=None)
    world.post(20, "bob", views=90_000)  # gained before the window
    world.post(0, None, views=400)
    world.post(0, "cat", views=None)
    rank(connection, write_facts(world.facts))
    videos = "SELECT id, videos.views FROM videos JOIN posts USING (post) WHERE period = 7"
    assert rows(connection, f"{videos} AND videos.region = 'VN' ORDER BY rank") == [
        ("000000", 500),
        ("000004", 400),
        ("000001", 300),
    ]
    stars = "SELECT username, views FROM stars JOIN creators USING (creator) WHERE period = 7"
    assert rows(connection, f"{stars} AND region = 'VN' ORDER BY rank") == [("ann", 500), ("bob", 300)]
    assert rows(connection, f"{stars} AND region = 'ALL' ORDER BY rank") == [("bob", 600), ("ann", 500)]


def test_memberships_tell_every_row_of_every_chart(connection: Connection, write_facts: WriteFacts) -> None:
    rank(connection, write_facts(burst_world().facts))
    query = "SELECT subject, rank FROM memberships WHERE chart_key = 'hashtag/7/VN/0' ORDER BY rank"
    assert rows(connection, query) == [("x", 1), ("y", 2)]
    keys = {key for (key,) in rows(connection, "SELECT chart_key FROM memberships")}
    assert {"video/7/VN/0", "creator/120/ALL/0"} <= keys


def position(facts: Sequence[Row], tag: str) -> float:
    """The rank of a tag, infinite if it is not charted."""
    with TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as connection:
        rank(connection, write_parts(Path(folder), facts))
        found = chart(connection)
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
