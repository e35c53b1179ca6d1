"""What the engine counts from: attributes, daily gains, rollup and industries, from facts in any order."""

import random
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trends.conftest import AS_OF, Row, WriteFacts, at, fact, write_parts
from trendwire.domain.periods import epoch_day
from trendwire.domain.subjects import own_id
from trendwire.trends import histories, rollups

Connection = duckdb.DuckDBPyConnection
TABLES = (
    "posts",
    "creators",
    "subjects",
    "uses",
    "gains",
    "daily",
    "regions",
    "subject_regions",
    "industries",
)


def roll(
    connection: Connection, parts: list[Path], as_of: date = AS_OF, ends: list[date] | None = None
) -> None:
    rollups.create(connection, parts, as_of, ends or [as_of], lambda _stage, _done: None)
    histories.create(connection, as_of)


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def day(text: str) -> int:
    return epoch_day(date.fromisoformat(text))


def gains_of(connection: Connection, id_: str) -> dict[str, int]:
    query = (
        "SELECT strftime(DATE '1970-01-01' + gains.day, '%m-%d'), gains.views"
        f" FROM gains JOIN posts USING (post) WHERE id = '{id_}'"
    )
    return dict(rows(connection, query))


def seen(id_: str, *sightings: tuple[str | int, int | None], day: str = "2025-05-01") -> list[Row]:
    """One post created at noon of `day`, seen at noon of some days (or at some second) with these views."""
    moments = [(at(when) if isinstance(when, str) else when, views) for when, views in sightings]
    return [fact(id_, day, observed_at=moment, view_count=views) for moment, views in moments]


def test_each_attribute_is_taken_from_the_newest_row_that_has_it(
    connection: Connection, write_facts: WriteFacts
) -> None:
    post = fact("1", "2025-05-01")
    roll(
        connection,
        write_facts(
            [
                post | {"observed_at": at("2025-05-09"), "nickname": "new", "like_count": 9},
                fact(
                    "1",
                    "2025-05-01",
                    observed_at=at("2025-05-02"),
                    nickname="old",
                    username="ann",
                    region="VN",
                ),
                fact(
                    "1", "2025-05-01", observed_at=at("2025-05-03"), region="US", like_count=5, view_count=7
                ),
            ]
        ),
    )
    query = "SELECT nickname, username, region, likes, views FROM posts"
    assert rows(connection, query) == [("new", "ann", "US", 9, 7)]


def test_a_row_without_a_time_counts_as_seen_a_week_after_creation(
    connection: Connection, write_facts: WriteFacts
) -> None:
    earlier = fact("1", "2025-05-01", observed_at=at("2025-05-08") - 1, nickname="a", region="AA")
    undated = fact("1", "2025-05-01", nickname="b")
    later = fact("1", "2025-05-01", observed_at=at("2025-05-08") + 1, region="CC")
    roll(connection, write_facts([earlier, undated, later]))
    assert rows(connection, "SELECT nickname, region FROM posts") == [("b", "CC")]


def test_in_the_same_second_the_larger_json_text_decides(
    connection: Connection, write_facts: WriteFacts
) -> None:
    first = fact("1", "2025-05-01", nickname="b", duration=9, tags=["b"], is_promoted=False, region="US")
    second = fact("1", "2025-05-01", nickname="a", duration=10, tags=["a", "c"], is_promoted=True)
    roll(connection, write_facts([first, second]))
    query = "SELECT nickname, duration, promoted, region FROM posts"
    assert rows(connection, query) == [("b", 9, True, "US")]
    assert rows(connection, "SELECT identity FROM subjects") == [("b",)]


def test_creation_is_that_of_the_newest_row_then_of_the_id(
    connection: Connection, write_facts: WriteFacts
) -> None:
    moved = [
        fact("1", "2025-05-03", observed_at=at("2025-05-10")),
        fact("1", "2025-05-04", observed_at=at("2025-05-09")),
        fact("1", "2025-05-05") | {"create_time": None, "observed_at": at("2025-05-12")},
    ]
    by_id = fact("2", "2025-05-05") | {"create_time": None, "id_time": at("2025-05-06")}
    late = fact("3", "2025-05-15")
    roll(connection, write_facts([*moved, by_id, late]))
    assert rows(connection, "SELECT id, day FROM posts ORDER BY id") == [
        ("1", day("2025-05-03")),
        ("2", day("2025-05-06")),
    ]


WEEK = {f"05-0{n}": 10 for n in range(1, 8)}
EVENING = at("2025-05-01", 20)


