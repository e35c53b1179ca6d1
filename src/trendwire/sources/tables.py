"""Tables of TOML as typed Structs, with words that name the key, what is wrong and what is accepted."""

import re
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import msgspec

from trendwire.errors import InvalidInput

T = TypeVar("T", bound=msgspec.Struct)

_PLACE = re.compile(r"^(?P<words>.*?)(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `([^`]+)`")
_TYPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
    "datetime": "a moment",
    "date": "a day",
}
_EXPECTED = re.compile(r"Expected `(?P<expected>[^`]+)`(?:, got `(?P<got>[^`]+)`)?(?P<rest>.*)", re.DOTALL)


def table(told: Any, where: str) -> Mapping[str, Any]:
    """`told` as a table. InvalidInput where it is anything else."""
    if not isinstance(told, dict):
        raise InvalidInput(where, f"must be a table: [{where}]")
    return told


def checked(told: Mapping[str, Any], accepted: Collection[str], where: str) -> None:
    """InvalidInput names the first key that is none of those accepted."""
    for key in told:
        if key not in accepted:
            raise InvalidInput(_joined(where, key), f"is not known; accepted are: {', '.join(accepted)}")


def names(type_: type[msgspec.Struct]) -> tuple[str, ...]:
    """The keys of a table."""
    return tuple(field.encode_name for field in msgspec.structs.fields(type_))


def struct(told: Any, type_: type[T], where: str) -> T:
    """A table as a Struct, strictly: a number in a text is no number."""
    rows = table(told, where)
    checked(rows, names(type_), where)
    try:
        return msgspec.convert(rows, type_)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), where) from None
    except InvalidInput as error:
        raise InvalidInput(f"{where}.{error.name}", error.accepted) from None


def _refusal(words: str, where: str) -> InvalidInput:
    found = _PLACE.match(words)
    path, reason = (found["path"] or "", found["words"]) if found else ("", words)
    missing = _MISSING.search(reason)
    if missing:
        return InvalidInput(f"{where}{path}.{missing[1]}", "is required")
    return InvalidInput(where + path, _plain(reason))


def _plain(reason: str) -> str:
    """What msgspec says, in words of TOML."""
    found = _EXPECTED.match(reason)
    if not found:
        return f"is not accepted: {reason[:1].lower()}{reason[1:]}"
    expected = " or ".join(
        _TYPES.get(one.strip(), one.strip()) for one in found["expected"].split("|") if one.strip() != "null"
    )
    got = f", not {_TYPES.get(found['got'], found['got'])}" if found["got"] else ""
    return f"must be {expected}{found['rest']}{got}"


def _joined(where: str, key: str) -> str:
    return key if where.endswith(".toml") else f"{where}.{key}"
