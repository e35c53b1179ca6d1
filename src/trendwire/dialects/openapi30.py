"""The OpenAPI 3.0 document: the 3.1 one, rewritten for tools that know the older schema language only.

What 3.0 has not: `null` as a type (it has `nullable`), several `examples` in a schema (it has `example`),
anything beside a `$ref` (it is wrapped in `allOf`).
"""

from typing import Any

from trendwire.dialects.openapi import LOCAL_SERVER, Json, document

_NULL = {"type": "null"}


def document_30(server: str = LOCAL_SERVER, contact: str | None = None) -> Json:
    """The OpenAPI 3.0 document; `server` and `contact` as for the 3.1 one."""
    newer = document(server, contact)
    components = newer["components"]
    older_components = components | {
        "schemas": {name: schema_30(schema) for name, schema in components["schemas"].items()}
    }
    return newer | {"openapi": "3.0.3", "components": older_components}


def schema_30(schema: Json) -> Json:
    """A schema of 3.1 in the language of 3.0. Property names are never taken for keywords."""
    older: Json = {}
    for key, value in schema.items():
        older |= _keyword_30(key, value)
    return _wrapped(older)


def _keyword_30(key: str, value: Any) -> Json:
    if key == "properties":
        return {key: {name: schema_30(part) for name, part in value.items()}}
    if key == "items":
        return {key: schema_30(value)}
    if key == "anyOf":
        return _any_of(value)
    if key == "examples":
        return {"example": value[0]}
    if key == "type" and value == "null":
        # A type must stand beside `nullable`; the enumeration leaves null as the only value.
        return {"type": "string", "nullable": True, "enum": [None]}
    return {key: value}


def _any_of(choices: list[Json]) -> Json:
    rest = [schema_30(choice) for choice in choices if choice != _NULL]
    nullable: Json = {"nullable": True} if _NULL in choices else {}
    return nullable | (rest[0] if len(rest) == 1 else {"anyOf": rest})


def _wrapped(schema: Json) -> Json:
    if "$ref" not in schema or len(schema) == 1:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {"allOf": [{"$ref": schema["$ref"]}]} | beside
