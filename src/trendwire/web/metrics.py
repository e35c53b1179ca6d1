"""What the server counts, and how Prometheus reads it."""

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.asgi import make_asgi_app
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds in seconds."""


class Metrics(Collector):
    """Plain numbers, counted by the event loop's thread and read by whoever scrapes."""

    def __init__(self) -> None:
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
        labels = ("endpoint", "status", "lane")
        seconds = HistogramMetricFamily(
            "trendwire_request_seconds", "Time from the request's head to its reply.", labels=labels
        )
        for (endpoint, status, fast), (*counts, total) in self._rows.items():
            lane = "fast" if fast else "slow"
            seconds.add_metric((endpoint, str(status), lane), _cumulated(counts), total)
        yield seconds


def metrics_app(metrics: Metrics) -> ASGIApp:
    """The page that Prometheus reads."""
    registry = CollectorRegistry()
    registry.register(metrics)
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    app: ASGIApp = make_asgi_app(registry)
    return app


def _cumulated(counts: list[float]) -> list[tuple[str, float]]:
    bounds, total, told = [*map(str, BUCKETS), "+Inf"], 0.0, []
    for bound, count in zip(bounds, counts, strict=True):
        total += count
        told.append((bound, total))
    return told
