"""Where the numbers of a region come from: from posts counted here, or from the charts of one source.

Every region of an edition has one origin for all of its charts and details, never a mix.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, Literal

import msgspec

from trendwire.domain.periods import from_epoch_day

COMPUTED: Final = "computed"
RECORDED: Final = "recorded"

Method = Literal["computed", "recorded"]

VERSION = "computed/1"
"""Of the definitions: goes up with whatever changes the numbers that the same facts give."""

MOST_SOURCES = 20
"""Of more sources than this, those with most rows are told."""

STALE_AFTER = 1
"""Days before the edition's last day that the newest post may be created without being called stale."""


class SourceSpan(msgspec.Struct, frozen=True, kw_only=True):
    """One source: what it gave in all (`rows`), and when the first and the last of that was fetched.

    `name`: as configured, or what posts were ingested from. `connector`: its kind, None where facts do not
    tell. `oldest`, `newest`: Unix seconds.
    """

    name: str
    connector: str | None = None
    rows: int
    oldest: int
    newest: int


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What the numbers over one period are counted from: posts created in it, and their creators."""

    posts: int
    creators: int


class ChartSource(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded chart that is served: the day it counts to, when it was fetched, how many rows it had.

    `complete`: False where the source broke off. `against`: the day of our own earlier record of it that
    moves are told against, None where all rows are new.
    """

    as_of: date
    fetched_at: int
    rows: int
    complete: bool
    against: date | None


class Provenance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where everything about one region in one edition comes from.

    `sources`: those with most rows first. `samples`: by period, where computed. `charts`: by `ChartKey.text`,
    where recorded. `transformation`: which version of which rules made numbers of facts. `first_day`,
    `last_day`: the days that the facts tell of. `stale`: in words, what is older than it should be.
    """

    method: Method
    transformation: str
    sources: tuple[SourceSpan, ...] = ()
    samples: dict[int, Sample] = {}
    charts: dict[str, ChartSource] = {}
    first_day: date | None = None
    last_day: date | None = None
    stale: tuple[str, ...] = ()

    @property
    def data_source(self) -> str:
        """`computed` or `recorded:<source>`, as replies say it."""
        if self.method == COMPUTED:
            return COMPUTED
        return f"{RECORDED}:{self.sources[0].name if self.sources else 'none'}"


def computed(
    spans: Iterable[tuple[str, int, int]],
    samples: Iterable[tuple[str, int, int, int]],
    origins: Iterable[tuple[str, str, int, int, int]],
    as_of: date,
    engine: str,
) -> dict[str, Provenance]:
    """Of each region that has posts, the world too. `engine`: the version that computes.

    `spans`: region, first and last epoch day of its posts. `samples`: region, period, posts, creators.
    `origins`: region, source, rows, and when the first and the last of them was ingested.
    """
    counted: dict[str, dict[int, Sample]] = {}
    for region, period, posts, creators in samples:
        counted.setdefault(region, {})[period] = Sample(posts=posts, creators=creators)
    came: dict[str, list[SourceSpan]] = {}
    for region, name, rows, oldest, newest in origins:
        span = SourceSpan(name=name, rows=rows, oldest=oldest, newest=newest)
        came.setdefault(region, []).append(span)
    return {
        region: Provenance(
            method=COMPUTED,
            transformation=f"trendwire/{engine} {VERSION}",
            sources=tuple(sorted(came.get(region, ()), key=lambda s: (-s.rows, s.name))[:MOST_SOURCES]),
            samples=counted.get(region, {}),
            first_day=from_epoch_day(first),
            last_day=from_epoch_day(last),
            stale=_stale(from_epoch_day(last), as_of),
        )
        for region, first, last in sorted(spans)
    }


def _stale(newest: date, as_of: date) -> tuple[str, ...]:
    days = (as_of - newest).days
    words = f"the newest post was created {days} days before the edition's last day"
    return (words,) if days > STALE_AFTER else ()
