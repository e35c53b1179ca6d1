"""Fixed moments, and a request in one call."""

from datetime import UTC, datetime, timedelta

from trendwire.accounts import Gate, Moment

START = datetime(2025, 5, 14, 23, 59, 59, 500_000, tzinfo=UTC)


def moment(tick: float) -> Moment:
    """The moment `tick` seconds after START."""
    return Moment(START + timedelta(seconds=tick), tick)


async def request(gate: Gate, text: str, tick: float, *, cost: int = 2, charged: bool = True) -> None:
    """Admit one request and settle it."""
    admission = await gate.admit(text, "hashtags", cost, moment(tick))
    await gate.settle(admission, charged)
