"""The addresses of the docs: pages for people, the same as Markdown, search, and the API reference."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trendwire.dialects.catalog import DIALECTS
from trendwire.dialects.openapi import LOCAL_SERVER
from trendwire.web.docs import texts
from trendwire.web.docs.endpoints import MANY, EndpointPage, endpoint_pages
from trendwire.web.docs.endpoints import ROOT as ENDPOINT_ROOT
from trendwire.web.docs.guides import FOLDERS, TOLD_ELSEWHERE, Guide, Guides
from trendwire.web.docs.guides import ROOT as GUIDE_ROOT
from trendwire.web.docs.marked import Marked, inline, marked
from trendwire.web.docs.search import MOST_FINDS, MOST_LETTERS, Entry, Index, asked_for
from trendwire.web.views import PAGE_POLICY, Views, reply

PLACE = "/docs"
REFERENCE = "/reference"

MARKDOWN = "text/markdown; charset=utf-8"
TEXT = "text/plain; charset=utf-8"

REFERENCE_POLICY = f"{PAGE_POLICY}; img-src 'self' data:"
"""The reference's own styles draw their arrows as `data:` pictures."""

DOCUMENTS = {"3.1": "/openapi.json", "3.0": "/openapi-3.0.json"}
"""OpenAPI documents that the reference can show, by version, the usual one first."""

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


def server_of(request: Request) -> str:
    """The address under which the caller reached this server: what code samples are written for."""
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        return LOCAL_SERVER
    forwarded = request.headers.get("x-forwarded-proto", request.url.scheme)
    return f"{'https' if forwarded == 'https' else 'http'}://{host}"


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


@dataclass(slots=True)
class Docs:
    """The pages over one set of guides. For one thread."""

    views: Views
    guides: Guides = field(default_factory=Guides)
    _index: Index = field(init=False)
    _marked: dict[str, Marked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._index = Index(self._entries())
        self.views.environment.filters |= {"marked": inline, "breakable": breakable}

    async def start(self, request: Request) -> Response:
        """What this is, the first call, every endpoint, every guide."""
        pages = endpoint_pages()
        told = {
            "title": "Docs",
            "summary": texts.SUMMARY,
            "first": next(iter(pages.values())).snippets(server_of(request))[0].source,
            "dialects": [(d, [p for p in pages.values() if p.endpoint.dialect is d]) for d in DIALECTS],
            "folders": [
                (name, [(guide, inline(self.guides.blurb(guide))) for guide in self.guides.within(folder)])
                for folder, name in FOLDERS.items()
            ],
        }
        return self._page(request, "docs/start.html", told)

    async def endpoint(self, request: Request) -> Response:
        page = endpoint_pages().get(request.path_params["name"])
        if page is None:
            return self._missing(request)
        told = {
            "title": f"{page.endpoint.summary} ({page.endpoint.dialect.name})",
            "page": page,
            "endpoint": page.endpoint,
            "server": server_of(request),
            "samples": page.snippets(server_of(request)),
            "key_line": texts.key_line(page.endpoint.dialect),
            "cost": texts.cost(page),
            "rules": [inline(rule) for rule in texts.rules(page)],
            "many": MANY,
        }
        return self._page(request, "docs/endpoint.html", told)

    async def endpoint_text(self, request: Request) -> Response:
        page = endpoint_pages().get(request.path_params["name"])
        if page is None:
            return self._missing(request)
        return _text(request, texts.endpoint_markdown(page, server_of(request)), MARKDOWN)

    async def prompt(self, request: Request) -> Response:
        page = endpoint_pages().get(request.path_params["name"])
        if page is None:
            return self._missing(request)
        return _text(request, texts.prompt(page, server_of(request)))

    async def guide(self, request: Request) -> Response:
        guide = self._guide(request)
        if guide is None:
            return self._missing(request)
        text = self._rendered(guide)
        told = {
            "title": guide.title,
            "guide": guide,
            "folder": FOLDERS[guide.folder],
            "text": text.html,
            "headings": [one for one in text.headings if one.depth == 2],
        }
        return self._page(request, "docs/guide.html", told)

    async def guide_text(self, request: Request) -> Response:
        guide = self._guide(request)
        if guide is None:
            return self._missing(request)
        return _text(request, self.guides.markdown(guide), MARKDOWN)

    async def search(self, request: Request) -> Response:
        asked = asked_for(request.query_params.get("q", ""))
        told = {
            "title": "Search the docs",
            "asked": asked,
            "found": self._index.find(asked),
            "full": MOST_FINDS,
        }
        return self._page(request, "docs/search.html", told)

    async def llms(self, request: Request) -> Response:
        return _text(request, texts.llms(self.guides, server_of(request)))

    async def llms_full(self, request: Request) -> Response:
        return _text(request, texts.llms_full(self.guides, server_of(request)))

    async def reference(self, request: Request) -> Response:
        """The API reference, which needs a script: without one, the page leads to what does not."""
        asked = request.query_params.get("openapi", "")
        version = asked if asked in DOCUMENTS else next(iter(DOCUMENTS))
        told = {
            "title": "API reference",
            "place": REFERENCE,
            "documents": DOCUMENTS,
            "version": version,
            "document": DOCUMENTS[version],
        }
        headers = {"content-security-policy": REFERENCE_POLICY}
        return self.views.page(request, "docs/reference.html", told, headers=headers)

    def _page(
        self, request: Request, template: str, told: Mapping[str, object], status: int = 200
    ) -> Response:
        """A page with the search box and the side navigation."""
        beside: dict[str, object] = {"place": PLACE, "groups": self._groups(), "asked": ""}
        return self.views.page(request, template, beside | {"most": MOST_LETTERS} | dict(told), status)

    async def missing(self, request: Request) -> Response:
        return self._missing(request)

    def _missing(self, request: Request) -> Response:
        return self._page(request, "docs/missing.html", {"title": "No such page"}, 404)

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

    def _guide(self, request: Request) -> Guide | None:
        return self.guides.by_place.get(f"{request.path_params['folder']}/{request.path_params['name']}")

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


def _text(request: Request, text: str, media_type: str = TEXT) -> Response:
    return reply(request, text.encode(), media_type)


def docs_routes(views: Views) -> list[Route]:
    """The routes of the docs and the API reference."""
    docs = Docs(views)
    rows = {
        "/docs": docs.start,
        "/docs/search": docs.search,
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
    return [Route(path, page, methods=["GET"]) for path, page in rows.items()]
