"""The fields of a reply, one row each, flattened from its JSON schema: where, of what type, in what unit."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

UNITS = {
    "AgeShare.score": "percent",
    "CountryIndex.score": "index, 100 is the average",
    "InterestIndex.score": "index, 100 is the average",
    "TrendPoint.value": "share of the series' largest",
    "age_level": "code",
    "as_of": "day (UTC)",
    "code": "code",
    "create_time": "Unix seconds (UTC)",
    "current_popularity": "percent",
    "detail_periods": "days",
    "duration": "seconds",
    "id": "id",
    "item_id": "id",
    "liked_cnt": "likes",
    "limit": "rows",
    "on_list_times": "days",
    "page": "page number",
    "periods": "days",
    "popular_days": "days",
    "publish_cnt": "posts",
    "publish_cnt_all": "posts",
    "rank": "place",
    "rank_diff": "places",
    "rank_diff_type": "code",
    "size": "rows",
    "time": "Unix seconds (UTC)",
    "total": "rows",
    "total_count": "rows",
    "video_views": "views",
    "video_views_all": "views",
    "vv": "views",
}
"""Units by field, where a name has more than one by `Type.field`. Every number has one."""

_COUNTED = {"integer", "number"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a reply. `stem` is what its path has before its own `name`, `list[].` after a list."""

    stem: str
    name: str
    kind: str
    unit: str
    meaning: str

    @property
    def path(self) -> str:
        return self.stem + self.name


def fields(schema: Json, schemas: Json, stem: str = "") -> Iterator[Field]:
    """Every field of a schema, depth first. `schemas`: the components that `$ref` names."""
    shape = _resolved(schema, schemas)
    for name, part in shape.get("properties", {}).items():
        inner = _resolved(part, schemas)
        absent = "" if name in shape.get("required", ()) else ", may be absent"
        yield Field(
            stem,
            name,
            _kind(part, schemas) + absent,
            _unit(f"{shape.get('title', '')}.{name}", name, part, schemas),
            part.get("description") or inner.get("description", ""),
        )
        yield from fields(inner, schemas, f"{stem}{name}.")
        if inner.get("type") == "array":
            yield from fields(inner.get("items", {}), schemas, f"{stem}{name}[].")


def _unit(full: str, name: str, part: Json, schemas: Json) -> str:
    """The unit of what is a number, or a day; texts that carry a number's name have none."""
    kinds = set(_types(part, schemas))
    if not kinds & _COUNTED and _resolved(part, schemas).get("format") != "date":
        return ""
    return UNITS.get(full) or UNITS[name]


def _types(part: Json, schemas: Json) -> Iterator[str]:
    """The JSON types a value may have, those of a list's values too."""
    for one in part.get("anyOf", [part]):
        shape = _resolved(one, schemas)
        yield shape.get("type", "")
        if "items" in shape:
            yield from _types(shape["items"], schemas)


def _resolved(schema: Json, schemas: Json) -> Json:
    """What a reference, or a choice between null and one other, stands for."""
    if "$ref" in schema:
        named: Json = schemas[schema["$ref"].rpartition("/")[2]]
        return named
    known = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    return _resolved(known[0], schemas) if len(known) == 1 else schema


def _kind(schema: Json, schemas: Json) -> str:
    """A type in words: `list of objects`, `integer from 0 or null`."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one, schemas) for one in schema["anyOf"]))
    shape = _resolved(schema, schemas)
    if "enum" in shape or "const" in shape:
        return ", ".join(json.dumps(value) for value in shape.get("enum", [shape.get("const")]))
    if shape.get("type") == "array":
        return f"list of {_several(_kind(shape.get('items', {}), schemas))}{_most(shape)}"
    return str(shape.get("type", "any")) + _range(shape)


def _several(kind: str) -> str:
    """A type's name for more than one value."""
    return f"{kind}s" if kind.isalpha() else kind


def _most(shape: Json) -> str:
    return f", at most {shape['maxItems']}" if "maxItems" in shape else ""


def _range(shape: Json) -> str:
    """The bounds of a number."""
    least, most = shape.get("minimum"), shape.get("maximum")
    if most is not None:
        return f", {least} to {most}"
    return "" if least is None else f" from {least}"
