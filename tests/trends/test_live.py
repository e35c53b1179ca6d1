"""A live state is what a full build of the same facts is, whatever came in, in whatever order."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.trends.live_worlds import BATCHES, Reader, Told, World, fresh, full, kept, ring, silent
from trendwire.domain.periods import midnight
from trendwire.errors import Conflict, NotReady
from trendwire.facts.duck import Resources
from trendwire.facts.manifest import Manifest, Part
from trendwire.facts.store import FactStore
from trendwire.trends import records
from trendwire.trends.live import Change, Facts, Live, opened
from trendwire.trends.live.taken import unknown

RESOURCES = Resources(threads=2, memory_mb=1024)
STEPS = (*BATCHES, "roll", "roll far", "publish", "merge", "open again")


@pytest.fixture(autouse=True)
def _many_posts_are_forty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worlds are small."""
    monkeypatch.setattr(records, "REACH_FROM", 40)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, random.Random(7))
    made.begin()
    return made


@pytest.fixture
def live(world: World) -> Iterator[Live]:
    with opened(path_of(world), RESOURCES) as found:
        assert refreshed(found, world) == Change.ANEW
        yield found


def path_of(world: World) -> Path:
    return world.home / "state" / "engine.duckdb"


def refreshed(live: Live, world: World) -> Change:
    return live.refresh(world.facts(), world.as_of, world.earlier(), silent)


def heard(live: Live, reader: Reader, number: int) -> Told:
    """Tell the reader; what it can say then, and who is in the charts."""
    with live.news() as news:
        reader.hear(news)
    live.told(number, reader.total)
    members = live.connection.execute("FROM memberships").fetchall()
    return reader.told() | {
        "memberships": sorted(members),
        "provenance": sorted(live.provenance("1").items()),
    }


def anew(world: World) -> Told:
    """What a state that never followed keeps."""
    with TemporaryDirectory() as folder, opened(Path(folder, "engine.duckdb"), RESOURCES) as other:
        refreshed(other, world)
        return kept(other.connection)


def step(live: Live, world: World, name: str) -> None:
    """Change the world."""
    if name in BATCHES:
        world.take(BATCHES[name](world))
    elif name.startswith("roll"):
        world.as_of += timedelta(days=world.rng.randint(2, 40) if name == "roll far" else 1)
    elif name == "publish":
        path = world.home / f"{world.as_of}-{len(world.rows)}.parquet"
        live.write_memberships(path)
        world.published[world.as_of] = path
    elif name == "merge":
        FactStore(world.home).compact(least=2)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=5))
def test_it_says_and_keeps_what_a_full_build_says(seed: int, steps: list[str]) -> None:
    with TemporaryDirectory() as folder:
        world, reader = World(Path(folder), random.Random(seed)), Reader()
        world.begin()
        live = Live(path_of(world), RESOURCES)
        try:
            assert refreshed(live, world) == Change.ANEW
            for number, name in enumerate(steps, 1):
                step(live, world, name)
                if name == "open again":
                    live.close()
                    live = Live(path_of(world), RESOURCES)
                assert refreshed(live, world) != Change.ANEW
                if world.rng.random() < 0.7:
                    assert heard(live, reader, number) == full(world)
            assert kept(live.connection) == anew(world)
        finally:
            live.close()


class Breaking:
    """A connection that fails at its n-th statement, or goes on for ever, and counts them."""

    def __init__(self, connection: Any, fail_at: int | None = None) -> None:
        self._connection, self._fail_at, self.count = connection, fail_at, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, *arguments: Any) -> Any:
        self.count += 1
        if self.count == self._fail_at:
            raise KeyboardInterrupt
        return self._connection.execute(*arguments)


