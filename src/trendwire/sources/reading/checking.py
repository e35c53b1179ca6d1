"""A check: what an ingest of the same sources would read, with nothing stored."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from trendwire.domain.posts import RECORD_FIELDS
from trendwire.facts.store import Progress
from trendwire.sources.base import Source
from trendwire.sources.ingest import jobs
from trendwire.sources.parsing import Parsed, parse_all
from trendwire.sources.reading.report import Tally, Understanding

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class CheckReport(Understanding, frozen=True, kw_only=True):
    """`rows` = accepted + `quarantined`. `posts`: different ones of the accepted, created from `first` to
    `last` (UTC). `fields`: field of the post record -> accepted rows that say it.
    """

    rows: int
    posts: int
    quarantined: int
    first: date | None
    last: date | None
    fields: dict[str, int]
    failed_files: tuple[tuple[str, str], ...]


class _Accepted:
    """What the accepted rows say."""

    def __init__(self) -> None:
        self.rows = 0
        self.posts: set[str] = set()
        self.columns: Counter[str] = Counter()
        self.times: list[int] = []

    def add(self, parsed: Parsed) -> None:
        rows = [_decode(line) for line in parsed.lines.splitlines()]
        self.rows += len(rows)
        created = [row.get("create_time") or row["id_time"] for row in rows]
        self.times = [f(self.times + created) for f in (min, max)] if created else self.times
        for row in rows:
            self.posts.add(row["id"])
            self.columns.update(row.keys())


def check(sources: Iterable[Source], at: int, progress: Progress, workers: int) -> CheckReport:
    """Read all rows of the sources. `at`: Unix seconds."""
    failed: list[tuple[str, str]] = []
    accepted, tally, rows = _Accepted(), Tally(), 0
    for parsed in parse_all(jobs(sources, at, failed, progress), workers):
        rows += parsed.rows
        accepted.add(parsed)
        tally.add(parsed)
    first, last = map(_day, accepted.times or (None, None))
    return CheckReport(
        rows=rows,
        posts=len(accepted.posts),
        quarantined=rows - accepted.rows,
        first=first,
        last=last,
        fields={field.name: count for field in RECORD_FIELDS if (count := accepted.columns[field.column])},
        failed_files=tuple(failed),
        **msgspec.structs.asdict(tally.understanding()),
    )


def _day(seconds: int | None) -> date | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date()
