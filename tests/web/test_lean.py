"""Details that are rendered when they are asked for: once for all, while everybody else is answered."""

import asyncio
from collections import Counter
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest

from tests.editions.lean_worlds import KEY, World, chart, editions_of, post, publish_lean, rendered
from tests.web.conftest import Clock
from trendwire.accounts.operations import CreateKey
from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail
from trendwire.editions import Editions
from trendwire.editions.rendered import Store
from trendwire.settings import Settings
from trendwire.web import app
from trendwire.web.app import Service, of_settings
from trendwire.web.exchange import Head

CHART = "/v1/tiktok/trending/hashtags?region=VN"
DETAIL = "/v1/tiktok/trending/hashtag/detail?hashtag_name=a&region=VN"


class Kitchen:
    """Renders nothing until it is told to, and counts."""

    def __init__(self) -> None:
        self.begun = Event()
        self.go = Event()
        self.made: Counter[tuple[str, str | None]] = Counter()

    def render(self, store: Store, kind: Kind, identity: str, region: str | None) -> Detail | None:
        self.begun.set()
        assert self.go.wait(30)
        self.made[identity, region] += 1
        return rendered(store, kind, identity, region)


@pytest.fixture
def kitchen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    """A home with a lean edition, and who renders its details."""
    world, kitchen = World(), Kitchen()
    world.charts = {KEY.text: chart(1, "a", "b")}
    publish_lean(tmp_path, world.content(tmp_path, [post("1", "a"), post("2", "a", "b", sound="7")]))
    monkeypatch.setattr(app, "Editions", lambda home, *_, **__: Editions(home, render=kitchen.render))
    return kitchen


class _Running:
    """The application over a home, with a key."""

    def __init__(self, home: Path) -> None:
        self._clock = Clock()
        self.service: Service = of_settings(Settings(home=home, explorer_public=True), self._clock)
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> "_Running":
        await self.service.accounts.start()
        made = await self.service.accounts.desk.do(
            CreateKey(account="ada", credits=1000, qps=50), self._clock().wall
        )
        self.headers = {"authorization": f"Bearer {made.text}", "host": "x"}
        transport = httpx2.ASGITransport(app=self.service.site)
        self._client = httpx2.AsyncClient(transport=transport, base_url="http://test")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
        await self.service.accounts.close()

    async def get(self, path: str) -> httpx2.Response:
        return await self._client.get(path, headers=self.headers)


class _Connection:
    """What the fast lane writes to."""

    peer = "127.0.0.1"
    default_lines = closing_line = b""
    busy = False

    def __init__(self) -> None:
        self.told = asyncio.get_running_loop().create_future()

    def finish(self, reply: bytes) -> None:
        self.told.set_result(reply)


async def _begun(kitchen: Kitchen) -> None:
    assert await asyncio.to_thread(kitchen.begun.wait, 30)


def test_one_render_serves_all_and_holds_up_nobody(tmp_path: Path, kitchen: Kitchen) -> None:
    """Callers of several periods share it; charts and pages are answered while it goes on."""

    async def story() -> None:
        async with _Running(tmp_path) as running:
            paths = [DETAIL, DETAIL, f"{DETAIL}&period=30"]
            asked = [asyncio.ensure_future(running.get(path)) for path in paths]
            await _begun(kitchen)
            assert (await running.get(CHART)).status_code == 200
            assert (await running.get("/")).status_code == 200
            assert not any(one.done() for one in asked)
            kitchen.go.set()
            answers = await asyncio.gather(*asked)
            assert [one.status_code for one in answers] == [200] * 3
            assert (await running.get(DETAIL)).status_code == 200

    asyncio.run(story())
    assert kitchen.made == {("a", "VN"): 1}


def test_a_refusal_reaches_all_who_wait(tmp_path: Path, kitchen: Kitchen) -> None:
    async def story() -> None:
        async with _Running(tmp_path) as running:
            unknown = DETAIL.replace("hashtag_name=a", "hashtag_name=zzz")
            asked = [asyncio.ensure_future(running.get(unknown)) for _ in range(3)]
            await _begun(kitchen)
            kitchen.go.set()
            assert [one.status_code for one in await asyncio.gather(*asked)] == [404] * 3
            assert (await running.get(DETAIL)).status_code == 200

    asyncio.run(story())


def test_the_fast_lane_waits_for_a_render_too(tmp_path: Path, kitchen: Kitchen) -> None:
    async def story() -> None:
        async with _Running(tmp_path) as running:
            lane = running.service.lane
            lane.learn(DETAIL, b"head", Head(running.headers))
            lane.learn(CHART, b"head", Head(running.headers))
            details, other = [_Connection(), _Connection()], _Connection()
            for one in details:
                assert _took(lane, one, DETAIL)
            await _begun(kitchen)
            assert _took(lane, other, CHART)
            assert (await other.told).startswith(b"HTTP/1.1 200 ")
            kitchen.go.set()
            for one in details:
                assert (await one.told).startswith(b"HTTP/1.1 200 ")

    asyncio.run(story())
    assert kitchen.made == {("a", "VN"): 1}


def _took(lane: Any, connection: _Connection, target: str) -> bool:
    taken: bool = lane.take(connection, b"GET %b HTTP/1.1\r\nhead" % target.encode())
    return taken


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/hashtag?name=a&region=VN", "2"),
        ("/hashtag.json?name=a", '"posts":2'),
        ("/compare/hashtags?name=a&name=b", "#b"),
        ("/hashtag.svg?name=a", "svg"),
        ("/hashtag-badge.svg?name=a&region=VN", "rank 1"),
        ("/search?q=b", "#b"),
        ("/v1/provenance?kind=hashtag&name=a&region=VN", '"posts":2'),
    ],
)
def test_pages_show_what_is_rendered(tmp_path: Path, kitchen: Kitchen, path: str, told: str) -> None:
    kitchen.go.set()

    async def story() -> httpx2.Response:
        async with _Running(tmp_path) as running:
            return await running.get(path)

    answered = asyncio.run(story())
    assert answered.status_code == 200
    assert told in answered.text


def test_what_an_edition_says_is_what_is_rendered(tmp_path: Path, kitchen: Kitchen) -> None:
    """A whole detail that is kept answers for each of its regions."""
    kitchen.go.set()
    edition = Editions(tmp_path, render=kitchen.render).current()
    whole = edition.detail(Kind.HASHTAG, "a")
    one = edition.detail(Kind.HASHTAG, "a", "VN")
    assert whole is not None
    assert one is not None
    assert one.regions == {"VN": whole.regions["VN"]}
    assert one == editions_of(tmp_path).current().detail(Kind.HASHTAG, "a", "VN")
    assert kitchen.made == {("a", None): 1}
