"""Where the numbers of a region come from: from posts counted here, or from the charts of one source.

Every region of an edition has one origin for all of its charts and details, never a mix.
"""

from datetime import date
from typing import Final, Literal

import msgspec

COMPUTED: Final = "computed"
RECORDED: Final = "recorded"

Method = Literal["computed", "recorded"]


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
