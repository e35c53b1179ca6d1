"""What is served without a key: health, readiness, documents, a first page, and refusals of unknown paths."""

from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.robotparser import RobotFileParser

import pytest
from openapi_spec_validator import validate
from starlette.testclient import TestClient

import trendwire.web
from tests.small_world import NOON_AFTER, linked
from tests.web.conftest import Served, serving
from trendwire import __version__
from trendwire.dialects.catalog import ENDPOINTS
from trendwire.domain.charts import ChartKey, HashtagEntry, Kind
from trendwire.domain.provenance import RECORDED, Provenance
from trendwire.editions import Editions
from trendwire.errors import InvalidInput
from trendwire.settings import Settings, load
from trendwire.sources.configuration import FILE
from trendwire.sources.runs import Runs
from trendwire.web.app import of_settings
from trendwire.web.fields import SECURITY_HEADERS
from trendwire.web.staleness import SECONDS_KEPT
from trendwire.web.views import PAGE_POLICY
from trendwire.web.watch import Limits, Watch

WEB = Path(trendwire.web.__file__).parent
FILES = sorted(
    [
        *(WEB / "templates").rglob("*.html"),
        *(
            one
            for part in ("playground", "docs", "console", "explorer")
            for one in (WEB / "static" / "js" / part).rglob("*.js")
        ),
    ]
)


