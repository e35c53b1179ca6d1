"""The explorer: charts, subjects, comparisons as pages, tables, feeds, drawings. Every view is an address."""

from collections.abc import Callable
from functools import partial

from starlette.routing import Route

from trendwire.domain.charts import Kind
from trendwire.editions import Editions
from trendwire.web.explorer.rows import WORDS
from trendwire.web.explorer.site import FORMATS, Explorer, Make
from trendwire.web.page_cache import PageCache
from trendwire.web.page_limits import Page
from trendwire.web.views import Views
from trendwire.web.workers import Worker

__all__ = ["explorer_routes"]


def explorer_routes(
    views: Views, editions: Editions, cache: PageCache, guarded: Callable[[Page], Page]
) -> list[Route]:
    """All addresses of the explorer. `guarded` lets in whom the operator lets in."""
    explorer = Explorer(views, editions, cache)
    routes = [
        ("/", explorer.answering(Kind.HASHTAG, explorer.chart)),
        ("/search", explorer.answering(Kind.HASHTAG, explorer.search, cache.reading)),
    ]
    for kind, (_, chart, subject) in WORDS.items():
        view = partial(_view, explorer, kind)
        routes += view(chart, "chart", explorer.chart, cache.rendering)
        if subject:
            routes += view(subject, "subject", explorer.subject, cache.reading)
            routes += view(f"/compare{chart}", "compare", explorer.compare, cache.reading)
            for path, made in (
                (f"{subject}.svg", explorer.drawing),
                (f"{subject}-badge.svg", explorer.badge),
            ):
                routes.append((path, explorer.answering(kind, made, cache.reading)))
    return [Route(path, guarded(page), methods=["GET"]) for path, page in routes]


def _view(
    explorer: Explorer, kind: Kind, path: str, view: str, page: Make, worker: Worker
) -> list[tuple[str, Page]]:
    """A page and its formats for machines."""
    workers = {"parquet": explorer.cache.exporting}
    formats = [
        (
            f"{path}.{name}",
            explorer.answering(kind, explorer.formatted(name, view), workers.get(name, worker)),
        )
        for name in FORMATS
    ]
    return [(path, explorer.answering(kind, page, worker)), *formats]
