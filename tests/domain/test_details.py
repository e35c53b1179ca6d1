"""Counts, curve and popularity of a window are sums over the sparse days."""

from datetime import date

from trendwire.domain.details import NOWHERE, RegionDetail
from trendwire.domain.periods import Window, epoch_day

AS_OF = date(2025, 5, 14)


def _region(views: dict[int, int]) -> RegionDetail:
    """Views by days before `AS_OF`, one post on each of these days."""
    ages = sorted(views, reverse=True)
    return RegionDetail(
        days=tuple(epoch_day(AS_OF) - age for age in ages),
        views=tuple(views[age] for age in ages),
        posts=(1,) * len(ages),
        first_day=epoch_day(AS_OF) - max(views),
        popular_days=0,
        periods={},
    )


def test_only_days_of_the_window_count() -> None:
    region = _region({0: 5, 6: 7, 7: 100})
    week = Window.of(7, AS_OF)
    assert (region.views_in(week), region.posts_in(week)) == (12, 2)
    assert region.curve(7, AS_OF) == (7, 0, 0, 0, 0, 0, 5)


def test_popularity_is_today_against_the_best_day_rounded_half_up() -> None:
    assert _region({0: 1, 3: 8}).popularity(7, AS_OF) == 13  # 12.5
    assert _region({1: 8}).popularity(7, AS_OF) == 0
    assert _region({0: 3, 9: 30}).popularity(7, AS_OF) == 100


def test_a_region_without_the_subject_counts_nothing() -> None:
    assert NOWHERE.views_in(Window.of(30, AS_OF)) == 0
    assert NOWHERE.popularity(30, AS_OF) == 0
    assert NOWHERE.curve(7, AS_OF) == (0,) * 7
