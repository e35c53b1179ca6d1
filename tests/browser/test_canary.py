"""A key that somebody pastes into the playground and then wanders about with turns up nowhere."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Error, Locator, Page, Request, expect

from tests.browser.places import PLACES
from tests.browser.site import Site
from tests.browser.watching import Open, Tab

STEPS, TRIES = 200, 10
SEED = 20_251_121

_CHOICES = "include|keep|remember|session|sign out|revoke|rotate"
"""In labels of what puts the key somewhere because its owner says so, or would end the walk."""

_LEFT_ALONE = """(one, choices) => (one.origin && one.origin !== location.origin)
  || new RegExp(choices, "i").test(
  [one.textContent, ...[...(one.labels ?? [])].map(label => label.textContent)].join(" "))"""

_HELD = """() => ({
  address: location.href, referrer: document.referrer, title: document.title, cookie: document.cookie,
  window: window.name, state: JSON.stringify(history.state),
  local: JSON.stringify({...localStorage}), session: JSON.stringify({...sessionStorage}),
  page: document.documentElement.outerHTML,
  fields: [...document.querySelectorAll("input, textarea, select, output")]
    .filter(one => one.type !== "password" && one.id !== "key").map(one => one.value).join("\\n"),
})"""

_CLICKABLE = "a[href], button, summary, [role=tab], input[type=checkbox], input[type=radio]"


@dataclass(slots=True)
class Wanderer:
    """Somebody with a key in one tab, who does one thing after the other."""

    site: Site
    opened: Tab
    chance: random.Random
    pasted: int = 0
    sent: int = 0

    @property
    def steps(self) -> dict[Callable[[], None], int]:
        """What may be done, and how often of all."""
        return {
            self.visit: 3,
            self.click: 8,
            self.fill: 3,
            self.choose: 2,
            self.paste: 3,
            self.send: 4,
            self.go_back: 1,
            self.go_forward: 1,
            self.reload: 1,
        }

    def step(self) -> str:
        """Do something; its name."""
        steps = self.steps
        (done,) = self.chance.choices(list(steps), list(steps.values()))
        try:
            done()
            self.opened.page.wait_for_load_state("load")
        except Error as error:  # what was to be clicked is gone or covered: a person shrugs, too
            return f"{done.__name__} gave up: {error.message.splitlines()[0]}"
        return done.__name__

    def visit(self) -> None:
        self.opened.page.goto(self.site.address(self.chance.choice(PLACES)), wait_until="load")

    def click(self) -> None:
        found = self._any(_CLICKABLE)
        if found is not None and not found.evaluate(_LEFT_ALONE, _CHOICES):
            found.click(timeout=1000)

    def fill(self) -> None:
        found = self._any("input[type=text], input[type=search], input:not([type]), textarea")
        if found is not None:
            found.fill(self.chance.choice(("BR", "7", "30", "tag", "1", "x y", "")), timeout=1000)

    def choose(self) -> None:
        found = self._any("select")
        if found is not None:
            found.select_option(index=self.chance.randrange(found.locator("option").count()), timeout=1000)

    def paste(self) -> None:
        """Into the playground's field, wherever we are."""
        if "/playground" not in self.opened.page.url or self.chance.random() < 0.2:
            self.opened.page.goto(f"{self.site.url}/playground", wait_until="networkidle")
        self.opened.page.get_by_label(re.compile("key", re.IGNORECASE)).first.fill(
            self.site.key, timeout=1000
        )
        self.pasted += 1

    def send(self) -> None:
        button = self.opened.page.get_by_role("button", name=re.compile("^send", re.IGNORECASE))
        if button.count():
            button.first.click(timeout=1000)
            self.opened.page.wait_for_load_state("networkidle")
            self.sent += 1

    def go_back(self) -> None:
        self.opened.page.go_back(wait_until="load", timeout=5000)

    def go_forward(self) -> None:
        self.opened.page.go_forward(wait_until="load", timeout=5000)

    def reload(self) -> None:
        self.opened.page.reload(wait_until="load")

    def _any(self, selector: str) -> Locator | None:
        found = self.opened.page.locator(selector).filter(visible=True)
        count = found.count()
        return found.nth(self.chance.randrange(count)) if count else None


