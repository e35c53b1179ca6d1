"""Pages for people: templates, the one look they share, and how a page becomes a reply.

Every page is whole without a script, and may load nothing but what this server has (`PAGE_POLICY`). What a
template shows is escaped by the template engine, without exception.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import jinja2
from starlette.requests import Request
from starlette.responses import Response

from trendwire import __version__
from trendwire.dialects.openapi import LOCAL_SERVER
from trendwire.web.page_cache import Rendered
from trendwire.web.statics import Statics
from trendwire.web.variants import IDENTITY, Variants

PAGE_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
"""Content-Security-Policy of pages: nothing inline, nothing from elsewhere."""

HTML = "text/html; charset=utf-8"

_NO_MARK = b""
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the site, as the navigation shows it."""

    name: str
    path: str


NAVIGATION = (
    Place("Explorer", "/"),
    Place("Docs", "/docs"),
    Place("Playground", "/playground"),
    Place("API reference", "/reference"),
    Place("Console", "/console"),
)


@dataclass(slots=True)
class Views:
    """The templates of the package, with what all of them may use.

    In a template: `static(name)` is a file's address, `navigation` the parts of the site, `version` ours;
    `thousands(n)`, `short(n)` print numbers.
    """

    statics: Statics
    environment: jinja2.Environment = field(init=False)

    def __post_init__(self) -> None:
        self.environment = jinja2.Environment(
            loader=jinja2.PackageLoader("trendwire.web", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals |= {
            "static": self.statics.address,
            "navigation": NAVIGATION,
            "version": __version__,
            "thousands": thousands,
            "short": short,
        }

    def rendered(
        self,
        template: str,
        told: Mapping[str, object],
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Rendered:
        """A page. `told`: the template's own values, `title` and `place` (its path in NAVIGATION) at least.

        Headers given here win, a policy too.
        """
        text = self.environment.get_template(template).render(**told)
        own = {"content-security-policy": PAGE_POLICY} | dict(headers or {})
        return Rendered(text.encode(), HTML, status, own)

    def page(
        self,
        request: Request,
        template: str,
        told: Mapping[str, object],
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The reply with a page that is made for one caller and kept by nobody."""
        page = self.rendered(template, {"path": request.url.path} | dict(told), status, headers)
        own = {"vary": "accept-encoding"} | dict(page.headers)
        variants = Variants(page.body, _NO_MARK)
        encoding = variants.choice(request.headers.get("accept-encoding", ""))
        if encoding != IDENTITY:
            own["content-encoding"] = encoding
        return Response(b"".join(variants.encoded(encoding, b"")), status, own, page.media_type)


def server_of(request: Request) -> str:
    """The address under which the caller reached this server: what links and code samples are written for."""
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        return LOCAL_SERVER
    forwarded = request.headers.get("x-forwarded-proto", request.url.scheme)
    return f"{'https' if forwarded == 'https' else 'http'}://{host}"


def thousands(number: float) -> str:
    """1234567 -> 1,234,567."""
    return f"{number:,.0f}"


def short(number: float) -> str:
    """1234567 -> 1.2M: three significant digits at most, for narrow columns."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return (
                f"{number / size:.3g}{letter}"
                if abs(number) / size < 999.5
                else f"{number / size:.0f}{letter}"
            )
    return f"{number:.0f}"
