"""Renders the reference pages from the rows that the program itself runs on (`make docs`)."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from typer.main import get_command

from tests.docs import configuration_page, shapes_page
from tests.house.tree import ROOT
from trendwire import settings
from trendwire.cli import app
from trendwire.cli.outcomes import MEANINGS
from trendwire.dialects import openapi
from trendwire.dialects.base import Endpoint
from trendwire.dialects.catalog import DIALECTS, ENDPOINTS
from trendwire.dialects.snippets import snippets
from trendwire.domain.taxonomy import countries, industries, interests
from trendwire.web import provenance
from trendwire.web.admin import ROOT as ADMIN_ROOT
from trendwire.web.admin import ROWS as ADMIN_ROWS
from trendwire.web.admin import document as admin_document
from trendwire.web.metrics import BUCKETS
from trendwire.web.metrics import ROWS as METRICS_ROWS
from trendwire.web.provenance_reply import Told

FOLDER = ROOT / "docs" / "reference"
SERVER = "http://127.0.0.1:8000"
MANY = 12
"""An enum of more values than this is told by its count."""

MADE = "<!-- made by `make docs` from the rows the program runs on: change those -->\n"


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    made = {
        "endpoints.md": _endpoints(),
        "command-line.md": _command_line(),
        "settings.md": _settings(),
        "configuration.md": configuration_page.page(),
        "file-shapes.md": shapes_page.page(),
        "admin-api.md": _admin(),
        "metrics.md": _metrics(),
        "provenance.md": _provenance(),
        "errors.md": _errors(),
        "vocabulary.md": _vocabulary(),
    }
    return {FOLDER / name: MADE + text.rstrip() + "\n" for name, text in made.items()}


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    cells = (" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) for line in lines)
    return "\n".join(f"| {line} |" for line in cells)


def _endpoints() -> str:
    document = openapi.document(server=SERVER)
    parts = [
        "# Endpoints\n",
        "Complete schemas: `/openapi.json` (3.1) and `/openapi-3.0.json` of a server.\n",
    ]
    for dialect in DIALECTS:
        parts.append(f"## {dialect.name}\n\n{dialect.description}\n")
        parts += [_endpoint(e, document) for e in ENDPOINTS if e.dialect is dialect]
    return "\n".join(parts)


def _endpoint(endpoint: Endpoint, document: dict[str, Any]) -> str:
    told = document["paths"][endpoint.path][endpoint.method.lower()]
    reply = told["responses"]["200"]["content"]["application/json"]
    also = "".join(f"\n\nAlso `{path}`." for path in endpoint.paths[1:])
    curl = snippets(endpoint, SERVER)[0].source
    example = json.dumps(reply["example"], ensure_ascii=False, indent=1)
    fields = list(_fields(reply["schema"], document, ""))
    return (
        f"### {endpoint.summary}\n\n"
        f"`{endpoint.method} {endpoint.path}`: {endpoint.credits} credits.{also}\n\n"
        f"{endpoint.description}\n\n"
        f"{_table(('parameter', 'in', 'default', 'accepted', 'meaning'), _parameters(told))}\n\n"
        f"```text\n{curl}\n```\n\n"
        f"{_table(('field', 'type', 'meaning'), fields)}\n\n"
        f"```json\n{example}\n```\n"
    )


def _parameters(told: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            f"`{row['name']}`" + (" (required)" if row["required"] else ""),
            row["in"],
            f"`{row['schema']['default']}`" if "default" in row["schema"] else "",
            _accepted(row["schema"]),
            row["description"],
        )
        for row in told["parameters"]
    ]


def _accepted(schema: dict[str, Any]) -> str:
    values = schema.get("enum", [])
    if len(values) > MANY:
        return f"{len(values)} values, see [vocabulary](vocabulary.md)"
    return ", ".join(f"`{value}`" for value in values) or schema["type"]


def _fields(schema: dict[str, Any], document: dict[str, Any], prefix: str) -> Iterator[tuple[str, ...]]:
    """Every field of a schema as (path, type, meaning), depth first."""
    shape = _resolved(schema, document)
    for name, field in shape.get("properties", {}).items():
        inner = _resolved(field, document)
        path = f"{prefix}{name}"
        kind = _type(field, document) + ("" if name in shape.get("required", ()) else ", may be absent")
        yield f"`{path}`", kind, field.get("description") or inner.get("description", "")
        yield from _fields(inner, document, f"{path}.")
        if inner.get("type") == "array" and "items" in inner:
            yield from _fields(inner["items"], document, f"{path}[].")


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        named: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return named
    known = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    return _resolved(known[0], document) if len(known) == 1 else schema


def _type(schema: dict[str, Any], document: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(kind, document) for kind in schema["anyOf"]))
    resolved = _resolved(schema, document)
    values = resolved.get("enum", [resolved["const"]] if "const" in resolved else [])
    return ", ".join(json.dumps(value) for value in values) or str(resolved["type"])


def _command_line() -> str:
    root = get_command(app)
    codes = [(str(code.value), words) for code, words in MEANINGS.items()]
    parts = ["# The command line\n", _NAMES, "## Exit codes\n", _table(("code", "meaning"), codes) + "\n"]
    for name, command in _commands(root, "trendwire"):
        rows = [_option(parameter) for parameter in command.params if parameter.name != "help"]
        summary = (command.help or "").replace("\b\n", "").strip()
        parts.append(f"## {name}\n\n{summary}\n\n{_table(('option', 'default', 'meaning'), rows)}\n")
    return "\n".join(parts)


_NAMES = """\
A key is named by its id or by its beginning as `trendwire keys list` shows it, an industry by its name, the
beginning of a word of it or its id (`--industry Sports`), a country by its ISO code or name.
`trendwire --install-completion` makes bash, zsh, fish and PowerShell complete commands, options and values.

