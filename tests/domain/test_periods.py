"""Windows and buckets follow the calendar exactly."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendwire.domain.periods import (
    DETAIL_PERIODS,
    Bucket,
    Window,
    buckets,
    epoch_day,
    from_epoch_day,
    midnight,
)

days = st.dates(min_value=date(2018, 1, 1), max_value=date(2040, 12, 31))
AS_OF = date(2025, 5, 14)


@given(days, st.sampled_from(DETAIL_PERIODS), st.integers(0, 9))
def test_a_window_has_its_length_and_earlier_ones_touch_without_overlap(
    as_of: date, period: int, k: int
) -> None:
    window = Window.of(period, as_of)
    assert (window.days, window.last) == (period, as_of)
    assert window.before(k + 1).last + timedelta(days=1) == window.before(k).first


@pytest.mark.parametrize("period", [7, 30])
def test_short_periods_have_a_point_a_day_the_last_at_as_of(period: int) -> None:
    points = buckets(period, AS_OF)
    assert len(points) == period
    assert points[-1] == Bucket(AS_OF, Window(AS_OF, AS_OF))


@given(days)
def test_weeks_run_sunday_to_saturday_wholly_inside(as_of: date) -> None:
    for period, lengths in ((120, {16, 17}), (365, {51, 52})):
        window, points = Window.of(period, as_of), buckets(period, as_of)
        assert len(points) in lengths
        for point in points:
            assert point.label.strftime("%A") == "Saturday" == point.window.last.strftime("%A")
            assert point.window.first.strftime("%A") == "Sunday"
            assert point.window.days == 7
            assert window.first <= point.window.first
            assert point.window.last <= window.last


@given(days)
def test_months_are_whole_and_labelled_by_their_first_day(as_of: date) -> None:
    window, points = Window.of(1095, as_of), buckets(1095, as_of)
    assert len(points) in {34, 35, 36}
    for point in points:
        assert point.label.day == 1 == (point.window.last + timedelta(days=1)).day
        assert window.first <= point.window.first
        assert point.window.last <= window.last


@given(days)
def test_epoch_days_and_midnights_agree(day: date) -> None:
    assert from_epoch_day(epoch_day(day)) == day
    assert midnight(day) == epoch_day(day) * 86400


def test_the_recorded_week_labels_are_saturdays() -> None:
    # 1740787200, 1741392000: labels of a recorded 120-day reply.
    labels = [point.time for point in buckets(120, date(2025, 6, 12))]
    assert {1740787200, 1741392000, 1741996800, 1749254400} <= set(labels)
