"""The same facts counted by both engines: charts and details of one, and where the other says otherwise."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from types import GenericAlias

import duckdb
import msgspec

from trendwire.domain.charts import ENTRY_TYPES, WORLD, Entry, Kind
from trendwire.domain.details import Detail
from trendwire.domain.periods import epoch_day
from trendwire.engine.charts import LISTED_DAYS, LISTED_PERIOD, Charts
from trendwire.engine.details import Details
from trendwire.engine.state import State, rebuilt
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Memberships, Standing
from trendwire.trends.build import build
from trendwire.trends.ranking import Published

NOTHING = Standing()


def by_month(parts: Sequence[Path]) -> list[list[Path]]:
    """Parts as they lie in the folders of their months."""
    months: dict[Path, list[Path]] = {}
    for part in parts:
        months.setdefault(part.parent, []).append(part)
    return [months[month] for month in sorted(months)]


def state_of(parts: Sequence[Path], as_of: date) -> State:
    """A state made of all parts."""
    with duckdb.connect(config={"threads": 1}) as connection:
        return rebuilt(connection, by_month(parts), epoch_day(as_of))


def standing(state: State, as_of: date, published: Sequence[Published], folder: Path) -> Standing:
    """What editions of earlier days say."""
    memberships = Memberships(folder)
    for one in published:
        memberships.adopt(one.as_of, 1, one.path)
    regions = [WORLD, *(state.columns.regions[place] for place in range(len(state.columns.regions)))]
    return memberships.standing(as_of, regions, LISTED_PERIOD, LISTED_DAYS)


def documents(
    parts: Sequence[Path], as_of: date, folder: Path, published: Sequence[Published] = ()
) -> dict[str, str]:
    """The charts of the engine that there was before."""
    earlier = {one.as_of: one.path for one in published}
    with build(parts, as_of, earlier, folder, lambda _stage, _done: None, Resources(threads=2)) as made:
        return dict(made.charts())


def subjects(
    parts: Sequence[Path],
    as_of: date,
    folder: Path,
    published: Sequence[Published] = (),
    members: Path | None = None,
) -> dict[tuple[Kind, str], str]:
    """The details of the engine that there was before; who is in its charts goes to `members`."""
    earlier = {one.as_of: one.path for one in published}
    with build(parts, as_of, earlier, folder, lambda _stage, _done: None, Resources(threads=2)) as made:
        if members:
            made.write_memberships(members)
        return {(Kind(kind), identity): document for kind, identity, document in made.subjects()}


def detail_differences(details: Details, expected: dict[tuple[Kind, str], str]) -> list[str]:
    """Where details differ, one line each."""
    found = []
    for (kind, identity), document in expected.items():
        told, other = msgspec.json.decode(document, type=Detail), details.detail(kind, identity)
        if told != msgspec.json.decode(msgspec.json.encode(other), type=Detail):
            found.append(f"{kind} {identity}: {other}, not {told}")
    return found


def chart_differences(charts: Charts, expected: dict[str, str]) -> list[str]:
    """Where rows differ, one line each."""
    found = {key.text: charts.entries(key) for key in charts.keys}
    return [
        line
        for text in sorted(expected.keys() | found.keys())
        for line in _different(text, found.get(text, ()), _decoded(text, expected.get(text, "[]")))
    ]


def row_count(expected: dict[str, str]) -> int:
    """How many rows were compared."""
    return sum(len(_decoded(text, document)) for text, document in expected.items())


def _decoded(text: str, document: str) -> tuple[Entry, ...]:
    entry = ENTRY_TYPES[Kind(text.partition("/")[0])]
    entries: tuple[Entry, ...] = msgspec.json.decode(document, type=GenericAlias(tuple, (entry, ...)))
    return entries


def _different(text: str, found: Sequence[Entry], expected: Sequence[Entry]) -> Iterator[str]:
    if len(found) != len(expected):
        yield f"{text}: {len(found)} rows, not {len(expected)}"
    for one, other in zip(found, expected, strict=False):
        for name in other.__struct_fields__:
            if getattr(one, name) != getattr(other, name):
                yield f"{text}/{other.rank} {name}: {getattr(one, name)}, not {getattr(other, name)}"