@pytest.mark.parametrize(
    ("sightings", "expected"),
    [
        pytest.param([("2025-05-03", 10)], {"05-01": 3, "05-02": 3, "05-03": 4}, id="floors"),
        pytest.param([("2025-05-03", 1)], {"05-03": 1}, id="days without views are no gains"),
        pytest.param([("2025-05-12", 70)], WEEK, id="first count over seven days at most"),
        pytest.param(
            [("2025-05-01", 5), ("2025-05-04", 11)],
            {"05-01": 5, "05-02": 2, "05-03": 2, "05-04": 2},
            id="later gain over the days since",
        ),
        pytest.param([("2025-05-01", 5), (EVENING, 8)], {"05-01": 8}, id="gain on the same day"),
        pytest.param(
            [("2025-05-02", 8), ("2025-05-03", 6), ("2025-05-04", 9)],
            {"05-01": 4, "05-02": 4, "05-04": 1},
            id="falling counts",
        ),
        pytest.param([("2025-05-01", 5), ("2025-05-01", 8)], {"05-01": 8}, id="same second: the larger"),
        pytest.param([("2025-05-01", None), ("2025-05-02", 4)], {"05-01": 2, "05-02": 2}, id="unknown"),
        pytest.param([("2025-05-01", 0), ("2025-05-03", 4)], {"05-02": 2, "05-03": 2}, id="zero"),
        pytest.param([("2025-04-20", 6)], {"05-01": 6}, id="seen before creation"),
        pytest.param(
            [("2025-05-12", 3), ("2025-05-16", 11)],
            {"05-03": 1, "05-05": 1, "05-07": 1, "05-13": 2, "05-14": 2},
            id="nothing after as_of",
        ),
    ],
)
def test_views_are_gained_day_by_day(
    connection: Connection,
    write_facts: WriteFacts,
    sightings: list[tuple[str | int, int | None]],
    expected: dict[str, int],
) -> None:
    roll(connection, write_facts(seen("1", *sightings)))
    assert gains_of(connection, "1") == expected


def test_a_row_without_a_time_spreads_over_the_first_week(
    connection: Connection, write_facts: WriteFacts
) -> None:
    roll(connection, write_facts([fact("1", "2025-05-01", view_count=14)]))
    assert gains_of(connection, "1") == {f"05-0{n}": 2 for n in range(1, 8)}


def test_the_rollup_counts_regions_and_the_world(connection: Connection, write_facts: WriteFacts) -> None:
    seen_at = {"observed_at": at("2025-05-01"), "tags": ["x", "x"]}
    roll(
        connection,
        write_facts(
            [
                fact("1", "2025-05-01", region="VN", view_count=5, **seen_at),
                fact("2", "2025-05-01", region="VN", view_count=None, **seen_at),
                fact("3", "2025-05-01", view_count=7, **seen_at),
            ]
        ),
    )
    query = "SELECT region, day, views, posts FROM daily ORDER BY region"
    assert rows(connection, query) == [("ALL", day("2025-05-01"), 12, 3), ("VN", day("2025-05-01"), 5, 2)]


def test_regions_begin_with_their_first_post(connection: Connection, write_facts: WriteFacts) -> None:
    roll(
        connection,
        write_facts(
            [
                fact("1", "2025-05-01"),
                fact("2", "2025-05-03", region="VN", tags=["x"]),
                fact("3", "2025-05-02", region="US"),
                fact("4", "2025-05-05", region="VN", music_id="9"),
            ]
        ),
    )
    assert sorted(rows(connection, "SELECT * FROM regions")) == [
        ("ALL", day("2025-05-01")),
        ("US", day("2025-05-02")),
        ("VN", day("2025-05-03")),
    ]
    query = "SELECT identity, region, first_day FROM subject_regions JOIN subjects USING (subject)"
    assert sorted(rows(connection, query)) == [
        ("9", "ALL", day("2025-05-05")),
        ("9", "VN", day("2025-05-05")),
        ("x", "ALL", day("2025-05-03")),
        ("x", "VN", day("2025-05-03")),
    ]


def test_a_hashtag_id_comes_from_the_newest_post_that_has_one(
    connection: Connection, write_facts: WriteFacts
) -> None:
    roll(
        connection,
        write_facts(
            [
                fact("1", "2025-05-03", tags=["a", "ünï💫"], tag_ids=["11", None]),
                fact("2", "2025-05-02", tags=["a"], tag_ids=["22"]),
                fact("3", "2025-05-04", tags=["a"]),
            ]
        ),
    )
    found = dict(rows(connection, "SELECT identity, wire_id FROM subjects"))
    assert found == {"a": "11", "ünï💫": own_id("ünï💫")}


def test_a_sound_takes_each_attribute_from_its_newest_post(
    connection: Connection, write_facts: WriteFacts
) -> None:
    roll(
        connection,
        write_facts(
            [
                fact("1", "2025-05-03", music_id="7", music_title="old", music_duration=30),
                fact("2", "2025-05-05", music_id="7", music_title="new", is_commercial_music=False),
                fact("9", "2025-05-05", music_id="7", music_title="newest", song_id="77"),
            ]
        ),
    )
    query = "SELECT kind, wire_id, song_id, title, author, duration, commercial FROM subjects"
    assert rows(connection, query) == [("sound", "7", "77", "newest", None, 30, False)]