@pytest.mark.parametrize("day", [0, 1])
def test_a_crash_at_any_statement_leaves_the_state_as_it_was(world: World, live: Live, day: int) -> None:
    whole, before = live.connection, kept(live.connection)
    world.take([*fresh(world), *ring(world)])
    world.as_of += timedelta(days=day)
    for fail_at in sorted(world.rng.sample(range(5, 150), 6)):
        live.connection = Breaking(whole, fail_at)  # type: ignore[assignment]
        with pytest.raises(KeyboardInterrupt):
            refreshed(live, world)
        live.connection = whole
        assert kept(whole) == before
    assert refreshed(live, world) == Change.FOLLOWED
    assert kept(live.connection) == anew(world)
    assert heard(live, Reader(), 1) == full(world)


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _of_another_version(path: Path) -> None:
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("UPDATE state SET version = 'another'")


def _unfinished(path: Path) -> None:
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("DELETE FROM state")


@pytest.mark.parametrize("harm", [_garbage, _cut, _of_another_version, _unfinished, Path.unlink])
def test_a_state_of_no_use_is_made_anew(world: World, live: Live, harm: Callable[[Path], None]) -> None:
    live.tidy()
    live.close()
    harm(path_of(world))
    with opened(path_of(world), RESOURCES) as again:
        assert refreshed(again, world) == Change.ANEW
        assert heard(again, Reader(), 1) == full(world)


def test_what_is_removed_from_the_facts_goes(world: World, live: Live) -> None:
    FactStore(world.home).remove_older(midnight(world.as_of - timedelta(days=60)))
    assert refreshed(live, world) == Change.ANEW
    assert heard(live, Reader(), 1) == full(world)


def test_an_earlier_day_is_counted_anew(world: World, live: Live) -> None:
    world.as_of -= timedelta(days=9)
    assert refreshed(live, world) == Change.ANEW
    assert heard(live, Reader(), 1) == full(world)


def test_a_post_that_turns_out_to_be_too_new_is_no_more_until_its_day(world: World, live: Live) -> None:
    reader = Reader()
    heard(live, reader, 1)
    post = world.post(0.5, username="u1", hashtag_info_list=None, hashtag_names=["once"])
    post["create_time"] = midnight(world.as_of) + 60
    world.take([post | {"observed_at": midnight(world.as_of) + 100}])
    refreshed(live, world)
    assert ("hashtag", "once") in {row[:2] for row in heard(live, reader, 2)["facts"]}
    later = midnight(world.as_of + timedelta(days=2))
    world.take([post | {"create_time": later, "observed_at": later + 50}])
    refreshed(live, world)
    assert heard(live, reader, 3) == full(world)
    world.as_of += timedelta(days=2)
    refreshed(live, world)
    assert heard(live, reader, 4) == full(world)


def test_without_facts_there_is_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "engine.duckdb", RESOURCES) as live, pytest.raises(NotReady):
        live.refresh(Facts(tmp_path, Manifest()), World(tmp_path, random.Random(1)).as_of, (), silent)


def test_two_processes_do_not_share_it(tmp_path: Path) -> None:
    path = tmp_path / "engine.duckdb"
    script = f"import duckdb; c = duckdb.connect({str(path)!r}); print(1, flush=True); input()"
    holder = [sys.executable, "-c", script]
    with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(Conflict, match="another process"):
            Live(path, RESOURCES)
        other.communicate(b"\n")


def part(number: int, rows: int, month: str = "2025-06") -> Part:
    return Part(f"{month}/{number:08d}.parquet", month, rows)


@pytest.mark.parametrize(
    ("now", "new"),
    [
        ((part(1, 5), part(2, 7)), ()),
        ((part(1, 5), part(2, 7), part(3, 1, "2025-07")), (part(3, 1, "2025-07"),)),
        ((part(3, 12),), ()),
        ((part(4, 13),), (part(4, 13),)),
        ((part(3, 12), part(4, 2)), (part(3, 12), part(4, 2))),
        ((part(3, 11),), None),
        ((part(1, 5),), None),
        ((part(1, 6), part(2, 7)), None),
    ],
    ids=["same", "added", "merged", "merged with more", "merged, then more", "lost rows", "lost", "other"],
)
def test_which_parts_are_new(now: tuple[Part, ...], new: tuple[Part, ...] | None) -> None:
    taken = (part(1, 5), part(2, 7))
    assert unknown(Manifest(parts=now), taken, 0) == new
    assert unknown(Manifest(parts=now, removals=1), taken, 0) is None
