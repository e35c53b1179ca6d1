"""Collecting: page after page of one source is stored, and only then is it remembered where the next one
begins.

What a page holds goes the way of all rows: posts through the parser into the inbox, charts to the recorded
ones, what cannot be read to the quarantine with its reason. A crash between storing and remembering asks
for some pages again, which doubles nothing. Nothing that comes puts an end to what was there: a chart that
shrank is put aside.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import msgspec

from trendwire.errors import BudgetSpent, Conflict, InvalidInput, SourceError, TrendwireError
from trendwire.facts.inbox import Inbox
from trendwire.facts.quarantine import Quarantine, Refused
from trendwire.facts.recorded import Recorded, RecordedChart
from trendwire.facts.store import DrainResult, FactStore
from trendwire.sources.base import RawBatch, RawRow
from trendwire.sources.connector import Connector, Cursor, Fetch, Page
from trendwire.sources.ingest import Intake
from trendwire.sources.pace import Breaker, Budget
from trendwire.sources.parsing import Job, parse
from trendwire.sources.runs import Ending, Run, Runs, canonical, ms

MOST_PAGES = 5_000
"""Pages of one run: what a cursor that never ends can cost."""

PAGES_AT_ONCE = 10
"""Pages stored in one step: what a crash repeats at most."""

MOST_SAME = 2
"""How often in a row a page may come again before the run stops."""

MOST_NOTES = 5
"""How many notes of its pages the message of a run holds."""

GOOD = timedelta(days=7)
"""How long a chart is compared with a larger one of before; then the smaller one is what there is."""

SHRUNK = 0.5
"""A chart with less than this share of its former rows is suspicious."""

Told = Callable[[str, int, int], None]
"""Hears the source's name with the pages and the rows that came so far."""


class Stopped(Exception):
    """Raised from a wait to end a run from outside."""


class Client(Fetch, Protocol):
    """What sends the calls; see `http.Client`."""

    budget: Budget
    breaker: Breaker

    def count_rows(self, rows: int) -> None:
        """Rows that a reply held."""


def collect(
    source: str,
    connector: Connector,
    client: Client,
    home: Path,
    at: datetime,
    holder: str,
    told: Told,
    stopped: Callable[[], bool],
) -> Run:
    """One run of the source from where it was left to its end; how it went. What a source, a connector or a
    disk may do on the way is not raised: it is how the run ends.

    `at`: this moment. `holder`: who has the lease. `stopped` is asked after each page.
    """
    with Quarantine(home, f"{source}-{at:%Y%m%dT%H%M%S}") as quarantine:
        walk = _Walk(source, connector, client, home, at, holder, quarantine)
        ending, message, again = walk.safely(told, stopped)
    return walk.run(ending, message, again)


def drain(home: Path) -> DrainResult | None:
    """Move what waits in the inbox into the facts; None where another process is at it."""
    try:
        return FactStore(home).drain()
    except Conflict:
        return None


Verdict = tuple[Ending, str, datetime | None]
"""How a run ended, why in words, and when it is worth going on."""


