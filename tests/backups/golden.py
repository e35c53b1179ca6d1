"""Golden homes: a small home as each released version left it, in a backup, and what it must say for ever.

`python -m tests.backups.golden [NAME]` keeps the home of this version. One is kept for each version in which
a format of `trendwire.backups.formats` changed; none is ever made anew.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from tests.accounts.moments import START, books
from tests.furnished import LAST_DAY, furnish, settings_of
from tests.house.tree import ROOT
from tests.small_world import silent
from trendwire import __version__, backups, pipeline
from trendwire.accounts.operations import CheckLedger, ListAccounts
from trendwire.backups.formats import FORMATS
from trendwire.domain.charts import ChartKey, Kind
from trendwire.editions import Editions
from trendwire.facts.store import FactStore

FOLDER = ROOT / "tests" / "golden" / "homes"
HOME, SAYS = "home.tar.zst", "says.json"
MADE = datetime(2025, 9, 30, tzinfo=UTC)
CHART = ChartKey(Kind.HASHTAG, 30)


class Says(msgspec.Struct, frozen=True, kw_only=True):
    """What a golden home says. `key`: the text of its key; `editions`: number -> content hash; `chart` and
    `detail`: of the current edition; `published_again`: the hash of the same day published anew, which
    changes with the definitions and is written here by hand then.
    """

    formats: dict[str, int]
    key: str
    balances: dict[str, int]
    posts: int
    observations: int
    editions: dict[str, str]
    chart: Any
    detail: Any
    published_again: str


def said(home: Path, formats: dict[str, int], key: str) -> Says:
    """What a home says now; it is published again."""
    current, snapshot = Editions(home).current(), FactStore(home).snapshot()
    entries = current.chart(CHART) or ()
    detail = current.detail(Kind.HASHTAG, entries[0].name)  # type: ignore[union-attr]
    editions = {str(one.number): one.content_hash for one in Editions(home).records() if one.kept}
    return Says(
        formats=formats,
        key=key,
        balances=asyncio.run(_balances(home)),
        posts=snapshot.posts,
        observations=snapshot.observations,
        editions=editions,
        chart=msgspec.json.decode(msgspec.json.encode(entries)),
        detail=msgspec.json.decode(msgspec.json.encode(detail)),
        published_again=pipeline.publish(settings_of(home), LAST_DAY, silent).content_hash,
    )


async def _balances(home: Path) -> dict[str, int]:
    async with books(home) as opened:
        await opened.desk.do(CheckLedger(), START)
        return {one.name: one.balance for one in await opened.desk.do(ListAccounts(), START)}


def main(name: str = __version__) -> None:
    """Keep the home of this version."""
    folder = FOLDER / name
    folder.mkdir(parents=True)
    with TemporaryDirectory() as made:
        home = Path(made, "home")
        key = furnish(home)
        backups.backup(home, str(folder / HOME), MADE, __version__, silent)
        says = said(home, dict(FORMATS), key)
    (folder / SAYS).write_bytes(msgspec.json.format(msgspec.json.encode(says), indent=1) + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
