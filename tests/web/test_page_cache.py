"""Pages are made once for each edition, apart from calls of the API, and bounded in memory and number."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jinja2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.small_world import LAST_DAY, linked, settings_of, silent
from tests.web.conftest import Served, serving
from trendwire import pipeline
from trendwire.web.explorer.tables import Table
from trendwire.web.page_cache import PageCache, Rendered
from trendwire.web.page_limits import Pace, Page

LIST = "/v1/tiktok/trending/hashtags"
PAGES = [
    "/",
    "/hashtags?period=30",
    "/search?q=a",
    "/docs",
    "/docs/search?q=key",
    "/playground",
    "/reference",
]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each template was rendered since; `loop`: how often of these where an event loop runs."""
    found: Counter[str] = Counter()
    usual: Callable[..., str] = jinja2.Template.render

    def render(self: jinja2.Template, *args: Any, **told: Any) -> str:
        found[str(self.name)] += 1
        try:
            asyncio.get_running_loop()
            found["loop"] += 1
        except RuntimeError:
            pass
        return usual(self, *args, **told)

    monkeypatch.setattr(jinja2.Template, "render", render)
    return found


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_rendered_once_for_all_who_ask(
    served: Served, rendered: Counter[str], address: str
) -> None:
    first = served.client.get(address)
    encodings = ("br", "zstd", "gzip", "identity", "")
    others = [served.client.get(address, headers={"accept-encoding": one}) for one in encodings]
    assert {(one.status_code, one.text) for one in others} == {(200, first.text)}
    assert [one.headers.get("content-encoding") for one in others] == ["br", "zstd", "gzip", None, None]
    again = served.client.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert rendered.total() == 1


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("/hashtags?period=30&region=VN", "/hashtags?utm_source=x&region=vn&period=30&only=&q="),
        ("/", "/?campaign=1"),
        ("/docs", "/docs?anything=1"),
        ("/reference", "/reference?openapi=nonsense"),
        ("/playground", "/playground?nothing=known"),
    ],
)
def test_what_does_not_change_a_page_does_not_make_another(
    served: Served, rendered: Counter[str], address: str, same: str
) -> None:
    assert served.client.get(address).text == served.client.get(same).text
    assert rendered.total() == 1


def test_a_new_edition_makes_pages_anew(demo_home: Path, tmp_path: Path) -> None:
    home = linked(demo_home, tmp_path / "home")
    with serving(home) as served:
        addresses = ("/", "/hashtags.json", "/v1/provenance?kind=hashtag")
        before = [served.client.get(one).text for one in addresses]
        assert all(str(LAST_DAY) in text for text in before)
        list(pipeline.publish_range(settings_of(home), LAST_DAY, LAST_DAY, silent))
        after = [served.client.get(one).text for one in addresses]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, False]


def test_pages_name_the_server_that_was_asked(served: Served) -> None:
    for host in ("one.example", "two.example", "one.example"):
        assert f"http://{host}/" in served.client.get("/docs", headers={"host": host}).text


