"""The one handler, end to end, in both dialects: who is refused and how, what is charged, which headers."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.small_world import DAYS, KEPT
from tests.web.conftest import CREDITS, QPS, Served, serving
from trendwire.accounts.operations import ChangeKey, ListKeys, ListRequests, RevokeKey
from trendwire.dialects.base import Endpoint
from trendwire.dialects.catalog import BY_NAME, ENDPOINTS
from trendwire.domain.charts import ChartKey, HashtagEntry, Kind
from trendwire.editions import Edition, Editions
from trendwire.web import shelf

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


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE", "QUERY", "PURGE"])
def test_another_method_is_a_405_also_where_the_answer_is_kept(
    served: Served, spoken: Spoken, method: str
) -> None:
    """With a key and without one: what it says depends on nothing that others have asked before."""
    headers = spoken.headers(served.key)
    assert served.client.get(spoken.chart.path, headers=headers).status_code == 200
    for given in (headers, {}):
        refused = served.client.request(method, spoken.chart.path, headers=given)
        assert (refused.status_code, refused.json()) == (405, spoken.error(405, "Method not allowed"))
        assert refused.headers["allow"] == "GET, HEAD, OPTIONS"
    assert served.balance() == CREDITS - spoken.chart.credits


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
    served.do(RevokeKey(key_id=1))
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
    poor = served.create_key(spoken.chart.credits * 2 - 1, name="poor")
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


def test_a_refused_call_is_logged_with_its_key(served: Served, spoken: Spoken) -> None:
    key_id = served.do(ListKeys())[0].id
    headers = spoken.headers(served.key)
    served.client.get(f"{spoken.chart.path}?{spoken.wrong}", headers=headers)
    served.client.get(spoken.detail.format("nobodysaysthis"), headers=headers)
    served.client.get(spoken.chart.path)
    logged = served.do(ListRequests())
    assert [(one.status, one.key_id, one.account_id) for one in logged] == [
        (401, None, None),
        (404, key_id, 1),
        (400, key_id, 1),
    ]
    assert [one.status for one in served.do(ListRequests(key_id=key_id))] == [404, 400]


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
    with serving(tmp_path) as served:
        refused = served.client.get(spoken.chart.path, headers=spoken.headers(served.key))
    assert refused.status_code == refused.json()["code"] == 503
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers[REMAINING] == str(QPS - 1)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> str:
    """An answer that fails in a way nobody thought of, with a secret in its words."""

    def fail(*_: object) -> None:
        raise RuntimeError("private: /home/secret")

    monkeypatch.setattr(shelf, "answer_from", fail)
    return "private"


def test_a_failure_tells_nothing_private_and_is_free(served: Served, spoken: Spoken, broken: str) -> None:
    refused = served.client.get(spoken.chart.path, headers=spoken.headers(served.key))
    assert refused.json() == spoken.error(500, "Internal server error")
    assert refused.status_code == 500
    assert REMAINING in refused.headers
    assert broken not in refused.text
    assert served.balance() == CREDITS


# What a reply says of itself, and what need not be sent twice.


def test_a_reply_says_what_it_cost_and_what_is_left(served: Served, spoken: Spoken) -> None:
    cost = spoken.chart.credits
    for number in (1, 2):
        answer = served.client.get(spoken.chart.path, headers=spoken.headers(served.key))
        assert answer.headers["x-credits-cost"] == str(cost)
        assert answer.headers["x-credits-remaining"] == str(CREDITS - number * cost)
        assert answer.headers["ratelimit-policy"] == f'"second";q={QPS};w=1'
        assert answer.headers["ratelimit"] == f'"second";r={QPS - number};t=1'
    refused = served.client.get(f"{spoken.chart.path}?{spoken.wrong}", headers=spoken.headers(served.key))
    assert refused.headers["x-credits-cost"] == "0"
    assert refused.headers["x-credits-remaining"] == str(CREDITS - 2 * cost)
    assert served.balance() == CREDITS - 2 * cost


def test_an_unchanged_answer_is_a_free_304(served: Served, spoken: Spoken) -> None:
    headers = spoken.headers(served.key)
    first = served.client.get(spoken.chart.path, headers=headers)
    left = served.balance()
    for known in (first.headers["etag"], f'"other", {first.headers["etag"]}', "*"):
        again = served.client.get(spoken.chart.path, headers=headers | {"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        for name in ("etag", "vary", "cache-control", "x-edition"):
            assert again.headers[name] == first.headers[name]
        assert again.headers["x-credits-cost"] == "0"
    changed = served.client.get(spoken.chart.path, headers=headers | {"If-None-Match": 'W/"0-0"'})
    assert changed.status_code == 200
    assert served.balance() == left - spoken.chart.credits


def test_the_etag_tells_answers_and_editions_apart(served: Served, spoken: Spoken) -> None:
    headers = spoken.headers(served.key)

    def etag(query: str) -> str:
        return str(served.client.get(f"{spoken.chart.path}?{query}", headers=headers).headers["etag"])

    assert etag("period=7") == etag("period=7") == etag("limit=20")
    assert len({etag("period=7"), etag("period=30"), etag(f"edition={DAYS - 1}")}) == 3


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip"])
def test_every_encoding_says_the_same(served: Served, spoken: Spoken, encoding: str) -> None:
    headers = spoken.headers(served.key) | {"Accept-Encoding": encoding}
    plain = served.client.get(spoken.chart.path, headers=headers | {"Accept-Encoding": "identity"})
    coded = served.client.get(spoken.chart.path, headers=headers)
    assert coded.headers["content-encoding"] == encoding
    assert int(coded.headers["content-length"]) < int(plain.headers["content-length"])
    assert coded.headers["vary"] == plain.headers["vary"] != ""
    assert "content-encoding" not in plain.headers
    assert coded.json()["data"] == plain.json()["data"]


def test_each_reply_has_an_id_of_its_own_also_where_its_body_was_kept(served: Served) -> None:
    spoken = DIALECTS["keyapi"]
    answers = [served.client.get(spoken.chart.path, headers=spoken.headers(served.key)) for _ in range(3)]
    ids = [answer.json()["requestId"] for answer in answers]
    assert len(set(ids)) == 3
    assert ids == [answer.headers["x-request-id"] for answer in answers]


def test_a_page_of_another_origin_may_ask(served: Served, spoken: Spoken) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    allowed = served.client.options(
        spoken.chart.path, headers=asked | {"Access-Control-Request-Headers": "x-api-key"}
    )
    assert (allowed.status_code, allowed.content) == (204, b"")
    assert allowed.headers["access-control-allow-origin"] == "*"
    granted = allowed.headers["access-control-allow-headers"].lower()
    assert spoken.chart.dialect.credential.header.lower() in granted
    for headers in (asked, asked | spoken.headers(served.key)):
        answer = served.client.get(spoken.chart.path, headers=headers)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "X-Credits-Remaining" in answer.headers["access-control-expose-headers"]
    assert served.balance() == CREDITS - spoken.chart.credits


def test_a_restricted_key_is_refused_elsewhere(served: Served, spoken: Spoken) -> None:
    served.do(ChangeKey(key_id=1, endpoints=("crawlora_country_industry_meta",)))
    refused = served.client.get(spoken.chart.path, headers=spoken.headers(served.key))
    assert refused.status_code == refused.json()["code"] == 403
    assert served.balance() == CREDITS


def test_a_test_key_is_answered_from_the_sample_free_of_charge(served: Served, spoken: Spoken) -> None:
    trial = served.create_key(0, name="trial", mode="test")
    assert trial.startswith("sk_test_")
    live = served.client.get(spoken.chart.path, headers=spoken.headers(served.key))
    for _ in range(2):
        sample = served.client.get(spoken.chart.path, headers=spoken.headers(trial))
        assert sample.status_code == 200
        assert sample.json()["data"] != live.json()["data"]
        assert sample.headers["x-credits-cost"] == "0"
    assert served.do(ListKeys(account="trial"))[0].balance == 0


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_test_key_is_answered_what_the_documents_ask(served: Served, endpoint: Endpoint) -> None:
    trial = served.create_key(0, name="trial", mode="test")
    place = endpoint.dialect.credential
    examples = {row.name: row.example for row in endpoint.parameters if row.required}
    path = endpoint.path.format(
        **{row.name: row.example for row in endpoint.parameters if row.place == "path"}
    )
    told = served.client.get(path, params=examples, headers={place.header: place.written(trial)})
    assert told.status_code == 200, told.text
    assert '"list":[]' not in told.text
    assert '"sound_list":[]' not in told.text


def test_above_capacity_the_answer_is_a_503_to_come_back_after(served: Served, spoken: Spoken) -> None:
    served.service.api.most_in_flight = 0
    refused = served.client.get(spoken.chart.path, headers=spoken.headers(served.key))
    assert refused.status_code == refused.json()["code"] == 503
    assert int(refused.headers["retry-after"]) > 0
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
        assert len(set(map(id, looks))) == 1
