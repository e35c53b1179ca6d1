"""What details are rendered from, in memory as a store would keep it, beside the details of the engine."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from trendwire.domain.charts import WORLD, Kind
from trendwire.domain.details import Detail, HashtagFacts, SoundFacts
from trendwire.domain.records import Factors, PostRecord
from trendwire.facts.duck import Resources
from trendwire.trends import ranking, records, rollups
from trendwire.trends.build import build
from trendwire.trends.execution import fetched
from trendwire.trends.ranking import Published
from trendwire.trends.rendering import render

Key = tuple[Kind, str]
Details = dict[Key, Detail]
Facts = HashtagFacts | SoundFacts

LATER = timedelta(days=40)


@dataclass
class Kept:
    """A store in memory. `reaches`: of every hashtag; told of those with more posts than `reach_from`.

    Records are those that a later day would keep: they know the posts and views of `LATER`.
    """

    as_of: date
    factors: Factors
    records: Mapping[Key, Sequence[PostRecord]]
    known: Mapping[Key, Facts]
    reaches: Mapping[str, Mapping[str, Sequence[int]]]
    lists: Mapping[Key, Mapping[str, int]]
    reach_from: int

    def facts(self, kind: Kind, identity: str) -> Facts | None:
        return self.known.get((kind, identity))

    def posts(self, kind: Kind, identity: str) -> Sequence[PostRecord]:
        return self.records.get((kind, identity), ())

    def reach(self, tag: str) -> Mapping[str, Sequence[int]] | None:
        many = len(self.records[Kind.HASHTAG, tag]) > self.reach_from
        return self.reaches[tag] if many else None

    def listed(self, kind: Kind, identity: str) -> Mapping[str, int]:
        return self.lists.get((kind, identity), {})


@contextmanager
def edition(
    parts: Sequence[Path],
    as_of: date,
    scratch: Path,
    published: Sequence[Published] = (),
    reach_from: int = 25,
) -> Iterator[tuple[Details, Kept]]:
    """All details of the facts as the engine makes them, and the store to render them from."""
    resources = Resources(threads=2, memory_mb=2048)
    earlier = {one.as_of: one.path for one in published}
    with build(parts, as_of, earlier, scratch, _silent, resources) as made:
        documents = {
            (Kind(kind), identity): msgspec.json.decode(text, type=Detail)
            for kind, identity, text in made.subjects()
        }
        yield documents, _kept(parts, as_of, published, reach_from)


def differences(documents: Details, store: Kept, step: int = 1) -> list[str]:
    """Where what is rendered is not what the engine says: one line for each subject, of every `step`-th."""
    found = []
    for kind, identity in sorted(documents)[::step]:
        told, rendered = documents[kind, identity], render(store, kind, identity)
        if rendered != told or msgspec.json.encode(rendered) != msgspec.json.encode(told):
            lines = _places(msgspec.to_builtins(rendered), msgspec.to_builtins(told), "")
            found.append(f"{kind} {identity}{next(lines, ': the same in another order')}")
    return found


def _places(rendered: Any, told: Any, path: str) -> Iterator[str]:
    if isinstance(rendered, dict) and isinstance(told, dict):
        for key in sorted({*rendered, *told}, key=str):
            yield from _places(rendered.get(key), told.get(key), f"{path}/{key}")
    elif rendered != told:
        yield f"{path}: rendered {rendered}, the engine says {told}"


def _kept(parts: Sequence[Path], as_of: date, published: Sequence[Published], reach_from: int) -> Kept:
    with duckdb.connect(config={"threads": 2}) as own, duckdb.connect(config={"threads": 2}) as later:
        rollups.create(own, parts, as_of, ranking.ends(as_of), _silent)
        ranking.create(own, as_of, published, _silent)
        rollups.create(later, parts, as_of + LATER, [as_of], _silent)
        return Kept(
            as_of,
            records.factors(own, as_of),
            _records(later),
            {(Kind(kind), name): _facts(facts) for kind, name, facts, _ in records.Records(own).subjects()},
            {
                tag: msgspec.json.decode(document)
                for tag, document in fetched(own, records.SQL["reach"], {"reach_from": 0, "world": WORLD})
            },
            {
                (Kind(kind), name): msgspec.json.decode(document)
                for kind, name, document in records.listed(own)
            },
            reach_from,
        )


def _records(connection: duckdb.DuckDBPyConnection) -> Mapping[Key, Sequence[PostRecord]]:
    posts: dict[Key, list[PostRecord]] = defaultdict(list)
    for _, text in records.Records(connection).posts():
        record = msgspec.json.decode(text, type=PostRecord)
        for tag in record.tags:
            posts[Kind.HASHTAG, tag].append(record)
        if record.sound is not None:
            posts[Kind.SOUND, record.sound].append(record)
    return dict(posts)


def _facts(text: str) -> Facts:
    facts: Facts = msgspec.json.decode(text, type=Facts)
    return facts


def _silent(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""
