"""Worlds that go on: facts that come into a real store in batches; and what a full build says."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from tests.agreement.pair import take_in
from trendwire.domain.records import PostRecord
from trendwire.facts.store import FactStore
from trendwire.trends import documents, ranking, records, rollups
from trendwire.trends.live import Facts, News
from trendwire.trends.provenance import provenance
from trendwire.trends.ranking import Published
from trendwire.trends.records import Records

LAST = date(2025, 6, 30)
DAYS = 150
TAGS = [f"t{k}" for k in range(9)]
RARE = [f"rare{k}" for k in range(60)]
INDUSTRIES = (10000000000, 23000000000, 28000000000, None)
AGES = ("18-24", "25-34", "35-44")
COUNTRIES = ("US", "VN", "DE")
INTERESTS = ("10001", "10002", "10004")

Row = dict[str, Any]
Told = dict[str, list[Any]]


KEPT = {
    "created": "FROM created",
    "post_views": "SELECT id, period, back, post_views.views FROM post_views JOIN posts USING (post)",
    "subject_windows": "SELECT kind, identity, subject_windows.* EXCLUDE (subject)"
    " FROM subject_windows JOIN names USING (subject)",
    "debuts": "SELECT origin, username, day, views FROM debuts JOIN creators USING (creator)",
    "debut_counts": "FROM debut_counts",
    "floors": "FROM floors",
    "scopes": "SELECT * EXCLUDE (scope) FROM scopes",
    "tallies": "SELECT kind, identity, tallies.* EXCLUDE (subject)"
    " FROM tallies LEFT JOIN names USING (subject)",
    "subjects": "SELECT * EXCLUDE (subject) FROM subjects",
    "spans": "SELECT id, spans.* EXCLUDE (post) FROM spans JOIN posts USING (post)",
    "uses": "SELECT kind, identity, id, uses.day, username, uses.region"
    " FROM uses JOIN posts USING (post) JOIN names USING (subject)",
    "later": "FROM later",
    "audience_days": "FROM audience_days",
    "weight_days": "FROM weight_days",
    "totals": "SELECT identity, posts FROM totals JOIN names USING (subject)",
    "reaches": "SELECT identity, reaches.* EXCLUDE (subject) FROM reaches LEFT JOIN names USING (subject)",
}
"""What a state keeps, without the numbers that are its own."""


def kept(connection: duckdb.DuckDBPyConnection) -> Told:
    """All of it, sorted."""
    return {name: sorted(connection.execute(query).fetchall(), key=repr) for name, query in KEPT.items()}


def silent(_stage: str, _done: float) -> None:
    """Nobody watches."""


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

    def facts(self) -> Facts:
        """What the store holds."""
        store = FactStore(self.home)
        return Facts(store.parts_folder, store.snapshot())

    def earlier(self) -> list[Published]:
        """What was published, of all days."""
        return [Published(day, path) for day, path in sorted(self.published.items())]

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


@dataclass
class Reader:
    """An edition that is told the news, as a lean one is: what it holds must be what a full build says."""

    records: dict[str, str] = field(default_factory=dict)
    named: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    facts: dict[tuple[str, str], str] = field(default_factory=dict)
    documents: dict[tuple[str, str], str] = field(default_factory=dict)
    total: int = 0
    subjects: int = 0

    def hear(self, news: News) -> None:
        """Take everything, or what changed."""
        if news.after is None:
            self.records, self.named, self.facts, self.documents = {}, {}, {}, {}
        posts = dict(news.posts)
        ids = {number: record.split('"')[1] for number, record in posts.items()}
        assert list(posts) == sorted(posts)
        self.records |= {ids[number]: record for number, record in posts.items()}
        for kind, identity, facts, numbers in news.subjects:
            self.named.setdefault((kind, identity), set()).update(ids[number] for number in numbers)
            if facts is not None:
                self.facts[kind, identity] = facts
        for section, changed in (("chart", news.charts), ("listed", news.listed), ("reach", news.reach)):
            for name, document in changed:
                assert self.documents.pop((section, name), None) != document
                if document is not None:
                    self.documents[section, name] = document
        self.documents["factors", ""] = news.factors
        self.total, self.subjects = news.total, news.subject_count

    def told(self) -> Told:
        """What it can say."""
        posts = {id_: msgspec.json.decode(record, type=PostRecord) for id_, record in self.records.items()}
        used = {key for post in posts.values() for key in _uses(post)}
        for id_, post in posts.items():
            assert all(id_ in self.named[key] for key in _uses(post))
        return {
            "records": sorted(self.records.values()),
            "facts": sorted((*key, self.facts[key]) for key in used),
            "documents": sorted(self.documents.items()),
            "sums": [self.total, self.subjects],
        }


def _uses(post: PostRecord) -> list[tuple[str, str]]:
    return [*(("hashtag", tag) for tag in post.tags), *([("sound", post.sound)] if post.sound else [])]


def full(world: World) -> Told:
    """What a full build says of the world now."""
    facts = world.facts()
    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": False}) as connection:
        parts = facts.paths(facts.manifest.parts)
        rollups.create(connection, parts, world.as_of, ranking.ends(world.as_of), silent)
        ranking.create(connection, world.as_of, world.earlier(), silent)
        documents.draw(connection, world.as_of, silent)
        found = Records(connection)
        posts, subjects = [text for _, text in found.posts()], list(found.subjects())
        factors = records.factors(connection, world.as_of)
        told = {("factors", ""): msgspec.json.encode(factors).decode()}
        told |= {("reach", identity): text for identity, text in records.reach(connection)}
        told |= {("listed", f"{kind}/{who}"): text for kind, who, text in records.listed(connection)}
        charts = connection.execute("SELECT key, document FROM chart_documents").fetchall()
        return {
            "records": sorted(posts),
            "facts": sorted(row[:3] for row in subjects),
            "documents": sorted((told | {("chart", key): text for key, text in charts}).items()),
            "sums": [found.total % 2**256, found.subject_count],
            "memberships": sorted(connection.execute("FROM memberships").fetchall()),
            "provenance": sorted(provenance(connection, parts, world.as_of, "1").items()),
        }
