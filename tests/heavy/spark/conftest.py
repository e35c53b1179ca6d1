"""Both engines over one home, and what they publish."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.agreement.pair import silent
from tests.heavy.spark.standalone import settings, standalone
from tests.engine.rows import at
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore
from trendwire.pipeline import Engine


@pytest.fixture(scope="session")
def spark_master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real cluster."""
    folder = tmp_path_factory.mktemp("spark")
    defaults = "".join(f"{name} {value}\n" for name, value in settings().items())
    (folder / "spark-defaults.conf").write_text(defaults)
    with pytest.MonkeyPatch.context() as patched, standalone(folder) as address:
        patched.setenv("SPARK_CONF_DIR", str(folder))
        patched.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        yield address


def made(engine: Engine, home: Path, as_of: date, scratch: Path) -> dict[str, Any]:
    """All that a build gives, by what it is: documents, memberships, provenance."""
    scratch.mkdir()
    earlier = Memberships(home)
    days = [record.as_of for record in earlier.records()]
    published = dict(zip(days, earlier.paths(date.max), strict=True))
    parts = FactStore(home).parts()
    with engine(parts, as_of, published, scratch, silent, Resources(threads=1, memory_mb=2048)) as built:
        built.write_memberships(scratch / "members.parquet")
        return {
            "charts": list(built.charts()),
            "subjects": list(built.subjects()),
            "memberships": rows_of(scratch / "members.parquet"),
            "provenance": built.provenance("test"),
        }


def rows_of(file: Path) -> list[tuple[Any, ...]]:
    """In the order in which they stand there."""
    with duckdb.connect() as connection:
        return connection.execute("FROM read_parquet($file)", {"file": str(file)}).fetchall()


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The first few that are not the same, by name."""
    return [
        f"{name}: {a!s:.300} is not {b!s:.300}"
        for name in one
        if one[name] != other[name]
        for a, b in [next(((a, b) for a, b in zip(one[name], other[name], strict=False) if a != b), (0, 1))]
    ]


def rows_of_one_second(day: date) -> list[dict[str, Any]]:
    """Posts of a day, all seen in one second two days later: of rows that tie the larger JSON text decides.
    Quotes, controls, numbers as text, lists."""
    rng = random.Random(3)
    names = ["a", 'a"', "a b", "a\\", "a\u0001", "ab", "ä", "💫", "a\n", "a/", "\u007f"]
    return [
        {
            "id": str(7_500_000_000_000_000_000 + number % 60),
            "create_time": at(day),
            "observed_at": at(day + timedelta(days=2)),
            "username": rng.choice(names),
            "nickname": rng.choice(names),
            "hashtag_names": rng.sample(["x", "x1", "xy", "ä"], 2),
            "music_id": "5",
            "music_title": rng.choice(names),
            "video_duration": rng.choice([5, 10, 9, 100]),
            "is_promoted": rng.random() < 0.5,
            "view_count": rng.randrange(10**6),
            "audience_ages": {"18-24": rng.choice([0.1, 0.25, 3]), "25-34": 1},
        }
        for number in range(400)
    ]
