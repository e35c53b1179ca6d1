"""Paths into a row: `author.uniqueId`, `url_list.0`; and rows whose columns are such paths, made nested."""

from collections.abc import Mapping
from typing import Any

MAX_PLACES = 200
"""Places of a list that columns such as `hashtags/0/name` may fill."""

_SEPARATORS = ("/", ".")


def value_at(row: Mapping[str, object], path: str) -> object:
    """What stands at the path; None where nothing does."""
    value: Any = row
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def nested(row: dict[str, object]) -> dict[str, object]:
    """The row with columns such as `authorMeta.name` or `hashtags/0/name` as objects and lists."""
    made: dict[str, Any] = {}
    for name, value in row.items():
        steps = _steps(name)
        inner = made
        for step in steps[:-1]:
            below = inner.setdefault(step, {})
            if not isinstance(below, dict):
                break
            inner = below
        else:
            inner.setdefault(steps[-1], value)
    return {name: _with_lists(value) if isinstance(value, dict) else value for name, value in made.items()}


def is_nested(name: str) -> bool:
    """Whether the name of a column is a path."""
    return len(_steps(name)) > 1


def _steps(name: str) -> list[str]:
    for separator in _SEPARATORS:
        steps = name.split(separator)
        if 1 < len(steps) <= 6 and all(step and step == step.strip() for step in steps):
            return steps
    return [name]


def _with_lists(value: dict[str, Any]) -> object:
    """Objects whose names are all places of a list, as lists."""
    inner = {name: _with_lists(below) if isinstance(below, dict) else below for name, below in value.items()}
    if inner and all(name.isdecimal() and len(name) < 4 and int(name) < MAX_PLACES for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
