"""The docs: every endpoint told whole, every guide served, all of it found, nothing loaded from elsewhere."""

import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit
from zipfile import ZipFile

import msgspec
import pytest
from hatchling.builders.wheel import WheelBuilder
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from tests.house.tree import ROOT
from tests.web.conftest import Served, serving
from trendwire.dialects.catalog import ENDPOINTS, parse, render_error
from trendwire.dialects.openapi import example_errors
from trendwire.dialects.parameters import FARTHEST, Whole, read
from trendwire.errors import InvalidInput
from trendwire.web.docs.endpoints import endpoint_pages
from trendwire.web.docs.guides import FOLDERS, Guides
from trendwire.web.docs.marked import marked
from trendwire.web.docs.replies import UNITS
from trendwire.web.docs.search import Entry, Index
from trendwire.web.views import PAGE_POLICY

NAMES = [endpoint.name for endpoint in ENDPOINTS]
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}
GUIDES = sorted(Guides().by_place)
HOSTILE = "<script>alert(1)</script>"

OTHERS = ("/playground", "/console", "/readyz")
"""Parts of the site that have tests of their own."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server without an edition: the docs need none."""
    with serving(tmp_path_factory.mktemp("docs")) as served:
        yield served.client


class Page(HTMLParser):
    """The parts of a page that tests look at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def links(self) -> list[str]:
        return [one["href"] for one in self.of("a") if "href" in one]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _page(client: TestClient, path: str, status: int = 200) -> Page:
    reply = client.get(path)
    assert reply.status_code == status, path
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    return Page(reply.text)


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


PAGES = [
    "/docs",
    "/docs/search?q=credits",
    *(f"/docs/endpoints/{name}" for name in NAMES),
    *(f"/docs/guides/{place}" for place in GUIDES),
    "/reference",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_without_a_script_and_loads_nothing_from_elsewhere(
    client: TestClient, path: str
) -> None:
    page = _page(client, path)
    loaded = [one.get("src", "") for tag in ("script", "img", "iframe") for one in page.of(tag)]
    loaded += [one["href"] for one in page.of("link") if one["rel"] in ("stylesheet", "icon")]
    assert all(address.startswith("/static/") for address in loaded), loaded
    inline = [name for _, one in page.tags for name in one if name == "style" or name.startswith("on")]
    assert inline == []
    assert len(page.of("h1")) == 1


def test_every_link_of_every_page_leads_somewhere_down_to_its_heading(client: TestClient) -> None:
    seen: dict[str, set[str]] = {}
    for path in PAGES:
        for link in _page(client, path).links:
            parts = urlsplit(urljoin(f"http://testserver{path}", link))
            if parts.netloc == "testserver" and not parts.path.startswith(OTHERS) and parts.path != "/":
                seen.setdefault(parts.path, set()).add(parts.fragment)
    lost = []
    for path, fragments in seen.items():
        reply = client.get(path)
        ids = (
            {one.get("id") for _, one in Page(reply.text).tags}
            if "html" in reply.headers["content-type"]
            else set()
        )
        lost += [path] if reply.status_code != 200 else []
        lost += [f"{path}#{one}" for one in fragments if one and one not in ids and path != "/reference"]
    assert lost == []


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/reference"])
def test_a_page_of_the_docs_has_a_search_box_and_knows_its_place(client: TestClient, path: str) -> None:
    page = _page(client, path)
    assert {"name": "q", "type": "search"}.items() <= page.of("input")[0].items()
    current = [one["href"] for one in page.of("a") if one.get("aria-current") == "page"]
    named = path.startswith(("/docs/endpoints", "/docs/guides")) and not path.endswith("/index")
    assert current == (["/docs", path] if named else ["/docs", "/docs"] if path == "/docs" else ["/docs"])


@pytest.mark.parametrize("name", NAMES)
def test_an_endpoints_page_tells_all_of_the_catalog(client: TestClient, name: str) -> None:
    endpoint, told = BY_NAME[name], _page(client, f"/docs/endpoints/{name}").text
    assert endpoint.path in told
    for row in endpoint.parameters:
        assert row.name in told
        assert html.unescape(row.rule.accepted.removeprefix("must be ")) in told
    for error in example_errors(endpoint).values():
        refusal = render_error(endpoint.dialect, error)
        body = json.dumps(msgspec.json.decode(refusal.body), ensure_ascii=False)
        assert f"{refusal.status} {error.code.value.replace('_', ' ')}" in told
        assert body in told
    for language in ("cURL", "Python", "JavaScript"):
        assert language in told


@pytest.mark.parametrize("name", NAMES)
def test_every_form_of_an_endpoints_page_shows_the_address_that_was_asked(
    client: TestClient, name: str
) -> None:
    for path in (
        f"/docs/endpoints/{name}",
        f"/docs/endpoints/{name}.md",
        f"/docs/endpoints/{name}/prompt.txt",
    ):
        assert (
            "https://trends.example:8443/"
            in client.get(path, headers={"host": "trends.example:8443", "x-forwarded-proto": "https"}).text
        )
        assert "evil" not in client.get(path, headers={"host": "evil'; rm -rf /"}).text


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_is_whole_its_sample_satisfies_its_schema(client: TestClient, name: str) -> None:
    reply = client.get(f"/docs/endpoints/{name}/prompt.txt")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    schema, sample = map(json.loads, _blocks(reply.text, "json"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(sample)
    endpoint = BY_NAME[name]
    for row in endpoint.parameters:
        assert f"| `{row.name}` |" in reply.text
        assert all(str(value) in reply.text for value in row.rule.schema().get("enum", ()))
    for field in endpoint_pages()[name].fields:
        assert f"| `{field.path}` |" in reply.text
    assert f"{endpoint.dialect.credential.header}: " in reply.text
    assert "Retry-After" in reply.text


@pytest.mark.parametrize("name", NAMES)
def test_the_paths_of_the_fields_are_those_of_the_sample(name: str) -> None:
    page = endpoint_pages()[name]

    def paths(value: object, stem: str = "") -> Iterator[str]:
        if isinstance(value, dict):
            for key, part in value.items():
                yield f"{stem}{key}"
                yield from paths(part, f"{stem}{key}.")
        elif isinstance(value, list):
            for part in value:
                yield from paths(part, f"{stem.removesuffix('.')}[].")

    assert set(paths(json.loads(page.sample))) <= {field.path for field in page.fields}


def test_every_number_of_a_reply_has_a_unit_and_every_unit_is_used() -> None:
    fields = [field for page in endpoint_pages().values() for field in page.fields]
    bare = {f.path for f in fields if re.match(r"(list of )?(integer|number|-?\d)", f.kind) and not f.unit}
    assert bare == set()
    assert {name.rpartition(".")[2] for name in UNITS} <= {field.name for field in fields}
    assert set(UNITS.values()) == {field.unit for field in fields if field.unit}
    assert [f.path for f in fields if not f.meaning] == []


def test_what_is_said_of_values_out_of_bounds_is_what_happens() -> None:
    wholes = [
        (e, row, told)
        for e in ENDPOINTS
        for row, told in zip(e.parameters, endpoint_pages()[e.name].parameters, strict=True)
        if isinstance(row.rule, Whole)
    ]
    assert wholes
    for _endpoint, row, told in wholes:
        try:
            read((row,), f"{row.name}=0", {})
            assert "below 1 counts as 1" in told.clamp
        except InvalidInput:
            assert "below 1: 400" in told.clamp
        most = int(str(row.read(str(10**30))))
        assert (f"above {most} counts as {most}" in told.clamp) == (most < FARTHEST)


@pytest.mark.parametrize("name", NAMES)
def test_the_markdown_of_an_endpoint_holds_what_the_page_holds(client: TestClient, name: str) -> None:
    reply = client.get(f"/docs/endpoints/{name}.md")
    assert reply.headers["content-type"] == "text/markdown; charset=utf-8"
    assert reply.text.startswith(f"# {BY_NAME[name].summary}\n")
    page = endpoint_pages()[name]
    assert all(f"| `{field.path}` |" in reply.text for field in page.fields)
    assert all(f"`{error.body}`" in reply.text for error in page.errors)
    assert [json.loads(block) for block in _blocks(reply.text, "json")] == [json.loads(page.sample)]
    query = re.search(r"--url 'http://testserver[^?']*\?([^']*)'", reply.text)
    named = {row.name: row.example for row in BY_NAME[name].parameters if row.place == "path"}
    parse(BY_NAME[name], query[1] if query else "", named)


@pytest.mark.parametrize("place", GUIDES)
def test_a_guide_is_served_as_page_and_as_markdown(client: TestClient, place: str) -> None:
    page = client.get(f"/docs/guides/{place}").text
    text = client.get(f"/docs/guides/{place}.md")
    assert text.headers["content-type"] == "text/markdown; charset=utf-8"
    assert text.text.startswith("# ")
    assert "<!--" not in text.text
    assert "&lt;!--" not in page
    for link in re.findall(r"\]\((/[^)#]+)", text.text):
        assert client.get(link).status_code == 200, link


def test_every_guide_of_the_checkout_is_served() -> None:
    folder = ROOT / "docs"
    files = {f"{path.parent.name}/{path.stem}" for name in FOLDERS for path in (folder / name).glob("*.md")}
    assert set(GUIDES) == files


def test_a_wheel_carries_the_guides_and_an_editable_one_reads_them_where_they_are(tmp_path: Path) -> None:
    for version in ("standard", "editable"):
        [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path / version), versions=[version])
        names = {name for name in ZipFile(wheel).namelist() if name.startswith("trendwire/")}
        packed = {f"trendwire/web/docs/guides/{place}.md" for place in GUIDES}
        assert packed <= names if version == "standard" else names == set()


def test_guides_are_named_in_the_order_of_their_index(client: TestClient) -> None:
    links = [link for link in _page(client, "/docs").links if link.startswith("/docs/guides/how-to/")]
    index = (ROOT / "docs/how-to/index.md").read_text()
    assert links[: len(links) // 2] == [
        f"/docs/guides/how-to/{n}" for n in re.findall(r"\(([\w-]+)\.md\)", index)
    ]


def test_links_between_guides_lead_to_pages_and_others_become_words(tmp_path: Path) -> None:
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
    (tmp_path / "how-to" / "a.md").write_text(
        "<!-- for makers -->\n# A\n[b](../reference/b.md#part) [x](../../deploy/x.conf) [o](https://o.example/)\n"
        "```text\n[b](../reference/b.md)\n<!-- kept -->\n```\n"
    )
    (tmp_path / "reference" / "b.md").write_text("# B\n")
    guides = Guides(tmp_path)
    guide = guides.by_place["how-to/a"]
    page = marked(guide.text, lambda href: guides.target(guide, href)).html
    assert '<a href="/docs/guides/reference/b#part">b</a> x (<code>deploy/x.conf</code> in the source' in page
    assert '<a href="https://o.example/" rel="noreferrer">o</a>' in page
    assert guides.markdown(guide) == (
        "# A\n[b](/docs/guides/reference/b.md#part) x (`deploy/x.conf` in the source tree) "
        "[o](https://o.example/)\n```text\n[b](../reference/b.md)\n<!-- kept -->\n```\n"
    )


def test_markdown_brings_no_html_no_script_and_no_picture() -> None:
    text = f"# {HOSTILE}\n{HOSTILE}\n\n[a](javascript:alert(1)) ![p](https://x.example/p.png)\n\n```\n{HOSTILE}\n```\n"
    page = Page(marked(text).html)
    assert {tag for tag, _ in page.tags} <= {"h1", "p", "pre", "code"}


def test_headings_of_the_same_words_have_ids_of_their_own() -> None:
    headings = marked("# One\n## Two\n## Two\n## Ärger & Co\n").headings
    assert [one.id for one in headings] == ["one", "two", "two-2", "ärger-co"]


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("hashtag_name", "/docs/endpoints/keyapi_trending_hashtag_detail#parameters"),
        ("rankings", "/docs/guides/explanation/how-a-rank-is-made"),
        ("quarant", "/docs/guides/how-to/ingest-posts"),
        ("apiKey quota is not enough", "/docs/endpoints/keyapi_trending_hashtags#errors"),
        ("TRENDWIRE_METRICS_PORT", "/docs/guides/reference/settings"),
        ("deploy nginx", "/docs/guides/how-to/deploy"),
    ],
)
def test_what_is_written_is_found(client: TestClient, asked: str, path: str) -> None:
    found = _page(client, f"/docs/search?q={asked}").links
    assert path in found or any(link.startswith(f"{path}#") for link in found), found


@pytest.mark.parametrize(
    "asked",
    ["", "  ", '"', '" x', 'x" y', "*", "a*b", "NEAR(", "col:umn", "🦊", "-x", "(", "'; --", "x" * 5000],
)
def test_the_search_takes_any_text(client: TestClient, asked: str) -> None:
    assert client.get("/docs/search", params={"q": asked}).status_code == 200
    assert client.get(f"/docs/search?q={quote(asked)}%00%1b").status_code == 200


def test_what_is_asked_for_is_shown_as_text(client: TestClient) -> None:
    page = client.get("/docs/search", params={"q": HOSTILE}).text
    assert HOSTILE not in page
    assert html.escape(HOSTILE) in page


def test_an_excerpt_marks_words_and_escapes_the_rest() -> None:
    index = Index([Entry("Page", "", f"{HOSTILE} credits \x02 & more", "/p")])
    [found] = index.find("cred")
    assert found.excerpt == "&lt;script&gt;alert(1)&lt;/script&gt; <mark>credits</mark>  &amp; more"


def test_a_page_that_is_not_there_says_so(client: TestClient) -> None:
    for path in ("/docs/nope", "/docs/endpoints/nope", "/docs/guides/how-to/nope", "/docs/guides/x/y.md"):
        assert "/docs" in _page(client, path, 404).links
    for path in ("/docs/endpoints/nope.md", "/docs/endpoints/nope/prompt.txt", "/docs/guides/a/..%2fb"):
        assert client.get(path).status_code == 404


def test_llms_txt_lists_every_page_with_its_markdown(client: TestClient) -> None:
    text = client.get("/llms.txt").text
    assert text.startswith("# Trendwire\n\n> ")
    links = re.findall(r"^- \[[^\]]+\]\(http://testserver([^)]+)\)", text, re.MULTILINE)
    assert [link for link in links if client.get(link).status_code != 200] == []
    told = {f"/docs/endpoints/{name}.md" for name in NAMES}
    told |= {f"/docs/guides/{place}.md" for place in GUIDES if not place.endswith("/index")}
    assert told <= set(links)


def test_llms_full_txt_holds_every_page(client: TestClient) -> None:
    text = client.get("/llms-full.txt").text
    for name in NAMES:
        assert client.get(f"/docs/endpoints/{name}.md").text.strip() in text
    for place in GUIDES:
        if not place.endswith(("/index", "/endpoints")):
            assert client.get(f"/docs/guides/{place}.md").text.strip() in text


def test_the_reference_may_load_data_pictures_and_nothing_else_more(client: TestClient) -> None:
    policy = client.get("/reference").headers["content-security-policy"]
    assert policy == f"{PAGE_POLICY}; img-src 'self' data:"
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("asked", "document"), [("3.1", "/openapi.json"), ("3.0", "/openapi-3.0.json"), ("x", "/openapi.json")]
)
def test_the_reference_shows_the_document_that_is_chosen(
    client: TestClient, asked: str, document: str
) -> None:
    page = _page(client, f"/reference?openapi={asked}")
    assert [one["data-document"] for one in page.of("div") if "data-document" in one] == [document]


def test_a_page_seen_before_is_not_sent_again(served: Served) -> None:
    for path in ("/docs", "/docs/endpoints/keyapi_trending_hashtags.md", "/llms.txt"):
        first = served.client.get(path)
        again = served.client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
