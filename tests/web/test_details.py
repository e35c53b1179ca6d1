"""Details that the engine tells over its socket: asked once for all, while everybody else is answered."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import msgspec
import pytest

from tests.editions.worlds import DAY, NOON, content, detail
from tests.web.conftest import Clock
from trendwire.accounts.operations import CreateKey
from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail
from trendwire.editions.publish import publishing
from trendwire.errors import Gone
from trendwire.publishing.service import answering
from trendwire.settings import Settings
from trendwire.web.app import Service, of_settings
from trendwire.web.exchange import Head

CHART = "/v1/tiktok/trending/hashtags?region=VN"
DETAIL = "/v1/tiktok/trending/hashtag/detail?hashtag_name=a&region=VN"
OTHER = "/api/v1/tiktok/popular-trend/hashtag/a?country_code=VN"
PAGE = "/hashtag?name=a&region=VN"


class Engine:
    """Tells nothing until it may, and counts. `on_detail`: what happens before it does."""

    def __init__(self) -> None:
        self.state = "s1"
        self.begun = Event()
        self.go = Event()
        self.made: Counter[tuple[str, str | None]] = Counter()
        self.on_detail: Callable[[], None] = lambda: None

    def detail(self, state: str, _kind: Kind, identity: str, region: str | None) -> Detail | None:
        self.begun.set()
        assert self.go.wait(30)
        self.on_detail()
        if state != self.state:
            raise Gone("another state")
        self.made[identity, region] += 1
        if identity not in ("a", "b"):
            return None
        whole = detail(identity, 100)
        regions = {code: one for code, one in whole.regions.items() if region in (None, code)}
        return msgspec.structs.replace(whole, regions=regions)

    def identities(self, _state: str, _kind: Kind, beginning: str, _most: int) -> tuple[str, ...]:
        assert self.go.wait(30)
        return tuple(name for name in ("a", "b") if name.startswith(beginning))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A home whose edition holds no details, and who tells them."""
    publish(tmp_path, "s1")
    engine = Engine()
    with answering(tmp_path, engine):
        yield engine


def publish(home: Path, state: str, as_of: date = DAY) -> None:
    with publishing(home) as publisher:
        charts = replace(content(home, "a", "b", as_of=as_of), subjects=(), state=state, more_subjects=2)
        publisher.publish(charts, NOON, 1.5, "0.1.0")


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
        self.headers = {"authorization": f"Bearer {made.text}", "x-api-key": made.text, "host": "x"}
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


async def _begun(engine: Engine) -> None:
    assert await asyncio.to_thread(engine.begun.wait, 30)


def test_one_render_serves_all_and_holds_up_nobody(tmp_path: Path, engine: Engine) -> None:
    """Callers of several periods share it; charts and pages are answered while it goes on."""

    async def story() -> None:
        async with _Running(tmp_path) as running:
            paths = [DETAIL, DETAIL, f"{DETAIL}&period=30"]
            asked = [asyncio.ensure_future(running.get(path)) for path in paths]
            await _begun(engine)
            assert (await running.get(CHART)).status_code == 200
            assert (await running.get("/")).status_code == 200
            assert not any(one.done() for one in asked)
            engine.go.set()
            answers = await asyncio.gather(*asked)
            assert [one.status_code for one in answers] == [200] * 3
            assert (await running.get(DETAIL)).status_code == 200

    asyncio.run(story())
    assert engine.made == {("a", "VN"): 1}


def test_a_refusal_reaches_all_who_wait(tmp_path: Path, engine: Engine) -> None:
    async def story() -> None:
        async with _Running(tmp_path) as running:
            unknown = DETAIL.replace("hashtag_name=a", "hashtag_name=zzz")
            asked = [asyncio.ensure_future(running.get(unknown)) for _ in range(3)]
            await _begun(engine)
            engine.go.set()
            assert [one.status_code for one in await asyncio.gather(*asked)] == [404] * 3
            assert (await running.get(DETAIL)).status_code == 200

    asyncio.run(story())


def test_the_fast_lane_waits_for_a_render_too(tmp_path: Path, engine: Engine) -> None:
    async def story() -> None:
        async with _Running(tmp_path) as running:
            lane = running.service.lane
            lane.learn(DETAIL, b"head", Head(running.headers))
            lane.learn(CHART, b"head", Head(running.headers))
            details, other = [_Connection(), _Connection()], _Connection()
            for one in details:
                assert _took(lane, one, DETAIL)
            await _begun(engine)
            assert _took(lane, other, CHART)
            assert (await other.told).startswith(b"HTTP/1.1 200 ")
            engine.go.set()
            for one in details:
                assert (await one.told).startswith(b"HTTP/1.1 200 ")

    asyncio.run(story())
    assert engine.made == {("a", "VN"): 1}


def _took(lane: Any, connection: _Connection, target: str) -> bool:
    taken: bool = lane.take(connection, b"GET %b HTTP/1.1\r\nhead" % target.encode())
    return taken


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/hashtag?name=a&region=VN", "2"),
        ("/hashtag.json?name=a", '"posts":3'),
        ("/compare/hashtags?name=a&name=b", "#b"),
        ("/hashtag.svg?name=a", "svg"),
        ("/hashtag-badge.svg?name=a&region=VN", "rank 1"),
        ("/search?q=b", "#b"),
        ("/v1/provenance?kind=hashtag&name=a&region=VN", '"posts":3'),
    ],
)
def test_pages_show_what_is_rendered(tmp_path: Path, engine: Engine, path: str, told: str) -> None:
    engine.go.set()

    async def story() -> httpx2.Response:
        async with _Running(tmp_path) as running:
            return await running.get(path)

    answered = asyncio.run(story())
    assert answered.status_code == 200
    assert told in answered.text


def test_who_asks_while_the_state_goes_on_is_answered_by_the_edition_that_came(
    tmp_path: Path, engine: Engine
) -> None:
    """In both dialects, and on pages; who named the edition is told that it went, and what there is."""
    engine.go.set()
    days = (DAY + timedelta(days=number) for number in range(1, 10))

    def goes_on() -> None:
        engine.on_detail = lambda: None
        engine.state = f"after {engine.state}"
        publish(tmp_path, engine.state, next(days))

    async def story() -> None:
        async with _Running(tmp_path) as running:
            for number, path in enumerate((DETAIL, OTHER, PAGE), 2):
                engine.on_detail = goes_on
                answered = await running.get(path)
                assert answered.status_code == 200
                assert str(number) in (answered.headers.get("x-edition", str(number)))
            for path in (f"{DETAIL}&edition=1", f"{OTHER}&edition=1", f"{PAGE}&as_of={DAY}"):
                gone = await running.get(path)
                assert gone.status_code == 410
                assert "details of edition 1 are no longer kept: ask for edition 4" in gone.text
            assert (await running.get(f"{CHART}&edition=1")).status_code == 200

    asyncio.run(story())


def test_a_state_that_cannot_be_asked_is_a_503(tmp_path: Path) -> None:
    publish(tmp_path, "s1")

    async def story() -> None:
        async with _Running(tmp_path) as running:
            for path in (DETAIL, OTHER, PAGE):
                answered = await running.get(path)
                assert answered.status_code == 503
                assert "run `trendwire publish`" in answered.text
            assert (await running.get(DETAIL)).headers["retry-after"]
            assert (await running.get(CHART)).status_code == 200

    asyncio.run(story())
