"""How the text of a parameter becomes a value: one rule per kind of value, one `Parameter` row per parameter.

Parsing, OpenAPI, documents and code samples are all made from these rows. What holds for every
parameter of both dialects: of a repeated one the first counts, digits are ASCII, words are read in any case,
unknown parameters are ignored. Numbers are taken to the letter; around any other text white space is dropped,
and an empty one counts as absent. A `schema` describes the plain form of a value; all it allows is accepted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl

import msgspec

from trendwire.domain.charts import NO_INDUSTRY, WORLD
from trendwire.domain.subjects import hashtag_identity
from trendwire.domain.taxonomy import countries, industries, parent_industry, region_code
from trendwire.errors import InvalidInput, MissingParameter

Schema = dict[str, Any]

FARTHEST = 10**15
"""A whole number without an upper bound of its own counts as this one at most: exact in every JSON reader."""

_WHOLE = re.compile(r"(-?)(0|[1-9][0-9]*)", re.ASCII)
_FARTHEST_DIGITS = len(str(FARTHEST))


class Rule(Protocol):
    """One kind of value. `read` raises ValueError for a text it refuses; `accepted` ends the error's text."""

    @property
    def accepted(self) -> str: ...
    def read(self, text: str) -> object: ...
    def schema(self) -> Schema: ...


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from 1. Above `highest` it becomes that; below 1 it is refused, or `raised` to 1."""

    highest: int = FARTHEST
    raised: bool = False

    @property
    def accepted(self) -> str:
        return "must be a whole number" if self.raised else "must be a whole number from 1"

    def read(self, text: str) -> int:
        match = _WHOLE.fullmatch(text)
        if match is None:
            raise ValueError(text)
        number = int(match[2]) if len(match[2]) <= _FARTHEST_DIGITS else FARTHEST
        if (match[1] or number < 1) and not self.raised:
            raise ValueError(text)
        return 1 if match[1] else max(1, min(number, self.highest))

    def schema(self) -> Schema:
        return {} if self.raised else {"pattern": "^[1-9][0-9]*$"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; `values` maps each, in lower case, to what it means."""

    values: Mapping[str, object]

    @property
    def accepted(self) -> str:
        words = ", ".join(self.values)
        return f"must be one of {words}" if len(self.values) > 1 else f"must be {words}"

    def read(self, text: str) -> object:
        if text.lower() not in self.values:
            raise ValueError(text)
        return self.values[text.lower()]

    def schema(self) -> Schema:
        return {"enum": list(self.values)}


@dataclass(frozen=True, slots=True)
class Region:
    """An ISO 3166-1 alpha-2 code in any case, or the word `world`, if there is one, for the whole world."""

    world: str | None = None

    @property
    def accepted(self) -> str:
        code = "must be an ISO 3166-1 alpha-2 country code such as US"
        return f"{code}, or {self.world}" if self.world else code

    def read(self, text: str) -> str:
        if self.world is not None and text.lower() == self.world:
            return WORLD
        # Upper-casing turns some letters outside ASCII into two: they are no code.
        code = region_code(text) if text.isascii() else None
        if code is None:
            raise ValueError(text)
        return code

    def schema(self) -> Schema:
        return {"enum": [*([self.world] if self.world else []), *countries()]}


@dataclass(frozen=True, slots=True)
class IndustryId:
    """A first-level id; a second-level one counts as its parent. The word `none`, if there is one: all."""

    none: str | None = None

    @property
    def accepted(self) -> str:
        known = "must be one of the industry ids"
        return f"{known}, or {self.none}" if self.none else known

    def read(self, text: str) -> int:
        if self.none is not None and text.lower() == self.none:
            return NO_INDUSTRY
        match = _WHOLE.fullmatch(text)
        short = match is not None and len(text) <= _FARTHEST_DIGITS
        parent = parent_industry(int(text)) if short else None
        if parent is None:
            raise ValueError(text)
        return parent

    def schema(self) -> Schema:
        return {"enum": [*([self.none] if self.none else []), *map(str, industries())]}


@dataclass(frozen=True, slots=True)
class HashtagName:
    """A hashtag as anybody writes it; the value is its identity."""

    accepted: str = "must be a hashtag: no white space inside, not starting with @"

    def read(self, text: str) -> str:
        identity = hashtag_identity(text)
        if identity is None:
            raise ValueError(text)
        return identity

    def schema(self) -> Schema:
        return {"pattern": r"^#?[^#@\s][^\s]*$"}


@dataclass(frozen=True, slots=True)
class ClipId:
    """A clip id: an opaque text. A `+` sent unescaped arrives as a space, and no clip id holds a space."""

    accepted: str = "must be a clip id"

    def read(self, text: str) -> str:
        return text.replace(" ", "+")

    def schema(self) -> Schema:
        return {"minLength": 1}


@dataclass(frozen=True, slots=True)
class Keyword:
    """Words to look for, casefolded; the word `none` means no search."""

    none: str
    accepted: str = "must be a text"

    def read(self, text: str) -> str | None:
        return None if text == self.none else text.casefold()

    def schema(self) -> Schema:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of one endpoint. `means` names the field of `Asked` that it fills.

    `default` is the text that an absent one stands for; without one, an absent parameter says nothing. `kind`
    is the JSON type it is documented with.
    """

    name: str
    means: str
    rule: Rule
    description: str
    example: str
    default: str | None = None
    required: bool = False
    place: Literal["query", "path"] = "query"
    kind: Literal["string", "integer"] = "string"

    def read(self, text: str) -> object:
        """The value of a text that is not empty. Raises InvalidInput."""
        try:
            return self.rule.read(text)
        except ValueError:
            raise InvalidInput(self.name, self.rule.accepted) from None


def edition(kind: Literal["string", "integer"]) -> Parameter:
    """The parameter, ours, that every endpoint has."""
    return Parameter(
        name="edition",
        means="edition",
        rule=Whole(),
        description="Reads from the edition of this number instead of the current one, so that pages fit "
        "together; take it from the header `X-Edition`. One that is no longer kept is a 410.",
        example="1",
        kind=kind,
    )


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller asked for, in no dialect. Fields that the endpoint has no parameter for stay as here."""

    page: int = 1
    limit: int = 1
    period: int = 0
    region: str = WORLD
    industry: int = NO_INDUSTRY
    new_only: bool = False
    commercial_only: bool = False
    keyword: str | None = None
    edition: int | None = None
    subject: str = ""


def read(rows: tuple[Parameter, ...], query_string: str, path_parameters: Mapping[str, str]) -> Asked:
    """What was asked for by a percent-encoded query string and decoded path parameters.

    Raises InvalidInput or MissingParameter for the first row that is not met.
    """
    given = _first_values(query_string) | dict(path_parameters)
    values: dict[str, Any] = {}
    for row in rows:
        text = _said(row, given.get(row.name))
        if text is None:
            text = row.default
        if text is not None:
            values[row.means] = row.read(text)
        elif row.required:
            raise MissingParameter(row.name)
    return Asked(**values)


def _said(row: Parameter, text: str | None) -> str | None:
    """What the caller said of a parameter; None for nothing."""
    if text is None or isinstance(row.rule, Whole):
        return text
    return text.strip() or None


def _first_values(query_string: str) -> dict[str, str]:
    pairs = parse_qsl(query_string, keep_blank_values=True)
    return dict(reversed(pairs))
