"""Posts of crowds: so many creators use a hashtag so many days ago."""

from datetime import timedelta
from typing import Any

from tests.engine.rows import AS_OF, Row, at, fact


class Crowds:
    """Posts of one region, numbered as they are made; days are counted back from AS_OF."""

    def __init__(self) -> None:
        self.facts: list[Row] = []

    def post(self, ago: int, user: str | None, *tags: str, views: int | None = 1000, **columns: Any) -> None:
        day = AS_OF - timedelta(days=ago)
        given = {"region": "VN", "username": user, "tags": list(tags) or None, "view_count": views}
        number = f"{len(self.facts):06}"
        self.facts.append(fact(number, day, **(given | {"observed_at": at(day)} | columns)))

    def crowd(self, ago: int, size: int, *tags: str, prefix: str = "u", **columns: Any) -> None:
        """One post each of `size` creators, the same ones for the same prefix."""
        for number in range(size):
            self.post(ago, f"{prefix}{number}", *tags, **columns)


def settled() -> Crowds:
    """A region with a past of ten 7-day windows in which as many creators post as in the last one."""
    crowds = Crowds()
    for week in range(10):
        crowds.crowd(7 * week + 3, 40, "always", prefix="old")
    return crowds
