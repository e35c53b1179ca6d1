"""The OpenAPI 3.1 document, made from the catalog: nothing in it is written twice.

Component schemas come from the wire types, parameters from their rows, examples from made-up answers.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from trendwire import __version__
from trendwire.dialects.base import (
    CONTENT_TYPE,
    COST_HEADER,
    CREDITS_HEADER,
    DATA_SOURCE_HEADER,
    EDITION_HEADER,
    NOT_READY_RETRY,
    RATE_HEADER,
    REQUEST_ID_BYTES,
    REQUEST_ID_HEADER,
    Dialect,
    Endpoint,
)
from trendwire.dialects.catalog import DIALECTS, ENDPOINTS, render, render_error
from trendwire.dialects.parameters import Parameter
from trendwire.dialects.snippets import snippets
from trendwire.errors import (
    BadCredential,
    Code,
    Gone,
    InvalidInput,
    MissingParameter,
    NoCredential,
    NotAllowed,
    NotFound,
    NotReady,
    OutOfCredits,
    RateLimited,
    TrendwireError,
)

Json = dict[str, Any]

LOCAL_SERVER = "http://127.0.0.1:8000"
"""The server of the code samples unless another is named."""

_REF = "#/components/schemas/{name}"
_TYPES = {bool: "boolean", int: "integer", str: "string"}
"""Of the values of an enumeration: generators of clients drop what has no type."""
_EXAMPLE_AT = 1_773_562_150_000
_EXAMPLE_NOISE = bytes(range(1, REQUEST_ID_BYTES + 1))

DESCRIPTION = """\
Trending hashtags, sounds, videos and creators, computed from posts on this server, in two wire languages.

- Every call needs a key. The **KeyAPI** endpoints take it as `Authorization: Bearer`, the **Crawlora**
  endpoints as `x-api-key`. A call costs credits (`x-credits`), charged on success only.
- Of a repeated parameter the first counts; unknown ones are ignored; words are read in any case. White space
  around a text is dropped, and an empty text counts as absent; numbers are taken as they stand, so `page=` is
  a 400.
- Replies may be compressed (`br`, `zstd`, `gzip`). An answer asked for again with its `ETag` in
  `If-None-Match` is a 304 while it is unchanged, free of charge. `HEAD` is free too.
- All numbers are those of one edition, whose number is in the header `X-Edition`; `edition=<number>` reads
  from it again. The last day that counts is the edition's, usually yesterday (UTC).
- A region's numbers are computed from posts, or are a source's own charts as recorded: `X-Data-Source` says
  which, and `/v1/provenance` (free, without a key) tells sources, times and sample sizes.
