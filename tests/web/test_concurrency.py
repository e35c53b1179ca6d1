"""Many requests at once on one account: exactly as many succeed as it can pay for, and nothing is lost."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from tests.small_world import linked
from tests.web.conftest import Clock, create_key
from trendwire.accounts import Store, keys, ledger
from trendwire.web.app import of_home

REQUESTS = 120
COST = 2
PATH = "/v1/tiktok/trending/hashtags"


async def _statuses(home: Path, key: str) -> Counter[int]:
    transport = httpx2.ASGITransport(app=of_home(home, Clock()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        headers = {"Authorization": f"Bearer {key}"}
        answers = await asyncio.gather(*(client.get(PATH, headers=headers) for _ in range(REQUESTS)))
    return Counter(answer.status_code for answer in answers)


@pytest.mark.parametrize(
    ("affordable", "qps", "expected"),
    [
        (50, REQUESTS, {200: 50, 402: REQUESTS - 50}),
        (REQUESTS, 30, {200: 30, 429: REQUESTS - 30}),
        (REQUESTS, REQUESTS, {200: REQUESTS}),
    ],
)
def test_credits_and_rate_are_exact_under_concurrency(
    demo_home: Path, tmp_path: Path, affordable: int, qps: int, expected: dict[int, int]
) -> None:
    home = linked(demo_home, tmp_path / "home")
    key = create_key(home, affordable * COST + 1, qps)
    assert asyncio.run(_statuses(home, key)) == expected
    with Store.open(home) as store:
        assert keys.listed(store)[0].balance == (affordable - expected[200]) * COST + 1
        ledger.check(store)
