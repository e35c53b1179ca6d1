"""Pages for people: templates, the one look they share, and how a page becomes a reply.

Every page is whole without a script, and may load nothing but what this server has (`PAGE_POLICY`). What a
template shows is escaped by the template engine, without exception.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

import jinja2
from starlette.requests import Request
from starlette.responses import Response

from trendwire import __version__
from trendwire.web.statics import Statics
from trendwire.web.variants import IDENTITY, Variants

PAGE_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
"""Content-Security-Policy of pages: nothing inline, nothing from elsewhere."""

HTML = "text/html; charset=utf-8"

_NO_MARK = b"\x00"


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

    def page(
        self,
        request: Request,
        template: str,
        told: Mapping[str, object],
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A page. `told`: the template's own values, `title` and `place` (its path in NAVIGATION) at least.

        A GET may be asked again with the tag it was given; headers given here win, a policy too.
        """
        text = self.environment.get_template(template).render(request=request, **told)
        own = {"content-security-policy": PAGE_POLICY} | dict(headers or {})
        return reply(request, text.encode(), HTML, status, own)


def reply(
    request: Request,
    body: bytes,
    media_type: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Bytes with their tag (304 where the caller has them), compressed as the caller likes it."""
    told = {"vary": "accept-encoding"} | dict(headers or {})
    if status == 200:
        told |= {"etag": f'W/"{blake2b(body, digest_size=8).hexdigest()}"'}
        told.setdefault("cache-control", "private, no-cache")
        if told["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=told)
    variants = Variants(body, _NO_MARK)
    encoding = variants.choice(request.headers.get("accept-encoding", ""))
    if encoding != IDENTITY:
        told["content-encoding"] = encoding
    return Response(b"".join(variants.encoded(encoding, b"")), status, told, media_type)


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
