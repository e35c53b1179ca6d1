"""What the engine counts from: attributes, days of gained views, posts by region, industries; from facts in
any order.
"""

import random
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.day import Day
from tests.engine.rows import AS_OF, Row, at, fact
from trendwire.domain.charts import Kind
from trendwire.domain.details import SoundFacts
from trendwire.domain.periods import epoch_day, from_epoch_day
from trendwire.domain.subjects import own_id
from trendwire.engine.build import documents, in_order


def day(text: str) -> int:
    return epoch_day(date.fromisoformat(text))


def gains(rows: list[Row]) -> dict[str, int]:
    """Views gained on each day, of posts of the tag x."""
    told = Day([{**row, "tags": ["x"]} for row in rows]).detail("x").region("ALL")
    gained = zip(told.days, told.views, strict=True)
    return {f"{from_epoch_day(number):%m-%d}": views for number, views in gained if views}


def seen(id_: str, *sightings: tuple[str | int, int | None], day: str = "2025-05-01") -> list[Row]:
    """One post created at noon of `day`, seen at noon of some days (or at some second) with these views."""
    moments = [(at(when) if isinstance(when, str) else when, views) for when, views in sightings]
    return [fact(id_, day, observed_at=moment, view_count=views) for moment, views in moments]


def test_each_attribute_is_taken_from_the_newest_row_that_has_it() -> None:
    newest = {"observed_at": at("2025-05-09"), "nickname": "new", "like_count": 9}
    oldest = {"observed_at": at("2025-05-02"), "nickname": "old", "username": "ann", "region": "VN"}
    between = {"observed_at": at("2025-05-03"), "region": "US", "like_count": 5, "view_count": 7}
    row = Day([fact("1", "2025-05-01", **one) for one in (newest, oldest, between)]).creator()
    assert (row.nickname, row.username, row.region) == ("new", "ann", "US")
    assert [(post.likes, post.views) for post in row.top_posts] == [(9, 7)]


def test_a_row_without_a_time_counts_as_seen_a_week_after_creation() -> None:
    shown = {"nickname": "a", "region": "AA", "username": "ann", "view_count": 7}
    earlier = fact("1", "2025-05-01", observed_at=at("2025-05-08") - 1, **shown)
    undated = fact("1", "2025-05-01", nickname="b")
    later = fact("1", "2025-05-01", observed_at=at("2025-05-08") + 1, region="CC")
    row = Day([earlier, undated, later]).creator()
    assert (row.nickname, row.region) == ("b", "CC")


def test_in_the_same_second_the_larger_json_text_decides() -> None:
    shown = {"username": "ann", "view_count": 7, "region": "US"}
    first = {"nickname": "b", "duration": 9, "tags": ["b"], "is_promoted": False, **shown}
    second = {"nickname": "a", "duration": 10, "tags": ["a", "c"], "is_promoted": True}
    told = Day([fact("1", "2025-05-01", **one) for one in (first, second)])
    assert (told.creator().nickname, told.video().duration, told.video().region) == ("b", 9, "US")
    assert told.detail("b").region("US").period(30).promoted
    assert [told.details.detail(Kind.HASHTAG, tag) for tag in "ac"] == [None, None]


def test_creation_is_that_of_the_newest_row_then_of_the_id() -> None:
    moved = [
        fact("1", "2025-05-03", observed_at=at("2025-05-10")),
        fact("1", "2025-05-04", observed_at=at("2025-05-09")),
        fact("1", "2025-05-05") | {"create_time": None, "observed_at": at("2025-05-12")},
    ]
    by_id = fact("2", "2025-05-05") | {"create_time": None, "id_time": at("2025-05-06")}
    late, unknown = fact("3", "2025-05-15"), fact("4", "2025-05-05") | {"create_time": None}
    told = Day([row | {"tags": [f"t{row['id']}"]} for row in (*moved, by_id, late, unknown)])
    assert told.detail("t1").region("ALL").first_day == day("2025-05-03")
    assert told.detail("t2").region("ALL").first_day == day("2025-05-06")
    assert [told.details.detail(Kind.HASHTAG, tag) for tag in ("t3", "t4")] == [None, None]


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
    sightings: list[tuple[str | int, int | None]], expected: dict[str, int]
) -> None:
    assert gains(seen("1", *sightings)) == expected


def test_a_row_without_a_time_spreads_over_the_first_week() -> None:
    assert gains([fact("1", "2025-05-01", view_count=14)]) == {f"05-0{n}": 2 for n in range(1, 8)}


def test_a_post_counts_in_its_region_and_the_world_once_however_often_it_names_a_tag() -> None:
    seen_at = {"observed_at": at("2025-05-01"), "tags": ["x", "x"]}
    posts = [("VN", 5), ("VN", None), (None, 7)]
    rows = [
        fact(str(n), "2025-05-01", region=region, view_count=views, **seen_at)
        for n, (region, views) in enumerate(posts)
    ]
    found = Day(rows).detail("x").regions
    told = {region: (one.days, one.views, one.posts) for region, one in found.items()}
    first = (day("2025-05-01"),)
    assert told == {"ALL": (first, (12,), (3,)), "VN": (first, (5,), (2,))}


