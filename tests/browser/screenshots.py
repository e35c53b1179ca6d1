"""Takes the pictures of `docs/images`: the pages over the world of the demo, as somebody at a desk sees them.

`make screenshots`. The demo's world is the same on every machine: pictures change with the pages alone.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.site import Site
from tests.browser.watching import Scheme, launched, tab
from tests.house.tree import ROOT
from tests.serving import Server, create_key, running
from tests.small_world import silent
from trendwire import clock, pipeline
from trendwire.cli.demo import DAYS, LAST_DAY, POSTS, REGIONS, SEED
from trendwire.settings import Settings
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate

IMAGES = ROOT / "docs" / "images"
WIDTH = 1280
MOST_BYTES = 250_000

CUSTOMERS = {"growth-team": 31, "weekly-report": 12, "agent": 7}
"""Accounts with a key each, and how often they have called."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its file, the page (see `Place.path`), and what is done there first."""

    name: str
    path: str
    scheme: Scheme = "light"
    height: int = 860
    done: Callable[[Page, Site], None] | None = None


def ask(page: Page, site: Site) -> None:
    """Paste the key, send, and wait for the answer."""
    page.get_by_label("API key").fill(site.key)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("region", name="Response", exact=True).get_by_text("200 OK").wait_for()


PICTURES = (
    Picture("explorer", "/?region={region}&period=30"),
    Picture("explorer-dark", "/?region={region}&period=30", "dark"),
    Picture("subject", "/hashtag?name={tag}&region={region}&period=30", height=1280),
    Picture("docs", "/docs/endpoints/keyapi_trending_hashtags"),
    Picture("playground", "/playground?region={region}&period=30", done=ask),
    Picture("console", "/console/keys"),
)


def publish_demo(home: Path) -> None:
    """The world of `trendwire demo`."""
    settings = Settings(home=home)
    world = World(posts=POSTS, days=DAYS, regions=REGIONS, seed=SEED, last_day=LAST_DAY)
    pipeline.ingest_from(settings, [RowSource("simulate", "simulator", simulate(world))], clock.now(), silent)
    pipeline.publish(settings, LAST_DAY, silent)


def call(server: Server, key: str, times: int) -> None:
    """Ask for something with a key."""
    for _ in range(times):
        told = {"authorization": f"Bearer {key}"}
        with urlopen(Request(f"{server.url}/v1/tiktok/trending/hashtags", headers=told)) as reply:
            assert reply.status == 200


def take(browser: Browser, picture: Picture, site: Site) -> Path:
    """Take one picture; its file. Raises AssertionError where the page complains or the file is too large."""
    target = IMAGES / f"{picture.name}.png"
    size = {"width": WIDTH, "height": picture.height}
    with tab(browser, viewport=size, color_scheme=picture.scheme, storage_state=site.inside) as opened:
        opened.goto(site.url + site.words.filled(picture.path))
        if picture.done is not None:
            picture.done(opened.page, site)
        opened.page.screenshot(path=target)
        opened.assert_quiet()
    assert target.stat().st_size < MOST_BYTES, f"{target.name} has {target.stat().st_size} bytes"
    return target


def main() -> None:
    """All of them, of a demo's world in a folder that is gone afterwards."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        publish_demo(home)
        with running(home) as server, sync_playwright() as driver, launched(driver) as browser:
            for name, calls in CUSTOMERS.items():
                call(server, create_key(home, 5000, 50, name), calls)
            site = Site.of(server, browser)
            for picture in PICTURES:
                sys.stdout.write(f"{take(browser, picture, site).relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