def industry_after(connection: Connection, parts: list[Path], ends: list[str]) -> list[int | None]:
    roll(connection, parts, ends=[date.fromisoformat(end) for end in ends])
    found = dict(rows(connection, "SELECT last_day, industry FROM industries"))
    return [found.get(day(end)) for end in ends]


def test_industry_needs_three_posts_that_agree_and_counts_to_the_end_day(
    connection: Connection, write_facts: WriteFacts
) -> None:
    posts = [fact(str(n), f"2025-05-0{n}", tags=["x"], industry=20) for n in (1, 2, 3)]
    posts += [fact(str(n), "2025-05-09", tags=["x"], industry=10) for n in (4, 5, 6)]
    found = industry_after(connection, write_facts(posts), ["2025-05-02", "2025-05-03", "2025-05-09"])
    assert found == [None, 20, 10]


@pytest.mark.parametrize(("others", "expected"), [(7, 20), (8, None)])
def test_industry_needs_thirty_percent(
    connection: Connection, write_facts: WriteFacts, others: int, expected: int | None
) -> None:
    posts = [fact(str(n), "2025-05-01", tags=["x"], industry=20) for n in range(3)]
    posts += [fact(f"o{n}", "2025-05-01", tags=["x"], industry=100 + n) for n in range(others)]
    posts += [fact(f"u{n}", "2025-05-01", tags=["x"]) for n in range(9)]
    assert industry_after(connection, write_facts(posts), ["2025-05-14"]) == [expected]


def test_numbers_ascend_with_what_they_stand_for(connection: Connection, write_facts: WriteFacts) -> None:
    names = ["b", "a10", "a9", "ä", "💫", "Z"]
    facts = [fact(name, "2025-05-01", username=name, tags=names[n:]) for n, name in enumerate(names)]
    roll(connection, write_facts(facts))
    assert rows(connection, "SELECT id FROM posts ORDER BY post") == [(name,) for name in sorted(names)]
    assert rows(connection, "SELECT username FROM creators ORDER BY creator") == [(n,) for n in sorted(names)]
    assert rows(connection, "SELECT identity FROM subjects ORDER BY subject") == [
        (name,) for name in sorted(names)
    ]


moments = st.one_of(st.none(), st.sampled_from([at("2025-05-02"), at("2025-05-05"), at("2025-05-20")]))
fact_rows = st.builds(
    lambda id_, first, columns: fact(str(id_), f"2025-05-0{first}", **columns),
    st.integers(1, 4),
    st.integers(1, 9),
    st.fixed_dictionaries(
        {
            "observed_at": moments,
            "view_count": st.one_of(st.none(), st.integers(0, 30)),
            "region": st.sampled_from([None, "VN", "US"]),
            "username": st.sampled_from([None, "ann", "bob"]),
            "tags": st.sampled_from([None, ["x"], ["x", "y"], ["y"]]),
            "music_id": st.sampled_from([None, "1", "2"]),
            "music_title": st.sampled_from([None, "one", "two"]),
            "industry": st.sampled_from([None, 10, 20]),
        }
    ),
)


def tables(facts: list[Row], parts: int, threads: int) -> dict[str, list[tuple[Any, ...]]]:
    with TemporaryDirectory() as folder, duckdb.connect(config={"threads": threads}) as connection:
        roll(connection, write_parts(Path(folder), facts, parts))
        return {table: sorted(rows(connection, f"FROM {table}"), key=repr) for table in TABLES}


@settings(max_examples=25)
@given(st.lists(fact_rows, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_order_split_copies_and_threads_change_nothing(facts: list[Row], rng: random.Random) -> None:
    again = [*facts, *rng.choices(facts, k=5)]
    rng.shuffle(again)
    assert tables(again, parts=3, threads=4) == tables(facts, parts=1, threads=1)


@settings(max_examples=25)
@given(st.lists(fact_rows, min_size=1, max_size=25))
def test_no_view_is_lost_or_gained_twice(facts: list[Row]) -> None:
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        roll(connection, write_parts(Path(folder), facts), as_of=date(2025, 6, 30))
        gained = rows(connection, "SELECT post, sum(views)::BIGINT FROM gains GROUP BY post ORDER BY post")
        assert gained == rows(connection, "SELECT post, peak FROM posts WHERE peak > 0 ORDER BY post")
        world = rows(connection, "SELECT sum(posts)::BIGINT FROM daily WHERE region = 'ALL'")
        assert world == rows(connection, "SELECT nullif(count(*), 0) FROM uses")
