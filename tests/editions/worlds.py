"""Small editions made by hand, for the tests of publishing and reading."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import msgspec

from trendwire.domain.charts import ChartKey, HashtagEntry, Kind, Move
from trendwire.domain.details import Detail, HashtagFacts, PeriodDetail, RegionDetail
from trendwire.editions import Record
from trendwire.editions.publish import Content, publishing
from trendwire.facts.memberships import MEMBERSHIP_COLUMNS

DAY = date(2025, 5, 14)
NOON = datetime(2025, 5, 15, 12, tzinfo=UTC)
KEY = ChartKey(Kind.HASHTAG, 7, "VN")


def entry(name: str, rank: int, views: int = 100) -> HashtagEntry:
    return HashtagEntry(
        name=name,
        hashtag_id="1",
        industry=None,
        promoted=False,
        curve=(0, 0, 0, 0, 0, 0, views),
        creators=(),
        posts=3,
        views=views,
        rank=rank,
        move=Move.NEW,
        steps=0,
        first_time=True,
        heat=1.5,
    )


def detail(name: str, views: int = 100) -> Detail:
    vietnam = RegionDetail(
        days=(20222,),
        views=(views,),
        posts=(3,),
        first_day=20222,
        popular_days=1,
        periods={7: PeriodDetail(creators=3, top_ids=("1",))},
        covers={"1": "https://covers.example/1"},
    )
    facts = HashtagFacts(name=name, hashtag_id="1", industry=None)
    return Detail(facts=facts, posts_all=3, views_all=views, regions={"ALL": vietnam, "VN": vietnam})


def write_memberships(path: Path, names: list[str]) -> Path:
    columns = ", ".join(f"{name} {kind}" for name, kind in MEMBERSHIP_COLUMNS.items())
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE members ({columns})")
        for rank, name in enumerate(names, 1):
            row = [KEY.text, "hashtag", 7, "VN", 0, name, rank]
            connection.execute("INSERT INTO members VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        connection.execute("COPY members TO $path (FORMAT parquet)", {"path": str(path)})
    return path


def content(home: Path, *names: str, as_of: date = DAY, views: int = 100) -> Content:
    """An edition whose one chart and whose subjects are these names; `views` is in every document."""
    home.mkdir(parents=True, exist_ok=True)
    chart = [entry(name, rank, views) for rank, name in enumerate(names, 1)]
    return Content(
        as_of=as_of,
        charts=iter([(KEY.text, text(chart))]),
        subjects=((Kind.HASHTAG, name, text(detail(name, views))) for name in sorted(names)),
        memberships=write_memberships(home / "members.parquet", list(names)),
    )


def publish(home: Path, *names: str, as_of: date = DAY, views: int = 100, at: datetime = NOON) -> Record:
    made = content(home, *names, as_of=as_of, views=views)
    with publishing(home) as publisher:
        return publisher.publish(made, at, seconds=1.5, engine="0.1.0")


def text(document: object) -> str:
    return msgspec.json.encode(document).decode()


@contextmanager
def stopped_by(error: type[BaseException]) -> Iterator[None]:
    """Run on after an error made on purpose."""
    try:
        yield
    except error:
        return
    raise AssertionError("nothing stopped it")