- `ALL` as a region is the whole world.
"""

_HEADERS: dict[str, tuple[str, Json]] = {
    RATE_HEADER: ("Requests the key may still make in this second.", {"type": "integer", "minimum": 0}),
    "RateLimit-Policy": (
        "The key's quota: requests in any one second (IETF draft, RateLimit header fields).",
        {"type": "string", "pattern": '^"second";q=[0-9]+;w=1$'},
    ),
    "RateLimit": (
        "What is left of the quota, and seconds until it is whole again.",
        {"type": "string", "pattern": '^"second";r=[0-9]+;t=[0-9]+$'},
    ),
    COST_HEADER: ("Credits that this reply was charged.", {"type": "integer", "minimum": 0}),
    CREDITS_HEADER: ("Credits left to the account.", {"type": "integer", "minimum": 0}),
    REQUEST_ID_HEADER: ("The request in the logs of this server.", {"type": "string"}),
    EDITION_HEADER: ("Number of the edition that answered.", {"type": "integer", "minimum": 1}),
    DATA_SOURCE_HEADER: (
        "Where the region's numbers come from: computed from posts, or a source's own charts as recorded.",
        {"type": "string", "pattern": "^(computed|recorded:[A-Za-z0-9][A-Za-z0-9._-]*)$"},
    ),
    "ETag": (
        "Changes with what is answered. Sent back in `If-None-Match`, an unchanged answer is a free 304.",
        {"type": "string", "pattern": '^W/"[0-9]+-[0-9a-f]{16}"$'},
    ),
    "Retry-After": ("Seconds after which to try again.", {"type": "integer", "minimum": 1}),
}

_OF_THE_KEY = (RATE_HEADER, "RateLimit-Policy", "RateLimit", CREDITS_HEADER)
_OF_ALL = (REQUEST_ID_HEADER, COST_HEADER)
_OF_ANSWERS = (EDITION_HEADER, DATA_SOURCE_HEADER, "ETag")

_IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of an answer kept earlier.",
    "required": False,
    "schema": {"type": "string"},
}

_STATUS_WORDS = {
    400: "A parameter is missing or not accepted",
    401: "No key, or not a valid one",
    402: "Not enough credits",
    403: "The key may not use this endpoint",
    404: "Not found",
    410: "The edition is no longer kept, or not this detail of it",
    429: "Too many requests in a second",
    500: "Internal server error",
    503: f"Nothing to serve yet; try again in {NOT_READY_RETRY} s",
}


def document(server: str = LOCAL_SERVER, contact: str | None = None) -> Json:
    """The OpenAPI 3.1 document. `server` is the address in the code samples; its own server is `/`.

    `contact`: of the operator, a mailto: or https: address.
    """
    types, schemas = _schemas()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Trendwire",
            "version": __version__,
            "description": DESCRIPTION,
            "contact": {"name": "The operator of this server"} | _contact(contact),
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": one.name, "description": one.description} for one in DIALECTS],
        "paths": {
            endpoint.path: {endpoint.method.lower(): _operation(endpoint, types, server)}
            for endpoint in ENDPOINTS
        },
        "components": {
            "schemas": schemas,
            "headers": {
                name: {"description": words, "schema": schema} for name, (words, schema) in _HEADERS.items()
            },
            "securitySchemes": {one.credential.name: dict(one.credential.scheme_object) for one in DIALECTS},
        },
    }


def _contact(address: str | None) -> Json:
    if address is None:
        return {}
    email = address.removeprefix("mailto:")
    return {"url": address} if email == address else {"email": email}


def encoded(document: Json) -> bytes:
    """A document as the bytes to serve."""
    return msgspec.json.encode(document)


def _schemas() -> tuple[dict[Any, Json], Json]:
    """A reference per wire type that is a whole body, and all component schemas under plain names."""
    bodies = [*(endpoint.reply for endpoint in ENDPOINTS), *(one.error_type for one in DIALECTS)]
    references, components = msgspec.json.schema_components(bodies, ref_template=_REF)
    plain = {name: name.replace("_", "") for name in components}
    renamed = {plain[name]: _renamed(schema, plain) for name, schema in components.items()}
    for name, schema in renamed.items():
        schema["title"] = name
    return dict(zip(bodies, (_renamed(one, plain) for one in references), strict=True)), renamed


def _renamed(node: Any, plain: dict[str, str]) -> Any:
    """The schema with its references to plain names, and a type beside every enumeration."""
    if isinstance(node, list):
        return [_renamed(part, plain) for part in node]
    if not isinstance(node, dict):
        return node
    typed = {"type": _TYPES[type(node["enum"][0])]} if isinstance(node.get("enum"), list) else {}
    return typed | {
        key: _REF.format(name=plain[value.rpartition("/")[2]]) if key == "$ref" else _renamed(value, plain)
        for key, value in node.items()
    }


def _operation(endpoint: Endpoint, types: dict[Any, Json], server: str) -> Json:
    return {
        "operationId": endpoint.name,
        "tags": [endpoint.dialect.name],
        "summary": endpoint.summary,
        "description": f"{endpoint.description}\n\n{_cost(endpoint)}{_other_paths(endpoint)}",
        "parameters": [*(parameter_object(row) for row in endpoint.parameters), _IF_NONE_MATCH],
        "responses": {"200": _success(endpoint, types), "304": _unchanged()} | _failures(endpoint, types),
        "security": [{endpoint.dialect.credential.name: []}],
        "x-credits": endpoint.credits,
        "x-codeSamples": [
            {"lang": one.lang, "label": one.label, "source": one.source} for one in snippets(endpoint, server)
        ],
    }


def _cost(endpoint: Endpoint) -> str:
    if not endpoint.credits:
        return "Free of charge; a key is needed."
    return f"Costs {endpoint.credits} credits per call, charged on success only."


def _other_paths(endpoint: Endpoint) -> str:
    others = ", ".join(f"`{path}`" for path in endpoint.paths[1:])
    return f"\n\nAlso at {others}." if others else ""


def parameter_object(row: Parameter) -> Json:
    """A parameter as OpenAPI describes it."""
    schema: Json = {"type": row.kind} | row.rule.schema()
    if row.kind == "integer":
        bounds = {"minimum": 1} if schema.pop("pattern", None) else {}
        schema |= bounds | ({"enum": [int(one) for one in schema["enum"]]} if "enum" in schema else {})
    if row.default is not None:
        schema["default"] = _typed(row, row.default)
    return {
        "name": row.name,
        "in": row.place,
        "description": row.description,
        "required": row.required,
        "schema": schema,
        "example": _typed(row, row.example),
    }


def _typed(row: Parameter, text: str) -> str | int:
    return int(text) if row.kind == "integer" else text


def _success(endpoint: Endpoint, types: dict[Any, Json]) -> Json:
    body = render(endpoint, endpoint.example, example_request_id(endpoint.dialect))
    return {
        "description": "Success",
        "headers": _headers((*_OF_ALL, *_OF_THE_KEY, *_OF_ANSWERS)),
        "content": {
            CONTENT_TYPE: {"schema": types[endpoint.reply], "example": msgspec.json.decode(body)},
        },
    } | _links(endpoint)


def _links(endpoint: Endpoint) -> Json:
    """What the first row of a chart can be asked of next."""
    if endpoint.leads_to is None:
        return {}
    operation, parameter, pointer = endpoint.leads_to
    asked = {"operationId": operation, "parameters": {parameter: f"$response.body#{pointer}"}}
    return {"links": {"detail": asked | {"description": "The first row in detail."}}}


def _unchanged() -> Json:
    return {
        "description": "The caller has this answer already; free of charge",
        "headers": _headers((*_OF_ALL, *_OF_THE_KEY, *_OF_ANSWERS)),
    }


def example_request_id(dialect: Dialect) -> str:
    """The request id of the documents."""
    return dialect.request_id(_EXAMPLE_AT, _EXAMPLE_NOISE)


def example_errors(endpoint: Endpoint) -> dict[Code, TrendwireError]:
    """An example of each error the endpoint can answer."""
    last = endpoint.parameters[-1]
    row = next((one for one in endpoint.parameters if one.name == "period"), last)
    needed = next((one.name for one in endpoint.parameters if one.required), row.name)
    examples: dict[Code, TrendwireError] = {
        Code.INVALID_INPUT: InvalidInput(row.name, row.rule.accepted),
        Code.MISSING_PARAMETER: MissingParameter(needed),
        Code.NOT_FOUND: NotFound(endpoint.subject),
        Code.GONE: Gone("edition is no longer kept"),
        Code.NO_CREDENTIAL: NoCredential("no key"),
        Code.BAD_CREDENTIAL: BadCredential("not a key"),
        Code.NOT_ALLOWED: NotAllowed("not allowed"),
        Code.OUT_OF_CREDITS: OutOfCredits("no credits"),
        Code.RATE_LIMITED: RateLimited("too many requests", 1),
        Code.NOT_READY: NotReady("no edition is published yet"),
        Code.INTERNAL: TrendwireError("internal"),
    }
    return {code: examples[code] for code in endpoint.errors}


def _failures(endpoint: Endpoint, types: dict[Any, Json]) -> Json:
    examples: dict[int, Json] = {}
    for code, error in example_errors(endpoint).items():
        answered = render_error(endpoint.dialect, error)
        told = {"summary": code.value.replace("_", " "), "value": msgspec.json.decode(answered.body)}
        examples.setdefault(answered.status, {})[code.value] = told
    schema = types[endpoint.dialect.error_type]
    return {str(status): _failure(status, told, schema) for status, told in sorted(examples.items())}


def _failure(status: int, examples: Json, schema: Json) -> Json:
    names = [*_OF_ALL, *(() if status in (401, 503) else _OF_THE_KEY)]
    names += ["Retry-After"] if status in (429, 503) else []
    return {
        "description": _STATUS_WORDS[status],
        "headers": _headers(names),
        "content": {CONTENT_TYPE: {"schema": schema, "examples": examples}},
    }


def _headers(names: Iterable[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
