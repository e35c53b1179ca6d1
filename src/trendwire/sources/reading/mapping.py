"""A mapping: fields of the post record -> the columns, or paths, that a user says they stand in."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from trendwire.errors import InvalidInput
from trendwire.sources.reading.columns import joined, nearest
from trendwire.sources.reading.paths import is_nested, nested, value_at
from trendwire.sources.reading.table import FIELD_NAMES


class ColumnMap(msgspec.Struct, frozen=True):
    """`columns`: field -> column, path, or two of either joined by `+` (a date and a time)."""

    columns: dict[str, str] = {}

    def applied(self, row: dict[str, object]) -> tuple[dict[str, object], set[str]]:
        """The row under the record's names as far as they are mapped, and the fields that it says.

        Columns that were mapped are not read under their own names again.
        """
        mapped: dict[str, object] = {}
        used: set[str] = set()
        for field, column in self.columns.items():
            parts = (column,) if column in row else tuple(part.strip() for part in column.split("+"))
            values = [row[part] if part in row else _below(row, part) for part in parts]
            if all(value not in (None, "") for value in values):
                mapped[field] = joined(values)
                used.update(parts)
        return {name: value for name, value in row.items() if name not in used} | mapped, set(mapped)

    def applied_to(self, posts: Iterable[object]) -> list[object]:
        """Each post under the record's names as far as they are mapped."""
        return [self.applied(post)[0] if isinstance(post, dict) else post for post in posts]


def parse(name: str, given: Sequence[str]) -> ColumnMap:
    """The mapping of texts such as `id=video_id,view_count=playCount`. `name`: the option, for errors."""
    columns: dict[str, str] = {}
    for pair in (pair for text in given for pair in text.split(",")):
        field, sign, column = (part.strip() for part in pair.partition("="))
        if not sign or not field or not column:
            raise InvalidInput(name, f"must be FIELD=COLUMN, several separated by commas, not {pair!r}")
        columns[field] = column
    return checked(name, columns)


def checked(name: str, columns: Mapping[str, str]) -> ColumnMap:
    """The same as a table. InvalidInput where a field is none of the post record."""
    for field, column in columns.items():
        if field not in FIELD_NAMES:
            near = nearest([field]).get(field)
            hint = f"; did you mean {near}?" if near else f"; fields are {', '.join(FIELD_NAMES)}"
            raise InvalidInput(name, f"names {field!r}, which is no field of the post record{hint}")
        if not column:
            raise InvalidInput(name, f"gives no column for {field}")
    return ColumnMap(dict(columns))


def _below(row: dict[str, object], path: str) -> object:
    value = value_at(row, path)
    if value is None and any(is_nested(column) for column in row):
        value = value_at(nested(row), path)
    return value
