"""Owns the comparison of charts with those that the SQL engine made of the same worlds before it went."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.domain.taxonomy import industries
from trendwire.editions import Edition

KEPT = Path(__file__).with_name("engine_charts.json")
"""Posts in the world -> kind/period/region -> hash over the rows of its charts."""


def differing(edition: Edition, posts: int) -> int | None:
    """How many kinds, periods and regions have other charts; None where nothing is kept for such a world."""
    kept: dict[str, str] | None = json.loads(KEPT.read_text()).get(str(posts))
    if kept is None:
        return None
    found = hashes(edition)
    return sum(found.get(name) != kept.get(name) for name in found.keys() | kept.keys())


def hashes(edition: Edition) -> dict[str, str]:
    """What is kept of an edition."""
    return dict(_hashes(edition))


def _hashes(edition: Edition) -> Iterator[tuple[str, str]]:
    for region in (WORLD, *edition.regions):
        for period in CHART_PERIODS:
            for kind in Kind:
                sha, any_rows = hashlib.sha256(), False
                for industry in _industries(kind):
                    key = ChartKey(kind, period, region, industry)
                    rows = edition.chart(key)
                    if rows:
                        any_rows = True
                        sha.update(f"{key.text}\n".encode() + msgspec.json.encode(rows))
                if any_rows:
                    yield f"{kind}/{period}/{region}", sha.hexdigest()[:12]


def _industries(kind: Kind) -> tuple[int, ...]:
    return (NO_INDUSTRY, *industries()) if kind in (Kind.HASHTAG, Kind.SOUND) else (NO_INDUSTRY,)
