"""The details of subjects on worlds small enough to count by hand; one region alone, days on charts, and what
nobody used yet.
"""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.crowds import settled
from tests.engine.day import Day
from tests.engine.rows import AS_OF, Row, at, fact
from tests.engine.states import standing, state_of
from tests.engine.worlds import World
from trendwire.domain.charts import WORLD, ChartKey, Kind, PostLink
from trendwire.domain.details import NOTHING, Detail, HashtagFacts, SoundFacts
from trendwire.domain.heat import Components, score
from trendwire.domain.periods import DETAIL_PERIODS, Window, epoch_day
from trendwire.engine.build import documents, in_order
from trendwire.engine.charts import Charts
from trendwire.engine.details import Details
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore


def ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def tagged(number: int, days: int, **columns: Any) -> Row:
    """A post with the tag x in Viet Nam, seen at noon of its day."""
    known = {"tags": ["x"], "region": "VN", "username": f"u{number}", "observed_at": at(ago(days))}
    return fact(f"7{number:03}", ago(days), **(known | columns))


def of_x(rows: Sequence[Row]) -> Detail:
    """The detail of the tag x in a world of these facts."""
    return Day(rows).detail("x")


def test_days_hold_posts_and_views_of_the_longest_window() -> None:
    rows = [
        tagged(1, 2000, view_count=5, region=None),
        tagged(2, 1094, view_count=10),
        tagged(3, 1095, view_count=20),
        tagged(4, 3, view_count=70, observed_at=at(ago(0))),
        tagged(5, 3, region="DE"),
    ]
    found = of_x(rows)
    assert (found.posts_all, found.views_all) == (5, 105)
    viet_nam = found.region("VN")
    assert viet_nam.days == tuple(epoch_day(ago(n)) for n in (1094, 3, 2, 1, 0))
    assert viet_nam.views == (10, 17, 18, 17, 18)
    assert viet_nam.posts == (1, 1, 0, 0, 0)
    assert viet_nam.first_day == epoch_day(ago(1095))
    assert found.region("ALL").first_day == epoch_day(ago(2000))
    assert found.region("ALL").posts_in(Window.of(7, AS_OF)) == 2
    assert found.region("DE").views == (0,)


def test_creators_count_once_in_each_window_that_holds_a_post() -> None:
    rows = [
        tagged(1, 0, username="a"),
        tagged(2, 6, username="a"),
        tagged(3, 7, username="b"),
        tagged(4, 30, username="b", region="DE"),
        tagged(5, 120, username=None),
        tagged(6, 365, username="a"),
        tagged(7, 1094, username="c", region=None),
        tagged(8, 1095, username="d"),
        tagged(9, 119, username="e"),
    ]
    found = of_x(rows)
    assert [found.region("VN").period(p).creators for p in DETAIL_PERIODS] == [1, 2, 3, 3, 3]
    assert [found.region("DE").period(p).creators for p in DETAIL_PERIODS] == [0, 0, 1, 1, 1]
    assert [found.region("ALL").period(p).creators for p in DETAIL_PERIODS] == [1, 2, 3, 3, 4]


def test_promoted_from_the_window_of_a_promoted_post_on() -> None:
    found = of_x([tagged(1, 0), tagged(2, 40, is_promoted=True), tagged(3, 200, is_promoted=True)])
    assert [found.region("VN").period(p).promoted for p in DETAIL_PERIODS] == [False, False, True, True, True]


def test_ages_are_percentages_of_who_is_eighteen_or_older() -> None:
    """Normalised with the youngest, who are dropped; 35 and older are one level; the mean of the posts."""
    rows = [
        tagged(1, 0, audience_ages={"13-17": 2, "18-24": 1, "25-34": 1}),
        tagged(2, 0, audience_ages={"18-24": 1, "35-44": 1, "45-54": 1, "55+": 1}),
        tagged(3, 0),
    ]
    # means of 1/4 + 1/4, 1/4 + 0, 0 + 3/4 of 1.5: 33.3, 16.7, 50
    assert of_x(rows).region("VN").period(7).ages == ((5, 50), (3, 33), (4, 17))


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ((1, 1, 1), ((3, 34), (4, 33), (5, 33))),
        ((1, 1, 4), ((5, 66), (3, 17), (4, 17))),
        ((1, 0, 0), ((3, 100), (4, 0), (5, 0))),
        ((1, 1, 0), ((3, 50), (4, 50), (5, 0))),
        ((5, 3, 192), ((5, 96), (3, 3), (4, 1))),
    ],
)
def test_largest_remainders_go_to_the_lower_level(
    weights: tuple[int, int, int], expected: tuple[tuple[int, int], ...]
) -> None:
    ages = dict(zip(("18-24", "25-34", "35-44"), map(float, weights), strict=True))
    assert of_x([tagged(1, 0, audience_ages=ages)]).region("VN").period(7).ages == expected


