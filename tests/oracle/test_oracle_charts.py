"""Small worlds worked out by hand: components of heat, charts, moves and details as the oracle has them."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import sqrt

import pytest

from tests.oracle import details, heat
from tests.oracle.charts import ChartKey, Charts, Move, move
from tests.oracle.counts import ALL, Window, World, world
from tests.oracle.posts import posts_of
from tests.oracle.worlds import AS_OF, INGESTED, back, row

# --- heat and charts ------------------------------------------------------------------------------------


def test_a_young_region_is_cut_at_the_day_of_its_median_post() -> None:
    days = [back(6), back(5), back(4), AS_OF]  # n // 2 = 2 -> back(4)
    posts = posts_of([row(n, day) for n, day in enumerate(days, 1)], INGESTED)
    end = AS_OF.toordinal()
    assert heat.split(posts, end, 7) == (Window(end - 4, end), [Window(end - 6, end - 5)])


def test_the_past_is_up_to_eight_windows_that_the_facts_cover() -> None:
    end = AS_OF.toordinal()
    exact = posts_of([row(1, back(13)), row(2, AS_OF)], INGESTED)  # first = end - 2P + 1: no longer young
    assert heat.split(exact, end, 7) == (Window(end - 6, end), [Window(end - 13, end - 7)])
    young = posts_of([row(1, back(12)), row(2, AS_OF)], INGESTED)  # a day later: still young
    assert heat.split(young, end, 7) == (Window(end, end), [Window(end - 6, end - 1)])
    three = posts_of([row(1, back(33)), row(2, AS_OF)], INGESTED)
    assert [past.first for past in heat.split(three, end, 7)[1]] == [end - 13, end - 20, end - 27]
    assert len(heat.split(posts_of([row(1, back(400)), row(2, AS_OF)], INGESTED), end, 7)[1]) == 8


def test_the_floor_is_a_tenth_of_a_high_first_post_with_three_bits_kept() -> None:
    rows = [row(n, back(3), view_count=views) for n, views in enumerate([9700, 10, 430, 500], 1)]
    rows.append(row(9, AS_OF, username="u1", view_count=10**6))  # a creator's later posts change nothing
    end = AS_OF.toordinal()
    # Of four the 80th percentile is the last, of five the last but one: 970 = 0b1111001010 -> 0b1110000000.
    assert heat.floor_of(posts_of(rows, INGESTED), end) == 896
    assert heat.floor_of(posts_of([*rows, row(5, back(3), view_count=10**6)], INGESTED), end) == 896
    assert heat.floor_of(posts_of(rows, INGESTED), back(4).toordinal()) == 0


def test_creators_whom_mostly_nobody_saw_are_not_watched() -> None:
    posts = posts_of([row(n, AS_OF, username=name) for n, name in enumerate("aabbbc")], INGESTED)
    seen = {posts[0].id, posts[2].id}  # half of a's posts, a third of b's, none of c's
    assert heat.tally(posts, seen) == heat.Tally(creators=3, watched=1)
    assert heat.Tally(3, 1).counted == 2
    assert (heat.Tally(5, 0) + heat.Tally(1, 3)).counted == 6  # summed first, then capped


def burst(tag: str, ids: Sequence[int], day: date, **more: object) -> list[dict[str, object]]:
    return [row(n, day, hashtag_names=[tag], view_count=16, **more) for n in ids]


def test_components_count_creators_not_posts() -> None:
    rows = burst("t", range(10, 14), AS_OF) + burst("t", range(20, 25), AS_OF, username="one")
    rows += burst("t", [30], back(8)) + burst("x", range(40, 43), back(16)) + burst("x", [50], back(27))
    measured = heat.measure(world(rows, INGESTED), "hashtag", 7, ALL, AS_OF)
    expected = heat.Components(
        creators=5,
        watched=5,
        best=5 * 16,
        now=5,
        past=1,
        last=1,
        world=1,
        all_now=5,
        all_past=5,
        all_last=1,
        all_world=5,
    )
    assert measured == {"t": expected}


def test_the_world_knows_what_a_region_does_not() -> None:
    rows = [*burst("t", [1, 2], AS_OF, region_code="VN"), row(3, back(13), region_code="VN", view_count=16)]
    rows += burst("t", range(10, 15), back(9), region_code="US") + burst("t", [20], back(8))
    measured = heat.measure(world(rows, INGESTED), "hashtag", 7, "VN", AS_OF)["t"]
    assert (measured.past, measured.world, measured.all_past, measured.all_world) == (0, 6, 1, 7)


def test_a_post_is_judged_by_the_floor_of_its_own_region() -> None:
    rows = [
        *burst("t", [1, 2], AS_OF, region_code="VN"),
        row(3, back(13), view_count=10**6, region_code="US"),
    ]
    rows.append(row(4, AS_OF, hashtag_names=["t"], view_count=16, region_code="US"))
    measured = heat.measure(world(rows, INGESTED), "hashtag", 7, ALL, AS_OF)["t"]
    assert (measured.creators, measured.watched, measured.best) == (3, 2, 32)


def test_heat_follows_the_documented_order() -> None:
    alone = heat.Components(16, 16, 255, 16, 4, 4, 4, 20, 20, 5, 20)
    # The last window counts at most 2 * 0 + 1, so expected 1 and mean 1.2; nobody lends.
    everyday = (1 / 20) / (1 / 20 + 0.3)
    gate = 1 - (1.25 * 1.2 + 2.75 * sqrt(1.2 * 2) + 4 * everyday) / 16.2
    assert heat.heat(alone) == pytest.approx(8 * 4 * gate, rel=1e-12)
    known = heat.Components(20, 8, 255, 16, 0, 0, 10, 20, 20, 5, 120)
    # 10 of 100 elsewhere: 20 lent creators expect 2, so 20 * 2 / 40 = 1; as common as that elsewhere: 0.1.
    gate = 1 - (1.25 * 1.2 + 2.75 * sqrt(1.2 * 2) + 4 * 0.1 / 0.102) / 16.2
    assert heat.heat(known) == pytest.approx(8 * 4 * gate, rel=1e-12)
    # No longer past (2 * 5 < 15): all 4 are expected, mean 4.2.
    gate = 1 - (1.25 * 4.2 + 2.75 * sqrt(4.2 * 2) + 4 * 0.2 / 0.5) / 16.2
    assert heat.heat(heat.Components(16, 16, 255, 16, 4, 4, 4, 20, 20, 15, 20)) == pytest.approx(8 * 4 * gate)
    assert heat.heat(heat.Components(16, 16, 255, 16, 0, 0, 0, 20, 0, 0, 0)) == 0.0


def equal_heat(_: heat.Components) -> float:
    return 1.0


def tied_world() -> World:
    rows = (
        burst("b", range(10, 13), AS_OF)
        + burst("a", range(20, 23), AS_OF)
        + burst("two", range(30, 32), AS_OF)
    )
    rows += [row(n, AS_OF, hashtag_names=["seen"], view_count=17) for n in range(40, 43)]
    return world(rows + burst("old", range(50, 53), back(13)), INGESTED)


def test_ties_go_by_views_then_identity_and_two_creators_are_too_few() -> None:
    listed = Charts(tied_world(), equal_heat).ranked(ChartKey("hashtag", 7), AS_OF)
    assert [one.identity for one in listed] == ["seen", "a", "b"]


def test_a_cold_young_region_without_an_earlier_part_has_no_chart() -> None:
    assert Charts(world(burst("t", range(9), AS_OF), INGESTED)).ranked(ChartKey("hashtag", 7), AS_OF) == []


def test_moves_compare_with_the_chart_a_period_earlier() -> None:
    assert [move(*pair) for pair in ((1, 4), (4, 1), (2, 2), (3, None))] == [
        Move("up", 3),
        Move("down", 3),
        Move("unchanged"),
        Move("new"),
    ]
    rows = burst("a", range(10, 13), back(7)) + burst("b", range(20, 24), back(7))
    rows += (
        burst("a", range(30, 34), AS_OF) + burst("b", range(40, 43), AS_OF) + burst("c", range(60, 63), AS_OF)
    )
    key = ChartKey("hashtag", 7)
    young = Charts(world(rows, INGESTED), equal_heat).moves(key, AS_OF)
    assert set(young.values()) == {Move("new")}
    grown = Charts(world([*rows, row(1, back(13))], INGESTED), equal_heat).moves(key, AS_OF)
    assert grown == {"a": Move("up", 1), "b": Move("down", 1), "c": Move("new")}


def test_what_was_published_before_is_not_new_again() -> None:
    charts, key = Charts(tied_world(), equal_heat), ChartKey("hashtag", 7)
    history = {
        back(1): {key: {"a"}},
        AS_OF: {key: {"b"}},  # replaced by this edition
        back(364): {key: {"a"}},
        back(365): {key: {"a"}},  # more than a year ago
        back(2): {key._replace(period=30): {"seen"}, key._replace(industry=10**10): {"b"}},
    }
    listed = charts.chart(key, AS_OF, history)
    assert {entry.identity: entry.new_to_top_100 for entry in listed} == {"seen": True, "a": False, "b": True}
    popular = [charts.popular_days("hashtag", name, ALL, AS_OF, history) for name in ("a", "seen", "two")]
    assert popular == [3, 1, 0]


def test_videos_and_creators_are_ranked_by_views_gained() -> None:
    rows = [row(n, AS_OF, view_count=views, username="u") for n, views in ((9, 5), (10, 5), (11, 7), (12, 0))]
    charts = Charts(world([*rows, row(13, AS_OF, view_count=20)], INGESTED))
    assert [one.identity for one in charts.ranked(ChartKey("video", 7), AS_OF)] == ["13", "11", "10", "9"]
    assert [one.identity for one in charts.ranked(ChartKey("creator", 7), AS_OF)] == ["u13", "u"]


# --- details --------------------------------------------------------------------------------------------


def test_percentages_sum_to_100_by_largest_remainder() -> None:
    third = Fraction(1, 3)
    assert details.largest_remainder({3: third, 4: third, 5: third}) == {3: 34, 4: 33, 5: 33}
    assert details.largest_remainder({3: Fraction(1, 200), 4: Fraction(1, 200), 5: Fraction(99, 100)}) == {
        3: 1,
        4: 0,
        5: 99,
    }


def test_ages_leave_out_children_and_sum_the_older() -> None:
    weights = [{"13-17": 50, "18-24": 25, "35-44": 15, "55+": 10}, {"18-24": 1, "25-34": 1}, None]
    posts = posts_of([row(n, AS_OF, audience_ages=w) for n, w in enumerate(weights)], INGESTED)
    # Means 13-17 .25, 18-24 .375, 25-34 .25, 35+ .125; of .75: 50, 33.3, 16.7
    assert details.ages(posts) == [(3, 50), (4, 33), (5, 17)]
    assert details.ages(posts[2:]) == []


def test_interests_and_countries_are_indexed_against_the_region() -> None:
    rows = [
        row(
            1, AS_OF, hashtag_names=["t"], audience_countries={"VN": 3, "US": 1}, audience_interests={"1": 1}
        ),
        row(2, AS_OF, audience_countries={"US": 2}, audience_interests={"1": 1, "2": 1}),
        row(3, AS_OF, hashtag_names=["t"]),
    ]
    of = details.Details(world(rows, INGESTED))
    # VN .75 / .375 = 200; US .25 / .625 = 40. Interest 1: 1 / .75 = 133.
    assert of.countries("hashtag", "t", ALL, AS_OF, 7) == [("VN", 200), ("US", 40)]
    assert of.interests("hashtag", "t", ALL, AS_OF, 7, ["1", "2"]) == [("1", 133)]
    assert of.interests("hashtag", "t", ALL, AS_OF, 7, ["2"]) == []


def test_related_hashtags_need_three_creators_and_more_than_chance() -> None:
    pairs = [["a", "b", "fyp"]] * 3 + [["a", "c", "fyp"]] * 2 + [["fyp"]] * 5
    of = details.Details(world([row(n, AS_OF, hashtag_names=p) for n, p in enumerate(pairs)], INGESTED))
    assert of.together("a", ALL, AS_OF, 7)["b"] == details.Together(3, 5, 3, 10)
    assert of.related_hashtags("a", ALL, AS_OF, 7) == ["b"]  # c: two creators; fyp: in every post
    assert of.related_hashtags("fyp", ALL, AS_OF, 7) == []


def test_related_posts_are_those_that_gained_most() -> None:
    tagged: dict[str, object] = {"hashtag_names": ["t"]}
    rows = [row(n, AS_OF, view_count=v, **tagged) for n, v in ((9, 5), (10, 5), (11, 7), (12, 0))]
    rows += [row(1, back(60), view_count=50, **tagged), row(2, AS_OF, view_count=99) | tagged | {"id": "x2"}]
    of = details.Details(world(rows, INGESTED))
    assert of.related_posts("hashtag", "t", ALL, AS_OF, 7) == ["11", "10", "9"]