def test_health_needs_no_edition(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        assert served.client.get("/healthz").json()["status"] == "ok"
        unready = served.client.get("/readyz")
    assert unready.status_code == 503
    assert unready.headers["retry-after"].isdigit()
    assert "trendwire publish" in unready.json()["reason"]


def test_a_server_that_is_about_to_end_is_not_ready(demo_home: Path, tmp_path: Path) -> None:
    watch = Watch(Limits(), draining=True)
    service = of_settings(Settings(home=linked(demo_home, tmp_path / "home")), watch=watch)
    with TestClient(service.site) as client:
        assert client.get("/healthz").status_code == 200
        unready = client.get("/readyz")
    assert (unready.status_code, unready.json()["reason"]) == (503, "the server is about to end")


def test_readiness_says_which_edition(served: Served) -> None:
    current = Editions(served.home).current()
    assert served.client.get("/readyz").json() == {
        "status": "ready",
        "edition": current.number,
        "as_of": current.as_of.isoformat(),
        "content_hash": current.content_hash,
        "stale": [],
    }


def test_readiness_says_what_is_stale_and_looks_once_a_minute(served: Served) -> None:
    def told() -> list[str]:
        answer = served.client.get("/readyz")
        assert answer.status_code == 200
        stale: list[str] = answer.json()["stale"]
        return stale

    assert told() == []
    (served.home / FILE).write_text('[sources.saved]\nkind = "files"\nfolder = "saved"\nevery = "6h"\n')
    Runs(served.home).begin("saved", NOON_AFTER - timedelta(days=3))
    served.clock.seconds = SECONDS_KEPT - 1
    assert told() == []
    served.clock.seconds = SECONDS_KEPT
    assert told() == ["source saved: it never had a success; its schedule is 6h"]
    (served.home / FILE).write_text("[sources")
    served.clock.seconds *= 2
    (words,) = told()
    assert words.startswith("source all: nothing is known of them: trendwire.toml is no TOML")


def test_readiness_says_which_markets_are_stale(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = Editions(served.home).current()
    old, new = (
        Provenance(method=RECORDED, transformation="1", stale=words) for words in (("it is old",), ())
    )
    monkeypatch.setattr(edition, "provenance", {"VN": old, "BR": old, "US": new})
    monkeypatch.setattr(Editions, "current", lambda _self: edition)
    assert served.client.get("/readyz").json()["stale"] == ["market BR, VN: it is old"]


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi-3.0.json"])
def test_the_documents_served_are_valid_and_complete(served: Served, path: str) -> None:
    document = served.client.get(path).json()
    validate(document)
    assert {endpoint.path for endpoint in ENDPOINTS} <= set(document["paths"])


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi-3.0.json"])
def test_the_documents_are_compressed_and_may_be_kept(served: Served, path: str) -> None:
    plain = served.client.get(path, headers={"accept-encoding": "identity"})
    packed = served.client.get(path, headers={"accept-encoding": "gzip"})
    assert packed.json() == plain.json()
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 5
    assert packed.headers["cache-control"].startswith("public, max-age=")
    again = served.client.get(path, headers={"if-none-match": packed.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_crawlers_are_told_what_is_not_for_them(served: Served) -> None:
    told = served.client.get("/robots.txt")
    assert told.headers["content-type"] == "text/plain; charset=utf-8"
    rules = RobotFileParser()
    rules.parse(told.text.splitlines())
    allowed = {path: rules.can_fetch("anybody", path) for path in ("/", "/docs", "/hashtag?name=a")}
    closed = {
        path: rules.can_fetch("anybody", path) for path in ("/console/keys", "/search?q=a", "/admin/v1")
    }
    assert set(allowed.values()) == {True}
    assert set(closed.values()) == {False}


def test_the_icon_is_there_for_who_asks_at_its_usual_place(served: Served) -> None:
    icon = served.client.get("/favicon.ico")
    assert icon.headers["content-type"] == "image/x-icon"
    assert icon.content.startswith(b"\x00\x00\x01\x00")


def test_a_weakness_is_reported_to_the_operator(demo_home: Path, tmp_path: Path) -> None:
    """RFC 9116: a contact, and an end within a year."""
    path, contact = "/.well-known/security.txt", "mailto:ops@trends.example"
    home = linked(demo_home, tmp_path / "home")
    with serving(home) as served:
        nobody = served.client.get(path)
    assert (nobody.status_code, "TRENDWIRE_CONTACT" in nobody.text) == (404, True)
    with serving(home, contact=contact) as served:
        told = dict(line.split(": ", 1) for line in served.client.get(path).text.splitlines())
        assert served.client.get("/openapi.json").json()["info"]["contact"]["email"] == "ops@trends.example"
    assert told["Contact"] == contact
    assert NOON_AFTER < datetime.fromisoformat(told["Expires"]) < NOON_AFTER + timedelta(days=365)


@pytest.mark.parametrize(
    "contact", ["ops@trends.example", "http://trends.example", "mailto:nobody", "https://"]
)
def test_a_contact_is_an_address_that_can_be_reached(contact: str) -> None:
    with pytest.raises(InvalidInput, match=r"contact .*: it must be a mailto: or https:// address"):
        load(contact=contact)


@pytest.mark.parametrize("path", ["/", "/docs", "/playground", "/reference", "/console/sign-in"])
def test_the_foot_of_every_page_names_the_version_of_the_program(served: Served, path: str) -> None:
    assert f"<p>Trendwire {__version__}." in served.client.get(path).text


class Described(HTMLParser):
    """The descriptions of a page, and elements with a name although their role may have none (ARIA 1.2)."""

    NAMELESS = frozenset(
        ("b", "bdi", "caption", "code", "del", "div", "em", "i", "ins", "mark", "p", "pre", "q", "s", "small")
    ) | {"span", "strong", "sub", "sup"}

    def __init__(self, page: str) -> None:
        super().__init__()
        self.descriptions: list[str] = []
        self.misnamed: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "meta" and told.get("name") == "description":
            self.descriptions.append(told["content"] or "")
        if tag in self.NAMELESS and "role" not in told and {"aria-label", "aria-labelledby"} & set(told):
            self.misnamed.append(self.get_starttag_text() or tag)


PEOPLE = [
    "/",
    "/hashtags",
    "/videos",
    "/hashtag?name={tag}",
    "/compare/hashtags?name={tag}",
    "/search",
    "/docs",
    "/docs/search?q=key",
    "/docs/endpoints/keyapi_trending_hashtags",
    "/docs/guides/explanation/how-a-rank-is-made",
    "/playground",
    "/reference",
    "/console/sign-in",
]


def test_pages_are_described_each_in_its_own_words(served: Served) -> None:
    rows = Editions(served.home).current().chart(ChartKey(Kind.HASHTAG, 30)) or ()
    tag = next(one.name for one in rows if isinstance(one, HashtagEntry))
    pages = [Described(served.client.get(path.format(tag=tag)).text) for path in PEOPLE]
    told = [page.descriptions for page in pages]
    assert [len(one) for one in told] == [1] * len(PEOPLE)
    assert [text for [text] in told if not 50 <= len(text) <= 250] == []
    assert len({text for [text] in told}) == len(PEOPLE) - 1  # the explorer begins with the hashtags


@pytest.mark.parametrize("file", [*FILES], ids=lambda file: file.name)
def test_only_what_may_have_a_name_is_named(file: Path) -> None:
    """Assistive technology passes over the names of paragraphs, blocks of code and the like."""
    assert Described(file.read_text()).misnamed == []


def test_the_first_page_links_to_what_answers(served: Served) -> None:
    links: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            links.extend(value or "" for name, value in attrs if tag == "a" and name == "href")

    page = served.client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    Links().feed(page.text)
    assert links
    assert [link for link in links if served.client.get(link).status_code != 200] == []


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/openapi.json"])
def test_pages_answer_head_and_refuse_other_methods(served: Served, path: str) -> None:
    head = served.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    refused = served.client.post(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nope", "msg"),
        ("/v1/tiktok/trending/nope", "message"),
        ("/v1", "msg"),
        ("/api/v1/x", "msg"),
        ("/%0A", "msg"),
        ("/healthz%0A", "msg"),
        ("/docs/%0A", "msg"),
        ("/v1/%0D%0Ax", "message"),
        ("/v1/tiktok/trending/hashtags%0A", "message"),
    ],
)
def test_an_unknown_path_is_a_404_in_the_dialect_spoken_there(served: Served, path: str, words: str) -> None:
    refused = served.client.get(path)
    assert refused.status_code == 404
    assert set(refused.json()) == {"code", words, "data"}
    assert refused.json()["code"] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"])
@pytest.mark.parametrize("path", [ENDPOINTS[0].path, "/tiktok/popular-trend/hashtag"])
def test_an_endpoint_refuses_other_methods(served: Served, method: str, path: str) -> None:
    refused = served.client.request(method, path)
    assert refused.status_code == refused.json()["code"] == 405
    assert "GET" in refused.headers["allow"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/nope", "/v1/tiktok/trending/hashtags", "/openapi.json"])
def test_every_answer_carries_the_security_headers(served: Served, path: str) -> None:
    answer = served.client.get(path)
    policy = {"content-security-policy": PAGE_POLICY} if path == "/" else {}
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS) | policy