Ctrl+C is how `serve`, `run` and `demo`, once it serves, are ended: exit code 0. Any other command stops, says
`interrupted` and exits with 130; what it had stored stays.
"""


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None or getattr(command, "invoke_without_command", False):
        yield name, command
    for word, below in (inner or {}).items():
        yield from _commands(below, f"{name} {word}")


def _option(parameter: Any) -> tuple[str, str, str]:
    flags = parameter.opts if parameter.param_type_name == "option" else [parameter.name.upper()]
    default = "" if parameter.default is None or callable(parameter.default) else f"`{parameter.default}`"
    return ", ".join(f"`{flag}`" for flag in flags), default, parameter.help or ""


def _settings() -> str:
    rows = [(f"`{r.env}`", f"`{r.default}`", r.unit, r.meaning) for r in settings.rows()]
    head = "# Settings\n\nFrom the environment; options of a command win.\n\n"
    return head + _table(("variable", "default", "unit", "meaning"), rows)


def _metrics() -> str:
    rows = [
        (f"`{row.name}`", row.kind, ", ".join(f"`{label}`" for label in row.labels), row.meaning)
        for row in METRICS_ROWS
    ]
    bounds = f"Upper bounds of the histogram's buckets, in seconds: {', '.join(map(str, BUCKETS))}."
    told = ("# Metrics", _METRICS_INTRODUCTION, _table(("metric", "kind", "labels", "meaning"), rows), bounds)
    return "\n\n".join(told)


_METRICS_INTRODUCTION = """\
`TRENDWIRE_METRICS_PORT` opens `/metrics` for Prometheus, on `TRENDWIRE_METRICS_HOST` and without a key: let
only the scraper reach it. Counters start at 0 with the process. Beside these rows there are the usual ones of
the process and of Python (`process_resident_memory_bytes`, `process_open_fds`, `python_gc_...`).
[Alerts](../../deploy/prometheus-alerts.yml) to begin with; credits by key and day: `trendwire usage`."""


def _provenance() -> str:
    """The endpoint of its own, from its rows and types."""
    rows = [
        (
            f"`{row.name}`" + (" (required)" if row.required else ""),
            f"`{row.default}`" if row.default else "",
            row.description,
        )
        for row in provenance.PARAMETERS
    ]
    (shape,), components = msgspec.json.schema_components([Told], ref_template="#/components/schemas/{name}")
    fields = list(_fields(shape, {"components": {"schemas": components}}, ""))
    told = (
        "# Provenance",
        _PROVENANCE_INTRODUCTION,
        _table(("parameter", "default", "meaning"), rows),
        _PROVENANCE_EXAMPLE,
        _table(("field", "type", "meaning"), fields),
    )
    return "\n\n".join(told)


_PROVENANCE_INTRODUCTION = """\
`GET /v1/provenance` tells where the numbers of a chart, or of one subject, come from: free of charge, without
a key, in no wire language. What computed and recorded mean:
[where the numbers come from](../explanation/where-the-numbers-come-from.md). An error is
`{"error": {"code", "message"}}` with status 400, 404, 410 or 503."""

_PROVENANCE_EXAMPLE = """\
```console
$ curl -s 'http://127.0.0.1:8000/v1/provenance?kind=hashtag&region=all&period=7' | head -c 50
{"edition":...,"as_of":"...
```"""


def _admin() -> str:
    """The admin API, from its rows."""
    described = admin_document()
    parts = ["# Admin API", _ADMIN_INTRODUCTION]
    for row in ADMIN_ROWS:
        operation = described["paths"][ADMIN_ROOT + row.path][row.method.lower()]
        parts.append(f"## {row.method} {ADMIN_ROOT}{row.path}\n\n{row.summary}.")
        fields = [(one["name"], one["in"], _plain(one["schema"])) for one in operation["parameters"]]
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            fields += [(name, "body", _plain(part)) for name, part in schema["properties"].items()]
        if fields:
            parts.append(
                _table(("field", "in", "type"), [(f"`{name}`", where, kind) for name, where, kind in fields])
            )
    return "\n\n".join(parts) + "\n"


_ADMIN_INTRODUCTION = """\
Everything an operator does to accounts and sources, and what came in and was published. The same operations
are the commands `keys`, `accounts`, `plans`, `usage`, `ledger`, `requests` and `sources`, and the console.
Over HTTP they are there where `TRENDWIRE_ADMIN_KEY` is set, with that key in `Authorization: Bearer`; on the
socket `admin.sock` in the data folder they need no key. Lists are `{"rows": [...]}`. Errors are
`{"error": {"code", "message"}}`. Moments are Unix milliseconds (UTC).
The OpenAPI document is at `/admin/v1/openapi.json`."""


def _plain(schema: dict[str, Any]) -> str:
    """A schema in few words."""
    if "anyOf" in schema:
        return " or ".join(_plain(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_plain(schema['items'])}"
    return str(schema.get("type", "any"))


def _errors() -> str:
    parts = ["# Errors\n", "`{public}` and `{name}` are filled in. Nothing private stands in a body.\n"]
    for dialect in DIALECTS:
        rows = [(str(row.status), f"`{row.text}`", code.value) for code, row in dialect.errors.items()]
        parts.append(f"## {dialect.name}\n\n{_table(('status', 'message', 'code'), rows)}\n")
    return "\n".join(parts)


def _vocabulary() -> str:
    regions = [(c.code, c.name, c.geonames_id) for c in countries().values()]
    second = [
        (str(i.id), i.name, ", ".join(f"{k} {v}" for k, v in i.children.items()))
        for i in industries().values()
    ]
    known = list(interests().items())
    return "\n".join(
        [
            "# Vocabulary\n\nCountry names and ids: GeoNames, CC BY 4.0.\n",
            "## Industries\n",
            _table(("id", "name", "second level (counts as its parent)"), second),
            "\n## Audience interests\n",
            _table(("id", "name"), known),
            "\n## Regions\n",
            _table(("code", "name", "GeoNames id"), regions),
        ]
    )


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text)
