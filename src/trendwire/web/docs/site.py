"""The addresses of the docs: pages for people, the same as Markdown, search, and the API reference."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trendwire.dialects.catalog import DIALECTS
from trendwire.web.docs import texts
from trendwire.web.docs.endpoints import MANY, EndpointPage, endpoint_pages
from trendwire.web.docs.endpoints import ROOT as ENDPOINT_ROOT
from trendwire.web.docs.guides import FOLDERS, TOLD_ELSEWHERE, Guide, Guides
from trendwire.web.docs.guides import ROOT as GUIDE_ROOT
from trendwire.web.docs.marked import Marked, inline, marked
from trendwire.web.docs.search import MOST_FINDS, MOST_LETTERS, Entry, Index, asked_for
from trendwire.web.page_cache import PageCache, Rendered
from trendwire.web.page_limits import Page
from trendwire.web.views import PAGE_POLICY, Views, server_of

PLACE = "/docs"
SEARCH = "/docs/search"
REFERENCE = "/reference"

MARKDOWN = "text/markdown; charset=utf-8"
TEXT = "text/plain; charset=utf-8"

REFERENCE_POLICY = f"{PAGE_POLICY}; img-src 'self' data:"
"""The reference's own styles draw their arrows as `data:` pictures."""

DOCUMENTS = {"3.1": "/openapi.json", "3.0": "/openapi-3.0.json"}
"""OpenAPI documents that the reference can show, by version, the usual one first."""


def breakable(stem: str) -> Markup:
    """A path that may be broken into lines after its dots."""
    return escape(stem).replace(".", Markup(".<wbr>"))


@dataclass(frozen=True, slots=True)
class Link:
    """A page in the side navigation."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that stand together in the side navigation."""

    name: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of the docs depends on: all of its address that counts, and the server's own."""

    path: str
    server: str
    q: str = ""
    openapi: str = ""
    name: str = ""
    folder: str = ""


