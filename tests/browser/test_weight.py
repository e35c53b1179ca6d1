"""What a first visit costs: bytes on the wire, and the time until the explorer can be used on a slow line."""

from collections import Counter

import pytest
from playwright.sync_api import Browser, CDPSession

from tests.browser.places import PLACES, Place
from tests.browser.site import Site
from tests.browser.watching import Tab, tab

MOST_BYTES = 120_000
MOST_SECONDS = 1.5
TRIES = 10

SLOW_LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
"""Lighthouse's slow 4G, which was once called fast 3G: 150 ms, 1.6 Mbit/s down, 750 kbit/s up."""

SLOWER = 4
"""How many times slower than this machine the processor is made."""

_USABLE = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
  done(performance.now() / 1000))))"""

LIGHT = [place for place in PLACES if place.name != "reference"]


def _network(opened: Tab) -> CDPSession:
    session = opened.context.new_cdp_session(opened.page)
    session.send("Network.enable")
    return session


@pytest.mark.parametrize("place", LIGHT, ids=lambda place: place.name)
def test_a_first_visit_is_light(site: Site, browser: Browser, place: Place) -> None:
    with tab(browser, guarded=False, **site.options(place)) as opened:
        bytes_of: Counter[str] = Counter()
        session = _network(opened)
        session.on("Network.loadingFinished", lambda told: _add(bytes_of, told))
        opened.goto(site.address(place), place.status)
        opened.assert_quiet()
        assert 0 < bytes_of.total() <= MOST_BYTES, [request.url for request in opened.requests]


def _add(bytes_of: Counter[str], told: dict[str, object]) -> None:
    bytes_of[str(told["requestId"])] += int(float(str(told["encodedDataLength"])))


def test_the_explorer_is_soon_usable_on_a_slow_line(site: Site, browser: Browser) -> None:
    """Once in some tries is enough: what else this machine does is no part of the page."""
    assert any(_seconds_until_usable(site, browser) <= MOST_SECONDS for _ in range(TRIES))


def _seconds_until_usable(site: Site, browser: Browser) -> float:
    """From the click to a page that is parsed, whose scripts have run, and that has painted what they did."""
    with tab(browser, guarded=False) as opened:
        session = _network(opened)
        session.send("Network.emulateNetworkConditions", SLOW_LINE)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        opened.page.goto(f"{site.url}/", wait_until="domcontentloaded")
        return float(opened.page.evaluate(_USABLE))