def test_ages_of_the_youngest_alone_are_unknown() -> None:
    assert of_x([tagged(1, 0, audience_ages={"13-17": 1.0})]).region("VN").period(7).ages == ()


def test_interests_are_indexed_against_the_region() -> None:
    """An id without a name is part of the whole, then left out; ties go by id; at most five."""
    mine = {"10001": 2.0, "10002": 1.0, "99999": 1.0}
    rows = [
        tagged(1, 0, audience_interests=mine),
        tagged(2, 0, audience_interests={"10001": 1.0}, tags=None),
        tagged(3, 0, audience_interests={"10003": 1.0}, region="DE", tags=None),
        tagged(4, 20, audience_interests={"10001": 1.0}, tags=["y"]),
    ]
    found = of_x(rows)
    # in Viet Nam over 7 days 1/2 against 3/4 and 1/4 against 1/8; over 30 days against 5/6 and 1/12
    assert found.region("VN").period(7).interests == (("10002", 200), ("10001", 67))
    assert found.region("VN").period(30).interests == (("10002", 300), ("10001", 60))
    assert found.region("ALL").period(7).interests == (("10002", 300), ("10001", 100))


def test_an_interest_too_faint_to_measure_is_left_out() -> None:
    """Nothing can be said of a share that rounds to 0 in the whole region."""
    faint = {"10001": 1e12, "10002": 0.1}
    found = of_x([tagged(n, 0, audience_interests=faint) for n in range(3)])
    assert found.region("VN").period(7).interests == (("10001", 100),)


def test_countries_are_the_first_eleven() -> None:
    codes = ("VN", "US", "DE", "FR", "GB", "ES", "IT", "BR", "JP", "KR", "MX", "CA", "AU")
    other = tagged(2, 0, audience_countries={"VN": 1.0}, tags=None)
    found = of_x([tagged(1, 0, audience_countries=dict.fromkeys(codes, 1.0)), other])
    countries = found.region("VN").period(7).countries
    assert countries == tuple((code, 200) for code in sorted(set(codes) - {"VN"})[:11])


def test_top_posts_gained_views_in_the_window() -> None:
    """Whenever created; most views first, then the id as text; ids that are no numbers are left out."""
    rows = [
        fact(id_, ago(days), tags=["x"], view_count=views, observed_at=at(ago(seen)), cover_url=cover)
        for id_, days, views, seen, cover in (
            ("9", 0, 100, 0, None),
            ("10", 0, 100, 0, 'https://covers.example/10?a="b"&c'),
            ("8", 200, 5000, 200, "https://covers.example/8"),
            ("11", 0, 300, 0, None),
            ("7.5e+18", 0, 900, 0, None),
            ("post", 0, 900, 0, None),
            (str(2**63), 0, 900, 0, None),
            (str(2**63 - 1), 0, 200, 0, None),
            ("12", 0, None, 0, None),
        )
    ]
    rows.append(fact("8", ago(200), tags=["x"], view_count=5250, observed_at=at(ago(1))))
    world = of_x(rows).region("ALL")
    assert [link.id for link in world.top_posts(7)] == ["11", str(2**63 - 1), "10", "9", "8"]
    assert world.top_posts(365)[0].id == "8"
    assert world.top_posts(7)[2] == PostLink("10", 'https://covers.example/10?a="b"&c')
    assert world.top_posts(7)[0].cover_url is None


def test_top_posts_are_fifty_at_most() -> None:
    found = of_x([tagged(number, 0, view_count=1 + number) for number in range(60)])
    assert [link.id for link in found.region("VN").top_posts(7)] == [f"7{n:03}" for n in range(59, 9, -1)]


def test_heat_and_its_components_are_kept() -> None:
    """In the periods of charts in which the region has posts of the tag; to the last bit."""
    crowds = settled()
    crowds.crowd(2, 12, "hot", prefix="a")
    crowds.crowd(9, 3, "hot", prefix="b")
    found = Day(crowds.facts).detail("hot").region("VN")
    for period in (7, 30, 120):
        counts = {name: int(count) for name, count in (found.period(period).components or {}).items()}
        assert counts.keys() == set(Components._fields)
        assert found.period(period).heat == score(Components(**counts)).heat
    week = found.period(7)
    assert week.heat is not None
    assert week.heat > 0
    assert [found.period(period).heat for period in (365, 1095)] == [None, None]
    quiet = Day([tagged(1, 40)]).detail("x").region("VN")
    assert (quiet.period(30), quiet.period(120).heat) == (NOTHING, 0)


def test_what_is_empty_is_left_out() -> None:
    rows = [tagged(1, 1500), tagged(2, 200, username=None, tags=["y"], view_count=None)]
    found = Day(rows)
    old = found.detail("x")
    assert old.region("VN").periods == {}
    assert old.region("VN").days == ()
    assert old.region("VN").period(7) == NOTHING
    assert old.region("US").first_day is None
    assert found.detail("y").region("VN").periods == {}
    assert found.detail("y").region("VN").posts == (1,)


