"""Editions whose hashtag charts are full: in a small world few are, and lists of 20 rows are to be measured.

The rows are those of the world's charts, with made-up curves of the chart's length; details and all other
charts stay as they were computed.
"""

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import msgspec

from trendwire import __version__
from trendwire.domain.charts import CHART_SIZE, NO_INDUSTRY, WORLD, ChartKey, HashtagEntry, Kind, Move
from trendwire.domain.periods import CHART_PERIODS, buckets
from trendwire.domain.taxonomy import industries
from trendwire.editions import Edition, Editions
from trendwire.editions.document import SQL, open_finished, unpack
from trendwire.editions.publish import Content, Publisher, publishing
from trendwire.facts.memberships import Memberships

_LARGEST_GAIN = 10**6


def fill(home: Path, at: datetime) -> None:
    """Publish each edition of a home once more, with full charts. `at`: this moment."""
    editions = Editions(home)
    computed = editions.records()
    with publishing(home) as publisher:
        for record in computed:
            _publish(publisher, editions.at(record.number), home, at)
        publisher.prune(len(computed))


def _publish(publisher: Publisher, edition: Edition, home: Path, at: datetime) -> None:
    members = Memberships(home).paths(date.max)[-1]
    with closing(open_finished(publisher.catalog.edition(edition.number))) as db:
        charts = {key: unpack(document).decode() for key, document in db.execute(SQL["all_charts"])}
        charts.update(_charts(edition, random.Random(edition.number)))
        subjects = (
            (kind, name, unpack(document).decode())
            for kind, name, document in db.execute(SQL["all_subjects"])
        )
        content = Content(edition.as_of, sorted(charts.items()), subjects, members)
        publisher.publish(content, at, 0, __version__)


def _charts(edition: Edition, drawn: random.Random) -> Iterator[tuple[str, str]]:
    known = _known(edition)
    for period in CHART_PERIODS:
        points = len(buckets(period, edition.as_of))
        for region in (WORLD, *edition.regions):
            for industry in (NO_INDUSTRY, *industries()):
                charted = enumerate(drawn.sample(known, CHART_SIZE), 1)
                rows = [_row(entry, rank, points, drawn) for rank, entry in charted]
                key = ChartKey(Kind.HASHTAG, period, region, industry)
                yield key.text, msgspec.json.encode(rows).decode()


def _known(edition: Edition) -> list[HashtagEntry]:
    """A row of each hashtag that is in a chart."""
    found: dict[str, HashtagEntry] = {}
    for region in (WORLD, *edition.regions):
        for row in edition.chart(ChartKey(Kind.HASHTAG, max(CHART_PERIODS), region)) or ():
            if isinstance(row, HashtagEntry):
                found[row.name] = row
    return list(found.values())


def _row(entry: HashtagEntry, rank: int, points: int, drawn: random.Random) -> HashtagEntry:
    move = drawn.choice(list(Move))
    steps = drawn.randint(1, rank) if move in (Move.UP, Move.DOWN) else 0
    curve = tuple(drawn.randrange(_LARGEST_GAIN) for _ in range(points))
    return msgspec.structs.replace(entry, curve=curve, views=sum(curve), rank=rank, move=move, steps=steps)
