"""What a build is of no posts, of a day before all of them, and what it leaves behind."""

from datetime import date
from pathlib import Path

import pytest

from tests.agreement.pair import silent
from tests.engine.rows import AS_OF, make_facts, write_parts
from trendwire.engine.build import build
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources


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