@dataclass(slots=True)
class Docs:
    """The pages over one set of guides. Any thread may make them."""

    views: Views
    guides: Guides = field(default_factory=Guides)
    _index: Index = field(init=False)
    _marked: dict[str, Marked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._index = Index(self._entries())
        self.views.environment.filters |= {"marked": inline, "breakable": breakable}

    def start(self, asked: Asked) -> Rendered:
        """What this is, the first call, every endpoint, every guide."""
        pages = endpoint_pages()
        told = {
            "title": "Docs",
            "summary": texts.SUMMARY,
            "first": next(iter(pages.values())).snippets(asked.server)[0].source,
            "dialects": [(d, [p for p in pages.values() if p.endpoint.dialect is d]) for d in DIALECTS],
            "folders": [
                (name, [(guide, inline(self.guides.blurb(guide))) for guide in self.guides.within(folder)])
                for folder, name in FOLDERS.items()
            ],
        }
        return self._page(asked, "docs/start.html", told)

    def endpoint(self, asked: Asked) -> Rendered:
        page = endpoint_pages().get(asked.name)
        if page is None:
            return self.missing(asked)
        told = {
            "title": f"{page.endpoint.summary} ({page.endpoint.dialect.name})",
            "page": page,
            "endpoint": page.endpoint,
            "server": asked.server,
            "samples": page.snippets(asked.server),
            "key_line": texts.key_line(page.endpoint.dialect),
            "cost": texts.cost(page),
            "rules": [inline(rule) for rule in texts.rules(page)],
            "many": MANY,
        }
        return self._page(asked, "docs/endpoint.html", told)

    def endpoint_text(self, asked: Asked) -> Rendered:
        page = endpoint_pages().get(asked.name)
        if page is None:
            return self.missing(asked)
        return _text(texts.endpoint_markdown(page, asked.server), MARKDOWN)

    def prompt(self, asked: Asked) -> Rendered:
        page = endpoint_pages().get(asked.name)
        if page is None:
            return self.missing(asked)
        return _text(texts.prompt(page, asked.server))

    def guide(self, asked: Asked) -> Rendered:
        guide = self._guide(asked)
        if guide is None:
            return self.missing(asked)
        text = self._rendered(guide)
        told = {
            "title": guide.title,
            "guide": guide,
            "folder": FOLDERS[guide.folder],
            "text": text.html,
            "headings": [one for one in text.headings if one.depth == 2],
        }
        return self._page(asked, "docs/guide.html", told)

    def guide_text(self, asked: Asked) -> Rendered:
        guide = self._guide(asked)
        if guide is None:
            return self.missing(asked)
        return _text(self.guides.markdown(guide), MARKDOWN)

    def search(self, asked: Asked) -> Rendered:
        told = {
            "title": "Search the docs",
            "asked": asked.q,
            "found": self._index.find(asked.q),
            "full": MOST_FINDS,
        }
        return self._page(asked, "docs/search.html", told)

    def llms(self, asked: Asked) -> Rendered:
        return _text(texts.llms(self.guides, asked.server))

    def llms_full(self, asked: Asked) -> Rendered:
        return _text(texts.llms_full(self.guides, asked.server))

    def reference(self, asked: Asked) -> Rendered:
        """The API reference, which needs a script: without one, the page leads to what does not."""
        version = asked.openapi or next(iter(DOCUMENTS))
        told = {
            "title": "API reference",
            "place": REFERENCE,
            "documents": DOCUMENTS,
            "shown": version,
            "document": DOCUMENTS[version],
        }
        headers = {"content-security-policy": REFERENCE_POLICY}
        return self.views.rendered("docs/reference.html", told, headers=headers)

    def _page(self, asked: Asked, template: str, told: Mapping[str, object], status: int = 200) -> Rendered:
        """A page with the search box and the side navigation."""
        beside: dict[str, object] = {
            "place": PLACE,
            "path": asked.path,
            "groups": self._groups(),
            "asked": "",
            "most": MOST_LETTERS,
        }
        return self.views.rendered(template, beside | dict(told), status)

    def missing(self, asked: Asked) -> Rendered:
        return self._page(asked, "docs/missing.html", {"title": "No such page"}, 404)

    def _groups(self) -> list[Group]:
        groups = [
            Group(
                dialect.name,
                tuple(
                    Link(p.path, p.endpoint.summary)
                    for p in endpoint_pages().values()
                    if p.endpoint.dialect is dialect
                ),
            )
            for dialect in DIALECTS
        ]
        for folder, name in FOLDERS.items():
            links = tuple(Link(guide.path, guide.title) for guide in self.guides.within(folder))
            groups += [Group(name, links)] if links else []
        return groups

    def _guide(self, asked: Asked) -> Guide | None:
        return self.guides.by_place.get(f"{asked.folder}/{asked.name}")

    def _rendered(self, guide: Guide) -> Marked:
        if guide.place not in self._marked:
            self._marked[guide.place] = marked(guide.text, lambda href: self.guides.target(guide, href))
        return self._marked[guide.place]

    def _entries(self) -> Iterator[Entry]:
        """What the search looks through."""
        for page in endpoint_pages().values():
            yield from _endpoint_entries(page)
        for guide in (one for folder in FOLDERS for one in self.guides.within(folder)):
            if guide.place not in TOLD_ELSEWHERE:
                yield from self._guide_entries(guide)

    def _guide_entries(self, guide: Guide) -> Iterator[Entry]:
        for section in self._rendered(guide).sections:
            heading = section.heading
            if heading is None or heading.depth == 1:
                yield Entry(guide.title, "", section.text, guide.path)
            else:
                yield Entry(guide.title, heading.text, section.text, f"{guide.path}#{heading.id}")


def _endpoint_entries(page: EndpointPage) -> Iterator[Entry]:
    name = f"{page.endpoint.summary} ({page.endpoint.dialect.name})"
    start = f"{page.endpoint.description} {' '.join(page.endpoint.paths)} {page.endpoint.name}"
    yield Entry(name, "", start, page.path)
    for row in page.parameters:
        text = f"{row.name}: {row.meaning} {row.accepted}; {row.clamp}"
        yield Entry(name, f"Parameter {row.name}", text, f"{page.path}#parameters")
    fields = "; ".join(f"{one.path}: {one.meaning}" for one in page.fields)
    yield Entry(name, "Reply", fields, f"{page.path}#reply")
    errors = "; ".join(f"{one.status} {one.meaning}: {one.body}" for one in page.errors)
    yield Entry(name, "Errors", errors, f"{page.path}#errors")


def _text(text: str, media_type: str = TEXT) -> Rendered:
    return Rendered(text.encode(), media_type)


def docs_routes(views: Views, cache: PageCache) -> list[Route]:
    """The routes of the docs and the API reference."""
    docs = Docs(views)
    rows: dict[str, Callable[[Asked], Rendered]] = {
        "/docs": docs.start,
        SEARCH: docs.search,
        f"{ENDPOINT_ROOT}/{{name}}.md": docs.endpoint_text,
        f"{ENDPOINT_ROOT}/{{name}}/prompt.txt": docs.prompt,
        f"{ENDPOINT_ROOT}/{{name}}": docs.endpoint,
        f"{GUIDE_ROOT}/{{folder}}/{{name}}.md": docs.guide_text,
        f"{GUIDE_ROOT}/{{folder}}/{{name}}": docs.guide,
        "/docs/{rest:path}": docs.missing,
        "/llms.txt": docs.llms,
        "/llms-full.txt": docs.llms_full,
        REFERENCE: docs.reference,
    }
    return [Route(path, _kept(cache, make), methods=["GET"]) for path, make in rows.items()]


def _kept(cache: PageCache, make: Callable[[Asked], Rendered]) -> Page:
    async def page(request: Request) -> Response:
        asked = _asked(request)
        return await cache.answer(request, asked, partial(make, asked))

    return page


def _asked(request: Request) -> Asked:
    path, query, params = request.url.path, request.query_params, request.path_params
    version = query.get("openapi", "") if path == REFERENCE else ""
    return Asked(
        path=path,
        server=server_of(request),
        q=asked_for(query.get("q", "")) if path == SEARCH else "",
        openapi=version if version in DOCUMENTS else "",
        name=params.get("name", ""),
        folder=params.get("folder", ""),
    )
