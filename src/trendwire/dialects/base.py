"""What a dialect is: a table of differences. What an endpoint is: a row that parses and renders.

No code outside a dialect's own modules knows which one it serves; it asks these rows.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from trendwire.dialects.parameters import Asked, Parameter
from trendwire.domain.charts import ChartKey, Kind
from trendwire.domain.queries import Answer, ChartQuery, DetailQuery, Query, VocabularyQuery
from trendwire.errors import Code, Corrupt, MethodNotAllowed, NotReady, RateLimited, TrendwireError

CONTENT_TYPE = "application/json"
RATE_HEADER = "X-RateLimit-Per-Second-Remaining"
EDITION_HEADER = "X-Edition"
DATA_SOURCE_HEADER = "X-Data-Source"
REQUEST_ID_HEADER = "X-Request-Id"
COST_HEADER = "X-Credits-Cost"
CREDITS_HEADER = "X-Credits-Remaining"
METHODS = "GET, HEAD, OPTIONS"
"""Of every endpoint. HEAD is a GET without its body, and free; OPTIONS is what browsers ask before a GET."""

NOT_READY_RETRY = 5
"""Seconds after which a caller may try again when nothing is published yet or a store is in trouble."""

REQUEST_ID_BYTES = 16
"""Random bytes that a request id is made from."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """How an error is answered. `text` may name `{public}`, `{Public}` (its first letter large), `{name}`."""

    status: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Where a dialect's callers put their key: a header, with a scheme word before the key if there is one.

    `name` and `scheme_object` are the security scheme of the OpenAPI documents.
    """

    header: str
    scheme: str | None
    name: str
    scheme_object: Mapping[str, str]

    def read(self, value: str | None) -> str | None:
        """The key in the header's value, None if there is none. A wrong scheme gives what cannot be a key."""
        text = (value or "").strip()
        if self.scheme is None:
            return text or None
        word, _, rest = text.partition(" ")
        return (rest.strip() if word.lower() == self.scheme.lower() else text) or None

    def written(self, key: str) -> str:
        """The header's value for a key."""
        return f"{self.scheme} {key}" if self.scheme else key


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dialect:
    """One wire language. `root`: paths below it that are no endpoint are answered in this dialect.

    `error_body` makes the body of an error from its status and text; `request_id` makes an id from a moment
    (Unix milliseconds) and `REQUEST_ID_BYTES` random bytes.
    """

    name: str
    root: str
    description: str
    credential: Credential
    errors: Mapping[Code, ErrorRow]
    error_body: Callable[[int, str], msgspec.Struct]
    error_type: type[msgspec.Struct]
    request_id: Callable[[int, bytes], str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Endpoint:
    """One endpoint of one dialect.

    `name` is its operation id. `paths`: the first is the one documented; a `{name}` in it is a path
    parameter. `credits` are charged on success only. `subject` is what a 404 says is not found. `leads_to`:
    what its first row can be asked of next, (operation id, parameter, JSON pointer into the reply). `reply`
    is the wire type that `render` (answer, request id) returns. `example` is an answer made up.
    """

    name: str
    dialect: Dialect
    paths: tuple[str, ...]
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    credits: int
    query: Callable[[Asked], Query]
    reply: Any
    render: Callable[[Answer, str], msgspec.Struct]
    example: Answer
    subject: str = "edition"
    leads_to: tuple[str, str, str] | None = None
    method: str = "GET"

    @property
    def path(self) -> str:
        return self.paths[0]

    @property
    def errors(self) -> tuple[Code, ...]:
        """The errors it can answer, in the order of the tree."""
        never = {Code.BAD_FILE, Code.CONFLICT, Code.CORRUPT, Code.SOURCE_FAILED, Code.METHOD_NOT_ALLOWED}
        if not self.credits:
            never.add(Code.OUT_OF_CREDITS)
        if not any(row.required and row.place == "query" for row in self.parameters):
            never.add(Code.MISSING_PARAMETER)
        return tuple(code for code in Code if code not in never)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as it is answered."""

    status: int
    headers: dict[str, str]
    body: bytes


def refusal(dialect: Dialect, error: TrendwireError) -> Refusal:
    """The answer to an error, in a dialect; nothing private of the error is in it."""
    row = dialect.errors[error.code]
    public = error.public
    text = row.text.format(
        public=public, Public=public[:1].upper() + public[1:], name=getattr(error, "name", "")
    )
    body = msgspec.json.encode(dialect.error_body(row.status, text))
    return Refusal(row.status, {"Content-Type": CONTENT_TYPE} | _error_headers(error), body)


def _error_headers(error: TrendwireError) -> dict[str, str]:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after)))}
    if isinstance(error, NotReady):
        return {"Retry-After": str(NOT_READY_RETRY)}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": error.allowed}
    return {}


def chart_query(kind: Kind) -> Callable[[Asked], Query]:
    """How what was asked for becomes a query for a page of a chart of that kind."""

    def query(asked: Asked) -> ChartQuery:
        return ChartQuery(
            key=ChartKey(kind, asked.period, asked.region, asked.industry),
            page=asked.page,
            limit=asked.limit,
            new_only=asked.new_only,
            commercial_only=asked.commercial_only,
            keyword=asked.keyword,
            edition=asked.edition,
        )

    return query


def detail_query(kind: Kind) -> Callable[[Asked], Query]:
    """How what was asked for becomes a query for a subject of that kind."""

    def query(asked: Asked) -> DetailQuery:
        return DetailQuery(
            kind=kind,
            subject=asked.subject,
            period=asked.period,
            region=asked.region,
            edition=asked.edition,
        )

    return query


def vocabulary_query(asked: Asked) -> Query:
    return VocabularyQuery(edition=asked.edition)


def narrowed(expected: type[T], part: object) -> T:
    """`part`, which the endpoint's own query makes an `expected`. Raises Corrupt if a store gave another."""
    if not isinstance(part, expected):
        raise Corrupt("the store answered another question", expected=expected.__name__, got=type(part))
    return part
