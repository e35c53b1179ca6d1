"""The OpenAPI documents: valid, complete, and true of every body that is served."""

import ast
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from tests.dialects import golden
from tests.dialects.answers import CASES
from trendwire.dialects import examples
from trendwire.dialects.base import Endpoint
from trendwire.dialects.catalog import BY_NAME, DIALECTS, ENDPOINTS, render, render_error
from trendwire.dialects.openapi import document, encoded, example_errors
from trendwire.dialects.openapi30 import document_30, schema_30
from trendwire.dialects.snippets import snippets
from trendwire.domain.charts import ChartKey, CreatorEntry, HashtagEntry, Kind, SoundEntry, VideoEntry
from trendwire.domain.queries import ChartPage, ChartQuery

Json = dict[str, Any]

NEW, OLD = document(), document_30()
VALIDATORS: list[tuple[Json, Any]] = [(NEW, jsonschema.Draft202012Validator), (OLD, OAS30Validator)]
BOTH = pytest.mark.parametrize(("told", "validator"), VALIDATORS, ids=["3.1", "3.0"])


def _operations(told: Json) -> Iterator[Json]:
    return (operation for methods in told["paths"].values() for operation in methods.values())


def _operation(told: Json, endpoint: Endpoint) -> Json:
    operation: Json = told["paths"][endpoint.path]["get"]
    return operation


def _errors(told: Json, validator: Any, schema: Json, value: object) -> list[str]:
    whole = schema | {"components": told["components"]}
    return [f"{list(e.absolute_path)}: {e.message}" for e in validator(whole).iter_errors(value)]


def _content(operation: Json, status: str) -> Json:
    content: Json = operation["responses"][status]["content"]["application/json"]
    return content


def test_both_documents_are_valid() -> None:
    OpenAPIV31SpecValidator(NEW).validate()
    OpenAPIV30SpecValidator(OLD).validate()
    assert (NEW["openapi"], OLD["openapi"]) == ("3.1.0", "3.0.3")
    assert json.loads(encoded(NEW)) == NEW


@BOTH
def test_every_body_that_is_served_is_as_documented(told: Json, validator: Any) -> None:
    for name, (endpoint, _) in CASES.items():
        schema = _content(_operation(told, BY_NAME[endpoint]), "200")["schema"]
        assert _errors(told, validator, schema, json.loads(golden.body(name))) == [], name


@BOTH
def test_a_body_that_is_not_as_documented_is_seen(told: Json, validator: Any) -> None:
    schema = _content(_operation(told, BY_NAME["keyapi_trending_hashtags"]), "200")["schema"]
    body = json.loads(golden.body("keyapi_hashtags"))
    changes: list[Json] = [
        {"more": 1},
        {"rank": None},
        {"creators": []},
        {"trend": [{"time": 1, "value": 1.5}]},
    ]
    for change in changes:
        row = body["data"]["list"][0] | change
        wrong = body | {"data": body["data"] | {"list": [row]}}
        assert _errors(told, validator, schema, wrong), change


@BOTH
def test_every_example_is_as_documented(told: Json, validator: Any) -> None:
    for operation in _operations(told):
        content = _content(operation, "200")
        assert _errors(told, validator, content["schema"], content["example"]) == []
        for status in operation["responses"].keys() - {"200", "304"}:
            content = _content(operation, status)
            for one in content["examples"].values():
                assert _errors(told, validator, content["schema"], one["value"]) == []
                assert str(one["value"]["code"]) == status


@BOTH
def test_every_parameter_is_described_with_example_and_default(told: Json, validator: Any) -> None:
    for endpoint in ENDPOINTS:
        *rows, conditional = _operation(told, endpoint)["parameters"]
        assert (conditional["name"], conditional["in"]) == ("If-None-Match", "header")
        assert [row["name"] for row in rows] == [row.name for row in endpoint.parameters]
        for row, ours in zip(rows, endpoint.parameters, strict=True):
            assert row["description"]
            assert _errors(told, validator, row["schema"], row["example"]) == []
            assert ("default" in row["schema"]) == (ours.default is not None)
            if ours.default is not None:
                assert _errors(told, validator, row["schema"], row["schema"]["default"]) == []


