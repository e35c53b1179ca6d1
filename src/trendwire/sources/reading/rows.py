"""What a row of any recognised shape says, under the names of the post record."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trendwire.sources.reading import columns
from trendwire.sources.reading.paths import is_nested, nested, value_at
from trendwire.sources.reading.table import FIELD_NAMES, Alias, Shape, table

RECORD = "post-record"
"""The shape of rows that have the record's own names."""

COLUMNS = "columns"
"""The shape of rows whose fields are known by the names of their columns."""

_NATIVE = frozenset(FIELD_NAMES)
_PATHS = {
    shape.name: {
        field: tuple(Alias(alias) if isinstance(alias, str) else alias for alias in aliases)
        for field, aliases in shape.fields.items()
    }
    for shape in table().shapes
}
_HANDLE = re.compile(r"(?:https?://[^\s@]*)?@([^/?#\s]+)")


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says. `values`: field of the record -> values, best first; `ignored`: names without one."""

    shape: str
    values: dict[str, list[object]]
    ignored: list[str]


def is_record(row: Mapping[str, object]) -> bool:
    """Whether all names of the row are those of the record."""
    return row.keys() <= _NATIVE


def said(row: dict[str, object]) -> Said:
    """What a row says that has other names than the record's."""
    whole = nested(row) if any(is_nested(name) for name in row if name not in _NATIVE) else row
    shape = shape_of(whole)
    if shape is None:
        found = _by_columns(row)
    else:
        used: set[str] = set()
        values = {field: list(_values(whole, field, shape.name, used)) for field in FIELD_NAMES}
        found = Said(shape.name, values, [name for name in whole if name not in used])
    _name_creator(found.values)
    return found


def shape_of(row: Mapping[str, object]) -> Shape | None:
    """The first shape that the row has the signs of."""
    names = row.keys()
    return next((shape for shape in table().shapes if any(group <= names for group in shape.signs)), None)


def _by_columns(row: dict[str, object]) -> Said:
    values, used = columns.values_in(row)
    return Said(RECORD if "id" in used else COLUMNS, values, [name for name in row if name not in used])


def _values(row: Mapping[str, object], field: str, shape: str, used: set[str]) -> Iterator[object]:
    for alias in (Alias(field), *_PATHS[shape].get(field, ())):
        value = value_at(row, alias.path)
        if value not in (None, ""):
            used.add(alias.path.partition(".")[0])
            yield _in_seconds(value) if alias.unit == "ms" else value


def _in_seconds(milliseconds: object) -> object:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return milliseconds
    return milliseconds // 1000


def _name_creator(values: dict[str, list[object]]) -> None:
    """Handles without `@` and address; without any, the one in the post's URL."""
    told = values.get("username") or [value for value in values.get("id", ()) if _is_url(value)]
    if told:
        values["username"] = [_handle(value) for value in told]


def _is_url(value: object) -> bool:
    return isinstance(value, str) and "/@" in value


def _handle(value: object) -> object:
    found = _HANDLE.match(value.strip()) if isinstance(value, str) else None
    return found[1] if found else value
