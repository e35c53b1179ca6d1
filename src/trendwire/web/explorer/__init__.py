"""The explorer: charts, subjects, comparisons as pages, tables, feeds, drawings. Every view is an address."""

from collections.abc import Callable
from functools import partial

from starlette.routing import Route

from trendwire.domain.charts import Kind
from trendwire.editions import Editions
from trendwire.web.aside import Aside
from trendwire.web.explorer.rows import WORDS
from trendwire.web.explorer.site import FORMATS, Explorer, Page
from trendwire.web.views import Views

__all__ = ["explorer_routes"]


def explorer_routes(
    views: Views, editions: Editions, aside: Aside, guarded: Callable[[Page], Page]
) -> list[Route]:
    """All addresses of the explorer. `guarded` lets in whom the operator lets in."""
    explorer = Explorer(views, editions, aside)
    routes = [("/", explorer.answering(Kind.HASHTAG, explorer.chart))]
    routes.append(("/search", explorer.answering(Kind.HASHTAG, explorer.search)))
    for kind, (_, chart, subject) in WORDS.items():
        answering = partial(explorer.answering, kind)
        routes += _view(explorer, answering, chart, "chart", explorer.chart)
        if subject:
            routes += _view(explorer, answering, subject, "subject", explorer.subject)
            routes += _view(explorer, answering, f"/compare{chart}", "compare", explorer.compare)
            routes.append((f"{subject}.svg", answering(explorer.drawing)))
            routes.append((f"{subject}-badge.svg", answering(explorer.badge)))
    return [Route(path, guarded(page), methods=["GET"]) for path, page in routes]


def _view(
    explorer: Explorer, answering: Callable[..., Page], path: str, view: str, page: object
) -> list[tuple[str, Page]]:
    """A page and its formats for machines."""
    formats = [(f"{path}.{name}", answering(explorer.formatted(name, view))) for name in FORMATS]
    return [(path, answering(page)), *formats]
