"""What the engine says of some worlds, as hashes kept in `tests/golden/engine.json`.

The SQL engine that there was before wrote them first. Make them anew with `python -m tests.engine.golden`
where a definition changed, and say so in the changelog: editions of the same facts then have other hashes.
"""

import gzip
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec

from tests.agreement.pair import silent, take_in
from tests.agreement.test_real_sets import SETS
from tests.agreement.test_small_worlds import LAST, small_world
from tests.engine.rows import AS_OF, make_facts, odd, write_parts
from tests.engine.worlds import BATCHES, World
from tests.small_world import LAST_DAY, publish_world
from trendwire.engine.build import build
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore

FILE = Path(__file__).parents[1] / "golden" / "engine.json"
REAL_POSTS = Path(__file__).parents[3] / "shared" / "data" / "posts"
SEEDS = range(1, 13)
DAYS = 3

Said = dict[str, str]
"""Part of an edition -> hash. The parts: the charts of a kind, period and region; the details of a kind;
who is in which chart; where the numbers come from."""

Build = Callable[..., AbstractContextManager[Any]]


def golden(name: str) -> Said:
    """What is kept of a world."""
    said: Said = json.loads(FILE.read_text())[name]
    return said


def said(
    parts: Sequence[Path],
    as_of: date,
    folder: Path,
    published: Mapping[date, Path] | None = None,
    members: Path | None = None,
    build: Build = build,
) -> Said:
    """What the engine says. `members`: takes the memberships."""
    rows, hashes = members or folder / "members.parquet", defaultdict[str, Any](hashlib.sha256)
    with build(parts, as_of, published or {}, folder, silent, Resources(2)) as made:
        made.write_memberships(rows)
        for key, document in made.charts():
            hashes["/".join(key.split("/")[:3])].update(f"{key}\n{document}\n".encode())
        for kind, identity, document in made.subjects():
            hashes[f"details/{kind}"].update(f"{identity}\n{document}\n".encode())
        told = msgspec.json.encode(sorted(made.provenance("1.2.3").items()))
        hashes["provenance"].update(told)
    hashes["members"].update(repr(_rows(rows)).encode())
    return {part: hashes[part].hexdigest()[:16] for part in sorted(hashes)}


def small(folder: Path, build: Build = build, parts: int = 3) -> Said:
    """A year of two regions with odd texts."""
    return said(write_parts(folder, [*make_facts(), *odd()], parts), AS_OF, folder, build=build)


def audiences(folder: Path, build: Build = build) -> Said:
    """Unknown bands, interests and countries among known ones."""
    take_in(folder, small_world(7))
    return said(FactStore(folder).parts(), LAST, folder, build=build)


def demo(home: Path, folder: Path, build: Build = build) -> Said:
    """The world that other tests serve, with what was published of it before."""
    published = Memberships(home).by_day(LAST_DAY)
    assert published
    return said(FactStore(home).parts(), LAST_DAY, folder, published, build=build)


def day_after_day(seed: int, folder: Path, build: Build = build) -> Iterator[Said]:
    """A world with late, repeated and changed posts, published on three days."""
    world, published = World(folder / "home", random.Random(seed)), dict[date, Path]()
    world.begin()
    for _ in range(DAYS):
        for name in world.rng.sample(list(BATCHES), 4):
            world.take(BATCHES[name](world))
        members = folder / f"{world.as_of}.parquet"
        yield said(FactStore(world.home).parts(), world.as_of, folder, published, members, build)
        published[world.as_of] = members
        world.as_of += timedelta(days=world.rng.choice([1, 1, 9, 40]))


def real(name: str, posts: Path, folder: Path, build: Build = build) -> Said:
    """One of the sets of real posts."""
    with gzip.open(posts / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        take_in(folder, [json.loads(line) for line in lines])
    return said(FactStore(folder).parts(), SETS[name][0], folder, build=build)


def _rows(path: Path) -> list[Any]:
    with duckdb.connect() as reader:
        return reader.execute("FROM read_parquet($path) ORDER BY ALL", {"path": str(path)}).fetchall()


def every(build: Build = build) -> Iterator[tuple[str, Said]]:
    """All that is kept."""
    with TemporaryDirectory() as folder:
        yield "small", small(Path(folder), build)
    with TemporaryDirectory() as folder:
        yield "audiences", audiences(Path(folder), build)
    with TemporaryDirectory() as home, TemporaryDirectory() as folder:
        publish_world(Path(home))
        yield "demo", demo(Path(home), Path(folder), build)
    for seed in SEEDS:
        with TemporaryDirectory() as folder:
            for day, one in enumerate(day_after_day(seed, Path(folder), build), 1):
                yield f"world {seed}, day {day}", one
    for name in SETS:
        with TemporaryDirectory() as folder:
            yield name, real(name, REAL_POSTS, Path(folder), build)


if __name__ == "__main__":
    FILE.write_text(json.dumps(dict(every()), indent=1) + "\n")
