"""What is asked for in the measurements of serving: a small world, its keys, and questions as real use asks
them.
"""

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

from tests.small_world import linked

from trendwire import pipeline
from trendwire.accounts.operations import CheckLedger, CreateKey, ListAccounts
from trendwire.cli.desk import desk
from trendwire.domain.charts import ChartKey, HashtagEntry, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.domain.taxonomy import industries
from trendwire.editions import Edition, Editions
from trendwire.settings import Settings
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate

LAST_DAY = date(2026, 10, 31)
WORLD = World(posts=20_000, days=200, regions=12, seed=4, last_day=LAST_DAY)
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEYS = 200
CREDITS, QPS = 10**12, 10_000
REQUESTS = 8192
"""Different requests (a question and a key) that one run goes through, again and again."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Targets (path and query), the one asked most first."""

    name: str
    targets: tuple[str, ...]

    def drawn(self, number: int = REQUESTS) -> list[str]:
        """As many as that, with the skew of real use: the k-th is asked 1/k as often as the first (Zipf)."""
        weights = [1 / rank for rank in range(1, len(self.targets) + 1)]
        return random.Random(7).choices(self.targets, weights, k=number)


def made(home: Path) -> Edition:
    """The current edition of `home`, which is made the first time, with one before it."""
    if not Editions(home).records():
        settings = Settings(home=home)
        source = RowSource("bench", "simulator", simulate(WORLD))
        pipeline.ingest_from(settings, [source], AT, lambda _stage, _done: None)
        for day in (LAST_DAY.replace(day=30), LAST_DAY):
            pipeline.publish(settings, day, lambda _stage, _done: None)
    return Editions(home).current()


def fresh(world: Path, home: Path) -> Path:
    """A home with the editions of `world`, on the same disk, and no accounts yet."""
    shutil.rmtree(home, ignore_errors=True)
    return linked(world, home)


def keys(home: Path) -> list[str]:
    """New keys of as many accounts."""
    with desk(Settings(home=home)) as opened:
        return [
            opened.do(CreateKey(account=f"account {number}", credits=CREDITS, qps=QPS)).text
            for number in range(KEYS)
        ]


def spent(home: Path) -> int:
    """Credits that the accounts made by `keys` have spent, after every balance was found to be the sum of
    its rows in the ledger.
    """
    with desk(Settings(home=home)) as opened:
        opened.do(CheckLedger())
        return KEYS * CREDITS - sum(account.balance for account in opened.do(ListAccounts()))


def lists(edition: Edition) -> Questions:
    """Pages of 20 rows: regions, periods, industries, pages."""
    path = "/v1/tiktok/trending/hashtags"
    targets = [
        f"{path}?region={region}&period={period}&page={page}"
        for page in (1, 2, 3, 4, 5)
        for period in CHART_PERIODS
        for region in ("all_regions", *edition.regions)
    ]
    targets += [
        f"{path}?region={region}&period={period}&industry_id={industry}"
        for industry in sorted(industries())[:10]
        for period in CHART_PERIODS
        for region in ("all_regions", *edition.regions)
    ]
    return Questions("list", tuple(targets))


def details(edition: Edition) -> Questions:
    """Details of charted hashtags, the highest first, over all periods and some regions."""
    names: dict[str, None] = {}
    for region in ("ALL", *edition.regions):
        for row in edition.chart(ChartKey(Kind.HASHTAG, 30, region)) or ():
            if isinstance(row, HashtagEntry):
                names.setdefault(row.name)
    targets = [
        f"/v1/tiktok/trending/hashtag/detail?hashtag_name={quote(name)}&period={period}"
        for name in list(names)[:150]
        for period in (7, 30, 120, 365, 1095)
    ]
    return Questions("detail", tuple(targets))


def requests(targets: Sequence[str], credentials: Sequence[str]) -> bytes:
    """Whole requests, separated by NUL, as the load generator sends them."""
    lines = [
        f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {credentials[number % len(credentials)]}\r\n\r\n"
        for number, target in enumerate(targets)
    ]
    return "\0".join(lines).encode()
