"""One browser, one server and one key a session; a fresh context a test.

The driver of the browser keeps an event loop in this thread: desks are asked only of servers that run.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.browser.hostile_world import publish_hostile_world
from tests.browser.places import Place, Words
from tests.browser.watching import ARGUMENTS, CHROMIUM, Tab, tab
from tests.browser.world import publish_shown_world
from tests.serving import Server, create_key, running
from trendwire import clock
from trendwire.accounts.users import Users

CREDITS, QPS = 100_000, 200
NAME, PASSWORD = "ada", "a password of many letters"


@dataclass(frozen=True, slots=True)
class Site:
    """A server with what a person needs to use it. `inside`: the cookies of who is signed in."""

    server: Server
    key: str
    words: Words
    inside: StorageState

    @property
    def url(self) -> str:
        return self.server.url

    def address(self, place: Place) -> str:
        return self.url + self.words.filled(place.path)

    def options(self, place: Place) -> dict[str, Any]:
        """What a context needs to be let in."""
        return {"storage_state": self.inside} if place.inside else {}


Open = Callable[..., Tab]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with sync_playwright() as driver:
        launched = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=ARGUMENTS,
            downloads_path=tmp_path_factory.mktemp("downloads"),
        )
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A world with full pages, served."""
    home = tmp_path_factory.mktemp("site") / "home"
    publish_shown_world(home)
    with running(home) as server:
        yield _site(server, browser)


@pytest.fixture(scope="session")
def hostile_site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A world of hostile strings, served."""
    folder = tmp_path_factory.mktemp("hostile")
    publish_hostile_world(folder / "home", folder)
    with running(folder / "home") as server:
        yield _site(server, browser)


def _site(server: Server, browser: Browser) -> Site:
    """Make a key and somebody who may use the console, and let them in by the front door."""
    key = create_key(server.home, CREDITS, QPS)
    Users(server.home).add(NAME, PASSWORD, clock.milliseconds())
    with tab(browser) as opened:
        opened.goto(f"{server.url}/console/sign-in")
        opened.page.get_by_label("Name").fill(NAME)
        opened.page.get_by_label("Password").fill(PASSWORD)
        opened.page.get_by_role("button", name="Sign in").click()
        opened.page.wait_for_url(f"{server.url}/console")
        return Site(server, key, Words.of(server.home), opened.context.storage_state())


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[Open]:
    """Opens watched pages; they must have been quiet at the end of the test."""
    with ExitStack() as stack:
        opened: list[Tab] = []

        def opening(**options: Any) -> Tab:
            opened.append(stack.enter_context(tab(browser, **options)))
            return opened[-1]

        yield opening
        for one in opened:
            one.assert_quiet()
