"""A run asks for every part once, goes on where it broke off, and no part keeps the others waiting."""

from datetime import UTC, datetime
from typing import Any

from trendwire.sources.rounds import after, begin

MORNING = datetime(2026, 11, 21, 6, tzinfo=UTC)
EVENING = datetime(2026, 11, 21, 18, tzinfo=UTC)
TOMORROW = datetime(2026, 11, 22, 6, tzinfo=UTC)
PARTS = ["a", "b", "c", "d"]


def broken_at_b() -> dict[str, Any]:
    cursor = after(begin(PARTS, MORNING, None))
    assert cursor is not None
    return cursor


def test_parts_come_in_order_and_then_the_end() -> None:
    cursor: dict[str, Any] | None = begin(PARTS, MORNING, None)
    seen = []
    while cursor is not None:
        seen.append((cursor["todo"][0], cursor["page"]))
        cursor = after(cursor)
    assert seen == [("a", 0), ("b", 1), ("c", 2), ("d", 3)]


def test_what_a_part_makes_necessary_comes_next() -> None:
    cursor = after(begin(PARTS, MORNING, None), ["a1", "a2"])
    assert cursor
    assert cursor["todo"] == ["a1", "a2", "b", "c", "d"]


def test_on_the_same_day_only_what_is_left_is_asked_for_the_broken_part_last() -> None:
    assert begin(PARTS, EVENING, broken_at_b())["todo"] == ["c", "d", "b"]


def test_on_another_day_all_is_asked_for_the_broken_part_last() -> None:
    assert begin(PARTS, TOMORROW, broken_at_b())["todo"] == ["c", "d", "a", "b"]


def test_parts_that_are_no_longer_configured_are_not_asked_for_on_another_day() -> None:
    assert begin(["a", "d", "e"], TOMORROW, broken_at_b())["todo"] == ["d", "a", "e"]
