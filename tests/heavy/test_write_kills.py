"""A writer killed at any moment: no acknowledged batch is lost, no half edition seen, and nothing left."""

import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic

import duckdb
import pytest

from tests.heavy.conftest import number
from tests.heavy.writer import BASE, FIRST_DAY, batch, publish, small
from tests.small_world import silent
from trendwire import pipeline
from trendwire.domain.charts import WORLD, ChartKey, HashtagEntry, Kind
from trendwire.editions import Edition, Editions
from trendwire.editions.catalog import Catalog
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore
from trendwire.publishing.details import HomeDetails
from trendwire.publishing.resident import checkpoint_of

ROOT = Path(__file__).resolve().parents[2]
KILLS = number("KILLS", 12)
PHASES = {
    "ingest": (0.005, 2),
    "drain": (0.1, 4),
    "publish": (1.0, 17),
    "roll": (1.0, 17),
    "compact": (0.1, 16),
}
"""What a writer does: about how many seconds and steps (see writer.py) each takes."""
KEY = ChartKey(Kind.HASHTAG, 120, WORLD)


@dataclass(slots=True)
class Story:
    """What writers told before they were killed. `acknowledged`: names of batches, `published`: hashes of
    editions, each by number.
    """

    acknowledged: dict[int, str] = field(default_factory=dict)
    published: dict[int, str] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)
    began: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(
        default_factory=lambda: {name: took for name, (took, _) in PHASES.items()}
    )

    def hear(self, line: str, now: float) -> None:
        """`now`: when it was told, in seconds. What phases take is remembered, to hit later ones anywhere."""
        word, *told = line.split()
        if word == "took":
            self.acknowledged[int(told[0])] = told[1]
        elif word == "published":
            self.published[int(told[0])] = told[1]
        elif word == "begin":
            self.running.add(told[0])
            self.began[told[0]] = now
        elif word == "end":
            self.running.discard(told[0])
            took = now - self.began[told[0]]
            self.seconds[told[0]] = max(took, 0.9 * self.seconds[told[0]])

    @property
    def newest(self) -> int:
        return max(self.published, default=0)


@dataclass(slots=True)
class Looks:
    """What a reader saw of editions: their hashes by number."""

    seen: dict[int, str] = field(default_factory=dict)
    count: int = 0

    def look(self, chance: random.Random, edition: Edition) -> None:
        """A chart and a detail of one edition say the same, and it is no older than those seen before."""
        assert edition.number >= max(self.seen, default=0)
        assert self.seen.setdefault(edition.number, edition.content_hash) == edition.content_hash
        rows = edition.chart(KEY)
        assert rows
        row = chance.choice(rows)
        assert isinstance(row, HashtagEntry)
        detail = edition.detail(Kind.HASHTAG, row.name, WORLD)
        assert detail is not None
        told = detail.region(WORLD)
        assert told.posts_over(KEY.period, edition.as_of) == row.posts
        assert told.views_over(KEY.period, edition.as_of) == row.views
        self.count += 1


