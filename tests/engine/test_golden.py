"""What the engine says of the same facts stays what it was: charts, details, memberships, provenance."""

import random
from pathlib import Path

import pytest

from tests.agreement.test_real_sets import SETS
from tests.engine.golden import SEEDS, audiences, day_after_day, demo, golden, real, said, small
from tests.engine.rows import AS_OF, make_facts, odd, write_parts


def test_a_small_world_in_every_order_and_split(tmp_path: Path) -> None:
    expected = golden("small")
    assert len(expected) > 20
    assert small(tmp_path) == expected
    facts = [*make_facts(), *odd()]
    for parts in (1, 5):
        random.Random(parts).shuffle(facts)
        assert _but_rows(said(write_parts(tmp_path, [*facts, *facts[:50]], parts), AS_OF, tmp_path)) == (
            _but_rows(expected)
        )


def _but_rows(parts: dict[str, str]) -> dict[str, str]:
    """Without the provenance, which counts rows, repeated ones too."""
    return {name: one for name, one in parts.items() if name != "provenance"}


def test_audiences_with_unknown_bands_interests_and_countries(tmp_path: Path) -> None:
    assert audiences(tmp_path) == golden("audiences")


def test_the_world_of_the_demo_and_what_was_published_before(demo_home: Path, tmp_path: Path) -> None:
    assert demo(demo_home, tmp_path) == golden("demo")


@pytest.mark.parametrize("seed", SEEDS)
def test_worlds_with_late_repeated_and_changed_posts_day_after_day(seed: int, tmp_path: Path) -> None:
    for day, one in enumerate(day_after_day(seed, tmp_path), 1):
        assert one == golden(f"world {seed}, day {day}")


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_the_real_sets(name: str, real_posts: Path, tmp_path: Path) -> None:
    assert real(name, real_posts, tmp_path) == golden(name)
