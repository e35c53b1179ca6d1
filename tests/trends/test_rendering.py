"""A detail rendered from the subject's own posts is the one the engine makes of all facts, bit for bit."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trends.conftest import AS_OF, Row, at, fact, write_parts
from tests.trends.kept import Details, Kept, differences, edition
from trendwire.domain.charts import WORLD, Kind
from trendwire.domain.periods import DETAIL_PERIODS, Window, epoch_day
from trendwire.trends.build import build
from trendwire.trends.ranking import Published
from trendwire.trends.rendering import render
from trendwire.trends.rendering.partners import reach_of
from trendwire.trends.rendering.tops import is_numeric
from trendwire.trends.rendering.uses import gained

AGES = ("13-17", "18-24", "25-34", "35-44", "45-54", "55+", "99999999999", "old")
INTERESTS = ("10001", "10002", "10004", "10058", "10060", "10061", "10064", "99999")
COUNTRIES = ("US", "VN", "DE", "FR", "GB", "ES", "IT", "BR", "JP", "KR", "MX", "CA", "AU")
WEIGHTS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1 / 3, 7.0)
ODD_IDS = ("x{}", "0{}", "9223372036854775{}", "18446744073709551{}", "1{}")


def world(seed: int, posts: int, days: int) -> list[Row]:
    """Posts of `days` days and of some after as_of, with all that a post may carry, seen up to four times."""
    rng = random.Random(seed)
    return [
        row
        for number in range(posts)
        for row in sightings(rng, one_post(rng, number, rng.randrange(-days // 10, days)))
    ]


def one_post(rng: random.Random, number: int, ago: int) -> Row:
    """Germany begins late, so that it is cold; rare tags come together, some on the last days only."""
    back = ago if rng.random() < 0.7 else min(ago, rng.randrange(12))
    tags = rng.sample([f"t{n}" for n in range(14)], rng.randint(0, 4)) + ["fyp"] * (rng.random() < 0.6)
    rare = rng.randrange(number % 150, 151)
    tags += [f"a{rare}", f"b{rare}", f"c{rare % 7}"] if rng.random() < 0.4 else []
    tags += ["rise", "risen"] if back < 6 and rng.random() < 0.5 else []
    id_ = rng.choice(ODD_IDS).format(number) if rng.random() < 0.1 else str(7 * 10**18 + number)
    return fact(
        id_,
        AS_OF - timedelta(days=back),
        region=rng.choice(["VN", "VN", "US", None, *(["DE"] if back < 50 else [])]),
        username=rng.choice([*[None] * 20, *(f"u{n}" for n in range(90))]),
        tags=rng.sample(tags, len(tags)) or None,
        tag_ids=[rng.choice([None, f"5{tag}"]) for tag in tags] if rng.random() < 0.1 else None,
        music_id=rng.choice([None, None, "71", "72", "7.5e+18"]),
        music_title=rng.choice([None, "one", "two"]),
        industry=rng.choice([None, 10, 20]),
        is_promoted=rng.random() < 0.05,
        cover_url=rng.choice([None, f'https://covers.example/{number}?"']),
        audience_ages=weights(rng, AGES),
        audience_countries=weights(rng, COUNTRIES),
        audience_interests=weights(rng, INTERESTS),
    )


def weights(rng: random.Random, labels: Sequence[str]) -> dict[str, float] | None:
    if rng.random() < 0.5:
        return None
    return {label: rng.choice(WEIGHTS) for label in rng.sample(labels, rng.randint(1, len(labels)))}


def sightings(rng: random.Random, post: Row) -> list[Row]:
    """Counters fall or are unknown now and then; a few are larger than any list of top posts tells apart."""
    rows: list[Row] = []
    views, seen = 0, post["create_time"]
    for _ in range(rng.randint(1, 4)):
        seen += rng.choice([0, 3600, 86_400, 9 * 86_400, 200 * 86_400])
        views += rng.randrange(-20, 5000) if rng.random() < 0.98 else 10**11
        told = {
            "observed_at": rng.choice([seen, seen, None]),
            "view_count": rng.choice([max(views, 0), None]),
        }
        rows.append(dict(post) | told)
    return rows


def day_before(parts: Sequence[Path], folder: Path) -> Published:
    """The charts of the edition of the day before."""
    day, path = AS_OF - timedelta(days=1), folder / "memberships.parquet"
    with build(parts, day, {}, folder, lambda *_: None) as made:
        made.write_memberships(path)
    return Published(day, path)


@pytest.mark.parametrize(
    ("seed", "posts", "days"), [(1, 900, 1300), (2, 500, 200), (3, 300, 20), (4, 150, 5), (5, 60, 1)]
)
def test_every_detail_is_the_engines(seed: int, posts: int, days: int, tmp_path: Path) -> None:
    parts = write_parts(tmp_path, world(seed, posts, days), 2)
    published = [day_before(parts, tmp_path)]
    with edition(parts, AS_OF, tmp_path, published) as (documents, store):
        assert len(documents) > 10
        assert differences(documents, store)[:3] == []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Details, Kept]:
    """A world of 200 days: its details, and the store to render them from."""
    folder = tmp_path_factory.mktemp("world")
    parts = write_parts(folder, world(6, 700, 200))
    with edition(parts, AS_OF, folder, [day_before(parts, folder)]) as found:
        return found


def test_the_world_has_something_of_everything(made: tuple[Details, Kept]) -> None:
    """What no subject had, nothing here would compare."""
    documents, store = made
    regions = [region for detail in documents.values() for region in detail.regions.values()]
    periods = [over for region in regions for over in region.periods.values()]
    for name in ("creators", "promoted", "ages", "interests", "countries", "related", "top_ids", "heat"):
        assert any(getattr(over, name) for over in periods), name
    assert max(len(over.top_ids) for over in periods) == 50
    assert max(region.popular_days for region in regions) == 2
    assert {detail.facts.industry for detail in documents.values()} == {None, 10, 20}
    assert any(not detail.views_all for detail in documents.values())
    assert any(scope.covered < 1 for scope in store.factors.scopes["DE"].values())


def test_one_region_is_that_region_of_the_whole(made: tuple[Details, Kept]) -> None:
    documents, store = made
    for (kind, identity), told in documents.items():
        for region in (WORLD, "VN", "DE", "US", "FR"):
            found = {region: told.regions[region]} if region in told.regions else {}
            assert render(store, kind, identity, region) == msgspec.structs.replace(told, regions=found)


@pytest.mark.parametrize("reach_from", [0, 10**6])
def test_creators_of_partners_may_be_told_or_counted(made: tuple[Details, Kept], reach_from: int) -> None:
    documents, store = made
    assert differences(documents, replace(store, reach_from=reach_from))[:3] == []


def test_creators_are_counted_as_the_engine_counts_them(made: tuple[Details, Kept]) -> None:
    _, store = made
    assert len(store.reaches) > 100
    for tag, told in store.reaches.items():
        counted = reach_of(store.posts(Kind.HASHTAG, tag), epoch_day(AS_OF))
        assert {region: list(counts) for region, counts in counted.items()} == told


def test_three_of_ten_agree_on_an_industry(tmp_path: Path) -> None:
    industries = [2, 2, 2, 1, 3, 4, 5, 6, 7, 8]
    rows = [
        fact(f"7{n}", AS_OF, tags=["x", *"y" * (n > 0)], industry=one) for n, one in enumerate(industries)
    ]
    with edition(write_parts(tmp_path, rows), AS_OF, tmp_path) as (documents, store):
        assert [detail.facts.industry for detail in documents.values()] == [2, None]
        assert differences(documents, store) == []


def test_what_is_too_faint_to_measure_is_left_out(tmp_path: Path) -> None:
    faint = {"10001": 1e12, "10002": 0.1}
    rows = [fact(f"7{n}", AS_OF, tags=["x"], audience_interests=faint) for n in range(3)]
    with edition(write_parts(tmp_path, rows), AS_OF, tmp_path) as (documents, store):
        assert documents[Kind.HASHTAG, "x"].region(WORLD).period(7).interests == (("10001", 100),)
        assert differences(documents, store) == []


def test_the_order_of_the_posts_leaves_no_trace(made: tuple[Details, Kept]) -> None:
    documents, store = made
    turned = {key: records[::-1] for key, records in store.records.items()}
    assert differences(documents, replace(store, records=turned))[:3] == []


def test_a_subject_without_counted_posts_has_no_detail(made: tuple[Details, Kept]) -> None:
    _, store = made
    later = [post for post in store.posts(Kind.HASHTAG, "fyp") if post.day > epoch_day(AS_OF)]
    assert later
    assert render(store, Kind.HASHTAG, "nobody used it") is None
    assert render(store, Kind.SOUND, "fyp") is None
    assert render(replace(store, records={(Kind.HASHTAG, "fyp"): later}), Kind.HASHTAG, "fyp") is None


EDGES = st.sampled_from([0, 1, *(period + off for period in DETAIL_PERIODS for off in (-1, 0)), -1])
FACTS = st.lists(
    st.fixed_dictionaries(
        {
            "ago": EDGES,
            "seen": st.lists(st.integers(0, 400), min_size=1, max_size=3),
            "username": st.sampled_from(["a", "b", "c", "d", None]),
            "region": st.sampled_from(["VN", "DE", None]),
            "tags": st.sampled_from([["x"], ["x", "y"], ["y", "z", "x"], None]),
            "audience_countries": st.none()
            | st.dictionaries(st.sampled_from(["VN", "US"]), st.floats(0.01, 10), min_size=1),
        }
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=8)
@given(FACTS)
def test_at_the_edges_of_the_windows(drawn: list[dict[str, Any]]) -> None:
    """A hundred creators who only post make some of the others rare enough to be related."""
    rows: list[Row] = [
        fact(f"6{n:03}", AS_OF, username=f"quiet{n}", region="VN" if n % 2 else "DE", tags=["quiet"])
        for n in range(100)
    ]
    for number, post in enumerate(drawn):
        day, seen = AS_OF - timedelta(days=post.pop("ago")), post.pop("seen")
        rows += [
            fact(f"7{number:03}", day, observed_at=at(day) + 86_400 * days, view_count=10 + 7 * days, **post)
            for days in seen
        ]
    with TemporaryDirectory() as folder:
        parts = write_parts(Path(folder), rows)
        with edition(parts, AS_OF, Path(folder)) as (documents, store):
            assert differences(documents, store)[:3] == []


@given(st.integers(1, 10**6), st.integers(-30, 1500), st.integers(1, 1500))
def test_views_of_a_span_are_those_of_its_days(gain: int, ago: int, days: int) -> None:
    """Day k of n gets floor(g*k/n) - floor(g*(k-1)/n), up to as_of."""
    end = epoch_day(AS_OF)
    first = end - ago
    by_day = {first + k - 1: gain * k // days - gain * (k - 1) // days for k in range(1, days + 1)}
    found = gained([(gain, first, days)], end)
    assert sum(found) == sum(views for day, views in by_day.items() if day <= end)
    for span, period in enumerate(DETAIL_PERIODS):
        window = Window.of(period, AS_OF)
        inside = range(epoch_day(window.first), epoch_day(window.last) + 1)
        assert sum(found[: span + 1]) == sum(by_day.get(day, 0) for day in inside)


@pytest.mark.parametrize(
    ("id_", "numeric"),
    [
        *(("7", True), ("0", True), (str(2**63 - 1), True), (str(2**63), False), ("07", False)),
        *(
            ("", False),
            ("-7", False),
            ("7.5e+18", False),
            ("\u0667", False),
            ("7\n", False),
            ("9" * 5000, False),
        ),
    ],
)
def test_an_id_is_a_number_as_it_is_written(id_: str, numeric: bool) -> None:
    assert is_numeric(id_) == numeric