def _held(page: Page) -> dict[str, str]:
    """What a page holds, once it has come to rest: a click may still lead elsewhere."""
    for _ in range(TRIES):
        try:
            page.wait_for_load_state("load")
            return dict(page.evaluate(_HELD))
        except Error:
            continue
    raise AssertionError(f"{page.url} does not come to rest")


def _places_of(opened: Tab, secret: str, log: Path) -> list[str]:
    """Where the secret is, of all places where it must not be."""
    held = _held(opened.page)
    held["cookies"] = json.dumps([dict(one) for one in opened.context.cookies()])
    held["log"] = log.read_text()
    return [name for name, text in held.items() if secret in unquote(str(text))]


def _told(request: Request, secret: str) -> list[str]:
    """Parts of a request that hold the secret, but for the two headers that are there for it."""
    parts = {"address": request.url, "body": request.post_data or ""}
    parts |= {
        name: text for name, text in request.headers.items() if name not in ("authorization", "x-api-key")
    }
    return [f"{name} of {request.url}" for name, text in parts.items() if secret in unquote(text)]


@pytest.mark.timeout(600)
def test_a_key_leaks_nowhere(site: Site, open_tab: Open) -> None:
    secret, checked = site.key[8:], 0
    opened = open_tab(storage_state=site.inside)
    opened.page.goto(f"{site.url}/playground", wait_until="networkidle")
    wanderer = Wanderer(site, opened, random.Random(SEED))
    done = []
    for number in range(STEPS):
        done.append(f"{number} {wanderer.step()} {opened.page.url}")
        assert _places_of(opened, secret, site.server.log) == [], done[-5:]
        assert [one for request in opened.requests[checked:] for one in _told(request, secret)] == [], done[
            -5:
        ]
        checked = len(opened.requests)
    assert wanderer.pasted >= STEPS // 20, done
    assert wanderer.sent >= STEPS // 20, done
    opened.forgive()
    kept = b"".join(path.read_bytes() for path in site.server.home.rglob("*") if path.is_file())
    assert secret.encode() not in kept


def test_a_key_is_kept_in_a_tab_only_where_its_owner_says_so(site: Site, open_tab: Open) -> None:
    opened, secret = open_tab(), site.key[8:]
    opened.goto(f"{site.url}/playground")
    page = opened.page

    def places() -> list[str]:
        return _places_of(opened, secret, site.server.log)

    page.get_by_label("API key").fill(site.key)
    assert places() == []
    page.get_by_label("Keep it in this tab").check()
    assert places() == ["session"]
    page.reload()
    expect(page.get_by_label("API key")).to_have_value(site.key)
    assert places() == ["session"]
    page.get_by_label("Keep it in this tab").uncheck()
    assert places() == []
    page.reload()
    page.get_by_role("button", name="Send", exact=True).wait_for()
    expect(page.get_by_label("API key")).to_have_value("")


def test_a_key_is_copied_only_where_its_owner_says_so(site: Site, open_tab: Open) -> None:
    opened, secret = open_tab(), site.key[8:]
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    opened.goto(f"{site.url}/playground")
    page = opened.page

    def copied() -> str:
        page.get_by_role("button", name="Copy cURL").click()
        return str(page.evaluate("navigator.clipboard.readText()"))

    page.get_by_label("API key").fill(site.key)
    page.get_by_role("tab", name="cURL").click()
    assert secret not in copied()
    page.get_by_label("Include the key when copying").check()
    assert secret in copied()
    page.get_by_role("button", name="Copy link").click()
    assert secret not in str(page.evaluate("navigator.clipboard.readText()"))
    assert _places_of(opened, secret, site.server.log) == []
