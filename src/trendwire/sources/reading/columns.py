"""Columns of tables by the names that people give them: which field of the post record each one is."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache

from trendwire.sources.reading.table import FIELD_NAMES, table

MAX_COLUMNS = 50
"""Columns that are named in a report."""

_LONGEST = 100
_NATIVE = frozenset(FIELD_NAMES)


def squeezed(name: str) -> str:
    """The name in lower case, letters and digits only: `Play Count`, `playCount` and `play_count` are one."""
    return _squeezed(name) if len(name) <= _LONGEST else ""


@lru_cache(maxsize=1 << 12)
def _squeezed(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _known() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Field -> its columns, best first; a column is one name, or two that are joined."""
    rows = table().columns
    return {
        field: ((squeezed(field),), *(tuple(alias.split("+")) for alias in rows.get(field, ())))
        for field in FIELD_NAMES
    }


COLUMNS = _known()
_FIELD_OF = {parts[0]: field for field, ways in reversed(COLUMNS.items()) for parts in reversed(ways)}
_IDS = frozenset(parts[0] for parts in COLUMNS["id"])


def named(cell: str) -> str:
    """The name of a column from the cell of a header: fields of the post record in any case."""
    name = cell.strip()
    return name.lower() if name.lower() in _NATIVE else name


def is_header(cells: Iterable[str], mapped: Collection[str] = ()) -> bool:
    """Whether a column has the posts' ids, by its name or because it is one of `mapped`."""
    names = [cell.strip() for cell in cells]
    return any(
        squeezed(name) in _IDS or squeezed(name.rpartition(".")[2]) in _IDS or name in mapped
        for name in names
    )


def nearest(names: Iterable[str]) -> dict[str, str]:
    """Column -> the field of the post record that its name is nearest to, where one is near."""
    found = {}
    for name in list(names)[:MAX_COLUMNS]:
        close = get_close_matches(squeezed(name), _FIELD_OF, n=1, cutoff=0.7)
        if close:
            found[name] = _FIELD_OF[close[0]]
    return found


def not_understood(names: Sequence[str]) -> str:
    """What to say of columns none of which is the id; empty where there are none."""
    if len(names) < 2:
        return ""
    shown = [name.strip()[:_LONGEST] for name in names[:MAX_COLUMNS]]
    near = ", ".join(f"{name} ({field})" for name, field in nearest(shown).items())
    told = f": its columns are {', '.join(shown)}"
    return f"{told}; nearest known: {near or 'none'}; name the id's with --map id=COLUMN"


def values_in(row: Mapping[str, object]) -> tuple[dict[str, list[object]], set[str]]:
    """Field -> what the row's columns say of it, best first; and the columns that say something."""
    by_name = {squeezed(name): name for name, value in row.items() if value not in (None, "")}
    values: dict[str, list[object]] = {}
    used: set[str] = set()
    for field in sorted({_FIELD_OF[short] for short in by_name if short in _FIELD_OF}):
        for parts in COLUMNS[field]:
            names = [by_name[part] for part in parts if part in by_name]
            if len(names) == len(parts):
                used.update(names)
                values.setdefault(field, []).append(joined([row[name] for name in names]))
    return values, used


def joined(parts: list[object]) -> object:
    """One value as it is; two as texts with a blank between, None where one cannot be printed."""
    try:
        return parts[0] if len(parts) == 1 else " ".join(str(part).strip() for part in parts)
    except ValueError:  # an integer of thousands of digits
        return None
