"""What the server counts, and how Prometheus reads it: one table of rows, for the exporter and its page.

Requests are counted as they end. Every other number is kept by its owner for its own use, and looked up there
when somebody scrapes: nothing of it costs a request anything.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.asgi import make_asgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp

from trendwire.accounts import Accounts, Books, Moment
from trendwire.accounts.journal import Journal
from trendwire.editions import Edition, Editions
from trendwire.errors import TrendwireError
from trendwire.web.shelf import Shelf
from trendwire.web.watch import Watch

if TYPE_CHECKING:
    from trendwire.web.api import Api

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds in seconds."""

Sample = tuple[tuple[str, ...], float]
"""The values of a row's labels, and the number."""


@dataclass(frozen=True, slots=True)
class House:
    """The owners of the numbers. `watch`: of the public site's connections."""

    api: "Api"
    watch: Watch
    accounts: Accounts
    editions: Editions
    moment: Callable[[], Moment]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one scrape reads from. `edition`: the current one, None where none can be read; looked up once."""

    house: House
    edition: Edition | None

    @property
    def journals(self) -> tuple[Journal, ...]:
        """The writer of the ledger; none where several servers share their accounts."""
        accounts = self.house.accounts
        return (accounts.journal,) if isinstance(accounts, Books) else ()

    @property
    def shelves(self) -> Iterable[tuple[str, Shelf]]:
        """The kept answers, by the kind of keys that they are for."""
        return ("live", self.house.api.live), ("test", self.house.api.samples)


@dataclass(frozen=True, slots=True)
class Row:
    """One metric, as Prometheus shows it. `read` is None for what `Metrics` counts itself."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()
    read: Callable[[Seen], Iterable[Sample]] | None = None


def _plain(read: Callable[[Seen], float]) -> Callable[[Seen], Iterable[Sample]]:
    """One number without labels."""
    return lambda seen: [((), read(seen))]


def _of_journal(read: Callable[[Journal], float]) -> Callable[[Seen], Iterable[Sample]]:
    """One number of the ledger's writer, if it is in this process."""
    return lambda seen: [((), read(journal)) for journal in seen.journals]


def _of_shelves(read: Callable[[Shelf], float]) -> Callable[[Seen], Iterable[Sample]]:
    """One number of each shelf."""
    return lambda seen: [((keys,), read(shelf)) for keys, shelf in seen.shelves]


def _refused(seen: Seen) -> Iterable[Sample]:
    return [((reason,), count) for reason, count in seen.house.watch.refused.items()]


def _number(seen: Seen) -> Iterable[Sample]:
    return [] if seen.edition is None else [((), seen.edition.number)]


def _age(seen: Seen) -> Iterable[Sample]:
    if seen.edition is None:
        return []
    end = datetime.combine(seen.edition.as_of + timedelta(days=1), time(), UTC)
    return [((), seen.house.moment().wall / 1000 - end.timestamp())]


REQUESTS = Row(
    "trendwire_request_seconds",
    "histogram",
    "Time from a request's head to its reply; its count is the number of requests to endpoints. `lane`:"
    " `fast` for one made of parts that were seen before, else `slow`.",
    ("endpoint", "status", "lane"),
)

