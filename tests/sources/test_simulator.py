"""The simulated world: the same for the same arguments, and its truth is what its posts show."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from statistics import median
from typing import Any

import msgspec
import pytest

from trendwire.domain.posts import RECORD_FIELDS
from trendwire.domain.subjects import hashtag_identity
from trendwire.sources.simulator import World, simulate, truth
from trendwire.sources.simulator_plan import EVERGREEN, Burst, Truth, plan

WORLD = World(posts=20_000, days=200, regions=8, seed=3, last_day=date(2025, 9, 28))
Row = dict[str, Any]


@cache
def rows(world: World = WORLD) -> list[Row]:
    return list(simulate(world))


@cache
def posts() -> dict[str, Row]:
    """Id -> a row of the post with the most views seen of it."""
    found: dict[str, Row] = {}
    for row in rows():
        best = found.setdefault(row["id"], row)
        if (row["view_count"] or 0) > (best["view_count"] or 0):
            found[row["id"]] = row
    return found


def day_of(row: Row) -> date:
    return datetime.fromtimestamp(row["create_time"], UTC).date()


def in_truth() -> Truth:
    return truth(WORLD)


def users_by_day(tag: str, region: str) -> dict[date, set[str]]:
    users: dict[date, set[str]] = defaultdict(set)
    for row in posts().values():
        if tag in row["hashtag_names"] and row["region_code"] in (region, None):
            users[day_of(row)].add(row["username"])
    return users


def test_the_same_arguments_give_the_same_bytes_and_another_seed_does_not() -> None:
    small = World(posts=800, days=60, regions=3, seed=5, last_day=date(2025, 9, 28))
    encode = msgspec.json.Encoder().encode
    first, second = (b"\n".join(map(encode, simulate(small))) for _ in range(2))
    other = World(posts=800, days=60, regions=3, seed=6, last_day=date(2025, 9, 28))
    assert first == second
    assert first != b"\n".join(map(encode, simulate(other)))
    assert truth(small) == truth(small)


def test_it_holds_about_the_posts_asked_for_seen_about_twice() -> None:
    assert len(posts()) == pytest.approx(WORLD.posts, rel=0.06)
    assert 1.9 < len(rows()) / len(posts()) < 2.3


def test_every_field_is_of_the_public_format() -> None:
    known = {name for field in RECORD_FIELDS for name in (field.name, *field.aliases)}
    assert set().union(*rows()) <= known


def test_rows_come_in_the_order_they_were_observed_and_none_after_the_last_day() -> None:
    times = [row["observed_at"] for row in rows() if row["observed_at"] is not None]
    assert times == sorted(times)
    assert datetime.fromtimestamp(times[-1], UTC).date() == WORLD.last_day
    assert all(row["create_time"] <= (row["observed_at"] or times[-1]) for row in rows())
    assert min(map(day_of, rows())) == WORLD.first_day


def test_tags_are_written_as_they_are_known_and_in_several_scripts() -> None:
    tags = {tag for row in rows() for tag in row["hashtag_names"]}
    assert {tag for tag in tags if hashtag_identity(tag) != tag} == set()
    assert any(tag.isascii() for tag in tags)
    assert any("а" <= tag[0] <= "я" for tag in tags)
    assert any("あ" <= tag[0] <= "ん" for tag in tags)


DIRT: dict[str, Callable[[Row], bool]] = {
    "no region": lambda row: row["region_code"] is None,
    "no observed_at": lambda row: row["observed_at"] is None,
    "blank count": lambda row: row["view_count"] == "",
}


@pytest.mark.parametrize("kind", DIRT)
def test_some_rows_are_dirty_but_few(kind: str) -> None:
    assert 0 < sum(map(DIRT[kind], rows())) < 0.05 * len(rows())


def test_some_rows_come_twice_and_some_counters_fall() -> None:
    encoded = Counter(msgspec.json.encode(row) for row in rows())
    assert 0 < sum(count - 1 for count in encoded.values()) < 0.02 * len(rows())
    before: dict[str, int] = {}
    falls = 0
    for row in rows():
        falls += (row["view_count"] or 0) < before.get(row["id"], 0)
        before[row["id"]] = row["view_count"] or 0
    assert 0 < falls < 0.05 * len(rows())


@pytest.mark.parametrize("tag", ["fyp", "foryou", "viral"])
def test_evergreen_tags_are_in_their_share_of_the_posts_of_every_month(tag: str) -> None:
    months: dict[str, list[bool]] = defaultdict(list)
    for row in posts().values():
        months[f"{day_of(row):%Y%m}"].append(tag in row["hashtag_names"])
    shares = [sum(with_tag) / len(with_tag) for with_tag in months.values() if len(with_tag) > 1000]
    assert len(shares) > 4
    assert all(share == pytest.approx(EVERGREEN[tag], rel=0.25) for share in shares)
    assert tag in in_truth().evergreen


def test_weekend_tags_are_three_to_five_times_as_frequent_at_weekends() -> None:
    weekend = set(in_truth().weekend)
    counts, carried = Counter[bool](), Counter[bool]()
    for row in posts().values():
        late = day_of(row).weekday() >= 5
        counts[late] += 1
        carried[late] += len(weekend & set(row["hashtag_names"]))
    assert 3 <= (carried[True] / counts[True]) / (carried[False] / counts[False]) <= 5


def big_bursts() -> list[Burst]:
    return [burst for burst in in_truth().bursts if burst.size >= 30]


def test_bursts_rise_peak_and_fall_as_the_truth_says() -> None:
    assert len(big_bursts()) >= 5
    for burst in big_bursts():
        users = users_by_day(burst.tag, burst.region)
        days = [burst.start + timedelta(days=n) for n in range(burst.length)]
        assert burst.peak == days[burst.daily.index(max(burst.daily))]
        assert all(len(users[day]) >= 0.9 * extra for day, extra in zip(days, burst.daily, strict=True))
        assert burst.extra(burst.peak) == sum(
            extra for day, extra in zip(days, burst.daily, strict=True) if 0 <= (burst.peak - day).days < 7
        )


def test_extra_creators_of_a_burst_are_all_different() -> None:
    burst = max(in_truth().bursts, key=lambda burst: burst.size)
    days = users_by_day(burst.tag, burst.region)
    everybody = set().union(*days.values())
    assert len(everybody) >= burst.size


def test_new_tags_are_not_seen_before_their_burst() -> None:
    for burst in (burst for burst in big_bursts() if burst.usual == 0):
        assert min(users_by_day(burst.tag, burst.region)) >= burst.start


def test_a_spammer_posts_one_tag_eight_times_a_day() -> None:
    for spammer in in_truth().spammers:
        mine = [row for row in posts().values() if row["username"] == spammer.account.username]
        assert set(Counter(map(day_of, mine)).values()) == {8}
        assert all(spammer.tag in row["hashtag_names"] for row in mine)
        assert {day_of(row) for row in mine} == {
            spammer.start + timedelta(days=n) for n in range(spammer.days)
        }


def test_a_ring_pushes_three_tags_that_hardly_anyone_watches() -> None:
    rings = in_truth().rings
    assert rings
    for ring in rings:
        pushed = [row for row in posts().values() if set(ring.tags) & set(row["hashtag_names"])]
        assert {row["username"] for row in pushed} <= {account.username for account in ring.accounts}
        assert len({row["username"] for row in pushed}) > 0.9 * len(ring.accounts)
        others = [r for r in posts().values() if r["region_code"] == ring.region and r not in pushed]
        usual = median(row["view_count"] or 0 for row in others)
        # A tenth of what others get in the end; how much of it was seen depends on when a post was seen last.
        assert max(row["view_count"] or 0 for row in pushed) < 0.16 * usual


def test_regions_differ_in_size_by_far() -> None:
    sizes = [region.posts for region in plan(WORLD).regions]
    assert max(sizes) > 4 * min(sizes)
    found = Counter(row["region_code"] for row in posts().values())
    assert all(found[region.code] > 0.8 * region.posts for region in plan(WORLD).regions)
