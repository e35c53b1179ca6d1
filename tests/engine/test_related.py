"""Related hashtags: the measure, and that the engine finds with it what counting by hand finds."""

from collections import defaultdict
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.day import Day
from tests.engine.rows import AS_OF, fact
from trendwire.domain.details import Related
from trendwire.domain.periods import Window
from trendwire.engine.related import (
    BILLION,
    CROWD,
    MIN_AFFINITY,
    MOST_RELATED,
    SUPPORT,
    UNRELATED,
    affinity,
    is_everyday,
)

Post = tuple[int, str, str | None, frozenset[str]]
"""Days ago, username, region, tags."""


def test_always_together_is_one_and_chance_is_nothing() -> None:
    assert affinity(5, 5, 5, 100) == BILLION
    assert affinity(10, 100, 100, 1000) == UNRELATED


def test_three_creators_are_needed() -> None:
    assert affinity(SUPPORT, 3, 3, 1000) == BILLION
    assert affinity(SUPPORT - 1, 2, 2, 1000) == UNRELATED


def test_what_most_creators_use_is_related_to_nothing() -> None:
    """However often they come together: no lift exceeds everyone / first."""
    everyone = 10_000
    first = everyone // (CROWD // 10) + 1
    assert all(affinity(both, first, both, everyone) == UNRELATED for both in range(SUPPORT, first + 1))


def test_in_a_small_population_less_lift_will_do() -> None:
    """Three of ten creators who always come together are related; what all ten use is not."""
    assert affinity(3, 5, 3, 10) >= MIN_AFFINITY
    assert affinity(5, 5, 10, 10) == UNRELATED
    assert affinity(10, 10, 30, 50) == UNRELATED


def test_a_big_population_asks_for_more_than_the_least_lift() -> None:
    """Three creators of hashtags with 100 and 250 reach a lift of 12 there by chance."""
    assert CROWD / 10 < 3 * 100_000 / (100 * 250)
    assert affinity(3, 100, 250, 100_000) == UNRELATED
    assert affinity(30, 300, 250, 100_000) >= MIN_AFFINITY


@given(st.integers(3, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 5000))
def test_it_is_symmetric_and_never_above_one(both: int, more: int, other: int, rest: int) -> None:
    first, second = both + more, both + other
    everyone = first + second - both + rest
    found = affinity(both, first, second, everyone)
    assert found == affinity(both, second, first, everyone)
    assert found == UNRELATED or MIN_AFFINITY <= found <= BILLION


def everyday(posts: list[Post]) -> set[str]:
    """The hashtags that are everyday in the whole world."""
    users: dict[str, set[str]] = defaultdict(set)
    for _, user, _, tags in posts:
        for tag in tags:
            users[tag].add(user)
    everyone = len({user for _, user, _, _ in posts})
    return {tag for tag, found in users.items() if is_everyday(len(found), everyone)}


def by_hand(posts: list[Post], region: str, period: int) -> dict[str, list[str]]:
    """The related hashtags of every hashtag, counted from the definition."""
    without = everyday(posts)
    window = Window.of(period, AS_OF)
    together: dict[tuple[str, str], set[str]] = defaultdict(set)
    users: dict[str, set[str]] = defaultdict(set)
    everyone = set()
    for ago, user, home, tags in posts:
        if region in ("ALL", home) and window.holds(AS_OF - timedelta(days=ago)):
            everyone.add(user)
            for tag in tags - without:
                users[tag].add(user)
                for other in tags - without - {tag}:
                    together[tag, other].add(user)
    found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for (tag, other), both in together.items():
        measure = affinity(len(both), len(users[tag]), len(users[other]), len(everyone))
        if measure != UNRELATED:
            found[tag].append((-measure, -len(both), other))
    return {tag: [name for *_, name in sorted(rows)[:MOST_RELATED]] for tag, rows in found.items()}


_TAGS = st.frozensets(st.sampled_from([f"t{n}" for n in range(9)]), min_size=1, max_size=6)
_POSTS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from([f"u{n}" for n in range(7)]),
        st.sampled_from(["VN", "DE", None]),
        _TAGS,
    ),
    min_size=20,
    max_size=60,
)


@settings(max_examples=15)
@given(_POSTS)
def test_the_engine_finds_what_counting_by_hand_finds(drawn: list[Post]) -> None:
    """Sixty creators who only post make the small worlds large enough for a lift."""
    posts = drawn + [(0, f"quiet{n}", "VN" if n % 2 else "DE", frozenset({"common"})) for n in range(120)]
    rows = [
        fact(f"{n:04}", AS_OF - timedelta(days=ago), username=user, region=region, tags=sorted(tags))
        for n, (ago, user, region, tags) in enumerate(posts)
    ]
    day = Day(rows)
    found = {tag: day.detail(tag) for *_, tags in posts for tag in tags}
    for region in ("VN", "DE", "ALL"):
        for period in (7, 30, 120):
            expected = by_hand(posts, region, period)
            for name, detail in found.items():
                related = detail.region(region).period(period).related
                assert [tag.name for tag in related] == expected.get(name, []), (region, period, name)


def test_related_hashtags_carry_their_ids() -> None:
    rows = [fact(f"q{n}", AS_OF, username=f"quiet{n}", tags=["fyp"]) for n in range(60)]
    rows += [
        fact(f"p{n}", AS_OF, username=f"u{n}", tags=["may", "fyp", "parade"], tag_ids=[None, None, "77"])
        for n in range(4)
    ]
    day = Day(rows)
    assert day.detail("may").region("ALL").period(7).related == (Related("parade", "77"),)
    assert day.detail("fyp").region("ALL").period(7).related == ()
