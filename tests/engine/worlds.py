"""Worlds that go on: facts that come into a real store in batches, late, repeated and changed."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.agreement.pair import take_in

LAST = date(2025, 6, 30)
DAYS = 150
TAGS = [f"t{k}" for k in range(9)]
RARE = [f"rare{k}" for k in range(60)]
INDUSTRIES = (10000000000, 23000000000, 28000000000, None)
AGES = ("18-24", "25-34", "35-44")
COUNTRIES = ("US", "VN", "DE")
INTERESTS = ("10001", "10002", "10004")

Row = dict[str, Any]


@dataclass
class World:
    """The posts of a home, and what was published of them."""

    home: Path
    rng: random.Random
    as_of: date = LAST
    posts: dict[str, Row] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    published: dict[date, Path] = field(default_factory=dict)

    def begin(self) -> None:
        """A past of all regions but one, with a burst in the last days."""
        ages = [self.rng.choice([self.rng.uniform(0, DAYS), self.rng.uniform(0, 9)]) for _ in range(150)]
        self.take([row for age in ages for row in self.seen(self.post(age))])

    def take(self, rows: Sequence[Row]) -> None:
        """Let them in, and remember them."""
        self.rows += rows
        take_in(self.home, rows)

    def post(self, age: float, **columns: Any) -> Row:
        """A post so many days before the end of the last day; a negative age: after it."""
        number = len(self.posts)
        end = datetime(self.as_of.year, self.as_of.month, self.as_of.day, tzinfo=UTC) + timedelta(days=1)
        created = int((end - timedelta(days=age)).timestamp())
        id_ = str((created << 32) + number) if self.rng.random() < 0.9 else f"x{number}"
        self.posts[id_] = {
            "id": id_,
            "create_time": created if self.rng.random() < 0.9 or id_[0] == "x" else None,
            **self.about(age),
            **columns,
        }
        return self.posts[id_]

    def about(self, age: float) -> Row:
        """What may be said of a post."""
        rng = self.rng
        tags = (
            rng.sample(TAGS, rng.randint(0, 3))
            + ["fyp"] * (rng.random() < 0.5)
            + rng.sample(RARE, rng.randint(0, 2))
        )
        return {
            "region_code": rng.choice(["VN", "VN", "US", None]),
            "username": rng.choice([*[f"u{k}" for k in range(30)], None]),
            "nickname": rng.choice(["Ann", "Bob", None]),
            "hashtag_info_list": [
                {"hashtag_name": tag, "hashtag_id": rng.choice([None, None, "55", "56"])}
                for tag in tags + ["rise"] * (age < 6 and rng.random() < 0.7)
            ],
            "music_id": rng.choice([None, "71", "72", "73", *(str(n) for n in range(80, 110))]),
            "music_title": rng.choice([None, "one", "two"]),
            "industry_id": rng.choice(INDUSTRIES),
            "is_promoted": rng.random() < 0.1,
            "cover_url": rng.choice([None, "c1", "c2"]),
            "audience_ages": self.weights(AGES),
            "audience_countries": self.weights(COUNTRIES),
            "audience_interests": self.weights(INTERESTS),
        }

    def weights(self, labels: Sequence[str]) -> dict[str, float] | None:
        """An audience, or none."""
        named = self.rng.sample(labels, self.rng.randint(1, len(labels)))
        return {label: self.rng.choice([1, 2, 0.5]) for label in named} if self.rng.random() < 0.4 else None

    def seen(self, post: Row, times: int = 3) -> list[Row]:
        """The post as it was seen now and then: counters fall, are blank or lack a time."""
        rng, rows, views = self.rng, list[Row](), self.rng.randrange(1, 3000)
        created = post["create_time"] or int(post["id"]) >> 32
        for step in range(rng.randint(1, times)):
            views += rng.randrange(-200, 2000)
            at = created + step * rng.randrange(0, 9 * 86_400) + rng.choice([0, 0, 3600])
            row = post | {"observed_at": at if rng.random() < 0.85 else None}
            rows.append(row | {"view_count": max(views, 0) if rng.random() < 0.9 else None})
        return rows


def fresh(world: World) -> list[Row]:
    """Posts of the last days, some of the days to come."""
    ages = [world.rng.uniform(-2, 4) for _ in range(world.rng.randint(1, 25))]
    return [row for age in ages for row in world.seen(world.post(age))]


def late(world: World) -> list[Row]:
    """Posts of long ago that nobody knew."""
    ages = [world.rng.uniform(5, DAYS + 40) for _ in range(world.rng.randint(1, 6))]
    return [row for age in ages for row in world.seen(world.post(age))]


def again(world: World) -> list[Row]:
    """Known posts with newer counters, and now and then with other words about them."""
    rows = []
    for id_ in world.rng.sample(sorted(world.posts), min(len(world.posts), world.rng.randint(1, 20))):
        post = world.posts[id_]
        if world.rng.random() < 0.3:
            post = post | world.about(world.rng.choice([1, 50]))
        if world.rng.random() < 0.1 and post["create_time"]:
            post = post | {"create_time": post["create_time"] + world.rng.randrange(-3, 4) * 86_400}
        world.posts[id_] = post
        rows += world.seen(post, 2)
    return rows


def repeated(world: World) -> list[Row]:
    """Rows that came before."""
    return world.rng.sample(world.rows, min(len(world.rows), 30))


def elsewhere(world: World) -> list[Row]:
    """A region that had no posts: it is cold."""
    ages = [world.rng.uniform(0, 12) for _ in range(world.rng.randint(3, 20))]
    return [row for age in ages for row in world.seen(world.post(age, region_code="DE"))]


def ring(world: World) -> list[Row]:
    """Many posts under one tag and industry, whose floors move with them."""
    columns = {"hashtag_info_list": None, "hashtag_names": ["ring"], "industry_id": INDUSTRIES[0]}
    posts = [
        world.post(
            world.rng.uniform(0, 3), **columns, username=f"r{n}", region_code=world.rng.choice(["VN", None])
        )
        for n in range(world.rng.randint(3, 30))
    ]
    return [row for post in posts for row in world.seen(post)]


BATCHES: dict[str, Callable[[World], list[Row]]] = {
    kind.__name__: kind for kind in (fresh, late, again, repeated, elsewhere, ring)
}