@pytest.mark.timeout(120 + KILLS * 15)
def test_a_writer_killed_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    home, chance, killed = tmp_path / "home", random.Random(17), Counter[str]()
    story, looks = Story(), Looks()
    _begin(home)
    with _reading(home, looks):
        for turn in range(KILLS):
            target = [*PHASES][turn % len(PHASES)]
            _run_and_kill(home, story, target, chance, by_step=turn // len(PHASES) % 2 == 1)
            killed.update(story.running or {"between"})
            _check(home, story)
    print(f"killed {dict(killed)}, {len(story.acknowledged)} batches, {len(looks.seen)} editions seen")  # noqa: T201
    print(f"{looks.count} looks, seconds {story.seconds}")  # noqa: T201
    last = max(story.acknowledged, default=BASE) + 1
    batches = _check_rows(home, last)
    _finish(home)
    _check_files(home)
    _check_anew(home, tmp_path / "anew", batches)
    assert KILLS < 100 or PHASES.keys() <= killed.keys()


def _begin(home: Path) -> None:
    FactStore(home).inbox.append(batch(BASE), batch_id=str(BASE))
    publish(home, FIRST_DAY)


@contextmanager
def _reading(home: Path, looks: Looks) -> Iterator[None]:
    """Somebody reads all the time, and never sees anything but whole editions."""
    stop, chance = Event(), random.Random(3)

    def read() -> None:
        followed = Editions(home, HomeDetails(home, Resources(1)))
        while not stop.wait(0.01):
            for editions in (followed, Editions(home, HomeDetails(home, Resources(1)))):
                with suppress(NotReady):  # the checkpoint of the newest comes after it
                    editions.read(None, partial(looks.look, chance))

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        try:
            yield
        finally:
            stop.set()
        reader.result()


def _run_and_kill(home: Path, story: Story, target: str, chance: random.Random, *, by_step: bool) -> None:
    """Kill a writer within the phase `target`: after a while, or at a step on files."""
    step = chance.randint(1, PHASES[target][1]) if by_step else 0
    values = [max(story.acknowledged, default=BASE) + 1, target, chance.choice((1, 2)), step]
    story.running.clear()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.heavy.writer", str(home), *map(str, values)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        if not by_step:
            for line in child.stdout:
                story.hear(line, monotonic())
                if line == "now\n":
                    break
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(chance.uniform(0, story.seconds[target]))
            child.kill()
        for line in child.stdout:
            story.hear(line, monotonic())
    assert child.returncode == -9


def _check(home: Path, story: Story) -> None:
    """Right after a kill, before anybody cleans up."""
    records = Catalog(home).records()
    numbers = [record.number for record in records]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] >= story.newest
    for record in records:
        assert story.published.get(record.number, record.content_hash) == record.content_hash
        assert not record.kept or Editions(home).at(record.number).verify()
    members = {one.as_of: one.number for one in Memberships(home).records()}
    assert members[records[-1].as_of] >= numbers[-1]
    store = FactStore(home)
    waiting = store.inbox.waiting()  # first: a batch is in the manifest before it goes from there
    assert {*story.acknowledged.values()} <= {*waiting, *store.snapshot().batches}


def _check_rows(home: Path, last: int) -> set[int]:
    """Each row of every batch is there once; the numbers of those batches: the last may have been cut off."""
    store = FactStore(home)
    store.drain()
    assert store.inbox.waiting() == {}
    parts = {"parts": [str(path) for path in store.parts()]}
    query = "SELECT id, observed_at, view_count FROM read_parquet($parts)"
    stored = set(duckdb.execute(query, parts).fetchall())
    assert len(stored) == store.snapshot().observations == store.count()
    batches = [*range(BASE, last + 1)]
    if not _rows(last) <= stored:
        batches.pop()  # it was not acknowledged
    assert stored == {row for one in batches for row in _rows(one)}
    assert store.snapshot().posts == len({id_ for id_, *_ in stored})
    return set(batches)


def _rows(number: int) -> set[tuple[str, int | None, int | None]]:
    """What tells the rows of a batch apart."""
    return {(one.id, one.observed_at, one.view_count) for one in batch(number)}


def _finish(home: Path) -> None:
    """What a writer does that nobody kills."""
    publish(home, Catalog(home).records()[-1].as_of)
    pipeline.compact(small(home))
    assert pipeline.audit(small(home), silent).same


def _check_files(home: Path) -> None:
    """Nothing is left of those who were killed."""
    catalog, store, memberships = Catalog(home), FactStore(home), Memberships(home)
    kept = [record for record in catalog.records() if record.kept]
    named = {file for record in kept for file in catalog.files(record)}
    named |= {*store.parts(), *memberships.paths(date.max), *checkpoint_of(home).iterdir(), catalog.file}
    named |= {home / "facts" / name for name in ("manifest.json", "memberships/manifest.json")}
    found = {path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock"}
    assert found == named
    folders = {path.relative_to(home) for path in home.rglob("*") if path.is_dir()}
    assert {folder for folder in folders if "-" in folder.name and folder.parent.name != "parts"} == set()


def _check_anew(home: Path, anew: Path, batches: set[int]) -> None:
    """The same facts, published in a home in which nobody was ever killed, are the same edition."""
    store = FactStore(anew)
    for one in sorted(batches):
        store.inbox.append(batch(one), batch_id=str(one))
    store.drain()
    shutil.copytree(home / "facts" / "memberships", anew / "facts" / "memberships")
    newest = Catalog(home).records()[-1]
    assert publish(anew, newest.as_of)[1] == newest.content_hash
