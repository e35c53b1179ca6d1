"""What a reply holds once its envelopes are off, and the errors that come in the disguise of a success."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from trendwire.errors import SourceError
from trendwire.sources import fields

MOST_SAID = 200
"""Characters of what a source says about an error that are passed on."""

_FINE = ("0", "200", "ok", "")
_CODES = ("code", "StatusCode", "status_code")
_WORDS = ("message", "msg", "StatusMessage", "log_id", "request_id")
_INSIDE = ("data", "response", "result")


def opened(reply: object, who: str, secrets: Iterable[str] = ()) -> Mapping[str, Any]:
    """The innermost object of a reply. SourceError where any of its envelopes is an error or no object.

    `who` names the source in the error; `secrets` are blotted out of what the source says.
    """
    while True:
        if not isinstance(reply, Mapping):
            raise SourceError(f"{who} replied with {_shape(reply)} where an object was expected")
        complain(reply, who, secrets)
        inner = next((name for name in _INSIDE if name in reply), None)
        if inner is None:
            return reply
        reply = reply[inner]


def complain(reply: Mapping[str, Any], who: str, secrets: Iterable[str] = ()) -> None:
    """SourceError where the reply says that it is an error."""
    told = [part for part in (reply, reply.get("BaseResp"), reply.get("error")) if isinstance(part, Mapping)]
    for part in told:
        code = code_of(part)
        if code not in _FINE:
            raise SourceError(f"{who} says: {_words(part, secrets)} (code {code[:50]})", code=code)


def code_of(part: Mapping[str, Any]) -> str:
    """The code of an envelope in lower case, empty where it tells none."""
    code = next((part[name] for name in _CODES if name in part), None)
    return "" if code is None else str(code).strip().lower()


def list_in(data: Mapping[str, Any], names: Collection[str], who: str) -> list[object]:
    """The list under one of `names`; null is an empty one. SourceError where there is no such list."""
    name = next((name for name in names if name in data), None)
    if name is None:
        raise SourceError(f"{who} replied without any of {', '.join(names)}: its shape is not the known one")
    value = data[name]
    if value is None:
        return []
    if not isinstance(value, list):
        raise SourceError(f"{who} replied with {_shape(value)} as {name} where a list was expected")
    return value


def _words(part: Mapping[str, Any], secrets: Iterable[str]) -> str:
    """What the source says of its error: on one line, without secrets, cut to `MOST_SAID`."""
    words = next((text for name in _WORDS if (text := fields.text(part.get(name)))), "an error without words")
    for secret in secrets:
        words = words.replace(secret, "***") if secret else words
    return " ".join(words.split())[:MOST_SAID]


def _shape(value: object) -> str:
    names = {list: "a list", str: "text", dict: "an object", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")