ROWS = (
    REQUESTS,
    Row(
        "trendwire_requests_in_flight",
        "gauge",
        "Requests to endpoints that are being answered; TRENDWIRE_MAX_IN_FLIGHT bounds them.",
        read=_plain(lambda seen: seen.house.api.in_flight),
    ),
    Row(
        "trendwire_connections_open",
        "gauge",
        "Connections to the public address; TRENDWIRE_MAX_CONNECTIONS bounds them.",
        read=_plain(lambda seen: len(seen.house.watch.state.connections)),
    ),
    Row(
        "trendwire_refused_total",
        "counter",
        "Connections, and requests that were never understood, turned away before any endpoint saw them.",
        ("reason",),
        _refused,
    ),
    Row(
        "trendwire_ledger_commits_total",
        "counter",
        "Transactions of the accounts that are on the disk. Not where several servers share them.",
        read=_of_journal(lambda journal: journal.commits),
    ),
    Row(
        "trendwire_ledger_rows_total",
        "counter",
        "Charged requests that are on the disk, one ledger row each. Not where several servers share them.",
        read=_of_journal(lambda journal: journal.rows),
    ),
    Row(
        "trendwire_ledger_failing",
        "gauge",
        "1 where the last transaction could not be written (charged requests are answered 503), else 0.",
        read=_of_journal(lambda journal: journal.failing),
    ),
    Row(
        "trendwire_edition_readable",
        "gauge",
        "1 where there is a current edition and it can be read, else 0: endpoints answer 503.",
        read=_plain(lambda seen: seen.edition is not None),
    ),
    Row(
        "trendwire_edition_number",
        "gauge",
        "Number of the current edition; absent where none can be read.",
        read=_number,
    ),
    Row(
        "trendwire_edition_age_seconds",
        "gauge",
        "Time since the end (UTC) of the last day that the current edition counts; below 0 before it."
        " Absent where none can be read.",
        read=_age,
    ),
    Row(
        "trendwire_answers_kept",
        "gauge",
        "Answers of the current edition that are kept ready, by the keys they are for: `live` or `test`.",
        ("keys",),
        _of_shelves(lambda shelf: shelf.kept),
    ),
    Row(
        "trendwire_answers_kept_bytes",
        "gauge",
        "About what these take, uncompressed; TRENDWIRE_CACHE_MB bounds those for live keys.",
        ("keys",),
        _of_shelves(lambda shelf: shelf.kept_bytes),
    ),
)
"""Every metric of ours; the process's own are the library's."""


class Metrics(Collector):
    """Plain numbers, counted by the event loop's thread and read there. Without a `house`: requests alone."""

    def __init__(self) -> None:
        self.house: House | None = None
        # (endpoint, status, fast) -> requests by time taken, and the sum of the times
        self._rows: dict[tuple[str, int, bool], list[float]] = {}

    def observe(self, endpoint: str, status: int, seconds: float, fast: bool) -> None:
        """Count one request."""
        row = self._rows.get((endpoint, status, fast))
        if row is None:
            row = self._rows[endpoint, status, fast] = [0.0] * (len(BUCKETS) + 2)
        row[bisect_left(BUCKETS, seconds)] += 1
        row[-1] += seconds

    def collect(self) -> Iterator[Metric]:
        """All numbers, as the library wants them."""
        yield self._requests()
        if self.house is not None:
            seen = Seen(self.house, _readable(self.house.editions))
            yield from (_family(row, row.read(seen)) for row in ROWS if row.read is not None)

    def _requests(self) -> Metric:
        made = HistogramMetricFamily(REQUESTS.name, REQUESTS.meaning, labels=REQUESTS.labels)
        for (endpoint, status, fast), (*counts, total) in self._rows.items():
            lane = "fast" if fast else "slow"
            made.add_metric((endpoint, str(status), lane), _cumulated(counts), total)
        return made


def metrics_app(metrics: Metrics) -> ASGIApp:
    """The page that Prometheus reads."""
    registry = CollectorRegistry()
    registry.register(metrics)
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    app: ASGIApp = make_asgi_app(registry)
    return app


def _family(row: Row, samples: Iterable[Sample]) -> Metric:
    family = CounterMetricFamily if row.kind == "counter" else GaugeMetricFamily
    made = family(row.name, row.meaning, labels=row.labels)
    for labels, number in samples:
        made.add_metric(labels, float(number))
    return made


def _readable(editions: Editions) -> Edition | None:
    try:
        return editions.current()
    except TrendwireError:
        return None


def _cumulated(counts: list[float]) -> list[tuple[str, float]]:
    bounds, total, told = [*map(str, BUCKETS), "+Inf"], 0.0, []
    for bound, count in zip(bounds, counts, strict=True):
        total += count
        told.append((bound, total))
    return told