class _Walk:
    """One run: its counts, and what is read but not stored yet."""

    def __init__(
        self,
        source: str,
        connector: Connector,
        client: Client,
        home: Path,
        at: datetime,
        holder: str,
        quarantine: Quarantine,
    ) -> None:
        self._source, self._connector, self._client = source, connector, client
        self._at, self._holder = at, holder
        self._runs, self._recorded = Runs(home), Recorded(home)
        self._quarantine = quarantine
        self._intake = Intake(Inbox(home), quarantine)
        # files of one's own are what they are: only who is asked can answer worse than before
        self._sizes = self._runs.sizes(source, at - GOOD) if connector.address else {}
        self._left = self._reached = self._runs.kept(source).cursor
        self._since_saved = 0
        self._budget = client.budget
        self._read = 0
        self._notes: list[str] = []
        self._count = Run(source=source, started=ms(at))

    def run(self, ending: Ending, message: str, again: datetime | None) -> Run:
        """The run as it ended."""
        self._count_requests()
        return msgspec.structs.replace(
            self._count,
            ended=ms(self._client.at),
            ending=ending,
            quarantined=self._quarantine.count,
            message=message,
            again=None if again is None else ms(again),
        )

    def safely(self, told: Told, stopped: Callable[[], bool]) -> Verdict:
        """Walk to an end, whatever comes; what was read before is stored."""
        try:
            verdict = self._walk(told, stopped)
        except BudgetSpent as error:
            verdict = (Ending.HELD, error.public, error.resumes)
        except Stopped:
            verdict = (Ending.STOPPED, "stopped while waiting for the source", self._client.at)
        except Exception as error:  # noqa: BLE001  a source may do anything: the run says what
            if isinstance(error, WentInCircles):
                self._reached = None
            verdict = failure(error)
        try:
            self._store()
        except (TrendwireError, OSError) as error:
            return failure(error)
        return verdict

    def _walk(self, told: Told, stopped: Callable[[], bool]) -> Verdict:
        cursor: Cursor | None = self._begin()
        self._reached = cursor  # so that what fails at once keeps its place, too
        course = _Course()
        while cursor is not None:
            course.check(cursor)
            page = self._connector.page(self._client, cursor)
            self._take(page)
            told(self._source, self._count.pages, self._count.rows)
            course.repeats(page)
            cursor = self._reached = page.cursor
            if page.stored or self._since_saved >= PAGES_AT_ONCE:
                self._store()
            if cursor is not None and stopped():
                return Ending.STOPPED, "stopped between two pages", self._client.at
            if cursor is not None and self._count.pages >= MOST_PAGES:
                return Ending.PARTLY, f"{MOST_PAGES:,} pages, the most of one run: the next one goes on", None
        return self._judged(resumed=self._left is not None)

    def _begin(self) -> Cursor:
        """Where the run before was left; from the start where the connector makes nothing of that any
        more."""
        try:
            return self._connector.begin(self._at, self._left)
        except TrendwireError:
            raise
        except Exception:  # noqa: BLE001  a cursor of an older version, or of other options
            return self._connector.begin(self._at, None)

    def _take(self, page: Page) -> None:
        """Store what a page holds: its charts at once, its rows with those of some more pages."""
        self._client.count_rows(len(page.posts) + sum(len(chart.rows) for chart in page.charts))
        lines = page.lines or range(self._read + 1, self._read + len(page.posts) + 1)
        numbered: list[RawRow] = list(zip(lines, page.posts, strict=True))
        self._read += len(numbered)
        batch = RawBatch(rows=numbered, refused=list(page.refused))
        parsed = parse(Job(page.file or self._source, self._source, int(self._at.timestamp()), batch))
        self._intake.take(parsed)
        self._notes += page.notes
        charts = [self._record(chart) for chart in page.charts]
        self._since_saved += 1
        self._count_requests()
        self._count = msgspec.structs.replace(
            self._count,
            pages=self._count.pages + 1,
            rows=self._count.rows + parsed.rows - len(parsed.refused),
            charts=self._count.charts + charts.count(True),
            suspicious=self._count.suspicious + charts.count(False),
        )

    def _count_requests(self) -> None:
        before, now = self._budget, self._client.budget
        new = now.requests - before.requests if now.day == before.day else now.requests
        self._budget = now
        self._count = msgspec.structs.replace(self._count, requests=self._count.requests + new)

    def _record(self, chart: RecordedChart) -> bool:
        """Keep a chart; False where it is put aside."""
        before, now = self._sizes.get(chart.key.text, 0), len(chart.rows)
        if not now or now < SHRUNK * before:
            self._put_aside(chart, f"the chart {chart.key.text} has {now} rows, where it had {before}")
            return False
        try:
            self._recorded.append(chart)
        except InvalidInput as error:
            self._put_aside(chart, error.public)
            return False
        self._runs.remember(self._source, chart.key.text, now, self._at)
        return True

    def _put_aside(self, chart: RecordedChart, reason: str) -> None:
        text = msgspec.json.encode(chart).decode()
        self._quarantine.add(Refused(self._source, self._count.pages + 1, reason, text))

    def _store(self) -> None:
        """What was read is durable, then where it ended."""
        self._intake.flush()
        client = self._client
        self._runs.save(self._source, self._holder, client.at, self._reached, client.budget, client.breaker)
        self._since_saved = 0

    def _judged(self, *, resumed: bool) -> Verdict:
        """How a run that came to its end went."""
        count = self._count
        if count.suspicious:
            return Ending.SUSPICIOUS, f"{count.suspicious} charts are put aside: see the quarantine", None
        if count.rows or count.charts:
            return Ending.DONE, self._noted(), None
        if self._quarantine.count:
            return Ending.SUSPICIOUS, self._noted() or "no row could be read: see the quarantine", None
        if self._sizes and not resumed:
            return Ending.SUSPICIOUS, f"no chart came, where there were {len(self._sizes)}", None
        return Ending.EMPTY, self._noted() or "nothing came", None

    def _noted(self) -> str:
        more = len(self._notes) - MOST_NOTES
        return "; ".join([*self._notes[:MOST_NOTES], *([f"and {more} more"] if more > 0 else [])])


class _Course:
    """Sees that a walk leads somewhere: no cursor comes back, and no page again and again."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._page, self._same = b"", 0
        self._before = ""

    def check(self, cursor: Cursor) -> None:
        """WentInCircles where the walk has been here; the last step may be repeated a little."""
        text = canonical(cursor)
        self._seen[text] = self._seen.get(text, 0) + 1
        allowed = 1 + MOST_SAME if text == self._before else 1
        if self._seen[text] > allowed:
            raise WentInCircles("the source leads back to a page that was read already")
        self._before = text

    def repeats(self, page: Page) -> None:
        """WentInCircles where the same page came too often in a row."""
        if not page.posts and not page.charts:
            return
        told = [chart.digest for chart in page.charts]
        rows = json.dumps([list(map(_untimed, page.posts)), told], sort_keys=True, default=repr)
        digest = blake2b(rows.encode()).digest()
        self._same = self._same + 1 if digest == self._page else 0
        self._page = digest
        if self._same > MOST_SAME:
            raise WentInCircles(f"the source gives the same page {self._same + 1} times in a row")


def _untimed(row: object) -> object:
    """A row without the moment at which it was read, which differs each time."""
    if not isinstance(row, Mapping):
        return row
    return {name: value for name, value in row.items() if name != "observed_at"}


class WentInCircles(SourceError):
    """The cursor leads nowhere: the next run begins anew."""


def failure(error: Exception) -> Verdict:
    """How a run ends that this error ended."""
    if isinstance(error, SourceError):
        return Ending.FAILED, error.public, error.resumes
    if isinstance(error, TrendwireError):
        return Ending.FAILED, error.public, None
    if isinstance(error, OSError):
        return Ending.FAILED, f"what came cannot be stored: {error.strerror or type(error).__name__}", None
    return Ending.FAILED, f"what came cannot be understood ({_where(error)})", None


def _where(error: Exception) -> str:
    """The kind of an error of a program and its line, without its text, which may quote what came."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    line = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return type(error).__name__ + line
