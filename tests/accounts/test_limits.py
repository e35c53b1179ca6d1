"""At most qps requests of a key in any window of one second: never more, never fewer than may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendwire.accounts.limits import Limits
from trendwire.errors import RateLimited

# Sixteenths: sums of them are exact, so the oracle may subtract where the code compares sums.
gaps = st.integers(0, 20).map(lambda n: n / 16)
requests = st.lists(st.tuples(gaps, st.integers(1, 3)), max_size=80)


def take(limits: Limits, key: int, qps: int, tick: float) -> int | None:
    try:
        return limits.take(key, qps, tick)
    except RateLimited:
        return None


@given(requests, st.integers(1, 5))
def test_as_brute_force_over_all_windows_says(coming: list[tuple[float, int]], qps: int) -> None:
    limits, tick = Limits(), 0.0
    passed: list[tuple[float, int]] = []
    for gap, key in coming:
        tick += gap
        before = len([at for at, other in passed if other == key and tick - at < 1])
        expected = qps - before - 1 if before < qps else None
        assert take(limits, key, qps, tick) == expected
        if expected is not None:
            passed.append((tick, key))


@given(st.lists(st.floats(0, 5), min_size=1, max_size=60), st.integers(1, 5))
def test_retry_after_is_exactly_when_the_next_one_passes(ticks: list[float], qps: int) -> None:
    limits = Limits()
    for tick in sorted(ticks):
        if take(limits, 1, qps, tick) is not None:
            continue
        with pytest.raises(RateLimited) as refused:
            limits.take(1, qps, tick)
        assert 0 < refused.value.retry_after <= 1
        leaves = tick + refused.value.retry_after
        assert take(limits, 1, qps, leaves - 1e-6) is None
        assert take(limits, 1, qps, leaves + 1e-6) is not None
        return


def test_refused_requests_are_not_counted() -> None:
    limits = Limits()
    assert take(limits, 1, 1, 0.0) == 0
    assert [take(limits, 1, 1, n / 100) for n in range(1, 100)] == [None] * 99
    assert take(limits, 1, 1, 1.0) == 0


def test_a_clock_that_steps_back_lets_nobody_through() -> None:
    limits = Limits()
    assert take(limits, 1, 2, 10.0) == 1
    assert take(limits, 1, 2, 9.0) == 0
    assert take(limits, 1, 2, 10.5) is None
    assert take(limits, 1, 2, 11.0) == 1


def test_a_lowered_rate_counts_what_went_before() -> None:
    limits = Limits()
    for n in range(4):
        assert take(limits, 1, 4, n / 8) == 3 - n
    with pytest.raises(RateLimited) as refused:
        limits.take(1, 2, 0.5)
    assert refused.value.retry_after == 1.25 - 0.5
    assert take(limits, 1, 2, 1.25) == 0


def test_memory_follows_the_keys_in_use() -> None:
    limits = Limits()
    for key in range(10_000):
        limits.take(key, 5, key / 100)
    assert len(limits) <= 200
