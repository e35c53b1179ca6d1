"""The reference page of `trendwire.toml`, from the tables that the program reads it by."""

import inspect
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from trendwire.sources.configuration import FILE, PublishTable, RetentionTable, SourceTable
from trendwire.sources.connector import Connector
from trendwire.sources.registry import CONNECTORS
from trendwire.sources.runs import MEANINGS
from trendwire.sources.schedule import LONGEST_RETRY, RETRY, STALE_SLOTS

_INTRODUCTION = f"""\
# Configuration

`{FILE}` in the home says which sources are collected, when, and what becomes of it. A home without it has
no sources; `serve`, `ingest` and `publish` do without. [An example](../../examples/{FILE}) to copy, and
[how to collect on a schedule](../how-to/collect-on-a-schedule.md). A key that is not known, or a value of
another type, stops the command with the key's name and what is accepted. `trendwire run` reads the file
when it starts."""

_SOURCES = """\
## `[sources.NAME]`

A name is up to 64 of `a-z 0-9 - _`. Beside these keys, a table holds the secrets and the options of its
kind."""

_SECRETS = """\
A secret is `{ env = "NAME" }`, a variable, or `{ file = "PATH" }`, a file that holds nothing else; a
relative path begins at the home. It is read for each run, and stands in no log, error or address."""


def _minutes(time: timedelta) -> int:
    return int(time.total_seconds()) // 60


_SCHEDULES = f"""\
## Schedules

`15m`, `6h`, `1d` (from `1m` to `366d`), or five fields of cron in UTC. Each source starts a few seconds to
minutes after its slot, always the same, so that not all start at once. After downtime a source is collected
once, however many slots were missed. A run that failed is tried again after {_minutes(RETRY)} minutes,
then after twice as long each time, at most {_minutes(LONGEST_RETRY)} minutes,
and never later than the next slot, unless the source itself says when to come again. A source is stale when
its last success is more than {STALE_SLOTS} slots ago."""

_ENDINGS = "## How a run ends"


def page() -> str:
    """The page."""
    parts = [_INTRODUCTION, _SOURCES, _table(SourceTable), _SECRETS]
    for kind, connector in sorted(CONNECTORS.items()):
        secrets = ", ".join(f"`{name}`" for name in connector.secrets) or "none"
        address = f"`{connector.address}`" if connector.address else "none, it asks nobody"
        parts.append(f"### `{kind}`\n\n{_account(connector)}")
        parts.append(f"Secrets: {secrets}. Address: {address}. {_quota(connector.quota)}")
        parts.append(inspect.getdoc(connector.options) or "")
        parts.append(_table(connector.options))
    parts += ["## `[publish]`", _table(PublishTable), "## `[retention]`", _table(RetentionTable)]
    endings = "\n".join(f"| `{ending}` | {words} |" for ending, words in MEANINGS.items())
    parts += [_SCHEDULES, _ENDINGS, f"| ending | meaning |\n| --- | --- |\n{endings}"]
    return "\n\n".join(parts)


def _account(connector: type[Connector]) -> str:
    """What the module of a connector says of the account it needs, and of what it cannot give."""
    return (inspect.getdoc(inspect.getmodule(connector)) or "").partition("\n\n")[2]


def _quota(quota: Any) -> str:
    told = [f"{quota.per_second:g} requests a second"]
    told += [f"{quota.requests_a_day:,} requests a day"] if quota.requests_a_day else []
    told += [f"{quota.rows_a_day:,} rows a day"] if quota.rows_a_day else []
    return f"At most {', '.join(told)}."


def _table(struct: type[msgspec.Struct]) -> str:
    lines = "\n".join(f"| {' | '.join(row)} |" for row in _rows(struct))
    return f"| key | type | default | meaning |\n| --- | --- | --- | --- |\n{lines}"


def _rows(struct: type[msgspec.Struct]) -> Iterator[tuple[str, str, str, str]]:
    ((told,), shapes) = msgspec.json.schema_components([struct])
    for name, field in shapes[told["$ref"].rsplit("/", 1)[1]]["properties"].items():
        default = "required" if "default" not in field and _required(struct, name) else _default(field)
        yield f"`{name}`", _type(field), default, field.get("description", "")


def _required(struct: type[msgspec.Struct], name: str) -> bool:
    return next(field.required for field in msgspec.structs.fields(struct) if field.encode_name == name)


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    return "" if default in (None, "", []) else f"`{msgspec.json.encode(default).decode()}`"


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(one) for one in field["anyOf"] if one.get("type") != "null")
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        inner = field["items"] if isinstance(field.get("items"), dict) else {}
        return f"list of {_type(inner)}" if inner else "list"
    if field.get("type") == "object":
        return "table"
    words = {"integer": "whole number", "boolean": "true or false", "string": "text", "number": "number"}
    return words.get(str(field.get("type")), "any")
