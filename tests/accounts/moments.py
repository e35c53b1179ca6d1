"""Fixed moments, the books of a home while they are open, and a request in one call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from trendwire.accounts import Admission, Ask, Books, Moment, RequestLogStore
from trendwire.accounts.operations import CreateKey, NewKey
from trendwire.dialects.catalog import ENDPOINTS

START = 1_747_267_199_500
"""2025-05-14 23:59:59.5 UTC, in milliseconds."""

NAMES = [one.name for one in ENDPOINTS]
CHART, DETAIL = NAMES[:2]


def moment(tick: float) -> Moment:
    """The moment `tick` seconds after START."""
    return Moment(START + round(tick * 1000), tick)


def open_books(home: Path, at: int = START) -> Books:
    return Books.open(home, at, NAMES, RequestLogStore.open(home, 7, 1000))


@asynccontextmanager
async def books(home: Path, at: int = START) -> AsyncIterator[Books]:
    """The books of `home` while they are open."""
    opened = open_books(home, at)
    await opened.start()
    try:
        yield opened
    finally:
        await opened.close()


async def create(
    opened: Books, credits_: int = 100, qps: int = 100, name: str = "ada", **told: object
) -> NewKey:
    return await opened.desk.do(CreateKey(account=name, credits=credits_, qps=qps, **told), START)  # type: ignore[arg-type]


async def admit(
    opened: Books,
    text: str | None,
    tick: float,
    cost: int = 2,
    endpoint: str = CHART,
    address: str = "192.0.2.1",
) -> Admission:
    fingerprint = opened.gate.fingerprint(text)
    return await opened.gate.admit(Ask(fingerprint, endpoint, cost, address, moment(tick)))


async def request(opened: Books, text: str, tick: float, cost: int = 2, *, charged: bool = True) -> None:
    """Admit one request and settle it."""
    await opened.gate.settle(await admit(opened, text, tick, cost), charged=charged)
