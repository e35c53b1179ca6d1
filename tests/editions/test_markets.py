"""Which charts of which source a region is served from."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.editions.told import DAY, append, chart, rows
from trendwire.domain.charts import Kind
from trendwire.domain.provenance import COMPUTED, Provenance, Sample
from trendwire.editions.markets import MOST_AGE, TOLERANCE, Market, earlier, markets, rules
from trendwire.errors import InvalidInput
from trendwire.facts.recorded import Recorded, RecordedChart


def _ago(days: int, end: date = DAY) -> date:
    return end - timedelta(days=days)


def _markets(home: Path, posted: Iterable[str] = (), **given: str) -> dict[str, Market]:
    sample = Sample(posts=1, creators=1)
    known = {
        region: Provenance(method=COMPUTED, transformation="test", samples={120: sample}) for region in posted
    }
    return markets(Recorded(home).filed(), DAY, rules(given), known)


def test_auto_takes_recorded_charts_only_where_there_are_no_posts(tmp_path: Path) -> None:
    append(tmp_path, *(chart(rows("a"), region=region) for region in ("US", "VN", "ALL")))
    assert set(_markets(tmp_path)) == {"US", "VN", "ALL"}
    assert set(_markets(tmp_path, posted=["VN", "ALL"])) == {"US"}


def test_posts_before_the_window_do_not_count(tmp_path: Path) -> None:
    append(tmp_path, chart(rows("a")))
    old = Provenance(method=COMPUTED, transformation="test", samples={1095: Sample(posts=9, creators=9)})
    assert set(markets(Recorded(tmp_path).filed(), DAY, {}, {"US": old})) == {"US"}


def test_a_rule_that_is_set_wins(tmp_path: Path) -> None:
    append(tmp_path, chart(rows("a")), chart(rows("a"), region="VN"))
    assert set(_markets(tmp_path, posted=["US"], US="recorded")) == {"US", "VN"}
    assert set(_markets(tmp_path, VN="computed")) == {"US"}
    assert set(_markets(tmp_path, default="computed")) == set()
    assert set(_markets(tmp_path, default="computed", VN="auto")) == {"VN"}
    assert set(_markets(tmp_path, posted=["DE"], default="recorded", US="computed")) == {"DE", "VN"}
    assert _markets(tmp_path, posted=["DE"], DE="recorded")["DE"].source is None


@pytest.mark.parametrize("given", [{"US": "mixed"}, {"us": "auto"}, {"XX": "auto"}, {"all": "auto"}])
def test_what_is_no_rule_is_refused_by_name(given: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match=f"markets.{next(iter(given))} must be"):
        rules(given)


@pytest.mark.parametrize(("age", "served"), [(-1, False), (0, True), (MOST_AGE, True), (MOST_AGE + 1, False)])
def test_a_chart_is_served_until_it_is_too_old_and_never_before_its_day(
    tmp_path: Path, age: int, served: bool
) -> None:
    append(tmp_path, chart(rows("a"), _ago(age)))
    assert ("US" in _markets(tmp_path)) is served


def test_one_source_serves_a_region_the_one_with_most_charts_then_by_name(tmp_path: Path) -> None:
    append(tmp_path, chart(rows("a"), source="zeta"), chart(rows("a"), source="beta"))
    assert _markets(tmp_path)["US"].source == "beta"
    append(tmp_path, chart(rows("b"), source="zeta", period=30))
    found = _markets(tmp_path)["US"]
    assert found.source == "zeta"
    assert {one.source for one in found.charts.values()} == {"zeta"}


def test_of_one_chart_the_newest_complete_one_with_rows_is_served(tmp_path: Path) -> None:
    good = chart(rows("good"), _ago(2))
    append(tmp_path, chart(rows("old"), _ago(3)), good)
    append(tmp_path, chart(rows("cut"), complete=False), chart((), _ago(1)))
    assert list(_markets(tmp_path)["US"].charts.values()) == [good]
    later = chart(rows("later"), _ago(2), fetched_at=good.fetched_at + 1)
    append(tmp_path, later)
    assert list(_markets(tmp_path)["US"].charts.values()) == [later]


def test_what_was_broken_off_is_better_than_nothing(tmp_path: Path) -> None:
    cut = chart(rows("cut"), complete=False)
    append(tmp_path, cut)
    assert list(_markets(tmp_path)["US"].charts.values()) == [cut]


@pytest.mark.parametrize("wrong", [{"kind": Kind.VIDEO}, {"period": 1}, {"period": 365}])
def test_charts_that_we_do_not_have_are_kept_but_not_served(tmp_path: Path, wrong: dict[str, Any]) -> None:
    append(tmp_path, chart(rows("a"), **wrong))
    assert _markets(tmp_path) == {}


def _against(home: Path, days_ago: Iterable[int], period: int = 7) -> int | None:
    """How many days before today's chart the one ends that moves are told against."""
    today = chart(rows("a"), period=period)
    append(home, today, *(chart(rows("a"), _ago(n), period=period) for n in days_ago))
    found = earlier(_markets(home)["US"], today)
    return None if found is None else (DAY - found.as_of).days


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], None),
        ([1, 2, 3, 4], None),  # our record does not reach back: all rows are new
        ([6, 7, 8], 7),
        ([6, 9], 6),
        ([6, 8], 8),
        ([5], 5),
        ([9], 9),
        ([4, 10], 10),  # a gap: the newest before it
        ([1, 12, 30], 12),
    ],
)
def test_moves_are_told_against_the_record_of_a_period_ago(
    tmp_path: Path, history: list[int], expected: int | None
) -> None:
    assert _against(tmp_path, history) == expected


@pytest.mark.parametrize("period", list(TOLERANCE))
def test_the_tolerance_grows_with_the_period(tmp_path: Path, period: int) -> None:
    nearest = period - TOLERANCE[period]
    assert _against(tmp_path / "near", [nearest], period) == nearest
    assert _against(tmp_path / "far", [nearest - 1], period) is None


def test_moves_are_told_against_the_same_source_and_chart_and_never_a_cut_one(tmp_path: Path) -> None:
    others: list[RecordedChart] = [
        chart(rows("a"), _ago(7), source="other"),
        chart(rows("a"), _ago(7), industry=23000000000),
        chart(rows("a"), _ago(7), region="VN"),
        chart(rows("a"), _ago(7), complete=False),
    ]
    append(tmp_path, *others)
    assert _against(tmp_path, [8]) == 8
