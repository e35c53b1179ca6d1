"""The admin API: each operation of the whole desk under a method and a path, as one table.

Spoken on the socket in the home, to whose owner alone it is open, and under /admin/v1 of the public site
where an admin key is configured. The command line, the console and anybody's scripts use the same rows.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from trendwire import __version__
from trendwire.accounts import Desk
from trendwire.accounts import operations as ops
from trendwire.errors import (
    Code,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    TrendwireError,
)
from trendwire.web import archive, bearer, collecting

ROOT = "/admin/v1"
MOST_BODY = 65_536
"""Bytes."""

STATUS: Mapping[Code, int] = {
    Code.INVALID_INPUT: 400,
    Code.MISSING_PARAMETER: 400,
    Code.NO_CREDENTIAL: 401,
    Code.BAD_CREDENTIAL: 401,
    Code.NOT_FOUND: 404,
    Code.GONE: 410,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.CONFLICT: 409,
    Code.NOT_READY: 503,
}
"""Any other code is a 500."""


@dataclass(frozen=True, slots=True)
class Row:
    """One operation on the wire: a GET takes its fields from the query, others from a JSON body."""

    method: str
    path: str
    operation: type[ops.Operation[Any]]
    summary: str

    @property
    def answer(self) -> Any:
        """The type it is answered with."""
        return get_args(vars(self.operation)["__orig_bases__"][0])[0]

    @property
    def is_list(self) -> bool:
        """Lists are sent as `{"rows": [...]}`, so that there is room for more beside them."""
        return get_origin(self.answer) is tuple


ROWS = (
    Row("GET", "/plans", ops.ListPlans, "List the plans"),
    Row("PUT", "/plans/{name}", ops.SetPlan, "Make or change a plan"),
    Row("GET", "/accounts", ops.ListAccounts, "List the accounts"),
    Row("POST", "/accounts", ops.CreateAccount, "Open an account"),
    Row("PATCH", "/accounts/{account}", ops.ChangePlan, "Put an account on a plan"),
    Row("POST", "/accounts/{account}/grants", ops.GrantCredits, "Grant credits to an account"),
    Row("GET", "/keys", ops.ListKeys, "List the keys"),
    Row("POST", "/keys", ops.CreateKey, "Make a key; its text is shown this once"),
    Row("PATCH", "/keys/{key_id}", ops.ChangeKey, "Change the limits of a key"),
    Row("POST", "/keys/{key_id}/rotate", ops.RotateKey, "Replace a key; the old one works on for a while"),
    Row("POST", "/keys/{key_id}/revoke", ops.RevokeKey, "Refuse a key from its next request on"),
    Row("GET", "/ledger", ops.ListEntries, "List grants, refills and debits, newest first"),
    Row("GET", "/ledger/check", ops.CheckLedger, "Add up every row; the number of rows"),
    Row("GET", "/usage", ops.ListUsage, "Calls and credits by key, endpoint and day"),
    Row("GET", "/requests", ops.ListRequests, "The request log, newest first"),
    Row("GET", "/editions", archive.ListEditions, "List the editions, newest first"),
    Row("GET", "/editions/changes", archive.CompareEditions, "What changed in a chart between two editions"),
    Row("GET", "/ingests", archive.ListIngests, "List the ingests, newest first"),
    Row("GET", "/quarantine", archive.ListQuarantine, "Refused rows by ingest and reason, newest first"),
    Row("GET", "/quarantine/{name}", archive.ReadQuarantine, "The refused rows of an ingest, with samples"),
    Row("GET", "/sources", collecting.ListSources, "List the sources and how they stand"),
    Row("GET", "/sources/{name}/runs", collecting.ListRuns, "The last runs of a source, newest first"),
    Row("POST", "/sources/{name}/pause", collecting.PauseSource, "Have the schedule leave a source alone"),
    Row("POST", "/sources/{name}/resume", collecting.ResumeSource, "Have the schedule collect it again"),
    Row("POST", "/sources/{name}/run", collecting.RunSource, "Ask `trendwire run` to collect it now"),
    Row("GET", "/schedules", collecting.ReadSchedules, "What is collected, published and kept, and when"),
    Row("GET", "/stale", collecting.ListStale, "What is older than it should be"),
)

BY_OPERATION = {row.operation: row for row in ROWS}


def admin_app(desk: Desk, key: str | None, milliseconds: Callable[[], int]) -> ASGIApp:
    """The API over a desk. `key`: what callers must show, None where the socket itself says who they are."""

    def handler(row: Row) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            try:
                _authorise(request, key)
                return _encoded(await desk.do(await _read(row, request), milliseconds()), row)
            except TrendwireError as error:
                return _refused(error)

        return handle

    async def elsewhere(request: Request, _error: Exception) -> Response:
        known = any(route.path_regex.match(request.url.path) for route in routes)
        return _refused(MethodNotAllowed("see /openapi.json") if known else NotFound("path"))

    async def described(_request: Request) -> Response:
        return Response(msgspec.json.encode(document()), media_type="application/json")

    routes = [Route(ROOT + row.path, handler(row), methods=[row.method]) for row in ROWS]
    routes.append(Route(f"{ROOT}/openapi.json", described))
    return Starlette(routes=routes, exception_handlers={404: elsewhere, 405: elsewhere})


def _authorise(request: Request, key: str | None) -> None:
    if key is not None:
        bearer.check(request.headers.get("authorization"), key, "admin key")


async def _read(row: Row, request: Request) -> ops.Operation[Any]:
    """The operation that is asked for. Raises InvalidInput that names the field."""
    told = dict(request.query_params) if row.method == "GET" else await _body(request)
    # The site's own route may have named a part of the path as well.
    in_path = {name: one for name, one in request.path_params.items() if f"{{{name}}}" in row.path}
    values = told | in_path
    try:
        asked: ops.Operation[Any] = msgspec.convert(values, row.operation, strict=False)
    except msgspec.ValidationError as error:
        words, _, place = str(error).partition(" - at ")
        name = place.strip("`").removeprefix("$.") or "the request"
        raise InvalidInput(name, f"is not accepted: {words[:1].lower()}{words[1:]}") from error
    return asked


async def _body(request: Request) -> dict[str, Any]:
    sent = b""
    async for chunk in request.stream():
        sent += chunk
        if len(sent) > MOST_BODY:
            raise InvalidInput("the body", f"must have at most {MOST_BODY} bytes")
    try:
        decoded = msgspec.json.decode(sent or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput("the body", f"must be JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise InvalidInput("the body", "must be a JSON object")
    return decoded


def _encoded(answer: object, row: Row) -> Response:
    told = {"rows": answer} if row.is_list else answer if not isinstance(answer, int) else {"rows": answer}
    return Response(msgspec.json.encode(told), media_type="application/json")


def _refused(error: TrendwireError) -> Response:
    told = {"code": error.code.value, "message": error.public}
    if isinstance(error, InvalidInput):
        told |= {"name": error.name, "accepted": error.accepted}
    headers = {"Retry-After": "5"} if error.code is Code.NOT_READY else {}
    if error.code in (Code.NO_CREDENTIAL, Code.BAD_CREDENTIAL):
        headers["WWW-Authenticate"] = "Bearer"
    status = STATUS.get(error.code, 500)
    body = msgspec.json.encode({"error": told if status < 500 or status == 503 else {"code": "internal"}})
    return Response(body, status, headers, "application/json")


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the admin API, made from its rows."""
    kinds = [row.answer for row in ROWS] + [row.operation for row in ROWS]
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    answers, operations = schemas[: len(ROWS)], schemas[len(ROWS) :]
    paths: dict[str, dict[str, Any]] = {}
    for row, answer, operation in zip(ROWS, answers, operations, strict=True):
        fields = components[operation["$ref"].rpartition("/")[2]]
        paths.setdefault(ROOT + row.path, {})[row.method.lower()] = _described(row, answer, fields)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Trendwire admin", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"adminKey": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"adminKey": []}],
    }


def _described(row: Row, answer: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    in_path = [name for name in fields["properties"] if f"{{{name}}}" in row.path]
    rest = {name: schema for name, schema in fields["properties"].items() if name not in in_path}
    required = [name for name in fields.get("required", ()) if name in rest]
    parameters = [_parameter(name, "path", fields["properties"][name], True) for name in in_path]
    told: dict[str, Any] = {"operationId": row.operation.__name__, "summary": row.summary}
    if row.method == "GET":
        parameters += [_parameter(name, "query", schema, False) for name, schema in rest.items()]
    elif rest:
        body = {"type": "object", "properties": rest, "required": required, "additionalProperties": False}
        told["requestBody"] = {"required": bool(required), "content": {"application/json": {"schema": body}}}
    listed = {"type": "object", "properties": {"rows": answer}, "required": ["rows"]}
    schema = listed if row.is_list or row.answer is int else answer
    told["parameters"] = parameters
    told["responses"] = {
        "200": {"description": "Done", "content": {"application/json": {"schema": schema}}},
        "default": {"description": "Refused: `error.code` and `error.message` say why"},
    }
    return told


def _parameter(name: str, place: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": schema}
