"""The one handler, end to end, in both dialects: who is refused and how, what is charged, which headers."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.small_world import DAYS, KEPT
from tests.web.conftest import CREDITS, QPS, Clock, Served, create_key, revoke_key
from trendwire.dialects.base import Endpoint
from trendwire.dialects.catalog import BY_NAME, ENDPOINTS
from trendwire.domain.charts import ChartKey, HashtagEntry, Kind
from trendwire.editions import Edition, Editions
from trendwire.web import api
from trendwire.web.app import of_home

REMAINING = "x-ratelimit-per-second-remaining"
GONE = DAYS - KEPT


@dataclass(frozen=True, slots=True)
class Spoken:
    """How a test speaks a dialect: a chart, a detail (which a name completes), a parameter gone wrong."""

    chart: Endpoint
    detail: str
    words: str
    wrong: str

    def headers(self, key: str) -> dict[str, str]:
        place = self.chart.dialect.credential
        return {place.header: place.written(key)}

    def error(self, status: int, text: str) -> dict[str, object]:
        return {"code": status, self.words: text, "data": None}


DIALECTS = {
    "keyapi": Spoken(
        BY_NAME["keyapi_trending_hashtags"],
        "/v1/tiktok/trending/hashtag/detail?hashtag_name={}",
        "message",
        "limit=0",
    ),
    "crawlora": Spoken(
        BY_NAME["crawlora_popular_hashtags"],
        "/api/v1/tiktok/popular-trend/hashtag/{}",
        "msg",
        "period=8",
    ),
}


@pytest.fixture(params=list(DIALECTS))
def spoken(request: pytest.FixtureRequest) -> Spoken:
    return DIALECTS[request.param]


def top_hashtag(home: Path) -> str:
    rows = Editions(home).current().chart(ChartKey(Kind.HASHTAG, 7)) or ()
    assert isinstance(rows[0], HashtagEntry)
    return rows[0].name


def test_a_success_is_charged_and_says_its_edition(served: Served, spoken: Spoken) -> None:
    answer = served.client.get(spoken.chart.path, headers=spoken.headers(served.key))
    assert answer.status_code == 200
    assert answer.json()["data"]
    assert answer.headers["x-edition"] == str(DAYS)
    assert answer.headers[REMAINING] == str(QPS - 1)
    assert answer.headers["content-type"] == "application/json"
    assert served.balance() == CREDITS - spoken.chart.credits


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_path_of_every_endpoint_answers_and_costs_what_it_says(
    served: Served, endpoint: Endpoint
) -> None:
    place = endpoint.dialect.credential
    values = {row.name: row.example for row in endpoint.parameters if row.place == "query" and row.required}
    if "hashtag_name" in values:
        values["hashtag_name"] = top_hashtag(served.home)
    if "clip_id" in values:
        values["clip_id"] = _clip_id(served.client, place.written(served.key))
    before = served.balance()
    for path in endpoint.paths:
        filled = path.replace("{name}", top_hashtag(served.home))
        answer = served.client.get(filled, params=values, headers={place.header: place.written(served.key)})
        assert answer.status_code == 200, answer.text
    assert served.balance() == before - endpoint.credits * len(endpoint.paths)


def _clip_id(client: TestClient, credential: str) -> str:
    answer = client.get(
        BY_NAME["keyapi_trending_music"].path,
        params={"region": "all_regions", "period": "30"},
        headers={"Authorization": credential},
    )
    return str(answer.json()["data"]["sound_list"][0]["clip_id"])


def test_head_is_a_get_without_body_and_free(served: Served, spoken: Spoken) -> None:
    head = served.client.head(spoken.chart.path, headers=spoken.headers(served.key))
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0
    assert served.balance() == CREDITS


def test_a_detail_is_found_however_the_name_is_written(served: Served, spoken: Spoken) -> None:
    name = top_hashtag(served.home)
    for written in (name, f"%23{name}", name.upper()):
        answer = served.client.get(spoken.detail.format(written), headers=spoken.headers(served.key))
        assert answer.json()["data"]["info"]["hashtag_name"] == name


# What is refused costs nothing, in this order: key, rate, credits, then what was asked.


@pytest.mark.parametrize(("key", "text"), [("", 0), ("sk_live_nonsense", 1), ("Straße", 1)])
def test_without_a_good_key_nothing_is_said(served: Served, spoken: Spoken, key: str, text: int) -> None:
    texts = {
        "message": ("apiKey is null", "apiKey is invalid"),
        "msg": ("Missing API key", "Invalid API key"),
    }
    headers = {n.encode(): v.encode() for n, v in spoken.headers(key).items()} if key else None
    answer = served.client.get(f"{spoken.chart.path}?{spoken.wrong}", headers=headers)
    assert answer.status_code == 401
    assert answer.json() == spoken.error(401, texts[spoken.words][text])
    assert REMAINING not in answer.headers


def test_a_revoked_key_is_refused_on_its_next_request(served: Served, spoken: Spoken) -> None:
    headers = spoken.headers(served.key)
    assert served.client.get(spoken.chart.path, headers=headers).status_code == 200
    revoke_key(served.home, 1)
    assert served.client.get(spoken.chart.path, headers=headers).status_code == 401


def test_too_many_requests_in_a_second_are_told_when_to_come_again(served: Served, spoken: Spoken) -> None:
    headers = spoken.headers(served.key)
    for left in reversed(range(QPS)):
        answer = served.client.get(spoken.chart.path, headers=headers)
        assert (answer.status_code, answer.headers[REMAINING]) == (200, str(left))
    refused = served.client.get(f"{spoken.chart.path}?{spoken.wrong}", headers=headers)
    assert refused.status_code == refused.json()["code"] == 429
    assert (refused.headers[REMAINING], refused.headers["retry-after"]) == ("0", "1")
    assert served.balance() == CREDITS - QPS * spoken.chart.credits
    served.clock.seconds += 1.0
    assert served.client.get(spoken.chart.path, headers=headers).status_code == 200


def test_without_credits_the_answer_is_402(served: Served, spoken: Spoken) -> None:
    poor = create_key(served.home, spoken.chart.credits * 2 - 1, QPS, name="poor")
    headers = spoken.headers(poor)
    assert served.client.get(spoken.chart.path, headers=headers).status_code == 200
    refused = served.client.get(spoken.chart.path, headers=headers)
    assert refused.status_code == refused.json()["code"] == 402
    assert refused.headers[REMAINING] == str(QPS - 2)


def test_a_bad_parameter_is_named_and_free(served: Served, spoken: Spoken) -> None:
    refused = served.client.get(f"{spoken.chart.path}?{spoken.wrong}", headers=spoken.headers(served.key))
    assert refused.status_code == refused.json()["code"] == 400
    assert spoken.wrong.split("=")[0] in refused.json()[spoken.words]
    assert REMAINING in refused.headers
    assert served.balance() == CREDITS


def test_an_unknown_hashtag_is_a_free_404(served: Served, spoken: Spoken) -> None:
    refused = served.client.get(spoken.detail.format("nobodysaysthis"), headers=spoken.headers(served.key))
    assert refused.status_code == refused.json()["code"] == 404
    assert "x-edition" not in refused.headers
    assert served.balance() == CREDITS


@pytest.mark.parametrize(("number", "status"), [(GONE, 410), (DAYS + 1, 404), (GONE + 1, 200), (DAYS, 200)])
def test_a_read_can_be_pinned_to_an_edition_that_is_kept(
    served: Served, spoken: Spoken, number: int, status: int
) -> None:
    answer = served.client.get(f"{spoken.chart.path}?edition={number}", headers=spoken.headers(served.key))
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["x-edition"] == str(number)
    else:
        assert answer.json()["code"] == status


def test_before_the_first_edition_the_answer_is_503(tmp_path: Path, spoken: Spoken) -> None:
    key = create_key(tmp_path)
    with TestClient(of_home(tmp_path, Clock())) as client:
        refused = client.get(spoken.chart.path, headers=spoken.headers(key))
    assert refused.status_code == refused.json()["code"] == 503
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers[REMAINING] == str(QPS - 1)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> str:
    """An answer that fails in a way nobody thought of, with a secret in its words."""

    def fail(*_: object) -> None:
        raise RuntimeError("private: /home/secret")

    monkeypatch.setattr(api, "answer", fail)
    return "private"


def test_a_failure_tells_nothing_private_and_is_free(served: Served, spoken: Spoken, broken: str) -> None:
    refused = served.client.get(spoken.chart.path, headers=spoken.headers(served.key))
    assert refused.json() == spoken.error(500, "Internal server error")
    assert refused.status_code == 500
    assert REMAINING in refused.headers
    assert broken not in refused.text
    assert served.balance() == CREDITS


def test_a_request_is_answered_from_one_edition(
    served: Served, spoken: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its first look-up and its last, a request looks for the current edition once."""
    looks: list[Edition] = []
    current = Editions.current

    def counted(editions: Editions) -> Edition:
        looks.append(current(editions))
        return looks[-1]

    monkeypatch.setattr(Editions, "current", counted)
    for path in (spoken.chart.path, spoken.detail.format(top_hashtag(served.home))):
        looks.clear()
        assert served.client.get(path, headers=spoken.headers(served.key)).status_code == 200
        assert len(looks) == 1
