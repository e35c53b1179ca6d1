"""Owns the making of small worlds for the tests: rows of posts around one day."""

from datetime import UTC, date, datetime, timedelta

DAY = 86_400
AS_OF = date(2025, 5, 14)  # a Wednesday
INGESTED = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def at(day: date, second: int = 0) -> int:
    """Unix seconds of a UTC day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + second


def back(days: int) -> date:
    return AS_OF - timedelta(days)


def row(identity: int, day: date, **more: object) -> dict[str, object]:
    """A post seen on the day it was made, by a creator of its own."""
    return {"id": identity, "create_time": at(day), "observed_at": at(day), "username": f"u{identity}"} | more
