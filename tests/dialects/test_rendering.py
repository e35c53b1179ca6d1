"""The pure parts of rendering: trends, addresses, titles, moves, and what is left out."""

from datetime import date, timedelta
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from trendwire.dialects import rendering
from trendwire.domain.charts import PostLink
from trendwire.domain.periods import DETAIL_PERIODS, buckets

AS_OF = date(2025, 5, 14)
WORDS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 7, "0"), (7, 7, "1"), (0, 0, "0"), (1, 2, "0.5"), (1, 200, "0.01"), (1, 201, "0"), (995, 1000, "1")],
)
def test_shares_round_half_up_and_print_short(part: int, whole: int, expected: str) -> None:
    assert str(rendering.share(part, whole)) == expected


@given(
    st.sampled_from(DETAIL_PERIODS),
    st.integers(0, 900),
    st.lists(st.integers(0, 10**15), min_size=60, max_size=60),
)
def test_a_trend_is_normalised_and_ends_with_the_last_bucket(
    period: int, shift: int, views: list[int]
) -> None:
    as_of = AS_OF + timedelta(days=shift)
    labels = [bucket.time for bucket in buckets(period, as_of)]
    curve = tuple(views[: len(labels)])
    points = rendering.trend(curve, period, as_of)
    assert [point.time for point in points] == labels[-len(curve) :]
    assert max(point.value for point in points) == (1 if any(curve) else 0)
    assert all(isinstance(p.value, int) == (p.value in (0, 1)) for p in points)


def test_a_short_trend_keeps_the_last_points() -> None:
    assert [p.time for p in rendering.trend((1, 2), 7, AS_OF)] == [
        bucket.time for bucket in buckets(7, AS_OF)[-2:]
    ]
    assert rendering.trend((), 7, AS_OF) == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ufc324", "ufc324"),
        ("giảiphóng", "giảiphóng"),
        ("🔥👩‍👩‍👧", "🔥👩‍👩‍👧"),
        ("2021?", "2021%3F"),
        ("viral%3ffyp", "viral%253ffyp"),
        ("a#b", "a%23b"),
        ("a/b\\c", "a%2Fb%5Cc"),
        ("cr7's.x-y", "cr7's.x-y"),
    ],
)
def test_a_tag_s_address_escapes_only_what_breaks_it(name: str, expected: str) -> None:
    assert rendering.tag_url(name) == f"https://www.tiktok.com/tag/{expected}"


@given(WORDS)
def test_an_escaped_name_can_be_read_back(name: str) -> None:
    escaped = rendering.in_path(name)
    assert unquote(escaped) == name
    assert not set(escaped) & set(" ?#/\\")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("New Sun", "New-Sun"),
        ("Whoopty-Doo", "Whoopty-Doo"),
        ("  (What's) Up?! ", "What-s-Up"),
        ("オリジナル楽曲 - ユーザー", "オリジナル楽曲-ユーザー"),
        ("नमस्ते दुनिया", "नमस्ते-दुनिया"),
        ("…", ""),
    ],
)
def test_url_titles(title: str, expected: str) -> None:
    assert rendering.url_title(title) == expected


def test_a_post_without_creator_has_no_page() -> None:
    assert rendering.post_url(None, "1") is None
    assert rendering.post_url("a b", "1") == "https://www.tiktok.com/@a%20b/video/1"


def test_regions_and_industries_are_told_by_name() -> None:
    world = rendering.country_info("ALL")
    assert (world.id, world.value, world.label) == ("ALL", "ALL", "ALL")
    assert rendering.country_info("VN").value == "Vietnam"
    assert rendering.industry_info(None) is UNSET
    known = rendering.industry_info(28000000000)
    assert known is not UNSET
    assert (known.value, known.label) == ("Sports & Outdoor", "label_28000000000")


def test_interests_without_a_name_are_left_out_before_the_cut() -> None:
    known = ["10001", "10002", "10004", "10008", "10011", "10015"]
    told = rendering.interest_indexes((("1", 999), *((id_, 100) for id_ in known)))
    assert [one.interest_info.id for one in told] == known[:5]


def test_countries_are_cut_and_shown_by_their_audience_name() -> None:
    told = rendering.country_indexes((("ZZ", 999), ("CZ", 300), ("AT", 200)), 1)
    assert [one.country_info.value for one in told] == ["Czech Republic"]


def test_posts_whose_id_is_no_64_bit_number_are_left_out() -> None:
    ids = ["7482913300527418642", "abc", "7.5e+18", "007", str(2**63), str(2**63 - 1), "٣"]
    told = rendering.related_items(tuple(PostLink(id_) for id_ in ids))
    assert [one.item_id for one in told] == [7482913300527418642, 2**63 - 1]
    many = tuple(PostLink(str(n)) for n in range(60))
    assert len(rendering.related_items(many)) == 50
