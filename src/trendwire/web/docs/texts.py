"""The docs as plain text, for programs and language models: an endpoint's page, its prompt, llms.txt.

All of it is Markdown, whole, with the address of the server that was asked.
"""

import json
from collections.abc import Iterable, Sequence

from trendwire.dialects.base import Dialect
from trendwire.dialects.catalog import DIALECTS
from trendwire.dialects.openapi import DESCRIPTION
from trendwire.dialects.snippets import KEY_VARIABLE
from trendwire.web.docs.endpoints import MANY, EndpointPage, ParameterRow, endpoint_pages
from trendwire.web.docs.guides import FOLDERS, TOLD_ELSEWHERE, Guide, Guides

SUMMARY = """\
A trend server that a person runs themselves: trending hashtags, sounds, videos and creators by period, \
region and industry, computed from posts, served over HTTP in two established wire languages."""

_RULES = """\
A 200 costs {charged}, told in `X-Credits-Cost`; what is left is in `X-Credits-Remaining`. \
Errors, 304 and `HEAD` are free.
A key has a limit of requests in any one second, told in `RateLimit-Policy`; what is left of it is in \
`RateLimit`. Above it the answer is 429: wait the seconds in `Retry-After`, then try again.
Try again after 429 and 503 only, as `Retry-After` says. Other errors stay until the request changes.
Keep the `ETag` of an answer and send it in `If-None-Match`: an unchanged one is a free 304 without a body.
To read several pages of one state, send `edition=` with the number from the header `X-Edition`.
Read the key from the environment variable `{variable}`; never write it into code, an address or a log."""

_TASK = """\
You are to write code that calls the endpoint “{summary}” of a Trendwire server. What follows is its whole \
contract; do not assume anything that it does not say."""

_SENT = """\
All values are sent percent-encoded. Of a repeated parameter the first counts; an empty one counts as \
absent, but an empty number is a 400; unknown ones are ignored."""


def cost(page: EndpointPage) -> str:
    """What a call costs, in a sentence."""
    credits_ = page.endpoint.credits
    return f"{credits_} credits a call, charged on success only." if credits_ else "Free; a key is needed."


def key_line(dialect: Dialect) -> str:
    """The header that holds the key, as it is sent."""
    return f"{dialect.credential.header}: {dialect.credential.written(f'${KEY_VARIABLE}')}"


def rules(page: EndpointPage) -> list[str]:
    """What a client of an endpoint has to know of credits and rate."""
    credits_ = page.endpoint.credits
    charged = f"{credits_} credits" if credits_ else "nothing"
    return _RULES.format(charged=charged, variable=KEY_VARIABLE).splitlines()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def _parameters(page: EndpointPage, whole: bool) -> str:
    """The parameters as a table; `whole`: with every value that may be sent."""
    rows = [
        (
            _code(row.name),
            f"{row.kind}, in the {row.place}",
            _code(row.default) if not row.required else "required",
            _accepted(row, whole),
            row.clamp,
            f"{row.meaning} Example: `{row.example}`.",
        )
        for row in page.parameters
    ]
    return table(("parameter", "type", "default", "accepted", "otherwise", "meaning"), rows)


def _accepted(row: ParameterRow, whole: bool) -> str:
    if whole and len(row.values) > MANY:
        return f"{row.accepted}: {', '.join(row.values)}"
    return row.accepted


def _fields(page: EndpointPage) -> str:
    rows = [(_code(one.path), one.kind, one.unit, one.meaning) for one in page.fields]
    return table(("field", "type", "unit", "meaning"), rows)


def _errors(page: EndpointPage) -> str:
    rows = [(str(one.status), one.name, one.meaning, _code(one.body)) for one in page.errors]
    return table(("status", "error", "when", "body"), rows)


def _headers(page: EndpointPage) -> str:
    return table(("header", "meaning"), [(_code(one.name), one.meaning) for one in page.headers])


