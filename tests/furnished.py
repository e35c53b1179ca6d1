"""A small home that has something in every place: what backups and golden homes are made of."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher

from tests.accounts.moments import START, books, create, request
from tests.editions import told
from tests.small_world import silent
from trendwire import pipeline
from trendwire.accounts import RequestLogStore
from trendwire.accounts.operations import ListRequests, LoggedRequest, SetPlan
from trendwire.accounts.passwords import Passwords
from trendwire.accounts.users import Users
from trendwire.domain.charts import ChartKey, CreatorEntry, Kind
from trendwire.editions import Editions
from trendwire.settings import Settings
from trendwire.sources.base import RowSource
from trendwire.sources.pace import Breaker
from trendwire.sources.push import Push
from trendwire.sources.runs import Ending, Run, Runs, ms
from trendwire.sources.simulator import World, simulate

LAST_DAY = date(2025, 9, 28)
WORLD = World(posts=250, days=40, regions=2, seed=7, last_day=LAST_DAY)
AT = datetime(2025, 9, 29, 12, tzinfo=UTC)
KEPT = 2
RECORDED = "JP"
SOURCE = "research"
CURSOR = {"page": 3}
WORD = "correct horse battery"
CREDITS, COST, CALLS = 100, 2, 3

CONFIGURATION = f"""\
[sources.{SOURCE}]
kind = "tiktok-research"
client_key = {{ file = "research.key" }}
client_secret = {{ env = "RESEARCH_SECRET" }}
hashtags = ["tet"]
"""

PUSHED = 3
_POSTS = [
    {"id": str((1_758_900_000 << 32) + number), "view_count": 10 * number, "hashtag_names": ["pushed"]}
    for number in range(PUSHED)
]


@dataclass(frozen=True, slots=True)
class Furnished:
    """A furnished home in a backup. `key`: the text of its key."""

    file: Path
    key: str


def settings_of(home: Path) -> Settings:
    return Settings(home=home, keep_editions=KEPT, engine_threads=1, engine_memory_mb=512)


def furnish(home: Path) -> str:
    """Make the home; the text of its key, which was used `CALLS` times."""
    settings = settings_of(home)
    pipeline.ingest_from(settings, [RowSource("world", "simulator", simulate(WORLD))], AT, silent)
    first = LAST_DAY - timedelta(days=KEPT)
    list(pipeline.publish_range(settings, first, LAST_DAY, silent))
    told.append(home, told.chart(told.rows("a", "b"), as_of=LAST_DAY, region=RECORDED))
    pipeline.forget(settings, [star_of(home)], [], silent)
    list(pipeline.publish_range(settings, LAST_DAY - timedelta(days=1), LAST_DAY, silent))
    push(home, "first", *_POSTS)
    _collect(home)
    (home / "trendwire.toml").write_text(CONFIGURATION)
    (home / "research.key").write_text("not-a-real-key\n")
    (home / "research.key").chmod(0o600)
    Users(home, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))).add("ada", WORD, START)
    return asyncio.run(_spend(home))


def star_of(home: Path) -> str:
    """The first of the creators, who is in editions, memberships and facts."""
    first = (Editions(home).current().chart(ChartKey(Kind.CREATOR, 30)) or ())[0]
    assert isinstance(first, CreatorEntry)
    return first.username


def push(home: Path, key: str, *posts: Mapping[str, object]) -> str:
    """Push posts and a row that is none; the id of the batch, which waits in the inbox then."""
    pushed = Push(home, key, "", int(AT.timestamp()), 1 << 20)
    try:
        pushed.feed("".join(json.dumps(post) + "\n" for post in (*posts, {"id": "none"})).encode())
        return pushed.end().batch
    finally:
        pushed.close()


def _collect(home: Path) -> None:
    """A run of a source that was cut off where it was."""
    runs = Runs(home)
    runs.lease(SOURCE, "test", AT)
    number = runs.begin(SOURCE, AT)
    runs.save(SOURCE, "test", AT, CURSOR, None, Breaker())
    runs.end(number, Run(source=SOURCE, started=ms(AT), ended=ms(AT), ending=Ending.STOPPED, rows=5))
    runs.release(SOURCE, "test")


async def _spend(home: Path) -> str:
    async with books(home) as opened:
        await opened.desk.do(SetPlan(name="small", monthly_credits=50), START)
        new = await create(opened, CREDITS)
        for _ in range(CALLS):
            await request(opened, new.text, 0, COST)
    log = RequestLogStore.open(home, 7, 1000)
    log.note(
        LoggedRequest(
            id=0,
            at=START,
            request_id="r1",
            key_id=new.key.id,
            account_id=1,
            endpoint="keyapi_trending_hashtags",
            method="GET",
            target="/v1/x?period=7",
            status=200,
            cost=COST,
            ms=0.5,
            address="192.0.2.1",
        )
    )
    log.find(ListRequests(), None)
    return new.text
