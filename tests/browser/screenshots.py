"""Takes the pictures of `docs/images`: the pages over the world of the demo, as somebody at a desk sees them.

`make screenshots`. The demo's world is the same on every machine: pictures change with the pages alone.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.places import Words
from tests.browser.watching import ARGUMENTS, CHROMIUM, Scheme, tab
from tests.house.tree import ROOT
from tests.serving import Server, create_key, running
from tests.small_world import silent
from trendwire import clock, pipeline
from trendwire.cli.demo import DAYS, LAST_DAY, POSTS, REGIONS, SEED
from trendwire.settings import Settings
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate

IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1280, "height": 800}
MOST_BYTES = 250_000


@dataclass(frozen=True, slots=True)
class Shown:
    """What pictures are taken of."""

    server: Server
    key: str
    words: Words


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its file, the page, and what is done there first."""

    name: str
    path: str
    scheme: Scheme = "light"
    done: Callable[[Page, Shown], None] | None = None


def send_from_playground(page: Page, shown: Shown) -> None:
    """Paste the key, send, and wait for what comes."""
    page.get_by_label("Key", exact=False).first.fill(shown.key)
    page.get_by_role("button", name="Send").first.click()
    page.get_by_text("200").first.wait_for()


PICTURES = (
    Picture("explorer", "/"),
    Picture("explorer-dark", "/", "dark"),
    Picture("subject", "/hashtag?name={tag}&region={region}&period=30"),
    Picture("docs", "/docs"),
    Picture("playground", "/playground", done=send_from_playground),
    Picture("console", "/console"),
)


def publish_demo(home: Path) -> None:
    """The world of `trendwire demo`."""
    settings = Settings(home=home)
    world = World(posts=POSTS, days=DAYS, regions=REGIONS, seed=SEED, last_day=LAST_DAY)
    pipeline.ingest_from(settings, [RowSource("simulate", "simulator", simulate(world))], clock.now(), silent)
    pipeline.publish(settings, LAST_DAY, silent)


def take(browser: Browser, picture: Picture, shown: Shown) -> Path:
    """Take one picture; its file. Raises AssertionError where the page complains or the file is too large."""
    target = IMAGES / f"{picture.name}.png"
    with tab(browser, viewport=SIZE, color_scheme=picture.scheme) as opened:
        opened.goto(shown.server.url + shown.words.filled(picture.path))
        if picture.done is not None:
            picture.done(opened.page, shown)
        opened.page.screenshot(path=target)
        opened.assert_quiet()
    assert target.stat().st_size < MOST_BYTES, f"{target.name}: {target.stat().st_size} bytes"
    return target


def main() -> None:
    """All of them, of a demo's world in a folder that is gone afterwards."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        publish_demo(home)
        with running(home) as server, sync_playwright() as driver:
            shown = Shown(server, create_key(home, 1000, 50), Words.of(home))
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for picture in PICTURES:
                sys.stdout.write(f"{take(browser, picture, shown)}\n")
            browser.close()


if __name__ == "__main__":
    main()
