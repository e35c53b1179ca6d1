"""Posts in shares, counted in this process without Spark, give what one machine gives, byte for byte."""

import random
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.agreement.pair import settings_of, silent, take_in
from tests.agreement.test_small_worlds import LAST, small_world
from tests.engine.rows import at
from tests.engine.worlds import BATCHES, World
from tests.heavy.spark.conftest import differences, made, rows_of_one_second
from tests.heavy.spark.local import in_process
from tests.small_world import DAYS, LAST_DAY
from trendwire import pipeline
from trendwire.engine.build import build as embedded
from trendwire.engine.cluster.build import build as build_on
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources

local = partial(build_on, in_process)


@pytest.mark.parametrize(("seed", "shares"), [(1, 1), (2, 3), (3, 8)])
def test_small_worlds_of_all_that_a_post_may_carry(seed: int, shares: int, tmp_path: Path) -> None:
    home = tmp_path / "home"
    take_in(home, small_world(seed))
    list(pipeline.publish_range(settings_of(home), LAST - timedelta(days=2), LAST, silent))
    engine = partial(build_on, partial(in_process, shares))
    for back in (0, 1):
        day = LAST - timedelta(days=back)
        one = made(embedded, home, day, tmp_path / f"embedded-{back}")
        other = made(engine, home, day, tmp_path / f"cluster-{back}")
        assert differences(one, other) == []
        assert len(one["charts"]) > 30


def test_late_repeated_and_changed_posts_of_creators_who_change_their_names(tmp_path: Path) -> None:
    world = World(tmp_path / "home", random.Random(1))
    world.begin()
    for name in BATCHES:
        world.take(BATCHES[name](world))
    one = made(embedded, world.home, world.as_of, tmp_path / "embedded")
    assert differences(one, made(local, world.home, world.as_of, tmp_path / "cluster")) == []
    assert one["charts"]


def test_the_id_of_a_related_hashtag_is_that_of_its_newest_post(tmp_path: Path) -> None:
    day = date(2025, 5, 10)
    pairs = [(f"a{pair}", f"b{pair}") for pair in range(9)]
    rows = [
        post(day - timedelta(days=9), f"c{one}", dict.fromkeys(names, f"1{one}"))
        for one in range(270)
        for names in (pairs[one % 9],)
    ]
    rows += [post(day - timedelta(days=pair), "newest", {f"b{pair}": f"2{pair}"}) for pair in range(9)]
    take_in(tmp_path / "home", rows)
    one = made(embedded, tmp_path / "home", day, tmp_path / "embedded")
    assert all(f'[["b{pair}","2{pair}"]]' in one["subjects"][pair][2] for pair in range(9))
    assert differences(one, made(local, tmp_path / "home", day, tmp_path / "cluster")) == []


def post(day: date, username: str, tags: dict[str, str]) -> dict[str, Any]:
    """`tags`: names with the ids that a source gives them."""
    return {
        "id": f"{username}-{day}-{min(tags)}",
        "create_time": at(day),
        "observed_at": at(day + timedelta(days=1)),
        "username": username,
        "hashtag_info_list": [{"hashtag_name": name, "hashtag_id": id_} for name, id_ in tags.items()],
        "view_count": 100,
    }


def test_a_simulated_world_with_its_history(demo_home: Path, tmp_path: Path) -> None:
    one = made(embedded, demo_home, LAST_DAY, tmp_path / "embedded")
    assert differences(one, made(local, demo_home, LAST_DAY, tmp_path / "cluster")) == []
    assert any('"related":' in document for _, _, document in one["subjects"])
    assert DAYS > 1


def test_rows_of_one_second_and_strange_texts(tmp_path: Path) -> None:
    take_in(tmp_path / "home", rows_of_one_second(date(2025, 5, 10)))
    day = date(2025, 5, 13)
    one = made(embedded, tmp_path / "home", day, tmp_path / "embedded")
    assert differences(one, made(local, tmp_path / "home", day, tmp_path / "cluster")) == []


def test_a_day_before_all_posts_is_an_empty_edition(demo_home: Path, tmp_path: Path) -> None:
    one = made(local, demo_home, date(2015, 1, 1), tmp_path / "cluster")
    assert (one["charts"], one["subjects"], one["provenance"]) == ([], [], {})


def test_without_facts_there_is_nothing_to_build(tmp_path: Path) -> None:
    with (
        pytest.raises(NotReady, match="no posts yet"),
        local([], date(2025, 1, 1), {}, tmp_path, silent, Resources()),
    ):
        pass
