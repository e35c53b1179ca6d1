"""Recorded replies come out of the renderers again: same keys, order, types, nulls, absences and values.

What differs on purpose is stated in each test: numbers that the originals never computed and we do,
numbers that posts do not carry, titles that the recording replaced.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.dialects import mirror
from trendwire.dialects.catalog import BY_NAME, render
from trendwire.domain.queries import Answer

Json = dict[str, Any]
Sample = Callable[[str], Json]


@pytest.fixture
def sample(shared_wire: Path) -> Sample:
    def load(name: str) -> Json:
        told: Json = json.loads((shared_wire / "samples" / f"{name}.json").read_text())
        return told

    return load


def _rendered(endpoint: str, answer: Answer, request_id: str = "") -> str:
    return _text(json.loads(render(BY_NAME[endpoint], answer, request_id)))


def _text(told: Json) -> str:
    """Keeps key order, and 1 apart from 1.0."""
    return json.dumps(told, indent=1)


def test_keyapi_hashtag_list(sample: Sample) -> None:
    told = sample("keyapi_hashtag_list_7d")
    answer = mirror.hashtag_page(told["data"])
    assert _rendered("keyapi_trending_hashtags", answer, told["requestId"]) == _text(told)


def test_keyapi_hashtag_without_industry_and_creators(sample: Sample) -> None:
    told = sample("cc_hashtag_list_hoco_US_7d")
    expected = {"code": 0, "message": "success", "data": told["data"], "requestId": "x"}
    answer = mirror.hashtag_page(told["data"])
    assert _rendered("keyapi_trending_hashtags", answer, "x") == _text(expected)


def test_rank_moves_of_a_whole_page(sample: Sample) -> None:
    rows = sample("cc_hashtag_list_top20_rankdiff")["list"]
    country = {"id": "US", "value": "United States", "label": "US"}
    full = [row | {"trend": [{"time": 0, "value": 1}], "country_info": country} for row in rows]
    pagination = {"page": 1, "size": 20, "total": 100}
    answer = mirror.hashtag_page({"list": full, "pagination": pagination})
    rendered = json.loads(_rendered("keyapi_trending_hashtags", answer))["data"]["list"]
    kept = [{k: v for k, v in row.items() if k not in ("trend", "country_info")} for row in rendered]
    assert _text({"list": kept}) == _text({"list": rows})


def test_keyapi_hashtag_detail(sample: Sample) -> None:
    told = sample("keyapi_hashtag_detail_ufc324_ALL_7d")
    answer = mirror.hashtag_answer(told["data"]["info"], 7)
    told["data"]["info"]["longevity"]["current_popularity"] = 30  # the originals always say 0
    assert _rendered("keyapi_trending_hashtag_detail", answer, told["requestId"]) == _text(told)


def test_crawlora_hashtag_list(sample: Sample) -> None:
    told = sample("crawlora_hashtag_list_prom_US")
    answer = mirror.hashtag_page(told["data"]["data"])
    assert _rendered("crawlora_popular_hashtags", answer) == _text(told)


def test_crawlora_hashtag_detail(sample: Sample) -> None:
    told = sample("crawlora_hashtag_detail_chatgpt_US_30d")
    answer = mirror.hashtag_answer(told["data"]["info"], 30)
    told["data"]["info"]["longevity"]["current_popularity"] = 98  # the originals always say 0
    assert _rendered("crawlora_popular_hashtag_detail", answer, told["request_id"]) == _text(told)


@pytest.mark.parametrize(
    ("name", "title"),
    [("keyapi_music_list_newsun_US_7d", "New Sun"), ("cc_music_list_whoopty_US_7d", "Whoopty Doo")],
)
def test_music_list(sample: Sample, name: str, title: str) -> None:
    data = sample(name)["data"]
    answer = mirror.sound_page(data, title)
    data["sound_list"][0] |= {"title": title, "on_list_times": 0}  # replaced; the originals say null
    expected = {"code": 0, "message": "success", "data": data, "requestId": "x"}
    assert _rendered("keyapi_trending_music", answer, "x") == _text(expected)


def test_music_detail(sample: Sample) -> None:
    told = sample("keyapi_music_detail_newsun_US_7d")
    sound = told["data"]["sound"]
    answer = mirror.sound_answer(sound, "New Sun")
    sound |= {"title": "New Sun", "on_list_times": 0}  # replaced; the originals say null
    sound["longevity"]["current_popularity"] = 100  # the originals always say 0
    assert _rendered("keyapi_trending_music_detail", answer, told["requestId"]) == _text(told)


def test_videos(sample: Sample) -> None:
    data = sample("cc_video_list_US")["data"]
    expected = {"code": 0, "message": "success", "data": data, "requestId": "x"}
    assert _rendered("keyapi_trending_videos", mirror.video_page(data), "x") == _text(expected)


def test_creators(sample: Sample) -> None:
    data = sample("cc_creator_list_US")["data"]
    answer = mirror.creator_page(data)
    creator = data["creators"][0]
    for key in ("tcm_id", "user_id", "follower_cnt", "liked_cnt", "tcm_link"):
        creator[key] = None  # posts do not carry them
    for one in creator["items"]:  # the recording gave the same person two names
        one["tt_link"] = f"{creator['tt_link']}/video/{one['item_id']}"
    expected = {"code": 200, "msg": "OK", "data": {"code": 0, "msg": "OK", "data": data}}
    assert _rendered("crawlora_popular_creators", answer) == _text(expected)
