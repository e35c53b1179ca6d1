"""Discovery of the API for Business: charts with days, details, and videos whose shape is not recorded."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.sources.asking import NOON
from tests.sources.recounting import Fetched, made, pages
from tests.sources.test_wire_rows import sample
from tests.sources.upstream import LAST_DAY, business, id_of
from trendwire.domain.taxonomy import industries
from trendwire.errors import SourceError
from trendwire.facts.recorded import RecordedDay
from trendwire.sources.connector import Call
from trendwire.sources.registry import CONNECTORS
from trendwire.sources.tiktok_business import WITHOUT_CATEGORY, category

KIND = "tiktok-business"
BOTH: dict[str, Any] = {"advertiser_id": "7", "business_id": "8", "kinds": ("hashtag", "sound")}


def service(call: Call) -> Any:
    return business(call.path, call.params, None)


def test_it_is_asked_in_its_words() -> None:
    fetch = Fetched(service)
    pages(made(KIND, **BOTH, industries=(27_000_000_000,), videos=2), fetch)
    assert {call.headers["Access-Token"] for call in fetch.calls} == {"the access_token"}
    assert [(call.path, dict(call.params)) for call in fetch.calls[:3]] == [
        (
            "/discovery/trending_list/",
            {
                "advertiser_id": "7",
                "discovery_type": "HASHTAG",
                "country_code": "US",
                "date_range": "7DAY",
                "category_name": "FOOD_AND_BEVERAGE",
            },
        ),
        (
            "/discovery/video_list/",
            {
                "advertiser_id": "7",
                "discovery_type": "HASHTAG",
                "country_code": "US",
                "date_range": "7DAY",
                "hashtag_ids": f'["{id_of("tag", "US", 1)}","{id_of("tag", "US", 2)}"]',
            },
        ),
        ("/discovery/cml/trending_list/", {"business_id": "8", "country_code": "US", "date_range": "7DAY"}),
    ]
    assert fetch.calls[3].params == {
        "business_id": "8",
        "commercial_music_id": id_of("track", "US", 1),
        "country_code": "US",
    }


@pytest.mark.real
def test_the_recorded_shape_of_hashtags_is_read(shared_wire: Path) -> None:
    told = sample(shared_wire, "business_discovery_trending_list_shape")
    [page] = pages(made(KIND, advertiser_id="7"), Fetched(lambda _: told))
    [chart] = page.charts
    [row] = chart.rows
    assert (row.rank, row.identity, row.upstream_id) == (1, "car1", "1001")
    assert (row.posts, row.views, row.posts_all, row.views_all) == (1_200, 250_000, 40_000, 9_000_000)
    assert row.days == (RecordedDay(date(2026, 8, 22), 21_215_985, 73),)
    assert row.countries == ("US", "GB")
    assert chart.as_of == date(2026, 8, 22)


@pytest.mark.real
def test_the_recorded_shape_of_tracks_is_read(shared_wire: Path) -> None:
    told = sample(shared_wire, "business_discovery_cml_trending_list_shape")
    [page] = pages(made(KIND, business_id="8", kinds=("sound",)), Fetched(lambda _: told))
    [row] = page.charts[0].rows
    assert (row.rank, row.identity, row.song_id) == (100, "9223372036854775805", "9223372036854775807")
    assert (row.title, row.author, row.duration, row.commercial) == ("Track", "Artist", 30, True)
    assert row.days == (RecordedDay(date(2026, 10, 6)),)


def test_charts_keep_thirty_days_of_ranks_and_views() -> None:
    hashtags, tracks = (page.charts[0] for page in pages(made(KIND, **BOTH), Fetched(service)))
    assert (len(hashtags.rows), len(tracks.rows)) == (60, 30)
    assert hashtags.as_of == tracks.as_of == LAST_DAY
    assert len(hashtags.rows[0].days) == 30
    assert hashtags.rows[1].days[-1] == RecordedDay(LAST_DAY, 500, 2)


def test_details_add_the_audience() -> None:
    insights = [
        {"age": "AGE_13_17", "percentage": 10},
        {"age": "AGE_18_24", "percentage": 30.2},
        {"age": "AGE_35_44", "percentage": 20},
        {"age": "AGE_55_100", "percentage": 25},
    ]

    def answer(call: Call) -> Any:
        if call.path != "/discovery/detail/":
            return service(call)
        return {
            "code": 0,
            "data": {"hashtag_name": "ustag001", "audience_insights": {"audience_ages": insights}},
        }

    fetch = Fetched(answer)
    [page] = pages(made(KIND, advertiser_id="7", details=2), fetch)
    first, second = page.charts[0].rows[:2]
    assert first.audience_ages == ((5, 45), (3, 30))
    assert (first.rank, first.views) == (1, 250_000)
    assert second.audience_ages == ()  # the detail was of another hashtag
    assert fetch.calls[1].params["hashtag_id"] == first.upstream_id


def test_videos_become_posts_once_each_with_all_their_hashtags() -> None:
    video = {"video_id": "7500000000000000001", "share_url": "https://www.tiktok.com/@someone/video/75"}

    def answer(call: Call) -> Any:
        if call.path != "/discovery/video_list/":
            return service(call)
        ids = msgspec.json.decode(call.params["hashtag_ids"])
        rows = [{"hashtag_id": i, "hashtag_name": f"t{i}", "top_video_list": [video]} for i in ids]
        return {"code": 0, "data": {"list": rows}}

    found = pages(made(KIND, advertiser_id="7", videos=2), Fetched(answer))
    [post] = found[1].posts
    ids = [id_of("tag", "US", rank) for rank in (1, 2)]
    assert post == {
        "id": "7500000000000000001",
        "username": "someone",
        "observed_at": int(NOON.timestamp()),
        "hashtag_info_list": [{"hashtag_name": f"t{id_}", "hashtag_id": id_} for id_ in ids],
    }


def test_videos_of_a_track_know_the_track_but_no_clip() -> None:
    found = pages(made(KIND, business_id="8", kinds=("sound",), videos=1), Fetched(service))
    posts = found[1].posts
    assert len(posts) == 5
    assert posts[0]["song_id"] == id_of("track", "US", 1)
    assert posts[0]["is_commercial_music"] is True
    assert "music_id" not in posts[0]


def test_an_unknown_shape_of_videos_is_kept_as_it_came() -> None:
    def answer(call: Call) -> Any:
        if call.path != "/discovery/cml/video_list/":
            return service(call)
        return {"code": 0, "data": {"videos_in_another_way": [1]}}

    found = pages(made(KIND, business_id="8", kinds=("sound",), videos=1), Fetched(answer))
    [refused] = found[1].refused
    assert refused.reason == "has no top_video_list"
    assert refused.row == '{"videos_in_another_way":[1]}'


def test_more_than_ten_hashtags_are_asked_for_in_groups() -> None:
    fetch = Fetched(service)
    pages(made(KIND, advertiser_id="7", videos=25), fetch)
    asked = [len(msgspec.json.decode(c.params["hashtag_ids"])) for c in fetch.calls if "video" in c.path]
    assert asked == [10, 10, 5]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("country_code", "VN", "came for country_code VN, not for US"), ("date_range", "30DAY", "30DAY")],
)
def test_a_chart_of_something_else_is_not_taken(name: str, value: str, words: str) -> None:
    def answer(call: Call) -> Any:
        reply = service(call)
        reply["data"]["filter_info"][name] = value
        return reply

    with pytest.raises(SourceError, match=words):
        pages(made(KIND, advertiser_id="7"), Fetched(answer))


def test_every_industry_with_a_category_has_one_that_discovery_knows(shared_wire: Path) -> None:
    known = set(
        msgspec.json.decode((shared_wire.parent / "vocabulary/discovery_categories.json").read_bytes())
    )
    assert {category(id_) for id_ in industries() if id_ not in WITHOUT_CATEGORY} | {category(0)} <= known
    assert not {category(id_) for id_ in WITHOUT_CATEGORY} & known


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "advertiser_id is needed for charts of hashtags"),
        ({"kinds": ["sound"]}, "business_id is needed for charts of sounds"),
        ({"advertiser_id": "7", "regions": ["ALL"]}, "'ALL' is no ISO 3166 code"),
        ({"advertiser_id": "7", "industries": [20_000_000_000]}, "Discovery has no category for 20000000000"),
        ({"business_id": "8", "kinds": ["sound"], "periods": [120]}, "name no chart that Discovery has"),
        ({"advertiser_id": "7", "videos": 201}, "details and videos must be 0 to 200"),
    ],
)
def test_an_option_that_cannot_be_is_said(options: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(options, CONNECTORS[KIND].options)
