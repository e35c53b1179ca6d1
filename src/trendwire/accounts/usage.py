"""What keys were charged for: requests and credits by key, endpoint and UTC day.

Requests that were refused or failed cost nothing and are not counted.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime

from trendwire.accounts.store import Store
from trendwire.statements import named

_SQL = named(__package__, "usage.sql")


@dataclass(frozen=True, slots=True)
class Usage:
    """The requests of one key to one endpoint on one UTC day, and the credits they cost."""

    key_id: int
    endpoint: str
    day: date
    calls: int
    credits: int


def rows(store: Store) -> list[Usage]:
    """All usage, ordered by key, endpoint and day."""
    found = store.read(lambda db: db.execute(_SQL["all"]).fetchall())
    return [Usage(key, endpoint, date.fromisoformat(day), *counts) for key, endpoint, day, *counts in found]


def count(db: sqlite3.Connection, key_id: int, endpoint: str, cost: int, at: datetime) -> None:
    """Count one request, as part of the caller's transaction."""
    day = at.astimezone(UTC).date().isoformat()
    db.execute(_SQL["count"], {"key_id": key_id, "endpoint": endpoint, "day": day, "cost": cost})
