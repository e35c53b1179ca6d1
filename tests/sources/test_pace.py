"""How often the client asks: no sooner than the source allows, and not for ever."""

import random
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.sources.asking import CALL, NOON, Hours, client, refused
from tests.sources.misbehaving import (
    answer,
    misbehaving,
)
from trendwire.errors import BudgetSpent
from trendwire.sources.connector import Quota
from trendwire.sources.pace import Breaker, Budget, Clocks


def test_the_jitter_takes_from_the_whole_wait() -> None:
    seeded = random.Random(5)
    expected = random.Random(5)
    hours = Hours(jitter=seeded.random)
    with misbehaving(answer(500)) as source, client(source, hours) as fetch:
        refused(fetch)
    assert hours.waits[-1] == pytest.approx([expected.random() for _ in range(4)][-1] * 8)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "said", ["7", format_datetime(NOON + timedelta(seconds=7), usegmt=True)], ids=["seconds", "date"]
)
def test_retry_after_is_waited_for(status: int, said: str) -> None:
    hours = Hours()
    with misbehaving(answer(status, Retry_After=said), answer()) as source, client(source, hours) as fetch:
        fetch(CALL)
    assert hours.waits == [pytest.approx(7, abs=1e-3)]


def test_retry_after_as_a_date_is_read_by_the_clock_of_the_source() -> None:
    theirs = NOON - timedelta(hours=3)
    step = answer(
        429,
        Date=format_datetime(theirs, usegmt=True),
        Retry_After=format_datetime(theirs + timedelta(seconds=90), usegmt=True),
    )
    hours = Hours()
    with misbehaving(step, answer()) as source, client(source, hours) as fetch:
        fetch(CALL)
    assert hours.waits == [pytest.approx(90)]


@pytest.mark.parametrize("said", ["soon", "-5", "9" * 5000, "Mon, 99 Foo 2026", ""])
def test_a_retry_after_that_says_nothing_is_passed_over(said: str) -> None:
    hours = Hours()
    with misbehaving(answer(429, Retry_After=said), answer()) as source, client(source, hours) as fetch:
        fetch(CALL)
    assert hours.waits == [pytest.approx(1)]


def test_too_long_a_wait_is_given_up_at_once_and_says_until_when() -> None:
    hours = Hours()
    with misbehaving(answer(429, Retry_After="901")) as source, client(source, hours) as fetch:
        error = refused(fetch)
    assert error.public == ('the source answered 429: {"ok":1}; it asks to wait until 2026-11-21 12:15 UTC')
    assert error.resumes == NOON + timedelta(seconds=901)
    assert (len(source.asked), hours.waits) == (1, [])


def test_requests_are_as_far_apart_as_the_quota_demands() -> None:
    hours = Hours()
    with misbehaving(answer(500), answer()) as source, client(source, hours, Quota(per_second=0.5)) as fetch:
        fetch(CALL)
        fetch(CALL)
    assert hours.waits == [1, 1, 2]  # after a failure, the rest of the two seconds, two seconds


def test_five_calls_given_up_open_the_breaker_which_outlives_the_client() -> None:
    hours, breaker = Hours(), Breaker()
    with misbehaving(answer(401)) as source:
        for _ in range(5):
            with client(source, hours, breaker=breaker) as fetch:
                refused(fetch)
                breaker = fetch.breaker
        with client(source, hours, breaker=breaker) as fetch:
            error = refused(fetch)
            assert fetch.breaker == breaker
        assert (
            error.public == "the source failed 5 times in a row and is left alone until 2026-11-21 12:15 UTC"
        )
        assert error.resumes == breaker.open_until
        assert len(source.asked) == 5


def test_after_the_pause_one_call_decides() -> None:
    opened = Breaker(5, NOON - timedelta(seconds=1))
    with misbehaving(answer(401), answer()) as source:
        with client(source, breaker=opened) as fetch:
            refused(fetch)
            assert fetch.breaker == Breaker(6, NOON + timedelta(minutes=15))
        with client(source, breaker=opened) as fetch:
            fetch(CALL)
            assert fetch.breaker == Breaker()


def test_refusals_of_single_calls_do_not_open_the_breaker() -> None:
    with misbehaving(answer(404)) as source, client(source) as fetch:
        for _ in range(7):
            assert refused(fetch).status == 404
    assert len(source.asked) == 7


def test_the_requests_of_a_day_are_counted_with_every_try_and_end() -> None:
    budget = Budget(NOON.date(), requests=7)
    quota = Quota(per_second=1e6, requests_a_day=10)
    with misbehaving(answer(500)) as source, client(source, quota=quota, budget=budget) as fetch:
        error = refused(fetch)
        assert isinstance(error, BudgetSpent)
        assert error.public == (
            "the 10 requests a day that the source allows are used up; it goes on at 2026-11-22 00:00 UTC"
        )
        assert error.resumes == datetime(2026, 11, 22, tzinfo=UTC)
        assert (fetch.budget.requests, fetch.breaker) == (10, Breaker())
    assert len(source.asked) == 3


def test_the_rows_of_a_day_are_counted_and_a_new_day_begins_afresh() -> None:
    hours, quota = Hours(), Quota(per_second=1e6, rows_a_day=200)
    with misbehaving(answer()) as source, client(source, hours, quota) as fetch:
        fetch(CALL)
        fetch.count_rows(199)
        fetch(CALL)
        fetch.count_rows(100)
        assert "the 200 rows a day" in refused(fetch).public
        hours.passed += 12 * 3600
        fetch(CALL)
        assert fetch.budget == Budget(date(2026, 11, 22), requests=1)


def test_waiting_can_be_ended_from_outside() -> None:
    class Stopped(Exception):
        pass

    def stop(_: float) -> None:
        raise Stopped

    clocks = Clocks(now=lambda: NOON, sleep=stop)
    with misbehaving(answer(500)) as source, client(source, clocks=clocks) as fetch, pytest.raises(Stopped):
        fetch(CALL)
    assert len(source.asked) == 1
