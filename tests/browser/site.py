"""A server with what a person needs to use it: a key, and somebody who may use the console."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, StorageState

from tests.browser.places import Place, Words
from tests.browser.watching import tab
from tests.serving import Server, create_key
from trendwire import clock
from trendwire.accounts.users import Users

CREDITS, QPS = 100_000, 200
NAME, PASSWORD = "ada", "a password of many letters"


@dataclass(frozen=True, slots=True)
class Site:
    """`inside`: the cookies of who is signed in."""

    server: Server
    key: str
    words: Words
    inside: StorageState

    @classmethod
    def of(cls, server: Server, browser: Browser) -> "Site":
        """Make the key and the person, and let her in by the front door.

        The driver of a browser keeps an event loop in its thread: a desk is asked only of servers that run.
        """
        key = create_key(server.home, CREDITS, QPS)
        Users(server.home).add(NAME, PASSWORD, clock.milliseconds())
        with tab(browser) as opened:
            opened.goto(f"{server.url}/console/sign-in")
            opened.page.get_by_label("Name").fill(NAME)
            opened.page.get_by_label("Password").fill(PASSWORD)
            opened.page.get_by_role("button", name="Sign in").click()
            opened.page.wait_for_url(f"{server.url}/console")
            return cls(server, key, Words.of(server.home), opened.context.storage_state())

    @property
    def url(self) -> str:
        return self.server.url

    def address(self, place: Place) -> str:
        return self.url + self.words.filled(place.path)

    def options(self, place: Place) -> dict[str, Any]:
        """What a context needs to be let in."""
        return {"storage_state": self.inside} if place.inside else {}
