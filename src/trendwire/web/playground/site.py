"""The playground: one page where a call is put together, priced and, with a script, sent.

Without a script the page still shows an endpoint's parameters as a form, the request that they make, a sample
reply and what its fields mean. No key ever comes here: the script sends it to the endpoint alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trendwire.accounts.redaction import redacted
from trendwire.dialects.base import Endpoint
from trendwire.dialects.catalog import BY_NAME, ENDPOINTS
from trendwire.dialects.parameters import Parameter
from trendwire.dialects.snippets import snippets
from trendwire.errors import InvalidInput
from trendwire.web.page_cache import PageCache, Rendered
from trendwire.web.playground.document import playground_document
from trendwire.web.views import Views, server_of

PATH = "/playground"
DOCUMENT_PATH = f"{PATH}.json"

LONGEST = 500
"""Characters of a value that a link may carry; longer ones are left out."""

_SCRIPTS = "js/playground/"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a link asks for: an endpoint, the texts of its parameters, and in words what is wrong with it."""

    endpoint: Endpoint
    given: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    unknown: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What its page depends on."""
        return self.endpoint.name, self.unknown, tuple(self.given.items()), tuple(self.wrong.items())


def playground_routes(views: Views, cache: PageCache) -> list[Route]:
    """The page and the document that its script reads."""
    known = playground_document()
    encoded = Rendered(msgspec.json.encode(known), "application/json")

    def made(chosen: Chosen, server: str) -> Rendered:
        told = {
            "title": f"{chosen.endpoint.summary} – Playground",
            "place": PATH,
            "document": DOCUMENT_PATH,
            "modules": [name for name in views.statics.names if name.startswith(_SCRIPTS)],
            "groups": known.groups,
            "offer": known.endpoints[chosen.endpoint.name],
            "chosen": chosen,
            "curl": curl(chosen, server),
        }
        return views.rendered("playground/page.html", told, 404 if chosen.unknown else 200)

    async def page(request: Request) -> Response:
        chosen = chosen_by(dict(reversed(request.query_params.multi_items())))
        server = server_of(request)
        return await cache.answer(request, (PATH, chosen.key, server), partial(made, chosen, server))

    async def catalog(request: Request) -> Response:
        return await cache.answer(request, DOCUMENT_PATH, lambda: encoded)

    return [Route(PATH, page, methods=["GET"]), Route(DOCUMENT_PATH, catalog, methods=["GET"])]


def chosen_by(query: Mapping[str, str]) -> Chosen:
    """What the query of a link asks for. What looks like a key is left out, and so is what is too long."""
    name = query.get("endpoint", ENDPOINTS[0].name)
    if name not in BY_NAME:
        return Chosen(ENDPOINTS[0], unknown=True)
    chosen = Chosen(BY_NAME[name])
    for row in chosen.endpoint.parameters:
        text = query.get(row.name, "").strip()
        if redacted(text) != text:
            chosen.wrong[row.name] = f"{row.name} held what looks like a key, and was left out"
        elif len(text) > LONGEST:
            chosen.wrong[row.name] = f"{row.name} was too long for a link, and was left out"
        elif text:
            chosen.given[row.name] = text
            chosen.wrong.update(_wrong(row, text))
    return chosen


def _wrong(row: Parameter, text: str) -> dict[str, str]:
    try:
        row.read(text)
    except InvalidInput as error:
        return {row.name: error.public}
    return {}


def curl(chosen: Chosen, address: str) -> str:
    """The call as a line for a shell, with what was given and the defaults."""
    rows = tuple(
        replace(row, default=chosen.given[row.name], example=chosen.given[row.name])
        if row.name in chosen.given
        else row
        for row in chosen.endpoint.parameters
    )
    return snippets(replace(chosen.endpoint, parameters=rows), address)[0].source
