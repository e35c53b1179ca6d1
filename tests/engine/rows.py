"""Rows of facts as dicts, written as the Parquet parts that the engine reads."""

import json
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from trendwire.domain.posts import FACT_COLUMNS

AS_OF = date(2025, 5, 14)
REGIONS = ("VN", "US", None)

Row = Mapping[str, Any]


def at(day: str | date, hour: int = 12) -> int:
    """Unix seconds of an hour of a UTC day."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp())


def fact(id_: str, day: str | date, **columns: Any) -> dict[str, Any]:
    """One fact row: created at noon of `day`; every column not given is NULL."""
    return {"id": id_, "create_time": at(day), "ingested_at": at("2025-06-01"), "source": "test"} | columns


def write_parts(folder: Path, rows: Sequence[Row], parts: int = 1) -> list[Path]:
    """Rows as `parts` Parquet files in `folder`, dealt out in turn."""
    columns = FACT_COLUMNS
    paths = [folder / f"part-{number}.parquet" for number in range(parts)]
    with duckdb.connect() as writer:
        for number, path in enumerate(paths):
            lines = path.with_suffix(".ndjson")
            lines.write_text("".join(json.dumps(row) + "\n" for row in rows[number::parts]))
            rows_of = writer.read_json(str(lines), columns=columns, format="newline_delimited")
            rows_of.write_parquet(str(path))
    return paths


def make_facts() -> list[Row]:
    """A year of two regions and posts of neither, with a burst in the last days, from a fixed seed."""
    rng = random.Random(11)
    facts: list[Row] = []
    for number in range(900):
        ago = rng.randrange(300) if number < 700 else rng.randrange(3)
        tags = rng.sample(["fyp", "cat", "dog", "ünï💫", "tea"], rng.randint(0, 3))
        day = AS_OF - timedelta(days=ago)
        columns = {
            "region": rng.choice(REGIONS),
            "username": rng.choice([None, *(f"u{n}" for n in range(120))]),
            "nickname": rng.choice([None, "Ann", "Bob"]),
            "tags": [*tags, "burst"] if number >= 700 else tags or None,
            "music_id": rng.choice([None, "71", "72", "7.5e+18"]) if number < 700 else "79",
            "music_title": rng.choice([None, "one", "two"]),
            "industry": rng.choice([None, 10, 20]),
            "is_promoted": rng.choice([None, False, True]),
            "audience_ages": rng.choice([None, {"18-24": 0.1, "25-34": 0.7}, {"35-44": 0.3}]),
            "audience_countries": rng.choice([None, {"VN": 0.1, "US": 0.3}, {"VN": 1.0}]),
        }
        id_ = str(7_000_000_000_000_000_000 + number * 7919 % 1000)
        for seen in range(rng.randint(1, 3)):
            counters = {"observed_at": at(day) + seen * 86_400 * 2, "view_count": rng.randrange(5000)}
            facts.append(fact(id_, day, **columns, **counters))
    return facts


def odd() -> list[Row]:
    """Controls and separators in every text."""
    text = '\x01\x1b\x7f\b\f\n"\\\u2028'
    columns = {
        "username": text,
        "music_id": f"m{text}",
        "music_title": text,
        "cover_url": text,
        "region": "VN",
    }
    return [
        fact(str(10 + n), AS_OF, tags=['x\x01\x1b\x7f"\\'], description=text, **columns) for n in range(9)
    ]
