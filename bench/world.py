"""What is asked for in the measurements of serving: a small world, its keys, and questions as real use asks
them.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from tests.small_world import silent

from bench.filled import fill
from trendwire import pipeline
from trendwire.accounts.operations import CheckLedger, CreateKey
from trendwire.cli.desk import desk
from trendwire.domain.charts import ChartKey, HashtagEntry, Kind
from trendwire.domain.periods import CHART_PERIODS, DETAIL_PERIODS
from trendwire.domain.taxonomy import industries
from trendwire.editions import Edition, Editions
from trendwire.settings import Settings
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate

LAST_DAY = date(2026, 10, 31)
WORLD = World(posts=20_000, days=200, regions=12, seed=4, last_day=LAST_DAY)
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEYAPI, CRAWLORA = "/v1/tiktok/trending", "/api/v1/tiktok/popular-trend"
NAMES = 150
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
    """The current edition of a new home, with one before it."""
    settings = Settings(home=home)
    source = RowSource("bench", "simulator", simulate(WORLD))
    pipeline.ingest_from(settings, [source], AT, silent)
    for day in (LAST_DAY - timedelta(days=1), LAST_DAY):
        pipeline.publish(settings, day, silent)
    fill(home, AT)
    return Editions(home).current()


def keys(home: Path) -> list[str]:
    """New keys of as many accounts."""
    with desk(Settings(home=home)) as opened:
        return [
            opened.do(CreateKey(account=f"account {number}", credits=CREDITS, qps=QPS)).text
            for number in range(KEYS)
        ]


def debits(home: Path) -> int:
    """Charges in the ledger, where every balance is the sum of its rows; the rest are the keys' grants."""
    with desk(Settings(home=home)) as opened:
        return opened.do(CheckLedger()) - KEYS


def lists(edition: Edition) -> Questions:
    """Pages of 20 rows: regions, periods, industries, pages."""
    path = f"{KEYAPI}/hashtags"
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
    targets = [
        f"{KEYAPI}/hashtag/detail?hashtag_name={name}&period={period}"
        for name in _names(edition)
        for period in DETAIL_PERIODS
    ]
    return Questions("detail", tuple(targets))


def mixed(edition: Edition) -> Questions:
    """Lists and details of both dialects, in turns."""
    lists_too = [
        f"{CRAWLORA}/hashtag?period={period}&page={page}{country}"
        for page in (1, 2, 3, 4, 5)
        for period in CHART_PERIODS
        for country in ("", *(f"&country_code={region}" for region in edition.regions))
    ]
    details_too = [
        f"{CRAWLORA}/hashtag/{name}?period={period}" for name in _names(edition) for period in CHART_PERIODS
    ]
    turns = zip(lists(edition).targets, details(edition).targets, lists_too, details_too, strict=False)
    return Questions("mixed", tuple(chain.from_iterable(turns)))


def _names(edition: Edition) -> list[str]:
    """Charted hashtags as a path or query holds them, the world's first."""
    names: dict[str, None] = {}
    for region in ("ALL", *edition.regions):
        for row in edition.chart(ChartKey(Kind.HASHTAG, 30, region)) or ():
            if isinstance(row, HashtagEntry):
                names.setdefault(quote(row.name))
    return list(names)[:NAMES]


def credential_line(target: str, credential: str) -> tuple[str, str]:
    """The header that carries a key to a target."""
    if target.startswith(CRAWLORA):
        return "x-api-key", credential
    return "Authorization", f"Bearer {credential}"


def requests(targets: Sequence[str], credentials: Sequence[str]) -> bytes:
    """Whole requests, separated by NUL, as the load generator sends them."""
    lines = []
    for number, target in enumerate(targets):
        name, text = credential_line(target, credentials[number % len(credentials)])
        lines.append(
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n{name}: {text}\r\n\r\n"
        )
    return "\0".join(lines).encode()
