"""Where answers come from: the header on every answer, and the endpoint that tells it all, free of charge."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from tests.editions.told import append, chart, days, published, row, rows
from tests.small_world import LAST_DAY, linked
from tests.web.conftest import CREDITS, Served, serving
from trendwire import __version__
from trendwire.dialects.base import Endpoint
from trendwire.dialects.catalog import BY_NAME, ENDPOINTS
from trendwire.domain.charts import Kind
from trendwire.editions import Editions
from trendwire.web.provenance import PARAMETERS, PATH

HEADER = "x-data-source"
RECORDED = "IS"
SOURCE = "acme.eu-1"


@pytest.fixture(scope="module")
def both_home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose current edition has computed regions, and one whose charts a source ranked."""
    home = linked(demo_home, tmp_path_factory.mktemp("told") / "home")
    week_ago = LAST_DAY - timedelta(days=7)
    told = [row("ísland", 1, posts=12, views=340, days=days(LAST_DAY, 40, 300)), row("b", 2)]
    append(
        home,
        chart(told, LAST_DAY, region=RECORDED, source=SOURCE),
        chart(rows("b", "ísland"), week_ago, region=RECORDED, source=SOURCE),
        chart(rows("9", title="Boats"), LAST_DAY, region=RECORDED, source=SOURCE, kind=Kind.SOUND),
    )
    published(home, LAST_DAY)
    return home


@pytest.fixture
def both(both_home: Path, tmp_path: Path) -> Iterator[Served]:
    with serving(linked(both_home, tmp_path / "home")) as running:
        yield running


def _get(served: Served, name: str, key: str = "", /, **asked: str) -> Response:
    """Ask an endpoint with a key, the world's own unless another is given."""
    endpoint = BY_NAME[name]
    path = endpoint.path.replace("{name}", asked.pop("name", ""))
    place = endpoint.dialect.credential
    headers = {place.header: place.written(key or served.key)}
    return served.client.get(path, params=asked, headers=headers)


