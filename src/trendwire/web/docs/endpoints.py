"""What a page about an endpoint tells, gathered from the catalog and the OpenAPI document.

The page, its Markdown, the prompt for a language model and the search are all made from an `EndpointPage`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trendwire.dialects.base import Endpoint
from trendwire.dialects.catalog import ENDPOINTS
from trendwire.dialects.openapi import document
from trendwire.dialects.parameters import FARTHEST, Choice, ClipId, IndustryId, Keyword, Parameter, Whole
from trendwire.dialects.snippets import Snippet, snippets
from trendwire.errors import Code
from trendwire.web.docs.replies import Field, fields

Json = dict[str, Any]

ROOT = "/docs/endpoints"

MANY = 12
"""Of more values than this, a table tells how many there are; the prompt lists them all."""


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """A parameter in words. `clamp`: what becomes of a value that is not among the accepted."""

    name: str
    place: str
    kind: str
    required: bool
    default: str
    accepted: str
    clamp: str
    meaning: str
    example: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """An error with an example of its body."""

    status: int
    name: str
    meaning: str
    body: str


@dataclass(frozen=True, slots=True)
class HeaderRow:
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class EndpointPage:
    """All that is to be told of an endpoint, but for code samples, which hold the server's address."""

    endpoint: Endpoint
    parameters: tuple[ParameterRow, ...]
    fields: tuple[Field, ...]
    errors: tuple[ErrorRow, ...]
    headers: tuple[HeaderRow, ...]
    sample: str
    schema: Json

    @property
    def path(self) -> str:
        """Of the page about it."""
        return f"{ROOT}/{self.endpoint.name}"

    def snippets(self, server: str) -> tuple[Snippet, ...]:
        return snippets(self.endpoint, server)


@lru_cache(maxsize=1)
def endpoint_pages() -> dict[str, EndpointPage]:
    """Of every endpoint, by its name, in the catalog's order. Made once: the catalog never changes."""
    described = document()
    return {endpoint.name: _page(endpoint, described) for endpoint in ENDPOINTS}


def _page(endpoint: Endpoint, described: Json) -> EndpointPage:
    told = described["paths"][endpoint.path][endpoint.method.lower()]
    success = told["responses"]["200"]
    content = success["content"]["application/json"]
    schemas = described["components"]["schemas"]
    return EndpointPage(
        endpoint,
        tuple(_parameter(endpoint, row) for row in endpoint.parameters),
        tuple(fields(content["schema"], schemas)),
        tuple(_errors(told["responses"])),
        tuple(
            HeaderRow(name, described["components"]["headers"][name]["description"])
            for name in success["headers"]
        ),
        json.dumps(content["example"], ensure_ascii=False, indent=2),
        whole_schema(content["schema"], schemas),
    )


def _parameter(endpoint: Endpoint, row: Parameter) -> ParameterRow:
    return ParameterRow(
        name=row.name,
        place=row.place,
        kind=row.kind,
        required=row.required,
        default=row.default or "",
        accepted=row.rule.accepted.removeprefix("must be "),
        clamp=clamp(row, endpoint.dialect.errors[Code.INVALID_INPUT].status),
        meaning=row.description,
        example=row.example,
        values=tuple(map(str, row.rule.schema().get("enum", ()))),
    )


def clamp(row: Parameter, refused: int) -> str:
    """What becomes of a value outside of what is accepted. `refused`: the status of a refusal."""
    rule = row.rule
    if isinstance(rule, Whole):
        below = "below 1 counts as 1" if rule.raised else f"below 1: {refused}"
        above = f", above {rule.highest} counts as {rule.highest}" if rule.highest < FARTHEST else ""
        return f"{below}{above}; no whole number: {refused}"
    if isinstance(rule, ClipId | Keyword):
        return "any text is taken"
    if isinstance(rule, IndustryId):
        return f"a second-level id counts as its parent; anything else: {refused}"
    words = isinstance(rule, Choice) and not all(map(str.isdigit, rule.values))
    return f"{'read in any case; ' if words else ''}anything else: {refused}"


def _errors(responses: Json) -> Iterator[ErrorRow]:
    for status, told in responses.items():
        if int(status) < 400:
            continue
        for example in told["content"]["application/json"]["examples"].values():
            body = json.dumps(example["value"], ensure_ascii=False)
            yield ErrorRow(int(status), example["summary"], told["description"], body)


def whole_schema(schema: Json, schemas: Json) -> Json:
    """A schema on its own: what it refers to is in its `$defs`."""
    found: dict[str, Json] = {}
    _collect(schema, schemas, found)
    rooted: Json = _rooted(schema)
    return rooted | {"$defs": {name: _rooted(one) for name, one in sorted(found.items())}}


def _collect(node: Any, schemas: Json, found: dict[str, Json]) -> None:
    if isinstance(node, list):
        for part in node:
            _collect(part, schemas, found)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        name = value.rpartition("/")[2] if key == "$ref" else None
        if name is None:
            _collect(value, schemas, found)
        elif name not in found:
            found[name] = schemas[name]
            _collect(schemas[name], schemas, found)


def _rooted(node: Any) -> Any:
    """With references that lead into `$defs`."""
    if isinstance(node, list):
        return [_rooted(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"#/$defs/{value.rpartition('/')[2]}" if key == "$ref" else _rooted(value)
        for key, value in node.items()
    }
