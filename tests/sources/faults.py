"""How a source goes wrong: faults that an upstream plays at one of its requests."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.sources.misbehaving import Asked, Step, answer, dripping, packed, raw, silent
from tests.sources.upstream import Json, Upstream, said

TRIES = 5
"""Requests for one call at most."""

FOR_EVER = 1_000
SKEW = 3 * 86_400
_IDS = ("hashtag_id", "clip_id", "video_id", "commercial_music_id", "id")
_TIMES = ("time", "create_time", "timestamp")

Play = Callable[[Upstream, Asked], Step]


@dataclass(frozen=True, slots=True)
class Fault:
    """`times`: how often it comes. `ends`: whether it ends a run before its end, of some kinds at least.

    `says`: words that one of them is in the message of a run that ended so. `quick`: it takes real time.
    `damaged`: rows of the page that cannot be kept.
    """

    play: Play
    times: int = 1
    ends: bool = False
    says: tuple[str, ...] = ()
    quick: bool = False
    damaged: int = 0


def changed(change: Callable[[Json, Upstream], Any]) -> Play:
    """The good answer, changed in place."""

    def play(served: Upstream, asked: Asked) -> Step:
        reply = copy.deepcopy(served.reply(asked))
        change(reply, served)
        return said(reply)

    return play


def always(step: Step) -> Play:
    return lambda _served, _asked: step


def instead_of(by: int) -> Play:
    """The answer to the request before or after."""
    return lambda served, asked: said(served.reply(served.neighbour(asked, by)))


def _body(served: Upstream, asked: Asked) -> bytes:
    return json.dumps(served.reply(asked)).encode()


def _cut(served: Upstream, asked: Asked) -> Step:
    body = _body(served, asked)
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return raw(head + body[: len(body) // 2])


def _slow(served: Upstream, asked: Asked) -> Step:
    body = _body(served, asked)
    return dripping(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:9])


def _looping(_served: Upstream, asked: Asked) -> Step:
    return answer(302, b"", Location=asked.target)


def _emptied(reply: Json, served: Upstream) -> None:
    served.service.rows(reply).clear()


def _drifted(reply: Json, served: Upstream) -> None:
    reply["data"] = {"something": "else"}


def _renamed(reply: Json, served: Upstream) -> None:
    rows = served.service.rows(reply)
    rows[:] = [{f"x_{name}": value for name, value in row.items()} for row in rows]


def _strings(value: Json) -> Json:
    """All numbers below, but for those of envelopes, as strings."""
    if isinstance(value, dict):
        return {name: _strings(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_strings(inner) for inner in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _stringed(reply: Json, served: Upstream) -> None:
    rows = served.service.rows(reply)
    rows[:] = _strings(rows)


def _floated(reply: Json, served: Upstream) -> None:
    """The id of the last row as a float."""
    row = served.service.rows(reply)[-1]
    name = next(name for name in _IDS if name in row)
    row[name] = float(int(row[name]))


def _skewed(value: Json) -> None:
    """All times below three days later."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _skewed(inner)
    if isinstance(value, dict):
        for name in _TIMES:
            if name in value:
                value[name] += SKEW


def _endless(reply: Json, served: Upstream) -> None:
    """More always follows, and it is the same."""
    data = reply
    while "data" in data:
        data = data["data"]
    if "pagination" in data:
        data["pagination"] = {"has_more": True}
    for name in ("has_more", "more"):
        if name in data:
            data[name] = True


def _last_again(served: Upstream, asked: Asked) -> Step:
    """As `_endless`; behind the last page comes the last page, at a place further on."""
    reply = copy.deepcopy(served.reply(asked))
    rows = served.service.rows(reply)
    if not rows and served.order[1:]:
        rows[:] = served.service.rows(served.reply(served.order[served.order.index(asked) - 1]))
    _endless(reply, served)
    if "videos" in reply["data"]:
        reply["data"]["cursor"] = json.loads(asked.body)["cursor"] + len(rows)
    return said(reply)


_ERROR = {
    "code": 50_000,
    "message": "Internal service error",
    "msg": "Internal service error",
    "error": {"code": "internal_error", "message": "Internal service error"},
}
_EXPIRED = {
    "code": 40_105,
    "message": "Access token is incorrect or has been revoked",
    "error": {"code": "access_token_invalid", "message": "The access token is invalid"},
}
_BOMB = packed(b" " * (40 << 20))

SHAPE = (
    "without any of",
    "no row of the known shape",
    "where an object",
    "put aside",
    "no row could be read",
)
ANOTHER = ("repeats", "leaves out", "came as page", "came for", *SHAPE)
"""What is said where the reply is not the one that was asked for."""

FAULTS: Mapping[str, Fault] = {
    "429": Fault(always(answer(429, b"slow down"))),
    "429 with Retry-After": Fault(always(answer(429, b"slow down", Retry_After="2"))),
    "429 for long": Fault(
        always(answer(429, b"slow down", Retry_After="86400")), ends=True, says=("asks to wait until",)
    ),
    "500": Fault(always(answer(500, b"oops"))),
    "503 that stays": Fault(always(answer(503, b"")), times=TRIES, ends=True, says=("answered 503",)),
    "time-out": Fault(always(silent), quick=True),
    "slow body": Fault(_slow, quick=True),
    "connection cut": Fault(_cut),
    "truncated gzip": Fault(lambda served, asked: packed(_body(served, asked), keep=40)),
    "bomb": Fault(always(_BOMB), ends=True, says=("packed",)),
    "HTML with status 200": Fault(
        always(answer(200, b"<!doctype html><title>Hello</title>", Content_Type="text/html")),
        ends=True,
        says=("not JSON", "no JSON", "web page", "HTML"),
    ),
    "redirect loop": Fault(_looping, times=TRIES, ends=True, says=("redirects",)),
    "error inside 200": Fault(always(said(_ERROR)), ends=True, says=("Internal service error",)),
    "another schema": Fault(changed(_drifted), ends=True, says=SHAPE),
    "other names": Fault(changed(_renamed), ends=True, says=SHAPE),
    "expired token": Fault(
        always(answer(401, json.dumps(_EXPIRED).encode())), ends=True, says=("401", "token")
    ),
    "expired token inside 200": Fault(always(said(_EXPIRED)), ends=True, says=("token",)),
    "duplicate page": Fault(instead_of(-1), ends=True, says=ANOTHER),
    "missing page": Fault(instead_of(+1), ends=True, says=ANOTHER),
    "endless": Fault(_last_again, times=FOR_EVER, ends=True, says=("repeats", "same page", "read already")),
    "empty list": Fault(changed(_emptied), ends=True, says=("is empty",)),
    "numbers as strings": Fault(changed(_stringed)),
    "ids as floats": Fault(changed(_floated), damaged=1),
    "clock skew": Fault(changed(lambda reply, _: _skewed(reply))),
}