def _where_from(served: Served, **asked: str | int) -> Any:
    answer = served.client.get(PATH, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


# The header


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("keyapi_trending_hashtags", {"region": RECORDED}),
        ("keyapi_trending_hashtag_detail", {"region": RECORDED, "hashtag_name": "#Ísland"}),
        ("keyapi_trending_music", {"region": RECORDED}),
        ("keyapi_trending_music_detail", {"region": RECORDED, "clip_id": "9"}),
        ("crawlora_popular_hashtags", {"country_code": RECORDED}),
        ("crawlora_popular_hashtag_detail", {"country_code": RECORDED, "name": "ísland"}),
    ],
)
def test_a_recorded_region_is_answered_in_both_dialects_and_says_so(
    both: Served, name: str, asked: dict[str, str]
) -> None:
    answer = _get(both, name, **asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers[HEADER] == f"recorded:{SOURCE}"
    again = _get(both, name, **asked)
    assert (again.headers[HEADER], again.headers["etag"]) == (answer.headers[HEADER], answer.headers["etag"])


def test_a_recorded_chart_has_the_shape_of_any_other(both: Served) -> None:
    keyapi = _get(both, "keyapi_trending_hashtags", region=RECORDED).json()["data"]["list"]
    crawlora = _get(both, "crawlora_popular_hashtags", country_code=RECORDED).json()["data"]["data"]["list"]
    for first, second in (keyapi, crawlora):
        assert (first["hashtag_name"], first["publish_cnt"], first["video_views"]) == ("ísland", 12, 340)
        assert [point["value"] for point in first["trend"]] == [0, 0, 0, 0, 0, 0.13, 1]
        assert (first["rank_diff_type"], first["rank_diff"], second["rank_diff_type"]) == (1, 1, 3)
        assert "creators" not in first
    computed = _get(both, "keyapi_trending_hashtags").json()["data"]["list"][0]
    assert set(keyapi[0]) - {"rank_diff"} <= set(computed)


def test_a_recorded_detail_says_what_its_chart_says(both: Served) -> None:
    asked = {"country_code": RECORDED, "name": "ísland", "period": "7"}
    told = _get(both, "crawlora_popular_hashtag_detail", **asked).json()["data"]["info"]
    assert (told["publish_cnt"], told["video_views"]) == (12, 340)
    assert told["longevity"] == {"popular_days": 1, "current_popularity": 100}
    assert told["audience_ages"] == told["related_items"] == []


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_endpoint_says_where_a_computed_answer_comes_from(both: Served, endpoint: Endpoint) -> None:
    """Details of a subject that a source told of too; the region asked is the world, or the US."""
    asked = {"name": "b", "hashtag_name": "b", "clip_id": "9"}
    answer = _get(both, endpoint.name, **asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers[HEADER] == "computed"


def test_the_header_is_on_what_is_unchanged_and_on_head_and_pages_may_read_it(both: Served) -> None:
    place = BY_NAME["keyapi_trending_hashtags"].dialect.credential
    path = f"{BY_NAME['keyapi_trending_hashtags'].path}?region={RECORDED}"
    headers = {place.header: place.written(both.key)}
    head = both.client.head(path, headers=headers)
    unchanged = both.client.get(path, headers=headers | {"If-None-Match": head.headers["etag"]})
    assert unchanged.status_code == 304
    assert head.headers[HEADER] == unchanged.headers[HEADER] == f"recorded:{SOURCE}"
    assert "X-Data-Source" in head.headers["access-control-expose-headers"]


def test_a_refusal_says_no_source(both: Served) -> None:
    refused = _get(both, "keyapi_trending_hashtags", region="nowhere")
    assert refused.status_code == 400
    assert HEADER not in refused.headers


def test_a_test_key_is_told_of_the_sample(both: Served) -> None:
    trial = both.create_key(0, name="trial", mode="test")
    assert _get(both, "keyapi_trending_hashtags", trial, region=RECORDED).headers[HEADER] == "computed"


def test_the_documents_tell_of_the_header(both: Served) -> None:
    for path in ("/openapi.json", "/openapi-3.0.json"):
        told = both.client.get(path).json()
        for endpoint in ENDPOINTS:
            responses = told["paths"][endpoint.path]["get"]["responses"]
            assert all("X-Data-Source" in responses[status]["headers"] for status in ("200", "304"))


# The endpoint


def test_provenance_of_a_recorded_chart(both: Served) -> None:
    current = Editions(both.home).current()
    told = _where_from(both, kind="hashtag", region="is", period=7)
    assert told.pop("published_at") == current.record.published_at.isoformat().replace("+00:00", "Z")
    assert told == {
        "edition": current.number,
        "as_of": LAST_DAY.isoformat(),
        "kind": "hashtag",
        "region": RECORDED,
        "period": 7,
        "name": None,
        "method": "recorded",
        "data_source": f"recorded:{SOURCE}",
        "sources": [
            {
                "name": SOURCE,
                "connector": "keyapi",
                "rows": 3,
                "oldest": "2025-09-29T12:00:00Z",
                "newest": "2025-09-29T12:00:00Z",
            }
        ],
        "sample": {"rows": 2},
        "chart": {
            "as_of": "2025-09-28",
            "fetched": "2025-09-29T12:00:00Z",
            "complete": True,
            "moves_against": "2025-09-21",
        },
        "transformation": f"trendwire/{__version__} recorded/1",
        "first_day": "2025-09-22",
        "last_day": "2025-09-28",
        "stale": [],
        "definitions": "/docs/guides/explanation/where-the-numbers-come-from",
    }


def test_provenance_of_a_recorded_subject(both: Served) -> None:
    assert _where_from(both, kind="hashtag", region=RECORDED, name="#ÍSLAND")["sample"] == {"days": 2}


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_provenance_of_a_computed_chart(both: Served, kind: str) -> None:
    sample = Editions(both.home).current().provenance["ALL"].samples[30]
    told = _where_from(both, kind=kind, period=30)
    assert (told["method"], told["data_source"], told["region"], told["chart"]) == (
        "computed",
        "computed",
        "ALL",
        None,
    )
    assert told["sample"] == {"posts": sample.posts, "creators": sample.creators}
    assert told["definitions"].endswith("what-the-numbers-mean")
    assert [source["name"] for source in told["sources"]] == ["simulator"]


def test_the_sample_of_a_computed_subject_is_its_posts(both: Served) -> None:
    rows_ = _get(both, "keyapi_trending_hashtags", period="30").json()["data"]["list"]
    told = _where_from(both, kind="hashtag", period=30, name=rows_[0]["hashtag_name"])
    assert told["sample"]["posts"] == rows_[0]["publish_cnt"]
    assert 3 <= told["sample"]["creators"] <= told["sample"]["posts"]


def test_a_region_without_anything_has_a_sample_of_none(both: Served) -> None:
    assert _where_from(both, kind="hashtag", region="AQ")["sample"] == {"posts": 0, "creators": 0}


def test_it_is_free_and_needs_no_key_and_any_page_may_read_it(both: Served) -> None:
    answer = both.client.get(f"{PATH}?kind=hashtag", headers={"Origin": "https://example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == "application/json"
    assert both.client.head(f"{PATH}?kind=hashtag").status_code == 200
    assert both.client.post(PATH).status_code == 405
    assert both.balance() == CREDITS


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("", 400, "kind is required"),
        ("kind=song", 400, "kind must be one of hashtag, sound, video, creator"),
        ("kind=hashtag&region=Atlantis", 400, "region must be an ISO 3166-1 alpha-2 country code"),
        ("kind=hashtag&period=8", 400, "period must be one of 7, 30, 120, 365, 1095"),
        ("kind=hashtag&period=365", 400, "period of a chart must be one of 7, 30, 120"),
        ("kind=hashtag&name=@me", 400, "name must be a hashtag"),
        ("kind=video&name=1", 400, "name may be given with kind hashtag or sound only"),
        ("kind=hashtag&edition=x", 400, "edition must be a whole number"),
        ("kind=hashtag&edition=999", 404, "edition not found"),
        ("kind=hashtag&name=nobodysaysthis", 404, "hashtag not found"),
        ("kind=hashtag&edition=1", 410, "edition 1 is no longer kept"),
    ],
)
def test_what_is_wrong_is_said_in_words(both: Served, query: str, status: int, words: str) -> None:
    refused = both.client.get(f"{PATH}?{query}")
    assert refused.status_code == status
    assert refused.json()["error"]["message"].startswith(words)


def test_before_the_first_edition_it_is_a_503(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        refused = served.client.get(f"{PATH}?kind=hashtag")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "not_ready")


def test_every_parameter_is_read_as_its_example_says(both: Served) -> None:
    asked = {one.name: one.example for one in PARAMETERS if one.name not in ("edition", "name")}
    assert _where_from(both, **asked)["region"] == "US"
