"""Schedules: what is accepted, when something is due, what downtime and failures make of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendwire.errors import InvalidInput
from trendwire.sources.schedule import Last, Planned, due, next_run, parse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    "text",
    ["", "6", "h", "6y", "-6h", "0m", "400d", "99999999999d", "1h30m", "6 h x", "* * * *", "* * * * * *"],
)
def test_what_is_no_schedule_says_what_is_one(text: str) -> None:
    with pytest.raises(InvalidInput, match=r'^sources.x.every must be a time such as "15m"'):
        parse("sources.x.every", text)


@pytest.mark.parametrize("text", ["61 * * * *", "0 0 30 2 *", "a b c d e", "L/2 * * * *", "5-1 * * * *"])
def test_cron_text_that_is_none_names_the_field(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not understood"):
        parse("every", text)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("0 3 * * *", "22 03:00", "23 03:00"),
        ("*/30 9 * * *", "21 09:00", "21 09:30"),
        ("0 0 L * *", "30 00", "31 00"),
    ],
)
def test_cron_is_read_in_utc(text: str, first: str, second: str) -> None:
    schedule = parse("every", text)
    slots = [schedule.after(NOW, "a")]
    slots.append(schedule.after(slots[0], "a"))
    assert [f"{slot:%d %H:%M}".startswith(said) for slot, said in zip(slots, (first, second), strict=True)]
    assert all(slot.second < 60 for slot in slots)


@given(st.text(min_size=1, max_size=20), st.integers(1, 96), st.integers(0, 10**9))
def test_slots_are_a_period_apart_and_the_same_for_a_name(name: str, quarters: int, seconds: int) -> None:
    every = parse("every", f"{quarters * 15}m")
    at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    period = quarters * 15 * MINUTE
    slot = every.after(at, name)
    assert period / 2 <= slot - at <= 1.5 * period
    assert every.after(slot, name) - slot == period
    assert every.after(slot + MINUTE, name) - slot == period


def test_two_names_do_not_start_together() -> None:
    every = parse("every", "6h")
    slots = {every.after(NOW, f"source-{number}") for number in range(10)}
    assert len(slots) > 5
    assert max(slots) - min(slots) < timedelta(minutes=10)


def test_what_never_ran_is_due() -> None:
    assert due(NOW, [Planned("a", parse("every", "6h"))]) == ["a"]


def test_after_downtime_it_runs_once() -> None:
    plan = Planned("a", parse("every", "1h"), Last(NOW - 9 * DAY, NOW - 9 * DAY))
    assert due(NOW, [plan]) == ["a"]
    assert due(NOW + MINUTE, [Planned("a", plan.schedule, Last(NOW, NOW + MINUTE))]) == []


def test_who_waits_longest_comes_first() -> None:
    hourly = parse("every", "1h")
    plans = [Planned(f"{days}", hourly, Last(NOW - days * DAY, NOW - days * DAY)) for days in (1, 3, 2)]
    assert due(NOW, plans) == ["3", "2", "1"]


@pytest.mark.parametrize(("failures", "minutes"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (50, 60)])
def test_a_failure_is_tried_again_sooner(failures: int, minutes: int) -> None:
    plan = Planned("a", parse("every", "1d"), Last(NOW - HOUR, NOW, failures))
    assert next_run(plan, NOW) == NOW + minutes * MINUTE


def test_a_failure_is_never_tried_later_than_the_next_slot() -> None:
    every = parse("every", "1m")
    plan = Planned("a", every, Last(NOW, NOW, failures=9))
    assert next_run(plan, NOW) == every.after(NOW, "a")


def test_a_sources_own_word_counts_for_a_day_at_most() -> None:
    every = parse("every", "1h")
    held = Last(NOW, NOW, again=NOW + 16 * HOUR)
    assert next_run(Planned("a", every, held), NOW) == NOW + 16 * HOUR
    forever = Last(NOW, NOW, failures=1, again=NOW + 999 * DAY)
    assert next_run(Planned("a", every, forever), NOW) == NOW + DAY


def test_a_clock_that_was_wrong_stops_nothing() -> None:
    ahead = Last(NOW + 400 * DAY, NOW + 400 * DAY)
    assert next_run(Planned("a", parse("every", "1h"), ahead), NOW) <= NOW + 2 * HOUR


@pytest.mark.parametrize(
    ("text", "age"), [("6h", 18 * HOUR), ("0 8 * * *", 2 * DAY), ("0 8 * * 1-5", 3 * DAY)]
)
def test_what_is_more_than_three_slots_old_is_stale(text: str, age: timedelta) -> None:
    """2026-11-21 is a Saturday: of a schedule of working days the weekend makes nothing stale."""
    assert parse("every", text).stale_before(NOW + MINUTE) in (NOW - age, NOW + MINUTE - age)
