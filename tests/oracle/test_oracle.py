"""Small worlds worked out by hand, from raw values to counts: proof of the oracle before it judges."""

from datetime import date, timedelta

import pytest

from tests.oracle import counts, fields
from tests.oracle.counts import World, window, world
from tests.oracle.fields import Row
from tests.oracle.posts import daily_gain, posts_of, spread
from tests.oracle.worlds import AS_OF, DAY, INGESTED, at, back, row


def only(*rows: Row) -> dict[str, object]:
    """The one post of the rows, as a dict of its fields."""
    (post,) = posts_of(rows, INGESTED)
    return {name: getattr(post, name) for name in type(post).__slots__}


# --- raw values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "counted"),
    [
        (0, 0),
        (12.0, 12),
        ("541.2K", 541_200),
        ("1.4M", 1_400_000),
        ("2b", 2_000_000_000),
        ("3 videos", 3),
        ("1,234", 1234),
        ("", None),
        (" ", None),
        (None, None),
        ("Like", None),
        (-5, None),
        (True, None),
        (float("nan"), None),
    ],
)
def test_dirty_counts_are_counts_or_unknown_never_zero(written: object, counted: int | None) -> None:
    assert fields.count(written) == counted


@pytest.mark.parametrize(
    ("written", "identity"),
    [
        ("#FYP", "fyp"),
        ("＃ Straße", "strasse"),
        ("##x", "x"),
        ("Ｆｏｏ", "foo"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("30thang4", "30thang4"),
        ("what?", "what?"),
        ("#", None),
        ("@someone", None),
        ("# @someone", None),
        ("two words", None),
        ("e\u0301te\u0301", "été"),
    ],
)
def test_a_hashtag_has_one_identity(written: str, identity: str | None) -> None:
    assert fields.tag(written) == identity


def test_tags_come_from_the_description_only_where_no_hashtag_field_is_there() -> None:
    written = "Look #Fyp #été2025! a#none # alone ＃wide #❤️‍🔥"
    assert fields.tags({"video_description": written}) == ["fyp", "été2025", "wide", "❤️‍🔥"]
    assert fields.tags({"video_description": written, "hashtag_names": []}) is None
    assert fields.tags({"hashtag_names": ["A", "#a", "b", "@c"]}) == ["a", "b"]
    assert fields.tags({"hashtag_info_list": [{"hashtag_id": None, "hashtag_name": "Z"}]}) == ["z"]
    assert fields.tags({"hashtag_names": "a|B"}) == fields.tags({"hashtag_names": '["a", "B"]'}) == ["a", "b"]


def test_regions_and_industries_are_known_ones_or_missing() -> None:
    assert len(fields.REGIONS) == 249
    assert [fields.region({"region_code": code}) for code in ("vn", "UK", "", 7)] == ["VN", None, None, None]
    branches = [fields.industry({"industry_id": of}) for of in (10101000000, "23000000000", 10777000000, "x")]
    assert branches == [10_000_000_000, 23_000_000_000, None, None]


# --- posts ----------------------------------------------------------------------------------------------


def test_creation_is_valid_or_comes_from_the_id_or_the_row_is_left_out() -> None:
    inside = 7_500_000_000 << 32  # far in the future
    good = at(AS_OF) << 32
    late = at(AS_OF) + DAY + 1
    assert only({"id": "x", "create_time": late - 1, "observed_at": at(AS_OF)})["creation"] == late - 1
    assert only({"id": good, "create_time": late, "observed_at": at(AS_OF)})["creation"] == at(AS_OF)
    assert only({"id": str(good), "create_time": 1})["creation"] == at(AS_OF)
    assert only({"id": "x", "create_time": "2025-05-14T01:00:00+02:00"})["day"] == back(1).toordinal()
    bad: list[Row] = [
        {"id": "x"},
        {"id": inside},
        {"id": "x", "create_time": INGESTED + DAY + 1},
        {"create_time": at(AS_OF)},
    ]
    assert posts_of(bad, INGESTED) == []


def test_an_attribute_comes_from_the_newest_row_that_has_it() -> None:
    old = row(1, back(9), username="old", region_code="VN", hashtag_names=["a"])
    new = old | {"observed_at": at(AS_OF), "username": "new", "region_code": "??", "hashtag_names": []}
    same = new | {"username": "newer"}
    post = only(same, old, new)
    assert (post["creator"], post["region"], post["tags"]) == ("newer", "VN", ("a",))


def test_a_row_without_observed_at_counts_as_seen_a_week_after_creation() -> None:
    unseen = {"id": 1, "create_time": at(back(9)), "username": "week"}
    before = unseen | {"observed_at": at(back(2), -1), "username": "before"}
    after = unseen | {"observed_at": at(back(2), 1), "username": "after"}
    assert only(unseen, before)["creator"] == "week"
    assert only(unseen, before, after)["creator"] == "after"
    # Even a row that claims to have been seen before creation is no older than creation.
    assert only(unseen | {"observed_at": at(back(9), -50), "username": "early"})["creator"] == "early"


def test_views_are_spread_evenly_in_whole_views() -> None:
    assert spread(10, 1, 3) == {1: 3, 2: 3, 3: 4}
    assert spread(2, 1, 3) == {2: 1, 3: 1}
    assert spread(7, 5, 5) == {5: 7}


def test_the_first_count_reaches_back_to_creation_and_no_further_than_six_days_on() -> None:
    start, first = at(back(20)), back(20).toordinal()
    assert daily_gain([(start + 2 * DAY, 10)], start) == {first: 3, first + 1: 3, first + 2: 4}
    assert daily_gain([(start + 15 * DAY, 7)], start) == {first + k: 1 for k in range(7)}
    assert daily_gain([(start, 5)], start) == {first: 5}


def test_falling_counters_gain_nothing_until_they_pass_their_maximum() -> None:
    start, first = at(back(20)), back(20).toordinal()
    counts_seen = [(start, 100), (start + DAY, 40), (start + 3 * DAY, 110), (start + 3 * DAY + 9, 111)]
    # 100 at once; 40 < 100 adds none; 10 over days +2..+3; 1 on the same day +3.
    assert daily_gain(reversed(counts_seen), start) == {first: 100, first + 2: 5, first + 3: 6}


def test_counts_of_the_same_second_merge_to_the_larger() -> None:
    start, first = at(AS_OF), AS_OF.toordinal()
    assert daily_gain([(start, 7), (start, 9), (start, 8)], start) == {first: 9}
    # A count seen "before" creation is clamped to it, and so merges with one seen at creation.
    assert only(row(1, AS_OF, view_count=9), row(1, AS_OF, observed_at=at(back(0), -60), view_count=4))[
        "gained"
    ] == {first: 9}


def test_unknown_views_are_not_zero() -> None:
    post = only(row(1, AS_OF, view_count=""))
    assert (post["views"], post["gained"]) == (None, {})
    assert only(row(1, AS_OF, view_count=0))["views"] == 0


# --- counts ---------------------------------------------------------------------------------------------


def small_world() -> World:
    return world(
        [
            row(1, back(10), region_code="VN", hashtag_names=["t"], view_count=100, username="a"),
            row(1, back(10), region_code="VN", observed_at=at(back(5)), view_count=150, username="a"),
            row(2, back(6), region_code="VN", hashtag_names=["t"], view_count=10, username="b"),
            row(3, AS_OF, hashtag_names=["t"], view_count=30, username="c"),
            row(4, AS_OF, region_code="US", hashtag_names=["t"], view_count=30, username=None),
        ],
        INGESTED,
    )


def test_a_post_without_region_counts_for_the_world_only() -> None:
    place, week = small_world(), window(AS_OF, 7)
    by_region = {r: counts.publish_cnt(place.of("hashtag", "t", r), week) for r in ("ALL", "US", "VN", "FR")}
    assert by_region == {"ALL": 3, "US": 1, "VN": 1, "FR": 0}
    assert place.regions == ["ALL", "US", "VN"]


def test_views_count_when_gained_whenever_the_post_was_made() -> None:
    place = small_world()
    # Post 1 gains 50 over the five days back(9)..back(5), two of which (20 views) lie in the week.
    assert counts.video_views(place.of("hashtag", "t", "VN"), window(AS_OF, 7)) == 20 + 10
    assert counts.video_views(place.of("hashtag", "t"), window(AS_OF, 7)) == 20 + 10 + 30 + 30
    assert counts.whole_history(place.of("hashtag", "t"), AS_OF) == (4, 220)
    assert counts.whole_history(place.of("hashtag", "t"), back(6)) == (2, 150)


def test_the_sample_of_creators_is_by_views_then_name_and_knows_no_nameless() -> None:
    place = small_world()
    assert counts.creators_sample(place.of("hashtag", "t"), window(AS_OF, 7)) == ["c", "a", "b"]
    assert counts.creators(place.of("hashtag", "t")) == {"a", "b", "c"}
    tied = posts_of([row(n, AS_OF, view_count=5, username=f"u{9 - n}") for n in range(5)], INGESTED)
    assert counts.creators_sample(tied, window(AS_OF, 7)) == ["u5", "u6", "u7"]


def industries(*of: int | None) -> int | None:
    posts = [row(n, AS_OF, hashtag_names=["t"], industry_id=i and i * 10**9) for n, i in enumerate(of, 1)]
    return counts.industry(world(posts, INGESTED).of("hashtag", "t"), AS_OF)


def test_an_industry_needs_three_posts_and_three_tenths() -> None:
    assert industries(10, 10, None, None) is None
    assert industries(10, 10, 10, None) == 10_000_000_000
    assert industries(25, 25, 25, 11, 11, 11) == 11_000_000_000
    assert industries(*[11] * 3, *range(12, 19)) == 11_000_000_000  # exactly 3 of 10
    assert industries(*[11] * 3, *range(12, 20)) is None  # 3 of 11


def test_an_industry_knows_no_later_day() -> None:
    posts = [row(n, back(n), hashtag_names=["t"], industry_id=10_000_000_000) for n in range(3)]
    tagged = world(posts, INGESTED).of("hashtag", "t")
    assert (counts.industry(tagged, AS_OF), counts.industry(tagged, back(1))) == (10_000_000_000, None)


def test_buckets_are_whole_days_weeks_and_months() -> None:
    assert [label for label, _, _ in counts.buckets(AS_OF, 7)] == [back(6 - k) for k in range(7)]
    weeks = counts.buckets(AS_OF, 120)  # 2025-01-15 (a Wednesday) .. 2025-05-14
    assert (len(weeks), weeks[0][0], weeks[-1][0]) == (16, date(2025, 1, 25), date(2025, 5, 10))
    assert all(label == last and last - first == timedelta(6) for label, first, last in weeks)
    assert all(label.isoweekday() == 6 for label, _, _ in weeks)
    assert len(counts.buckets(date(2025, 5, 10), 120)) == 17  # Saturday back to Sunday 2025-01-12
    assert {len(counts.buckets(AS_OF + timedelta(k), 365)) for k in range(7)} == {51, 52}
    months = counts.buckets(date(2025, 4, 30), 1095)  # 2022-05-02 .. 2025-04-30
    assert (len(months), months[0], months[-1][0]) == (
        35,
        (date(2022, 6, 1), date(2022, 6, 1), date(2022, 6, 30)),
        date(2025, 4, 1),
    )


def test_a_trend_is_rounded_half_up_against_its_maximum() -> None:
    assert [counts.normalised(part, 200) for part in (1, 3, 199, 200, 0)] == [0.01, 0.02, 1.0, 1.0, 0.0]
    place = small_world()
    week = counts.subject_trend(place, "hashtag", "t", "VN", AS_OF, 7)
    assert [point.value for point in week] == [1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0]
    nothing = counts.subject_trend(place, "hashtag", "t", "FR", AS_OF, 7)
    assert [point.value for point in nothing] == [0.0] * 7


def test_a_sounds_trend_begins_with_its_first_use() -> None:
    place = world([row(1, back(2), music_id="s", view_count=4, region_code="VN")], INGESTED)
    assert [p.label for p in counts.subject_trend(place, "sound", "s", "VN", AS_OF, 7)] == [
        back(2),
        back(1),
        AS_OF,
    ]
    assert len(counts.subject_trend(place, "sound", "s", "US", AS_OF, 7)) == 7
    assert len(counts.subject_trend(place, "sound", "s", "VN", AS_OF, 120)) == 0  # its only week is not over
    assert len(counts.subject_trend(place, "sound", "s", "VN", back(3), 7)) == 7  # not used yet


def test_current_popularity_is_the_last_day_against_the_best() -> None:
    rows = [
        row(1, back(1), hashtag_names=["t"], view_count=200),
        row(2, AS_OF, hashtag_names=["t"], view_count=1),
    ]
    tagged = world(rows, INGESTED).of("hashtag", "t")
    assert counts.current_popularity(tagged, AS_OF, 7) == 1  # 0.5 rounds up
    assert counts.current_popularity(tagged, back(20), 7) == 0
