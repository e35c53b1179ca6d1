"""The bodies of both dialects, byte for byte, and what they must say at the edges."""

import json
from typing import Any

import pytest

from tests.dialects import golden
from tests.dialects.answers import AS_OF, CASES, young_sound
from trendwire.dialects.catalog import BY_NAME, ENDPOINTS, render
from trendwire.domain.periods import buckets


def _told(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(golden.body(name))
    return told


@pytest.mark.parametrize("name", CASES)
def test_bodies_are_frozen(name: str) -> None:
    assert golden.body(name) + b"\n" == golden.path(name).read_bytes()


def test_every_endpoint_and_no_other_has_goldens() -> None:
    assert {endpoint for endpoint, _ in CASES.values()} == {endpoint.name for endpoint in ENDPOINTS}
    assert {path.stem for path in golden.FOLDER.glob("*.json")} == set(CASES)


def test_moves_differ_between_the_dialects() -> None:
    keyapi = _told("keyapi_hashtags_moves")["data"]["list"]
    crawlora = _told("crawlora_hashtags_moves")["data"]["data"]["list"]
    assert [row.get("rank_diff", "absent") for row in keyapi] == [2, 0, 40, "absent"]
    assert [row["rank_diff"] for row in crawlora] == [2, 0, 40, 0]
    assert [row["rank_diff_type"] for row in keyapi] == [1, 2, 3, 4]
    assert _told("keyapi_music_unknown")["data"]["sound_list"][0]["rank_diff"] is None


def test_what_is_unknown_is_absent() -> None:
    row = _told("keyapi_hashtags_moves")["data"]["list"][3]
    assert not {"industry_info", "creators", "rank_diff"} & set(row)


def test_a_page_past_the_end_is_empty() -> None:
    data = _told("keyapi_hashtags_past_the_end")["data"]
    assert data == {"list": [], "pagination": {"page": 9, "size": 20, "total": 37, "has_more": False}}


def test_a_subject_that_is_nowhere_has_zeros() -> None:
    told = _told("keyapi_hashtag_detail_nowhere")["data"]["info"]
    assert (told["publish_cnt"], told["video_views"]) == (0, 0)
    assert [point["time"] for point in told["trend"]] == [b.time for b in buckets(1095, AS_OF)]
    assert {point["value"] for point in told["trend"]} == {0}
    sound = _told("keyapi_music_detail_nowhere")["data"]["sound"]
    assert len(sound["trend"]) == len(buckets(120, AS_OF))
    assert sound["audience_ages"] is None
    assert sound["related_items"] is None


def test_a_young_sound_s_trend_starts_with_its_first_use() -> None:
    sound = _told("keyapi_music_detail_young")["data"]["sound"]
    assert [point["value"] for point in sound["trend"]] == [1, 0, 0.33]
    assert "rank_diff_type" not in sound


def test_ids_beyond_what_a_double_holds_are_whole() -> None:
    endpoint = BY_NAME["keyapi_trending_music_detail"]
    assert b'"related_items":[{"item_id":9007199254740993,"cover_uri":null}]' in render(
        endpoint, young_sound(), "x"
    )


def test_text_is_raw_utf8() -> None:
    assert "новый?".encode() in golden.body("keyapi_hashtags_moves")


def test_posts_of_a_hashtag_are_told_in_one_dialect_only() -> None:
    assert "related_items" not in _told("keyapi_hashtag_detail")["data"]["info"]
    assert _told("crawlora_hashtag_detail")["data"]["info"]["related_items"]
