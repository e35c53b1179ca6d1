"""On small worlds of all that a post may carry, the engine says what the oracle says, day after day."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.agreement.pair import Pair, listed, settings_of, silent, take_in
from tests.oracle.charts import ChartKey as OracleKey
from trendwire import pipeline
from trendwire.domain.charts import Kind

LAST = date(2025, 6, 30)
DAYS = 3
"""Days published one after the other, so that each has a history."""

AGES = ("13-17", "18-24", "25-34", "35-44", "45-54", "55+")
INTERESTS = ("10001", "10002", "10004", "10058", "10060", "10061", "10064", "99999")
COUNTRIES = ("US", "VN", "DE", "FR", "us", "Nowhere")
INDUSTRIES = (10000000000, 10100000000, 23000000000, 28000000000, 42, None)

Row = dict[str, Any]


def weights(rng: random.Random, labels: tuple[str, ...]) -> dict[str, float]:
    return {label: rng.choice([0, 1, 2, 0.5, 7]) for label in rng.sample(labels, rng.randint(1, len(labels)))}


def small_world(seed: int, posts: int = 260) -> list[Row]:
    """Rows of posts of 150 days: a rising tag, an evergreen one, sounds, audiences, missing fields."""
    rng = random.Random(seed)
    start = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC) - timedelta(days=150)
    return [row for n in range(posts) for row in seen(rng, n, one_post(rng, n, start))]


def one_post(rng: random.Random, n: int, start: datetime) -> Row:
    back = rng.choice([rng.uniform(0, 150), rng.uniform(140, 150.9)])
    created = int((start + timedelta(days=back)).timestamp())
    tags = rng.sample([f"t{k}" for k in range(12)], rng.randint(0, 4)) + ["fyp"] * (rng.random() < 0.6)
    if back > 143 and rng.random() < 0.6:
        tags += ["rise", "rise2"]
    post: Row = {
        "id": str((created << 32) + n) if rng.random() < 0.95 else f"x{n}",
        "create_time": created,
        "region_code": rng.choice(["VN", "VN", "de", None, "??"]),
        "username": rng.choice([*[f"u{k}" for k in range(40)], None]),
        "hashtag_names": tags,
        "industry_id": rng.choice(INDUSTRIES),
        "is_promoted": rng.random() < 0.1,
    }
    if rng.random() < 0.6:
        post["music_id"] = rng.choice(["m1", "m2", "7.5e+18"])
    for name, labels in (("ages", AGES), ("interests", INTERESTS), ("countries", COUNTRIES)):
        if rng.random() < 0.5:
            post[f"audience_{name}"] = weights(rng, labels)
    return post


def seen(rng: random.Random, n: int, post: Row) -> list[Row]:
    """The post as it was seen once to three times; counters fall, are blank or lack a time now and then."""
    rows, views = [], rng.randrange(1, 5000)
    for step in range(rng.randint(1, 3)):
        views += rng.randrange(-200, 3000)
        at = post["create_time"] + step * rng.randrange(0, 9 * 86_400)
        row = post | {"observed_at": at if rng.random() < 0.8 else None}
        rows.append(row | {"view_count": max(views, 0) if rng.random() < 0.9 else "Views"})
    return rows


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_chart_and_detail_with_its_history(seed: int, tmp_path: Path) -> None:
    rows = small_world(seed)
    take_in(tmp_path, rows)
    history: dict[date, dict[OracleKey, list[str]]] = {}
    for back in reversed(range(DAYS)):
        pair = Pair(tmp_path, rows, LAST - timedelta(days=back), dict(history))
        for kind in Kind:
            assert pair.chart_differences(kind, pair.regions)[:3] == []
        for kind in (Kind.HASHTAG, Kind.SOUND):
            assert pair.detail_differences(kind, pair.regions)[:3] == []
        history[pair.as_of] = listed(pair)


@pytest.mark.parametrize("seed", [4, 5])
def test_order_split_and_repetition_change_no_byte(seed: int, tmp_path: Path) -> None:
    rows = small_world(seed)
    rng = random.Random(seed)
    shuffled = rng.sample(rows, len(rows))
    cut = rng.randrange(1, len(rows))
    ways = {
        "as they come": [rows],
        "shuffled and split": [shuffled[:cut], shuffled[cut:]],
        "repeated": [shuffled, rows[:cut], rows],
    }
    hashes = set()
    for name, batches in ways.items():
        home = tmp_path / name.replace(" ", "-")
        for batch in batches:
            take_in(home, batch)
        hashes.add(pipeline.publish(settings_of(home), LAST, silent, allow_empty=True).content_hash)
    assert len(hashes) == 1
