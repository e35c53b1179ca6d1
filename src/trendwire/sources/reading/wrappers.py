"""The posts that a JSON value holds: itself, or those in the lists and objects that wrap them."""

from collections.abc import Iterable, Iterator
from typing import Any

from trendwire.sources.reading.paths import value_at
from trendwire.sources.reading.table import table

MAX_DEPTH = 8
"""Wrappers within wrappers; what lies deeper is no known reply."""

_WRAPPERS = table().wrappers
_HOLDERS = (*_WRAPPERS.lists, *_WRAPPERS.holders)
_STRONG = frozenset(_WRAPPERS.lists) | _WRAPPERS.marks
_IDS = frozenset({"id", "aweme_id"})


def posts_in(value: object) -> Iterable[object]:
    """The posts that the value wraps; the value itself where it wraps none."""
    return _opened(value, None, MAX_DEPTH) if isinstance(value, dict) and not _is_post(value) else (value,)


def _is_post(value: dict[str, Any]) -> bool:
    return _STRONG.isdisjoint(value) and not _IDS.isdisjoint(value)


def _opened(value: dict[str, Any], seen: object, depth: int) -> Iterator[object]:
    """The posts of one object. `seen`: when the document around it says that it was made."""
    if _is_post(value):
        yield _seen(value, seen)
        return
    seen = next((at for path in _WRAPPERS.observed_at if (at := value_at(value, path))), seen)
    found = False
    for name in _HOLDERS if depth else ():
        entries = _entries(name, value.get(name))
        # an empty list is a reply without posts, not a post
        found = found or bool(entries) or (name in value and value[name] == [] and _IDS.isdisjoint(value))
        for inner in entries:
            yield from _opened(inner, seen, depth - 1)
    if not found:
        yield _seen(value, seen)


def _entries(name: str, held: object) -> list[dict[str, Any]]:
    if isinstance(held, dict):
        # ItemModule holds posts by their ids
        held = list(held.values()) if name == "ItemModule" else [held]
    return [inner for inner in held if isinstance(inner, dict)] if isinstance(held, list) else []


def _seen(post: dict[str, Any], at: object) -> dict[str, Any]:
    return post if at is None or "observed_at" in post else post | {"observed_at": at}