def test_a_subject_begins_in_each_region_with_its_first_post() -> None:
    told = Day(
        [
            fact("1", "2025-05-01"),
            fact("2", "2025-05-03", region="VN", tags=["x"]),
            fact("3", "2025-05-02", region="US"),
            fact("4", "2025-05-05", region="VN", music_id="9"),
        ]
    )
    regions = {**told.detail("x").regions}
    assert {region: one.first_day for region, one in regions.items()} == dict.fromkeys(
        ("ALL", "VN"), day("2025-05-03")
    )
    regions = told.detail("9", Kind.SOUND).regions
    assert {region: one.first_day for region, one in regions.items()} == dict.fromkeys(
        ("ALL", "VN"), day("2025-05-05")
    )


def test_a_hashtag_id_comes_from_the_newest_post_that_has_one() -> None:
    told = Day(
        [
            fact("1", "2025-05-03", tags=["a", "ünï💫"], tag_ids=["11", None]),
            fact("2", "2025-05-02", tags=["a"], tag_ids=["22"]),
            fact("3", "2025-05-04", tags=["a"]),
        ]
    )
    found = {tag: getattr(told.detail(tag).facts, "hashtag_id", None) for tag in ("a", "ünï💫")}
    assert found == {"a": "11", "ünï💫": own_id("ünï💫")}


def test_a_sound_takes_each_attribute_from_its_newest_post() -> None:
    told = Day(
        [
            fact("1", "2025-05-03", music_id="7", music_title="old", music_duration=30),
            fact("2", "2025-05-05", music_id="7", music_title="new", is_commercial_music=False),
            fact("9", "2025-05-05", music_id="7", music_title="newest", song_id="77"),
        ]
    )
    assert told.detail("7", Kind.SOUND).facts == SoundFacts(
        clip_id="7",
        song_id="77",
        title="newest",
        author=None,
        cover_url=None,
        music_url=None,
        duration=30,
        commercial=False,
        industry=None,
    )


def industry_of(posts: list[Row], as_of: date = AS_OF) -> int | None:
    return Day(posts, as_of).detail("x").facts.industry


def test_industry_needs_three_posts_that_agree_and_counts_to_the_end_day() -> None:
    """Of two industries with as many posts the smaller id holds."""
    posts: list[Row] = [fact(str(n), f"2025-05-0{n}", tags=["x"], industry=20) for n in (1, 2, 3)]
    posts += [fact(str(n), "2025-05-09", tags=["x"], industry=10) for n in (4, 5, 6)]
    ends = [date(2025, 5, n) for n in (2, 3, 9)]
    assert [industry_of(posts, end) for end in ends] == [None, 20, 10]


@pytest.mark.parametrize(("others", "expected"), [(7, 20), (8, None)])
def test_industry_needs_thirty_percent(others: int, expected: int | None) -> None:
    posts: list[Row] = [fact(str(n), "2025-05-01", tags=["x"], industry=20) for n in range(3)]
    posts += [fact(f"o{n}", "2025-05-01", tags=["x"], industry=100 + n) for n in range(others)]
    posts += [fact(f"u{n}", "2025-05-01", tags=["x"]) for n in range(9)]
    assert industry_of(posts) == expected


def test_subjects_are_told_in_the_order_of_their_names() -> None:
    names = ["b", "a10", "a9", "ä", "💫", "Z"]
    told = Day([fact(name, "2025-05-01", tags=names[n:]) for n, name in enumerate(names)])
    assert [told.charts.attributes.identity(one) for one in in_order(told.state)] == sorted(names)


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
            "nickname": st.sampled_from([None, "Ann", "Bob"]),
            "tags": st.sampled_from([None, ["x"], ["x", "y"], ["y"]]),
            "music_id": st.sampled_from([None, "1", "2"]),
            "music_title": st.sampled_from([None, "one", "two"]),
            "industry": st.sampled_from([None, 10, 20]),
        }
    ),
)


def everything(facts: list[Row], parts: int) -> list[Any]:
    """All charts and details, also of a tag that all posts have."""
    found = Day([{**row, "tags": [*(row["tags"] or ()), "all"]} for row in facts], parts=parts)
    charts = [(key.text, msgspec.json.encode(found.charts.entries(key))) for key in found.charts.keys]
    return [*charts, *documents(found.details, found.charts.attributes, in_order(found.state))]


@settings(max_examples=15)
@given(st.lists(fact_rows, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_order_split_and_copies_change_nothing(facts: list[Row], rng: random.Random) -> None:
    again = [*facts, *rng.choices(facts, k=5)]
    rng.shuffle(again)
    assert everything(again, parts=3) == everything(facts, parts=1)


@settings(max_examples=15)
@given(st.lists(fact_rows, min_size=1, max_size=25))
def test_no_view_is_lost_or_gained_twice(facts: list[Row]) -> None:
    peaks = dict[str, int]()
    for row in facts:
        peaks[row["id"]] = max(peaks.get(row["id"], 0), row["view_count"] or 0)
    found = Day([{**row, "tags": ["all"]} for row in facts], date(2025, 6, 30)).detail("all")
    world = found.region("ALL")
    assert (found.posts_all, found.views_all) == (len(peaks), sum(peaks.values()))
    assert (sum(world.posts), sum(world.views)) == (found.posts_all, found.views_all)
