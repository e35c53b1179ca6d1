"""One browser and one server a session; a fresh context a test."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.hostile_world import publish_hostile_world
from tests.browser.site import Site
from tests.browser.watching import Open, Tab, launched, tab
from tests.browser.world import publish_shown_world
from tests.serving import running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver, launched(driver) as browser:
        yield browser


@pytest.fixture(scope="session")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A world with full pages, served."""
    home = tmp_path_factory.mktemp("site") / "home"
    publish_shown_world(home)
    with running(home) as server:
        yield Site.of(server, browser)


@pytest.fixture(scope="session")
def hostile_site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A world of hostile strings, served."""
    folder = tmp_path_factory.mktemp("hostile")
    publish_hostile_world(folder / "home", folder)
    with running(folder / "home") as server:
        yield Site.of(server, browser)


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
