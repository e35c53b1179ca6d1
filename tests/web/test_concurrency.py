"""Many requests at once on one account: exactly as many succeed as it can pay for, and nothing is lost."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from tests.small_world import linked
from tests.web.conftest import Clock
from trendwire.accounts.operations import CheckLedger, CreateKey, ListKeys
from trendwire.settings import Settings
from trendwire.web.app import Service, of_settings

REQUESTS = 120
COST = 2
PATH = "/v1/tiktok/trending/hashtags"


async def _statuses(service: Service, key: str) -> Counter[int]:
    transport = httpx2.ASGITransport(app=service.site)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        headers = {"Authorization": f"Bearer {key}"}
        answers = await asyncio.gather(*(client.get(PATH, headers=headers) for _ in range(REQUESTS)))
    return Counter(answer.status_code for answer in answers)


async def _story(home: Path, credits_: int, qps: int) -> tuple[Counter[int], int]:
    """What was answered, and the balance that is left and adds up."""
    clock = Clock()
    service, at = of_settings(Settings(home=home), clock), clock().wall
    await service.accounts.start()
    desk = service.accounts.desk
    made = await desk.do(CreateKey(account="ada", credits=credits_, qps=qps), at)
    answered = await _statuses(service, made.text)
    await desk.do(CheckLedger(), at)
    (key,) = await desk.do(ListKeys(), at)
    await service.accounts.close()
    return answered, key.balance


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
    answered, balance = asyncio.run(_story(home, affordable * COST + 1, qps))
    assert answered == expected
    assert balance == (affordable - expected[200]) * COST + 1