def test_a_sound_and_a_hashtag_say_what_they_are() -> None:
    rows = [
        tagged(
            1, 0, music_id="42", music_title='He said "hé"\n', music_duration=15, is_commercial_music=True
        ),
        tagged(2, 1, tags=["\u00e9\U0001f389"], tag_ids=["123"], industry=25000000000),
    ]
    rows += [tagged(n, 1, tags=["\u00e9\U0001f389"], industry=25000000000) for n in (3, 4)]
    found = Day(rows)
    assert found.detail("42", Kind.SOUND).facts == SoundFacts(
        clip_id="42",
        song_id=None,
        title='He said "hé"\n',
        author=None,
        cover_url=None,
        music_url=None,
        duration=15,
        commercial=True,
        industry=None,
    )
    name = "\u00e9\U0001f389"
    assert found.detail(name).facts == HashtagFacts(name=name, hashtag_id="123", industry=25000000000)


_WEIGHT = st.floats(0.01, 10, allow_nan=False)
_FACTS = st.lists(
    st.fixed_dictionaries(
        {
            "number": st.integers(0, 12),
            "days": st.integers(0, 150),
            "username": st.sampled_from(["a", "b", "c", "d", None]),
            "region": st.sampled_from(["VN", "DE", None]),
            "tags": st.sampled_from([["x"], ["x", "y"], ["y", "z", "x"], None]),
            "view_count": st.integers(0, 10_000),
            "cover_url": st.sampled_from([None, "https://covers.example/1"]),
            "audience_ages": st.none()
            | st.dictionaries(st.sampled_from(["18-24", "35-44"]), _WEIGHT, min_size=1),
            "audience_interests": st.none()
            | st.dictionaries(st.sampled_from(["10001", "10002", "77"]), _WEIGHT, min_size=1),
        }
    ),
    min_size=5,
    max_size=40,
)


@settings(max_examples=10)
@given(_FACTS, st.randoms(use_true_random=False))
def test_order_split_and_copies_leave_no_trace(drawn: list[dict[str, Any]], chance: Any) -> None:
    rows = [tagged(**row) for row in drawn]
    again = rows + chance.sample(rows, len(rows) // 2)
    chance.shuffle(again)
    assert everything(Day(rows)) == everything(Day(again, parts=3))


def everything(day: Day) -> list[tuple[str, str, str]]:
    return list(documents(day.details, day.charts.attributes, in_order(day.state)))


def details_of(parts: list[Path], as_of: date) -> Details:
    state = state_of(parts, as_of)
    return Details(state, Charts(state, standing(state, as_of, {}, parts[0].parent)))


def test_days_on_a_chart_are_those_of_earlier_editions_and_today(tmp_path: Path) -> None:
    world, published, stood = World(tmp_path / "home", random.Random(3)), dict[date, Path](), Counter[str]()
    world.begin()
    parts, chart = FactStore(world.home).parts(), ChartKey(Kind.HASHTAG, 7)
    for number in range(3):
        world.as_of += timedelta(days=1)
        state = state_of(parts, world.as_of)
        charts = Charts(state, standing(state, world.as_of, published, tmp_path / f"said{number}"))
        published[world.as_of] = tmp_path / f"{number}.parquet"
        Memberships(tmp_path / "writer").write(published[world.as_of], charts.members())
        stood.update(one.subject for one in charts.members() if one.chart_key == chart.text)
    assert 3 in stood.values()
    details = Details(state, charts)
    for name, days in stood.items():
        told = details.detail(Kind.HASHTAG, name, WORLD)
        assert told is not None
        assert told.regions[WORLD].popular_days == days


def test_one_region_alone_is_told_as_with_the_others(tmp_path: Path) -> None:
    world = World(tmp_path / "home", random.Random(1))
    world.begin()
    details = details_of(FactStore(world.home).parts(), world.as_of)
    whole, one = details.detail(Kind.HASHTAG, "fyp"), details.detail(Kind.HASHTAG, "fyp", "VN")
    assert whole is not None
    assert one is not None
    assert set(whole.regions) == {WORLD, "US", "VN"}
    assert msgspec.structs.replace(whole, regions={"VN": whole.regions["VN"]}) == one


def test_nothing_is_told_of_what_nobody_used_yet(tmp_path: Path) -> None:
    world = World(tmp_path / "home", random.Random(1))
    world.begin()
    world.take(world.seen(world.post(-3, hashtag_info_list=None, hashtag_names=["tomorrow"])))
    details = details_of(FactStore(world.home).parts(), world.as_of)
    assert details.detail(Kind.HASHTAG, "tomorrow") is None
    assert details.detail(Kind.SOUND, "unheard") is None
