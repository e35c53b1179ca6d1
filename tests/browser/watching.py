"""What a browser does besides showing a page: requests, complaints, refusals, dialogs, downloads.

A `Tab` is one page in a context of its own, watched from its first moment.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Playwright,
    Request,
    Response,
    Route,
)

Scheme = Literal["light", "dark"]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # whatever a page asks for beyond this machine has no address
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

CHROMIUM = "/usr/bin/chromium"

_HERE = re.compile(r"(http://127\.0\.0\.1:\d+/|blob:http://127\.0\.0\.1:\d+/|data:|about:blank$)")

_WATCH = """
window.pwned = () => console.error("PWNED: text ran as a script");
document.addEventListener("securitypolicyviolation", event => {
  console.error("POLICY: " + event.violatedDirective + " " + event.blockedURI + " " + event.sample);
});
"""

_REFUSED = "Failed to load resource: the server responded with a status of 4"

_SETTLED = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => Promise.race([
  Promise.allSettled(document.getAnimations().map(one => one.finished)),
  new Promise(late => setTimeout(late, 2000)),
]).then(() => done()))))"""

_BEYOND = """() => {
  const width = document.scrollingElement.scrollWidth;
  if (width <= innerWidth) return [];
  const sticking = [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > innerWidth).slice(-3);
  return [`${width - innerWidth} px too wide`, ...sticking.map(one => one.outerHTML.slice(0, 120))];
}"""

_SERIOUS = ("serious", "critical")


@dataclass(slots=True)
class Tab:
    """A page, and all that was told and asked since it was opened.

    `complaints`: console errors, refusals of the policy, uncaught errors, dialogs; a test that expects some
    takes them out. `requests`: every one, in order.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    @property
    def abroad(self) -> list[str]:
        """Addresses asked for that are not this machine's."""
        return [one.url for one in self.requests if not _HERE.match(one.url)]

    def goto(self, address: str, status: int = 200) -> Response:
        """Open a page and wait until it and its scripts have settled."""
        response = self.page.goto(address, wait_until="networkidle")
        assert response is not None
        assert response.status == status, f"{address}: {response.status}"
        if status >= 400:
            self.forgive()
        return response

    def forgive(self) -> None:
        """Take out what the console says of requests that were refused, where some had to be."""
        self.complaints[:] = [one for one in self.complaints if not one.startswith(_REFUSED)]

    def assert_quiet(self) -> None:
        """Nothing was complained about and nothing left this machine."""
        assert self.complaints == []
        assert self.abroad == []

    def dress(self, width: int, height: int, scheme: Scheme) -> None:
        """Show the page in a window of that size, light or dark, and wait until it looks so."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme=scheme)
        self.page.evaluate(_SETTLED)

    def beyond(self) -> list[str]:
        """What makes the page wider than the window; empty where it need not be scrolled sideways."""
        return [str(one) for one in self.page.evaluate(_BEYOND)]

    def barriers(self, rules: Sequence[str] = ()) -> list[str]:
        """What axe-core finds serious, by these rules or all: rule, and the first elements."""
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = list(rules)
        found = Axe().run(self.page, options=options).response["violations"]
        return [_words(one) for one in found if one["impact"] in _SERIOUS]


def _words(violation: dict[str, Any]) -> str:
    nodes = [f"{node['target']} {node['failureSummary']}" for node in violation["nodes"][:3]]
    return f"{violation['id']}: {violation['help']} ({len(violation['nodes'])}): {nodes}"


Open = Callable[..., Tab]
"""Takes the options of `tab`."""


@contextmanager
def launched(driver: Playwright) -> Iterator[Browser]:
    """Debian's Chromium without a window, in a folder of its own that the driver removes."""
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def tab(browser: Browser, *, guarded: bool = True, **options: Any) -> Iterator[Tab]:
    """A page in a fresh context. `guarded`: the page itself stops what would leave, without a cache."""
    context = browser.new_context(**options)
    context.set_default_timeout(15_000)
    try:
        yield watched(context, guarded)
    finally:
        context.close()


def watched(context: BrowserContext, guarded: bool = True) -> Tab:
    """A new page of a context, and its record."""
    context.add_init_script(_WATCH)
    opened = Tab(context.new_page())
    # the driver cannot take a built-in method
    context.on("request", lambda request: opened.requests.append(request))
    context.on("console", _heard(opened))
    context.on("weberror", lambda error: opened.complaints.append(f"uncaught: {error.error}"))
    context.on("dialog", _dismissed(opened))
    if guarded:
        context.route(lambda url: not _HERE.match(url), _refuse)
    return opened


def _heard(opened: Tab) -> Callable[[ConsoleMessage], None]:
    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            opened.complaints.append(f"{message.text} ({message.location['url']})")

    return hear


def _dismissed(opened: Tab) -> Callable[[Dialog], None]:
    def dismiss(dialog: Dialog) -> None:
        opened.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    return dismiss


def _refuse(route: Route) -> None:
    route.abort()