def _opening(page: EndpointPage, server: str) -> list[str]:
    endpoint = page.endpoint
    others = ", ".join(f"`{path}`" for path in endpoint.paths[1:])
    return [
        endpoint.description,
        f"- Request: `{endpoint.method} {server}{endpoint.path}`"
        + (f"\n- The same at {others}" if others else "")
        + f"\n- Wire language: {endpoint.dialect.name}"
        + f"\n- Key: header `{key_line(endpoint.dialect)}`"
        + f"\n- Cost: {cost(page)}",
    ]


def endpoint_markdown(page: EndpointPage, server: str) -> str:
    """An endpoint's page."""
    parts = [f"# {page.endpoint.summary}", *_opening(page, server), "## Parameters", _parameters(page, False)]
    for one in page.snippets(server):
        parts += [f"## {one.label}", _fenced(one.lang, one.source)]
    parts += ["## Reply", _fields(page), "## Sample reply", _fenced("json", page.sample)]
    parts += ["## Errors", _errors(page), "## Reply headers", _headers(page)]
    parts += ["## Credits and rate", "\n".join(f"- {rule}" for rule in rules(page))]
    return "\n\n".join(parts) + "\n"


def prompt(page: EndpointPage, server: str) -> str:
    """All that a language model needs to write a client of an endpoint, nothing left out."""
    schema = json.dumps(page.schema, ensure_ascii=False, indent=1)
    curl = page.snippets(server)[0].source
    parts = [
        _TASK.format(summary=page.endpoint.summary),
        "# Request",
        *_opening(page, server),
        _SENT,
        "## Parameters",
        _parameters(page, True),
        "## Example",
        _fenced("sh", curl),
        "# Reply",
        "Status 200, JSON of this schema (JSON Schema 2020-12):",
        _fenced("json", schema),
        "What each field means:",
        _fields(page),
        "A sample, which satisfies the schema:",
        _fenced("json", page.sample),
        "## Headers",
        _headers(page),
        "# Errors",
        _errors(page),
        "# Rules",
        "\n".join(f"- {rule}" for rule in rules(page)),
    ]
    return "\n\n".join(parts) + "\n"


def llms(guides: Guides, server: str) -> str:
    """llms.txt: what this is, and where every page is as Markdown (https://llmstxt.org)."""
    parts = ["# Trendwire", f"> {SUMMARY}", DESCRIPTION.partition("\n\n")[2].strip()]
    for dialect in DIALECTS:
        pages = [one for one in endpoint_pages().values() if one.endpoint.dialect is dialect]
        lines = [_endpoint_line(one, server) for one in pages]
        parts += [f"## Endpoints: {dialect.name}", "\n".join(lines)]
    for folder, name in FOLDERS.items():
        lines = [_guide_line(guides, guide, server) for guide in guides.within(folder)]
        parts += [f"## {name}", "\n".join(lines)] if lines else []
    parts += ["## Optional", "\n".join(_optional(server))]
    return "\n\n".join(parts) + "\n"


def _endpoint_line(page: EndpointPage, server: str) -> str:
    request = f"`{page.endpoint.method} {page.endpoint.path}`"
    link = f"[{page.endpoint.summary}]({server}{page.path}.md)"
    return f"- {link}: {request}, {cost(page)} {page.endpoint.description}"


def _guide_line(guides: Guides, guide: Guide, server: str) -> str:
    blurb = guides.blurb(guide)
    return f"- [{guide.title}]({server}{guide.path}.md)" + (f": {blurb}" if blurb else "")


def _optional(server: str) -> Iterable[str]:
    yield f"- [OpenAPI 3.1]({server}/openapi.json): every endpoint for programs"
    yield f"- [OpenAPI 3.0]({server}/openapi-3.0.json): the same for older tools"
    yield f"- [llms-full.txt]({server}/llms-full.txt): all of these pages in one text"


def llms_full(guides: Guides, server: str) -> str:
    """Everything in one text: what this is, every endpoint, every guide."""
    parts = ["# Trendwire", f"> {SUMMARY}", DESCRIPTION.partition("\n\n")[2].strip()]
    parts += [endpoint_markdown(one, server).strip() for one in endpoint_pages().values()]
    for folder in FOLDERS:
        told = [one for one in guides.within(folder) if one.place not in TOLD_ELSEWHERE]
        parts += [guides.markdown(one).strip() for one in told]
    return "\n\n".join(parts) + "\n"
