"""The details of subjects on worlds small enough to count by hand."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trends.conftest import AS_OF, Row, WriteFacts, at, fact, write_parts
from trendwire.domain.charts import Kind, PostLink
from trendwire.domain.details import NOTHING, Detail, HashtagFacts, PeriodDetail, SoundFacts
from trendwire.domain.periods import DETAIL_PERIODS, Window, epoch_day
from trendwire.trends import histories, rollups
from trendwire.trends.details import write_tables

Connection = duckdb.DuckDBPyConnection

Details = dict[tuple[Kind, str], Detail]


_RANKED = """
    CREATE TABLE heat (subject INTEGER, region VARCHAR, period INTEGER, score DOUBLE, components JSON);
    CREATE TABLE listed (subject INTEGER, region VARCHAR, days INTEGER);
    INSERT INTO heat
    SELECT subject, 'VN', 7, 0.1::DOUBLE + 0.2::DOUBLE, '{"c":3,"n":0.25}'
    FROM subjects WHERE identity = 'hot';
    INSERT INTO listed SELECT subject, 'VN', 21 FROM subjects WHERE identity = 'hot';
"""
"""What ranking makes, for a tag that is hot in Viet Nam."""


def documents(connection: Connection, parts: Sequence[Path]) -> list[tuple[str, str, str]]:
    """The detail documents through the real rollups, in the order of an edition."""
    rollups.create(connection, parts, AS_OF, [AS_OF], lambda _stage, _done: None)
    histories.create(connection, AS_OF)
    connection.execute(_RANKED)
    write_tables(connection, AS_OF, lambda _stage, _done: None)
    return connection.execute("FROM detail_documents ORDER BY kind, identity").fetchall()


def details(connection: Connection, parts: Sequence[Path]) -> Details:
    return {
        (Kind(kind), identity): msgspec.json.decode(document, type=Detail)
        for kind, identity, document in documents(connection, parts)
    }


def ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def tagged(number: int, days: int, **columns: Any) -> Row:
    """A post with the tag x in Viet Nam, seen at noon of its day."""
    known = {"tags": ["x"], "region": "VN", "username": f"u{number}", "observed_at": at(ago(days))}
    return fact(f"7{number:03}", ago(days), **(known | columns))


@pytest.fixture
def of_x(connection: Connection, write_facts: WriteFacts) -> Any:
    """The detail of the tag x in a world of these facts."""
    return lambda rows: details(connection, write_facts(rows))[Kind.HASHTAG, "x"]


def test_days_hold_posts_and_views_of_the_longest_window(of_x: Any) -> None:
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


def test_creators_count_once_in_each_window_that_holds_a_post(of_x: Any) -> None:
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


def test_promoted_from_the_window_of_a_promoted_post_on(of_x: Any) -> None:
    found = of_x([tagged(1, 0), tagged(2, 40, is_promoted=True), tagged(3, 200, is_promoted=True)])
    assert [found.region("VN").period(p).promoted for p in DETAIL_PERIODS] == [False, False, True, True, True]


def test_ages_are_percentages_of_who_is_eighteen_or_older(of_x: Any) -> None:
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
    of_x: Any, weights: tuple[int, int, int], expected: tuple[tuple[int, int], ...]
) -> None:
    ages = dict(zip(("18-24", "25-34", "35-44"), map(float, weights), strict=True))
    assert of_x([tagged(1, 0, audience_ages=ages)]).region("VN").period(7).ages == expected


def test_ages_of_the_youngest_alone_are_unknown(of_x: Any) -> None:
    assert of_x([tagged(1, 0, audience_ages={"13-17": 1.0})]).region("VN").period(7).ages == ()


def test_interests_are_indexed_against_the_region(of_x: Any) -> None:
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


def test_an_interest_too_faint_to_measure_is_left_out(of_x: Any) -> None:
    """Nothing can be said of a share that rounds to 0 in the whole region."""
    faint = {"10001": 1e12, "10002": 0.1}
    found = of_x([tagged(n, 0, audience_interests=faint) for n in range(3)])
    assert found.region("VN").period(7).interests == (("10001", 100),)


def test_countries_are_the_first_eleven(of_x: Any) -> None:
    codes = ("VN", "US", "DE", "FR", "GB", "ES", "IT", "BR", "JP", "KR", "MX", "CA", "AU")
    other = tagged(2, 0, audience_countries={"VN": 1.0}, tags=None)
    found = of_x([tagged(1, 0, audience_countries=dict.fromkeys(codes, 1.0)), other])
    countries = found.region("VN").period(7).countries
    assert countries == tuple((code, 200) for code in sorted(set(codes) - {"VN"})[:11])


def test_top_posts_gained_views_in_the_window(of_x: Any) -> None:
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


def test_top_posts_are_fifty_at_most(of_x: Any) -> None:
    found = of_x([tagged(number, 0, view_count=1 + number) for number in range(60)])
    assert [link.id for link in found.region("VN").top_posts(7)] == [f"7{n:03}" for n in range(59, 9, -1)]


def test_heat_and_its_components_are_kept(connection: Connection, write_facts: WriteFacts) -> None:
    """Also for a window without posts or views; to the last bit."""
    found = details(connection, write_facts([tagged(1, 40, tags=["hot"])]))[Kind.HASHTAG, "hot"]
    assert found.region("VN").period(7) == PeriodDetail(heat=0.1 + 0.2, components={"c": 3, "n": 0.25})
    assert found.region("VN").period(30) == NOTHING
    assert found.region("ALL").period(120).heat is None
    assert (found.region("VN").popular_days, found.region("ALL").popular_days) == (21, 0)


def test_what_is_empty_is_left_out(connection: Connection, write_facts: WriteFacts) -> None:
    rows = [tagged(1, 1500), tagged(2, 200, username=None, tags=["y"], view_count=None)]
    found = details(connection, write_facts(rows))
    old = found[Kind.HASHTAG, "x"]
    assert old.region("VN").periods == {}
    assert old.region("VN").days == ()
    assert old.region("VN").period(7) == NOTHING
    assert old.region("US").first_day is None
    assert found[Kind.HASHTAG, "y"].region("VN").periods == {}
    assert found[Kind.HASHTAG, "y"].region("VN").posts == (1,)


def test_a_sound_and_a_hashtag_say_what_they_are(connection: Connection, write_facts: WriteFacts) -> None:
    rows = [
        tagged(
            1, 0, music_id="42", music_title='He said "hé"\n', music_duration=15, is_commercial_music=True
        ),
        tagged(2, 1, tags=["\u00e9\U0001f389"], tag_ids=["123"], industry=25000000000),
    ]
    rows += [tagged(n, 1, tags=["\u00e9\U0001f389"], industry=25000000000) for n in (3, 4)]
    found = details(connection, write_facts(rows))
    assert found[Kind.SOUND, "42"].facts == SoundFacts(
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
    assert found[Kind.HASHTAG, name].facts == HashtagFacts(name=name, hashtag_id="123", industry=25000000000)


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
def test_order_split_copies_and_threads_leave_no_trace(drawn: list[dict[str, Any]], chance: Any) -> None:
    rows = [tagged(**row) for row in drawn]
    again = rows + chance.sample(rows, len(rows) // 2)
    chance.shuffle(again)
    with TemporaryDirectory() as folder:
        first = _documents_of(Path(folder, "a"), rows, 1, 1)
        assert first == _documents_of(Path(folder, "b"), again, 3, 4)


def _documents_of(folder: Path, rows: list[Row], parts: int, threads: int) -> list[tuple[str, str, str]]:
    folder.mkdir()
    with duckdb.connect(config={"threads": threads, "preserve_insertion_order": False}) as connection:
        return documents(connection, write_parts(folder, rows, parts))


def test_nothing_but_the_documents_is_left(connection: Connection, write_facts: WriteFacts) -> None:
    rollups.create(connection, write_facts([tagged(1, 0)]), AS_OF, [AS_OF], lambda _stage, _done: None)
    histories.create(connection, AS_OF)
    connection.execute(_RANKED)
    before = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    write_tables(connection, AS_OF, lambda _stage, _done: None)
    after = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert set(after) - set(before) == {("detail_documents",)}