def _described(schema: Json) -> bool:
    return "description" in schema or "$ref" in schema


@BOTH
def test_every_field_and_type_is_described(told: Json, validator: Any) -> None:
    for name, schema in told["components"]["schemas"].items():
        assert schema["description"], name
        assert schema["additionalProperties"] is False, name
        bare = [key for key, part in schema["properties"].items() if not _described(part)]
        assert bare == [], name


def _schemas(schema: Json) -> Iterator[Json]:
    """A schema and all schemas inside it; property names are no keywords."""
    yield schema
    inside = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), *schema.get("allOf", [])]
    inside += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    for part in inside:
        yield from _schemas(part)


@BOTH
def test_every_schema_has_a_type(told: Json, validator: Any) -> None:
    """Generators of clients drop a reply with a field that is an enumeration without a type."""
    schemas = [*told["components"]["schemas"].values()]
    schemas += [one["schema"] for one in told["components"]["headers"].values()]
    schemas += [row["schema"] for operation in _operations(told) for row in operation["parameters"]]
    found = [one for schema in schemas for one in _schemas(schema)]
    assert [one for one in found if {"type", "$ref", "anyOf", "allOf"}.isdisjoint(one)] == []
    typed = [one for one in found if "enum" in one and "type" in one]
    names = {bool: "boolean", int: "integer", str: "string", type(None): "string"}
    assert typed
    assert [one for one in typed if {names[type(value)] for value in one["enum"]} != {one["type"]}] == []


@pytest.mark.parametrize(
    ("address", "more"),
    [
        (None, {}),
        ("mailto:ops@trends.example", {"email": "ops@trends.example"}),
        ("https://trends.example/help", {"url": "https://trends.example/help"}),
    ],
)
def test_the_contact_is_the_operators(address: str | None, more: Json) -> None:
    for told in (document(contact=address), document_30(contact=address)):
        assert told["info"]["contact"] == {"name": "The operator of this server"} | more


def test_field_examples_are_as_documented() -> None:
    for told, validator in VALIDATORS:
        for schema in told["components"]["schemas"].values():
            for part in schema["properties"].values():
                for example in part.get("examples", [part["example"]] if "example" in part else []):
                    assert _errors(told, validator, part, example) == []


def test_the_older_document_has_no_newer_words() -> None:
    text = json.dumps(OLD["components"]["schemas"])
    for word in ('"null"', '"examples"', '"const"', '"$defs"', "prefixItems"):
        assert word not in text


def _nodes(node: Any) -> Iterator[Json]:
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict):
        yield node
    for part in parts:
        yield from _nodes(part)


def test_nothing_stands_beside_a_reference_in_the_older_document() -> None:
    beside = [node for node in _nodes(OLD["components"]["schemas"]) if "$ref" in node and len(node) > 1]
    assert beside == []


def test_a_property_named_like_a_keyword_is_kept() -> None:
    named = {"type": "object", "properties": {"examples": {"type": "null"}, "type": {"type": "string"}}}
    assert schema_30(named)["properties"]["type"] == {"type": "string"}
    assert schema_30(named)["properties"]["examples"]["nullable"] is True


def test_operations_are_whole() -> None:
    operations = list(_operations(NEW))
    assert len({one["operationId"] for one in operations}) == len(ENDPOINTS) == len(operations)
    for endpoint in ENDPOINTS:
        operation = _operation(NEW, endpoint)
        assert operation["security"] == [{endpoint.dialect.credential.name: []}]
        assert operation["x-credits"] == endpoint.credits
        cost = f"Costs {endpoint.credits} credits" if endpoint.credits else "Free of charge"
        assert cost in operation["description"]
        assert all(path in operation["description"] for path in endpoint.paths[1:])
        assert "X-Edition" in operation["responses"]["200"]["headers"]
        for status in ("429", "503"):
            assert "Retry-After" in operation["responses"][status]["headers"]
    assert set(NEW["components"]["securitySchemes"]) == {one.credential.name for one in DIALECTS}
    assert NEW["servers"] == [{"url": "/"}]


