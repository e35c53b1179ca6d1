"""Keys: find, create, rotate, revoke, change. A key's text is on one page only: the answer that made it."""

from http import HTTPStatus

from msgspec import UNSET
from starlette.responses import Response

from trendwire.accounts.operations import (
    ChangeKey,
    CreateKey,
    Key,
    ListAccounts,
    ListKeys,
    NewKey,
    RevokeKey,
    RotateKey,
)
from trendwire.dialects.catalog import DIALECTS, ENDPOINTS
from trendwire.errors import InvalidInput, NotFound
from trendwire.web.console.fields import day_of
from trendwire.web.console.visit import ROOT, Visit

TAB = f"{ROOT}/keys"
DAY_MS = 86_400_000

STATES = ("all", "active", "ended")

OVERLAPS = ((0, "at once"), (3600, "in an hour"), (86_400, "in a day"), (7 * 86_400, "in a week"))
"""Seconds for which a replaced key works on, and how that is said."""

ENDPOINTS_OF = tuple((one.name, [row for row in ENDPOINTS if row.dialect is one]) for one in DIALECTS)


def is_active(key: Key, at: int) -> bool:
    """Whether requests with it are taken."""
    return key.revoked_at is None and (key.expires_at is None or at < key.expires_at)


async def keys(visit: Visit) -> Response:
    """All keys, or those searched for: by account, number or first characters."""
    fields, found = visit.fields, await visit.do(ListKeys())
    wanted = fields.text("q").casefold()
    state = fields.text("state", "all")
    rows = [
        key
        for key in reversed(found)
        if wanted in f"{key.account.casefold()} {key.shown.casefold()} {key.id}"
        and (state not in STATES[1:] or is_active(key, visit.at) == (state == "active"))
    ]
    return visit.shown("keys", "Keys", TAB, rows=rows, total=len(found), states=STATES, at=visit.at)


async def new_key(visit: Visit) -> Response:
    """The form for a new key."""
    return visit.shown(
        "key-new",
        "New key",
        TAB,
        accounts=await visit.do(ListAccounts()),
        endpoints_of=ENDPOINTS_OF,
        today=day_of(visit.at),
    )


async def create_key(visit: Visit) -> Response:
    fields = visit.fields
    mode = fields.text("mode", "live")
    if mode not in ("live", "test"):
        raise InvalidInput("mode", "must be live or test")
    made = await visit.do(
        CreateKey(
            account=fields.needed("account"),
            credits=fields.whole("credits", 0),
            qps=fields.whole("qps", 10),
            mode="test" if mode == "test" else "live",
            monthly_cap=fields.number("monthly_cap"),
            endpoints=fields.many("endpoints"),
            addresses=fields.lines("addresses"),
            expires_at=fields.end("expires"),
        )
    )
    return _shown_once(visit, made, None)


async def key(visit: Visit) -> Response:
    """One key: what it may do, and the form to change that."""
    one = await _asked(visit)
    return visit.shown(
        "key",
        f"Key {one.id}",
        TAB,
        key=one,
        active=is_active(one, visit.at),
        at=visit.at,
        endpoints_of=ENDPOINTS_OF,
    )


async def change_key(visit: Visit) -> Response:
    fields = visit.fields
    qps = fields.number("qps")
    await visit.do(
        ChangeKey(
            key_id=visit.number,
            qps=UNSET if qps is None else qps,
            monthly_cap=fields.number("monthly_cap"),
            endpoints=fields.many("endpoints"),
            addresses=fields.lines("addresses"),
        )
    )
    return visit.sent(f"{TAB}/{visit.number}", "changed")


async def rotation(visit: Visit) -> Response:
    """The form to replace a key by one like it."""
    one = await _asked(visit)
    ends = None if one.expires_at is None else day_of(one.expires_at - DAY_MS)
    title, today = f"Replace key {one.id}", day_of(visit.at)
    return visit.shown("key-rotate", title, TAB, key=one, overlaps=OVERLAPS, ends=ends, today=today)


async def rotate_key(visit: Visit) -> Response:
    fields = visit.fields
    overlap = fields.whole("overlap", OVERLAPS[2][0])
    asked = RotateKey(key_id=visit.number, overlap=overlap, expires_at=fields.end("expires"))
    return _shown_once(visit, await visit.do(asked), await _asked(visit))


async def revocation(visit: Visit) -> Response:
    """What revoking means, and the button."""
    one = await _asked(visit)
    return visit.shown("key-revoke", f"Revoke key {one.id}", TAB, key=one, active=is_active(one, visit.at))


async def revoke_key(visit: Visit) -> Response:
    await visit.do(RevokeKey(key_id=visit.number))
    return visit.sent(f"{TAB}/{visit.number}", "revoked")


def _shown_once(visit: Visit, made: NewKey, old: Key | None) -> Response:
    """The one page that a key's text is on: an answer to a form, which has no address of its own."""
    title = f"Key {made.key.id}"
    return visit.shown("key-made", title, TAB, HTTPStatus.CREATED, key=made.key, text=made.text, old=old)


async def _asked(visit: Visit) -> Key:
    for one in await visit.do(ListKeys()):
        if one.id == visit.number:
            return one
    raise NotFound("key")
