"""Native rows become recorded rows as they were told; what is not certain is refused."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.upstream import hashtag, sound
from trendwire.errors import InvalidInput, SourceError
from trendwire.sources.replies import opened
from trendwire.sources.wire_rows import curve, exact_id, hashtag_row, plain, read_rows, sound_row


def sample(folder: Path, name: str) -> Any:
    return json.loads((folder / "samples" / f"{name}.json").read_text())


@pytest.mark.real
def test_a_recorded_list_of_hashtags_is_read(shared_wire: Path) -> None:
    [row] = opened(sample(shared_wire, "keyapi_hashtag_list_7d"), "it")["list"]
    read = hashtag_row(row, 9)
    assert (read.rank, read.identity, read.upstream_id) == (1, "clean", "7244")
    assert (read.posts, read.views, read.industry) == (48_892, 151_854_088, 11_000_000_000)
    assert read.curve[0] == (date(2026, 1, 27), 0.96)
    assert len(read.curve) == 7
    assert [name for name, _ in read.creators] == [row["nick_name"] for row in row["creators"]]


@pytest.mark.real
def test_a_recorded_detail_tells_more(shared_wire: Path) -> None:
    read = hashtag_row(opened(sample(shared_wire, "keyapi_hashtag_detail_ufc324_ALL_7d"), "it")["info"], 3)
    assert read.rank == 3
    assert (read.posts_all, read.views_all) == (34_146, 1_289_245_188)
    assert read.audience_ages == ((3, 65), (4, 23), (5, 12))
    assert read.audience_interests[0] == ("10058", 263)
    assert read.audience_countries[0] == ("MO", 780)
    assert read.related[0] == ("paddypimblett", "1664180092709893")


@pytest.mark.real
def test_recorded_sounds_are_read(shared_wire: Path) -> None:
    [row] = opened(sample(shared_wire, "keyapi_music_list_newsun_US_7d"), "it")["sound_list"]
    read = sound_row(row, 9)
    assert (read.rank, read.identity, read.song_id) == (1, "6703723351497508865", "6703723270476138498")
    assert (read.author, read.duration, read.commercial) == ("Chihei Hatakeyama", 60, False)
    detail = sound_row(opened(sample(shared_wire, "keyapi_music_detail_newsun_US_7d"), "it")["sound"], 4)
    assert (detail.rank, detail.identity) == (4, read.identity)
    assert len(detail.audience_countries) == 10


@pytest.mark.real
@pytest.mark.parametrize(
    "name", ["crawlora_hashtag_list_prom_US", "tikhub_get_hashtag_list", "cc_hashtag_list_hoco_US_7d"]
)
def test_every_recorded_envelope_is_opened(shared_wire: Path, name: str) -> None:
    [row] = opened(sample(shared_wire, name), "it")["list"]
    assert hashtag_row(row, 1).views == row["video_views"]


def test_names_in_camel_case_and_numbers_as_strings_are_the_same_row() -> None:
    row = hashtag("US", 3)
    camel = {
        "hashtagID": row["hashtag_id"],
        "hashtagName": "#UStag003 ",
        "publishCnt": str(row["publish_cnt"]),
        "vv": str(row["video_views"]),
        "rankIndex": "3",
        "industryIDs": [28_000_000_000],
        "popularityCurve": [{"timestamp": str(p["time"]), "value": str(p["value"])} for p in row["trend"]],
        "topCreators": [{"nickname": "creator 3", "avatarUrl": "https://cdn.example/a"}],
        "isPromoted": "false",
    }
    assert hashtag_row(camel, 1) == hashtag_row(row, 1)


def test_the_native_name_counts_where_several_are_given() -> None:
    assert plain({"video_views": 5, "views": 7, "vv": 9})["video_views"] == 5


@pytest.mark.parametrize(
    "damaged", [7.357697982441423e18, Decimal("7.3E+18"), "7.357697982441423e+18", "71.0"]
)
def test_an_id_that_a_float_damaged_is_refused(damaged: object) -> None:
    with pytest.raises(InvalidInput, match="clip_id is a floating-point number"):
        exact_id("clip_id", damaged)
    rows, [refused] = read_rows(
        [hashtag("US", 1), hashtag("US", 2) | {"hashtag_id": damaged}], hashtag_row, 1, "p"
    )
    assert [row.rank for row in rows] == [1]
    assert (refused.file, refused.line) == ("p", 2)
    assert "hashtag_id is a floating-point number" in refused.reason


@pytest.mark.parametrize("whole", [7_357_697_982_441_422_880, "7357697982441422880"])
def test_a_whole_id_stays_what_it_is(whole: object) -> None:
    assert exact_id("id", whole) == "7357697982441422880"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("text", "the row is not an object"),
        ({}, "hashtag_name is missing"),
        ({"hashtag_name": "@someone"}, "hashtag_name is missing or no hashtag"),
    ],
)
def test_what_is_no_hashtag_is_refused(raw: object, reason: str) -> None:
    _, [refused] = read_rows([raw], hashtag_row, 1, "p")
    assert reason in refused.reason


def test_a_sound_without_its_clip_is_refused() -> None:
    with pytest.raises(InvalidInput, match="clip_id is missing"):
        sound_row(sound("US", 1) | {"clip_id": None}, 1)


def test_a_curve_keeps_its_scale_and_leaves_out_what_is_no_point() -> None:
    points = [
        {"time": 86_400, "value": "100"},
        {"time": 0, "value": 1},
        "x",
        {"time": 3 * 86_400, "value": "n/a"},
    ]
    assert curve(points) == ((date(1970, 1, 2), 100.0),)
    assert curve(None) == ()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ([], "replied with a list where an object was expected"),
        ({"code": 0, "data": None}, "replied with nothing"),
        (
            {"code": 40_100, "message": "Too many\nrequests for sk_x"},
            r"says: Too many requests for \*\*\* \(code 40100\)",
        ),
        ({"data": {}, "error": {"code": "scope_not_authorized", "message": "no"}}, "scope_not_authorized"),
        ({"BaseResp": {"StatusCode": 7, "StatusMessage": "gone"}}, r"says: gone \(code 7\)"),
        ({"code": 200, "data": {"code": 500, "msg": "inner"}}, "says: inner"),
    ],
)
def test_an_error_in_disguise_is_said(reply: object, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        opened(reply, "it", ["sk_x"])