def test_every_error_of_an_endpoint_is_documented_word_for_word() -> None:
    for endpoint in ENDPOINTS:
        for code, error in example_errors(endpoint).items():
            answered = render_error(endpoint.dialect, error)
            content = _content(_operation(NEW, endpoint), str(answered.status))
            assert content["examples"][code.value]["value"] == json.loads(answered.body)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)
def test_samples_call_the_endpoint_with_the_key_of_the_environment(endpoint: Endpoint) -> None:
    told = snippets(endpoint, "https://trends.example/")
    assert [one.label for one in told] == ["cURL", "Python", "JavaScript"]
    for one in told:
        assert "https://trends.example/" in one.source
        assert "//tiktok" not in one.source
        assert "TRENDWIRE_KEY" in one.source
        assert endpoint.dialect.credential.header in one.source
        for row in endpoint.parameters:
            assert (row.name in one.source) >= (row.required and row.place == "query")
    ast.parse(told[1].source)


def _pages(kind: Kind, entries: st.SearchStrategy[Any]) -> st.SearchStrategy[ChartPage]:
    keys = st.builds(ChartKey, st.just(kind), st.just(7), st.sampled_from(["ALL", "VN"]), st.just(0))
    queries = st.builds(
        ChartQuery, key=keys, page=st.integers(1, 10**15), limit=st.integers(1, 100), keyword=st.none()
    )
    dates = st.just(examples.AS_OF)
    return st.builds(
        ChartPage,
        as_of=dates,
        query=queries,
        total=st.integers(0, 100),
        edition=st.just(1),
        entries=st.lists(entries, max_size=3).map(tuple),
    )


COUNTS = st.integers(0, 2**53)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KNOWN: dict[str, Any] = {
    "rank": st.integers(1, 100),
    "posts": COUNTS,
    "views": COUNTS,
    "steps": st.integers(0, 99),
    "duration": st.none() | COUNTS,
    "region": st.sampled_from([None, "VN"]),
    "curve": st.lists(COUNTS, min_size=7, max_size=7).map(tuple),
}
ENTRIES = {
    Kind.HASHTAG: st.builds(
        HashtagEntry,
        name=TEXT,
        hashtag_id=COUNTS.map(str),
        industry=st.sampled_from([None, 10000000000]),
        **{k: KNOWN[k] for k in ("rank", "posts", "views", "steps", "curve")},
    ),
    Kind.SOUND: st.builds(
        SoundEntry,
        clip_id=TEXT,
        days_listed=st.integers(0, 365),
        **{k: KNOWN[k] for k in ("rank", "posts", "views", "steps", "curve", "duration")},
    ),
    Kind.VIDEO: st.builds(
        VideoEntry, id=TEXT, **{k: KNOWN[k] for k in ("rank", "views", "duration", "region")}
    ),
    Kind.CREATOR: st.builds(
        CreatorEntry,
        username=TEXT,
        top_posts=st.just(()),
        **{k: KNOWN[k] for k in ("rank", "posts", "views", "region")},
    ),
}
SERVED = [
    (BY_NAME[name], kind)
    for name, kind in (
        ("keyapi_trending_hashtags", Kind.HASHTAG),
        ("keyapi_trending_music", Kind.SOUND),
        ("keyapi_trending_videos", Kind.VIDEO),
        ("crawlora_popular_hashtags", Kind.HASHTAG),
        ("crawlora_popular_creators", Kind.CREATOR),
    )
]


@pytest.mark.parametrize(("endpoint", "kind"), SERVED, ids=lambda one: getattr(one, "name", ""))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_chart_renders_as_documented(endpoint: Endpoint, kind: Kind, data: st.DataObject) -> None:
    page = data.draw(_pages(kind, ENTRIES[kind]))
    body = json.loads(render(endpoint, page, "00000000-0000-4000-8000-000000000000"))
    schema = _content(_operation(NEW, endpoint), "200")["schema"]
    assert _errors(NEW, jsonschema.Draft202012Validator, schema, body) == []