def test_an_export_is_written_once_for_an_edition(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    usual: Any = Table.parquet

    def parquet(self: Table) -> Any:
        written.append(len(self.rows))
        return usual(self)

    monkeypatch.setattr(Table, "parquet", parquet)
    first = served.client.get("/hashtags.parquet?period=30")
    again = served.client.get("/hashtags.parquet?period=30&x=1")
    assert (first.status_code, first.content, len(written)) == (200, again.content, 1)
    assert "attachment" in again.headers["content-disposition"]
    known = served.client.get("/hashtags.parquet?period=30", headers={"if-none-match": first.headers["etag"]})
    assert known.status_code == 304


def test_pages_are_made_apart_from_the_event_loop(served: Served, rendered: Counter[str]) -> None:
    for address in [*PAGES, "/hashtag?name=unknown-name", "/?period=9", "/hashtags.atom", "/docs/nothing"]:
        served.client.get(address)
    assert rendered.total() >= len(PAGES)
    assert rendered["loop"] == 0


def test_too_many_pages_at_once_are_refused_and_calls_are_answered(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = threading.Event()
    usual: Callable[..., str] = jinja2.Template.render

    def render(self: jinja2.Template, *args: Any, **told: Any) -> str:
        ready.wait(30)
        return usual(self, *args, **told)

    monkeypatch.setattr(jinja2.Template, "render", render)
    asked = 140
    with ThreadPoolExecutor(asked) as clients:
        waiting = [clients.submit(served.client.get, f"/?q={n}") for n in range(asked)]
        refused = next(one for one in _finished(waiting)).result()
        call = served.client.get(LIST, headers={"authorization": f"Bearer {served.key}"})
        health = served.client.get("/healthz")
        others = [
            served.client.get(one).status_code for one in ("/openapi.json", "/v1/provenance?kind=video")
        ]
        ready.set()
        statuses = Counter(one.result(30).status_code for one in waiting)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.text == "too much is being made at this moment\n"
    assert (call.status_code, health.status_code, others) == (200, 200, [503, 200])
    assert statuses == {200: 128, 503: asked - 128}


def _finished(waiting: list[Any]) -> list[Any]:
    """Those that are done, as soon as there is one."""
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        if done := [one for one in waiting if one.done()]:
            return done
    raise TimeoutError


def small(cache: PageCache, made: list[str], status: int = 200) -> TestClient:
    """A site of pages of 10 kB by their name; `made` tells which were made."""

    async def page(request: Request) -> Response:
        name = request.path_params["name"]

        def make() -> Rendered:
            made.append(name)
            return Rendered(name.encode() * 10_000, "image/x-icon", status)

        return await cache.answer(request, name, make, request.query_params.get("stamp"))

    return TestClient(Starlette(routes=[Route("/{name}", page)]))


def test_a_flood_of_addresses_gets_no_more_memory_and_what_is_asked_for_stays() -> None:
    cache, made = PageCache(100_000), list[str]()
    with small(cache, made) as client:
        for name in "bcdefghijklmnopqrstuvwxyz":
            assert client.get("/a").content == b"a" * 10_000
            assert client.get(f"/{name}").content == name.encode() * 10_000
            assert cache.kept_bytes <= 100_000
        client.get("/b")
    assert "".join(made) == "abcdefghijklmnopqrstuvwxyzb"


def test_pages_of_an_older_edition_leave_at_once() -> None:
    cache, made = PageCache(), list[str]()
    with small(cache, made) as client:
        for stamp in ("1", "1", "2", "2", "1"):
            client.get(f"/a?stamp={stamp}")
            client.get("/b")
            assert cache.kept_bytes < 25_000
    assert "".join(made) == "abaa"


@pytest.mark.parametrize(("status", "times"), [(404, 1), (500, 2), (503, 2)])
def test_trouble_of_the_server_is_not_kept(status: int, times: int) -> None:
    made = list[str]()
    with small(PageCache(), made, status) as client:
        assert [client.get("/a").status_code for _ in range(2)] == [status, status]
    assert len(made) == times


def test_pages_behind_the_sign_in_stay_there(demo_home: Path, tmp_path: Path) -> None:
    with serving(linked(demo_home, tmp_path / "home"), explorer_public=False) as served:
        for _ in range(2):
            answer = served.client.get("/", follow_redirects=False)
            assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")


def test_pages_of_the_console_are_made_each_time(served: Served, rendered: Counter[str]) -> None:
    for _ in range(2):
        answer = served.client.get("/console/sign-in")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert rendered["console/sign-in.html"] == 2


def test_a_crowd_on_pages_lets_others_have_the_loop_in_between() -> None:
    """Of 20 pages that are asked for at once, two begin before the loop has another pass."""
    begun: list[int] = []

    async def page(request: Request) -> Response:
        begun.append(1)
        return Response()

    async def story(paced: Page) -> list[int]:
        asked = [asyncio.ensure_future(paced(Request({"type": "http"}))) for _ in range(20)]
        seen = []
        while len(begun) < len(asked):
            await asyncio.sleep(0)
            seen.append(len(begun))
        assert [one.status_code for one in await asyncio.gather(*asked)] == [200] * 20
        return seen

    seen = asyncio.run(story(Pace().of(page)))
    steps = {after - before for before, after in zip([0, *seen], seen, strict=False)}
    assert steps <= {0, 1, 2}
