"""The playground: whole without a script, in step with the catalog, and no place for keys."""

import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import brotli  # type: ignore[import-untyped]
import pytest

from tests.web.conftest import Served
from trendwire.accounts.credential import is_well_formed, mint
from trendwire.dialects.base import Endpoint
from trendwire.dialects.catalog import BY_NAME, ENDPOINTS, parse, render
from trendwire.dialects.openapi import example_request_id
from trendwire.domain.taxonomy import countries, industries
from trendwire.web.playground.document import Input, playground_document
from trendwire.web.playground.site import LONGEST
from trendwire.web.statics import FOLDER
from trendwire.web.views import PAGE_POLICY

KNOWN = playground_document()
MOST_BYTES = 60_000
HOSTILE = '"><script>alert(1)</script>\u202e<img src=x onerror=alert(1)>'

each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)


class Page(HTMLParser):
    """The page as its elements, the texts of code blocks, and the values of its form."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.form: dict[str, str] = {}
        self.codes: list[str] = []
        self._select = ""
        self._in_pre = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.append((tag, told))
        if tag == "input":
            self.form[told["name"] or ""] = told.get("value") or ""
        elif tag == "select":
            self._select = told["name"] or ""
            self.form[self._select] = ""
        elif tag == "option" and "selected" in told:
            self.form[self._select] = told["value"] or ""
        elif tag == "pre":
            self._in_pre = True
            self.codes.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_pre = self._in_pre and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._in_pre:
            self.codes[-1] += data


def shown(served: Served, query: str = "", status: int = 200) -> Page:
    answer = served.client.get(f"/playground{query}")
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == PAGE_POLICY
    return Page(answer.text)


def sample(endpoint: Endpoint) -> bytes:
    return render(endpoint, endpoint.example, example_request_id(endpoint.dialect))


@each_endpoint
def test_without_a_script_an_endpoint_shows_its_parameters_request_and_sample(
    served: Served, endpoint: Endpoint
) -> None:
    page = shown(served, f"?endpoint={endpoint.name}")
    usual = {row.name: row.default or "" for row in endpoint.parameters}
    assert page.form == {"endpoint": endpoint.name} | usual
    line, reply = page.codes
    assert line.startswith("curl ")
    assert "$TRENDWIRE_KEY" in line
    assert json.loads(reply) == json.loads(sample(endpoint))


def test_the_form_without_a_script_makes_the_request(served: Served) -> None:
    page = shown(
        served, "?endpoint=keyapi_trending_hashtag_detail&hashtag_name=caf%C3%A9%27s&region=vn&period=30"
    )
    assert (page.form["region"], page.form["period"]) == ("VN", "30")
    assert "hashtag_name=caf%C3%A9%27s" in page.codes[0]
    assert "http://testserver/v1/tiktok/trending/hashtag/detail?period=30&region=vn" in page.codes[0]


def test_of_a_repeated_parameter_the_first_counts(served: Served) -> None:
    assert shown(served, "?page=3&page=4").form["page"] == "3"


def test_what_a_link_says_wrong_is_said_in_words(served: Served) -> None:
    answer = served.client.get("/playground?endpoint=crawlora_popular_hashtags&period=8&limit=abc")
    assert "period must be one of 7, 30, 120" in answer.text
    assert "limit must be a whole number" in answer.text


def test_an_unknown_endpoint_is_a_404_that_shows_another(served: Served) -> None:
    page = shown(served, "?endpoint=nope", 404)
    assert page.form["endpoint"] == ENDPOINTS[0].name


@pytest.mark.parametrize("name", ["endpoint", "hashtag_name", "region", "page", "other"])
def test_hostile_text_in_a_link_stays_text(served: Served, name: str) -> None:
    query = f"?endpoint=keyapi_trending_hashtag_detail&{name}={quote(HOSTILE)}"
    answer = served.client.get(f"/playground{query}")
    tags = Page(answer.text).tags
    assert "<img" not in answer.text
    assert [told.get("src") is not None for tag, told in tags if tag == "script"] == [True]
    assert not any(
        attribute.startswith("on") or attribute == "style" for _, told in tags for attribute in told
    )


@pytest.mark.parametrize("encode", [str, quote, lambda key: key.replace("_", "%255F")])
@pytest.mark.parametrize("name", ["endpoint", "hashtag_name", "region", "edition", "key"])
def test_a_key_in_a_link_is_shown_nowhere(served: Served, name: str, encode: Any) -> None:
    key = mint()
    query = f"?endpoint=keyapi_trending_hashtag_detail&{name}={encode(key)}"
    assert key.removeprefix("sk_live_") not in served.client.get(f"/playground{query}").text


def test_a_value_too_long_for_a_link_is_left_out(served: Served) -> None:
    query = f"?endpoint=keyapi_trending_hashtag_detail&hashtag_name={'a' * (LONGEST + 1)}"
    assert shown(served, query).form["hashtag_name"] == ""
    assert f"const LONGEST = {LONGEST};" in (FOLDER / "js/playground/state.js").read_text()


def test_the_document_is_compressed_and_asked_for_again_at_no_cost(served: Served) -> None:
    first = served.client.get("/playground.json", headers={"accept-encoding": "br"})
    assert first.headers["content-type"] == "application/json"
    assert first.headers["content-encoding"] == "br"
    again = served.client.get("/playground.json", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_document_names_every_endpoint_as_the_catalog_does(served: Served) -> None:
    told = served.client.get("/playground.json").json()
    offers = [one for group in told["groups"] for one in group["endpoints"]]
    assert {one["name"] for one in offers} == set(BY_NAME)
    for one in offers:
        endpoint = BY_NAME[one["name"]]
        place = endpoint.dialect.credential
        assert (one["method"], one["path"], one["cost"]) == (endpoint.method, endpoint.path, endpoint.credits)
        assert (one["header"], one["scheme"]) == (place.header, place.scheme)
        assert [row["name"] for row in one["parameters"]] == [row.name for row in endpoint.parameters]


@each_endpoint
def test_samples_keep_every_digit(endpoint: Endpoint) -> None:
    digits = re.findall(rb"\d{16,}", sample(endpoint))
    assert re.findall(r"\d{16,}", KNOWN.endpoints[endpoint.name].sample) == [one.decode() for one in digits]


@each_endpoint
def test_every_field_of_the_sample_has_a_meaning(endpoint: Endpoint) -> None:
    meanings = {one.path: one.meaning for one in KNOWN.endpoints[endpoint.name].fields}

    def paths(node: Any, path: str) -> set[str]:
        if isinstance(node, list):
            return {one for part in node for one in paths(part, f"{path}[]")}
        if isinstance(node, dict):
            inner = {f"{path}.{name}".lstrip("."): part for name, part in node.items()}
            return set(inner) | {one for name, part in inner.items() for one in paths(part, name)}
        return set()

    assert [one for one in paths(json.loads(sample(endpoint)), "") if not meanings.get(one)] == []


ROWS = [
    pytest.param(BY_NAME[name], row, id=f"{name}-{row.name}")
    for name, offer in KNOWN.endpoints.items()
    for row in offer.parameters
]


@pytest.mark.parametrize(("endpoint", "row"), ROWS)
def test_a_parameter_says_what_the_server_does_with_its_values(endpoint: Endpoint, row: Input) -> None:
    parameter = next(one for one in endpoint.parameters if one.name == row.name)
    for option in row.options:
        means = parameter.read(option.value)
        assert [parameter.read(text) for text in option.also] == [means] * len(option.also)
    if row.most is not None:
        assert parameter.read(str(row.most + 1)) == parameter.read(str(row.most)) == row.most
    if row.raised:
        assert parameter.read("0") == row.least
    if row.default is not None:
        assert not row.options or row.default in [option.value for option in row.options]


def test_lists_of_places_and_industries_are_complete() -> None:
    rows = {row.name: row for row in KNOWN.endpoints["crawlora_popular_hashtags"].parameters}
    assert {option.value for option in rows["country_code"].options} == set(countries())
    listed = {text for option in rows["industry_id"].options for text in (option.value, *option.also)}
    known = {str(id_) for one in industries().values() for id_ in (one.id, *one.children)}
    assert listed == known


def test_every_kind_of_value_has_its_rule_in_the_script() -> None:
    rules = {row.rule for one in KNOWN.endpoints.values() for row in one.parameters if not row.options}
    script = (FOLDER / "js/playground/state.js").read_text()
    assert rules - {"text"} <= set(re.findall(r'row\.rule === "(\w+)"', script))


def test_the_script_knows_keys_as_they_are_minted() -> None:
    assert {KNOWN.key.live, KNOWN.key.test} == {"sk_live_", "sk_test_"}
    for mode, prefix in (("live", KNOWN.key.live), ("test", KNOWN.key.test)):
        key = mint(mode)
        assert is_well_formed(key)
        assert len(key) == len(prefix) + KNOWN.key.length


def test_a_row_of_a_chart_leads_to_its_detail() -> None:
    for one in KNOWN.endpoints.values():
        if one.next is None:
            continue
        node = json.loads(one.sample)
        for step in one.next.pointer.split("/")[1:]:
            node = node[int(step)] if isinstance(node, list) else node[step]
        parse(BY_NAME[one.next.endpoint], f"{one.next.parameter}={quote(node)}", {one.next.parameter: node})


def test_scripts_and_styles_stay_small(served: Served) -> None:
    page = shown(served)
    loaded = {
        told.get("src") or told.get("href") or ""
        for tag, told in page.tags
        if tag == "script" or (tag == "link" and told.get("rel") != "icon")
    }
    bodies = [served.client.get(address) for address in loaded]
    assert {one.status_code for one in bodies} == {200}
    assert sum(len(brotli.compress(one.content, quality=5)) for one in bodies) < MOST_BYTES


def test_every_module_that_a_module_imports_is_named_in_the_page(served: Served) -> None:
    named = {told.get("href") for tag, told in shown(served).tags if told.get("rel") == "modulepreload"}
    for path in (FOLDER / "js/playground").glob("*.js"):
        for found in re.findall(r'from "(\.[^"]+)"', path.read_text()):
            imported = (path.parent / found).resolve().relative_to(FOLDER.resolve()).as_posix()
            assert any(address and address.endswith(f"/{imported}") for address in named), found


def test_scripts_put_no_key_where_it_could_be_seen() -> None:
    """The key's text is read in the places that need it, and nothing writes attributes or markup."""
    texts = {path.name: path.read_text() for path in (FOLDER / "js/playground").glob("*.js")}
    assert {name for name, text in texts.items() if "box.text" in text} == {
        "app.js",
        "form.js",
        "request_view.js",
    }
    assert {name for name, text in texts.items() if "Storage" in text} == {"key.js"}
    for text in texts.values():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|eval\(", text)
        assert not re.search(r"(?m)^\s*console\.", text)
