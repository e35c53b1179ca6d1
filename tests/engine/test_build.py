"""What the kernel writes is what the SQL engine writes, byte for byte: documents, memberships, provenance."""

import gzip
import json
import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.agreement.pair import silent, take_in
from tests.agreement.test_real_sets import SETS
from tests.small_world import LAST_DAY
from tests.trends.conftest import AS_OF, Row, fact, write_parts
from tests.trends.live_worlds import BATCHES, World
from tests.trends.test_build import make_facts
from trendwire.engine.build import build
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore
from trendwire.trends.build import build as build_by_sql


def check(parts: Sequence[Path], as_of: date, folder: Path, published: dict[date, Path]) -> None:
    """Both give the same bytes, and something."""
    with build_by_sql(parts, as_of, published, folder, silent, Resources(1)) as made:
        expected = said(made, folder)
    with build(parts, as_of, published, folder, silent, Resources(1)) as computed:
        assert said(computed, folder) == expected
    assert expected["charts"]


def said(made: Any, folder: Path) -> dict[str, Any]:
    members = folder / "members.parquet"
    made.write_memberships(members)
    with duckdb.connect() as reader:
        rows = reader.execute("FROM read_parquet($path)", {"path": str(members)})
        return {
            "charts": list(made.charts()),
            "subjects": list(made.subjects()),
            "provenance": made.provenance("1.2.3"),
            "columns": [column[:2] for column in rows.description or ()],
            "members": rows.fetchall(),
        }


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


def test_every_text_and_number_is_written_as_before(tmp_path: Path) -> None:
    check(write_parts(tmp_path, [*make_facts(), *odd()], 3), AS_OF, tmp_path, {})


@pytest.mark.parametrize("seed", [1, 2])
def test_late_repeated_and_changed_posts(seed: int, tmp_path: Path) -> None:
    world = World(tmp_path / "home", random.Random(seed))
    world.begin()
    for name in BATCHES:
        world.take(BATCHES[name](world))
    check(FactStore(world.home).parts(), world.as_of, tmp_path, {})


def test_the_world_of_the_demo_and_what_was_published_before(demo_home: Path, tmp_path: Path) -> None:
    published = Memberships(demo_home).by_day(LAST_DAY)
    assert published
    check(FactStore(demo_home).parts(), LAST_DAY, tmp_path, dict(published))


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_the_real_sets(name: str, real_posts: Path, tmp_path: Path) -> None:
    with gzip.open(real_posts / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        take_in(tmp_path, [json.loads(line) for line in lines])
    check(FactStore(tmp_path).parts(), SETS[name][0], tmp_path, {})


def test_a_day_before_all_posts_is_an_empty_edition(tmp_path: Path) -> None:
    with build(
        write_parts(tmp_path, make_facts()), date(2020, 1, 1), {}, tmp_path, silent, Resources(1)
    ) as made:
        assert list(made.charts()) == []
        assert list(made.subjects()) == []
        assert made.provenance("1") == {}


def test_without_facts_there_is_nothing_to_build(tmp_path: Path) -> None:
    with (
        pytest.raises(NotReady, match="no posts yet"),
        build([], AS_OF, {}, tmp_path, silent, Resources(1)),
    ):
        pass


def test_nothing_is_left_in_scratch(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with build(write_parts(tmp_path, make_facts()), AS_OF, {}, scratch, silent, Resources(1)) as made:
        list(made.charts())
    assert list(scratch.iterdir()) == []
