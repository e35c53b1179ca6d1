"""What the playground knows of the catalog: endpoints, typed parameters, prices, samples, fields of replies.

All of it is taken from the rows that also parse requests and make the OpenAPI document.
"""

from collections.abc import Mapping

import msgspec

from trendwire.accounts.credential import BODY_LENGTH, CHECKSUM_LENGTH, PREFIXES
from trendwire.dialects.base import Dialect, Endpoint
from trendwire.dialects.catalog import DIALECTS, ENDPOINTS, render
from trendwire.dialects.openapi import example_request_id
from trendwire.dialects.parameters import (
    FARTHEST,
    Choice,
    ClipId,
    HashtagName,
    IndustryId,
    Keyword,
    Parameter,
    Region,
    Rule,
    Whole,
)
from trendwire.dialects.snippets import KEY_VARIABLE
from trendwire.domain.taxonomy import countries, industries
from trendwire.web.docs.endpoints import EndpointPage, endpoint_pages


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the values of a parameter. `also`: other texts that count as it."""

    value: str
    label: str
    also: tuple[str, ...] = ()


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter. `rule` names the kind of value, `least` and `most` bound a whole number.

    `raised`: below `least` it counts as that instead of being refused. `limits`: the bounds in words.
    """

    name: str
    place: str
    type: str
    rule: str
    required: bool
    default: str | None
    example: str
    description: str
    accepted: str
    limits: str
    least: int | None
    most: int | None
    raised: bool
    options: tuple[Option, ...]


class Told(msgspec.Struct, frozen=True):
    """One field of a reply: where it stands, its type, unit and meaning in words."""

    path: str
    type: str
    unit: str
    meaning: str


class Next(msgspec.Struct, frozen=True):
    """What the first row of a reply can be asked of: the value at `pointer` is the endpoint's `parameter`."""

    endpoint: str
    parameter: str
    pointer: str


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint. `docs` is where its page is.

    `sample` is the text of a reply: a browser that parses it rounds integers of 64 bits.
    """

    name: str
    dialect: str
    method: str
    path: str
    summary: str
    description: str
    header: str
    scheme: str | None
    cost: int
    parameters: tuple[Input, ...]
    docs: str
    sample: str
    fields: tuple[Told, ...]
    next: Next | None


class Group(msgspec.Struct, frozen=True):
    """A dialect and its endpoints."""

    name: str
    description: str
    endpoints: tuple[Offer, ...]


class KeyShape(msgspec.Struct, frozen=True):
    """A key is a prefix, then `length` letters and digits. `variable` holds one in code samples."""

    live: str
    test: str
    length: int
    variable: str


class Playground(msgspec.Struct, frozen=True):
    """The whole document."""

    key: KeyShape
    groups: tuple[Group, ...]

    @property
    def endpoints(self) -> dict[str, Offer]:
        """By name."""
        return {one.name: one for group in self.groups for one in group.endpoints}


def playground_document() -> Playground:
    """The document, made from the catalog."""
    pages = endpoint_pages()
    groups = tuple(_group(dialect, pages) for dialect in DIALECTS)
    shape = KeyShape(PREFIXES["live"], PREFIXES["test"], BODY_LENGTH + CHECKSUM_LENGTH, KEY_VARIABLE)
    return Playground(shape, groups)


def _group(dialect: Dialect, pages: Mapping[str, EndpointPage]) -> Group:
    own = tuple(_endpoint(one, pages[one.name]) for one in ENDPOINTS if one.dialect is dialect)
    return Group(dialect.name, dialect.description, own)


def _endpoint(endpoint: Endpoint, page: EndpointPage) -> Offer:
    sample = render(endpoint, endpoint.example, example_request_id(endpoint.dialect))
    return Offer(
        name=endpoint.name,
        dialect=endpoint.dialect.name,
        method=endpoint.method,
        path=endpoint.path,
        summary=endpoint.summary,
        description=endpoint.description,
        header=endpoint.dialect.credential.header,
        scheme=endpoint.dialect.credential.scheme,
        cost=endpoint.credits,
        parameters=tuple(_parameter(row) for row in endpoint.parameters),
        docs=page.path,
        sample=msgspec.json.format(sample, indent=2).decode(),
        fields=tuple(Told(one.path, one.kind, one.unit, one.meaning) for one in page.fields),
        next=Next(*endpoint.leads_to) if endpoint.leads_to else None,
    )


def _parameter(row: Parameter) -> Input:
    whole = row.rule if isinstance(row.rule, Whole) else None
    bounded = whole is not None and whole.highest < FARTHEST
    return Input(
        name=row.name,
        place=row.place,
        type=row.kind,
        rule=_RULES[type(row.rule)],
        required=row.required,
        default=row.default,
        example=row.example,
        description=row.description,
        accepted=row.rule.accepted,
        limits=_limits(whole) if whole else "",
        least=1 if whole else None,
        most=whole.highest if whole and bounded else None,
        raised=whole is not None and whole.raised,
        options=_options(row),
    )


_RULES: dict[type[Rule], str] = {
    Whole: "whole",
    Choice: "choice",
    Region: "region",
    IndustryId: "industry",
    HashtagName: "hashtag",
    ClipId: "text",
    Keyword: "text",
}


def _limits(rule: Whole) -> str:
    """The bounds in words."""
    return "from 1" if rule.highest == FARTHEST else f"1 to {rule.highest}"


def _options(row: Parameter) -> tuple[Option, ...]:
    """All values of a parameter that has few; the word for all of them first."""
    rule = row.rule
    if isinstance(rule, Choice):
        unit = " days" if row.means == "period" else ""
        return tuple(Option(value, f"{value}{unit}") for value in rule.values)
    if isinstance(rule, Region):
        every = (Option(rule.world, f"The whole world ({rule.world})"),) if rule.world else ()
        named = sorted(countries().values(), key=lambda country: country.name)
        return (*every, *(Option(one.code, f"{one.name} ({one.code})") for one in named))
    if isinstance(rule, IndustryId):
        every = (Option(rule.none, f"All industries ({rule.none})"),) if rule.none else ()
        return (*every, *_industries())
    return ()


def _industries() -> tuple[Option, ...]:
    return tuple(
        Option(str(one.id), f"{one.name} ({one.id})", tuple(map(str, one.children)))
        for one in industries().values()
    )
