"""Saved files of the retired service, its successor and scrapers; and files that are not what they seem."""

import json
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sources.asking import NOON
from tests.sources.recounting import Fetched, made, pages
from tests.sources.test_wire_rows import sample
from tests.sources.upstream import LAST_DAY, ROWS, Json, hashtag, paged, sound
from trendwire.errors import SourceError
from trendwire.facts.recorded import RecordedChart
from trendwire.sources.connector import Page

KIND = "creative-center-export"
SAVED = int(datetime(2026, 11, 21, 6, tzinfo=UTC).timestamp())
REQUEST = "20261121050000C1F07AF59616583266A4"


def asked(call: object) -> Json:
    raise AssertionError(f"a file needs no network: {call}")


def read(folder: Path, **options: Any) -> list[Page]:
    return pages(made(KIND, folder=str(folder), **options), Fetched(asked))


def charts(found: list[Page]) -> list[RecordedChart]:
    return [chart for page in found for chart in page.charts]


def rows(found: list[Page]) -> Counter[tuple[str, date, str, int]]:
    return Counter((c.key.text, c.as_of, row.identity, row.rank) for c in charts(found) for row in c.rows)


def save(folder: Path, name: str, value: Json) -> Path:
    path = folder / name
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    os.utime(path, (SAVED, SAVED))
    return path


def reply(data: Json) -> Json:
    return {"code": 0, "msg": "OK", "request_id": REQUEST, "data": data}


def lists(region: str, *, sounds: bool = False) -> list[Json]:
    """The pages of one saved list."""
    make = sound if sounds else hashtag
    all_ = [make(region, rank + 1) for rank in range(ROWS)]
    name = "sound_list" if sounds else "list"
    return [reply(paged(all_, {"page": str(n), "limit": "20"}, name)) for n in (1, 2, 3)]


def fill(folder: Path) -> list[Path]:
    """Six files of two lists, three files each."""
    return [
        save(folder, f"{name}-{n}.json", page)
        for name, told in (("hashtags-us", lists("US")), ("sounds-vn", lists("VN", sounds=True)))
        for n, page in enumerate(told, 1)
    ]


def test_files_of_one_list_are_one_chart(tmp_path: Path) -> None:
    fill(tmp_path)
    found = read(tmp_path)
    assert [(c.key.text, c.as_of, len(c.rows), c.complete) for c in charts(found)] == [
        ("hashtag/7/US/0", LAST_DAY, ROWS, True),
        ("sound/7/VN/0", LAST_DAY, ROWS, True),
    ]
    assert {c.fetched_at for c in charts(found)} == {int(datetime(2026, 11, 21, 5, tzinfo=UTC).timestamp())}
    assert rows(read(tmp_path)) == rows(found)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "key", "as_of", "identity"),
    [
        ("cc_hashtag_list_hoco_US_7d", "hashtag/7/US/0", date(2025, 10, 20), "hoco"),
        ("cc_music_list_whoopty_US_7d", "sound/7/US/0", date(2025, 10, 20), "7552073523387205648"),
        ("cc_hashtag_list_top20_rankdiff", "hashtag/7/ALL/0", date(2026, 11, 20), "tsitp"),
        ("cc_new_2026_GetHashtagList_shape", "hashtag/7/ALL/0", date(2026, 9, 12), "breakoutmeme"),
        ("tikhub_get_hashtag_list", "hashtag/120/US/0", date(2026, 11, 20), "summer"),
    ],
)
def test_recorded_lists_are_read(
    shared_wire: Path, tmp_path: Path, name: str, key: str, as_of: date, identity: str
) -> None:
    save(tmp_path, "one.json", sample(shared_wire, name))
    [chart] = charts(read(tmp_path))
    assert (chart.key.text, chart.as_of, chart.rows[0].identity) == (key, as_of, identity)


@pytest.mark.real
def test_the_successor_tells_numbers_as_strings_and_its_curve_keeps_its_scale(
    shared_wire: Path, tmp_path: Path
) -> None:
    save(tmp_path, "one.json", sample(shared_wire, "cc_new_2026_GetHashtagList_shape"))
    [chart] = charts(read(tmp_path, region="GB", period=30))
    [row] = chart.rows
    assert chart.key.text == "hashtag/30/GB/0"
    assert (row.rank, row.posts, row.views, row.upstream_id) == (1, 52_400, 120_500_000, "12345")
    assert row.curve == ((date(2026, 9, 12), 100.0),)


@pytest.mark.real
def test_creators_and_videos_become_posts(shared_wire: Path, tmp_path: Path) -> None:
    save(tmp_path, "creators.json", sample(shared_wire, "cc_creator_list_US"))
    save(tmp_path, "videos.json", sample(shared_wire, "cc_video_list_US"))
    creators, videos = read(tmp_path)
    first = creators.posts[0]
    assert len(creators.posts) == 3
    assert (first["id"], first["view_count"], first["like_count"]) == (
        "336372832165146895",
        13_733_332,
        516_217,
    )
    assert (first["region_code"], first["username"]) == ("US", "creator_f8d20675")
    assert first["observed_at"] == int(datetime(2025, 10, 21, 14, 28, 29, tzinfo=UTC).timestamp())
    [video] = videos.posts
    assert (video["id"], video["video_description"], "region_code" in video) == (
        "44232752328763887",
        "text_8ac57a9d",
        False,
    )


@pytest.mark.parametrize("camel", [False, True])
def test_a_dataset_of_a_scraper_is_charts_by_country_and_period(tmp_path: Path, camel: bool) -> None:
    names = (
        ("hashtagName", "videoViews", "publishCnt", "countryCode")
        if camel
        else (
            "hashtag_name",
            "video_views",
            "publish_cnt",
            "country_code",
        )
    )
    made_up = [
        dict(zip(names, (f"tag{rank}", 1_000 // rank, 10, region), strict=True))
        | {"rank": rank, "period": 30}
        for region in ("US", "VN")
        for rank in (1, 2, 3)
    ]
    save(tmp_path, "dataset.json", made_up)
    found = charts(read(tmp_path))
    assert [(c.key.text, [row.views for row in c.rows]) for c in found] == [
        ("hashtag/30/US/0", [1_000, 500, 333]),
        ("hashtag/30/VN/0", [1_000, 500, 333]),
    ]
    assert {c.as_of for c in found} == {date(2026, 11, 20)}


Change = Callable[[Path], object]


def _rewritten(change: Callable[[Json], Json]) -> Change:
    return lambda path: path.write_bytes(json.dumps(change(json.loads(path.read_bytes()))).encode())


def _rows_of(told: Json) -> list[Json]:
    rows: list[Json] = next(told["data"][name] for name in ("list", "sound_list") if name in told["data"])
    return rows


def _damaged(told: Json) -> Json:
    row = _rows_of(told)[-1]
    name = "clip_id" if "clip_id" in row else "hashtag_id"
    row[name] = float(row[name])
    return told


def _stringed(told: Json) -> Json:
    for row in _rows_of(told):
        row |= {name: str(row[name]) for name in ("rank", "publish_cnt", "video_views") if name in row}
    return told


def _skewed(told: Json) -> Json:
    for row in _rows_of(told):
        row["trend"] = [{**point, "time": point["time"] + 3 * 86_400} for point in row["trend"]]
    return told


def _emptied(told: Json) -> Json:
    _rows_of(told).clear()
    return told


FAULTS: dict[str, tuple[Change, int | None, str]] = {
    "half written": (lambda p: p.write_bytes(p.read_bytes()[:200]), None, "is no whole JSON"),
    "HTML": (lambda p: p.write_bytes(b"<!doctype html>"), None, "is no whole JSON"),
    "nothing in it": (lambda p: p.write_bytes(b""), None, "is no whole JSON"),
    "too deep": (lambda p: p.write_bytes(b"[" * 100_000), None, "nested too deeply"),
    "an error": (_rewritten(lambda _: {"code": 40_101, "msg": "no permission"}), None, "no permission"),
    "another schema": (_rewritten(lambda _: reply({"x": 1})), None, "of a known shape"),
    "an empty list": (_rewritten(_emptied), None, ""),
    "missing": (Path.unlink, None, ""),
    "ids as floats": (_rewritten(_damaged), 1, "floating-point"),
    "numbers as strings": (_rewritten(_stringed), 0, ""),
    "clock skew": (_rewritten(_skewed), 0, ""),
}
"""Name -> what becomes of a file, how many rows that costs (None: all of the file), and the reason given."""


@pytest.mark.parametrize("place", [0, 1, 5], ids=["first", "middle", "last"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_is_not_what_it_should_be_costs_no_other(tmp_path: Path, fault: str, place: int) -> None:
    change, lost, reason = FAULTS[fault]
    paths = fill(tmp_path)
    kept = rows(read(tmp_path))
    good = paths[place].read_bytes()
    size = len(_rows_of(json.loads(good)))
    change(paths[place])
    found = read(tmp_path)
    now = rows(found)
    assert not set(now) - set(kept)
    assert max(now.values()) == 1
    assert sum(kept.values()) - sum(now.values()) == (size if lost is None else lost)
    told = [refused.reason for page in found for refused in page.refused]
    assert len(told) == (1 if reason else 0)
    assert all(reason in words for words in told)
    save(tmp_path, paths[place].name, good)
    assert rows(read(tmp_path)) == kept


def test_the_same_list_saved_twice_is_there_once(tmp_path: Path) -> None:
    paths = fill(tmp_path)
    save(tmp_path, "hashtags-us-4.json", paths[2].read_bytes())
    assert max(rows(read(tmp_path)).values()) == 1


def test_a_list_of_which_pages_are_missing_is_not_complete(tmp_path: Path) -> None:
    paths = fill(tmp_path)
    paths[2].unlink()
    paths[3].unlink()
    assert [chart.complete for chart in charts(read(tmp_path))] == [False, False]


def test_several_replies_in_one_file_are_read_one_by_one(tmp_path: Path) -> None:
    save(tmp_path, "all.json", [*lists("US"), {"code": 7, "msg": "denied", "data": None}])
    [page] = read(tmp_path)
    assert len(page.charts[0].rows) == ROWS
    assert "denied" in page.refused[0].reason


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="one: the folder of its option `folder` is not there"):
        read(tmp_path / "nowhere")


def test_an_empty_folder_gives_nothing(tmp_path: Path) -> None:
    assert read(tmp_path) == [Page()]


def test_a_run_that_broke_off_goes_on_behind_the_last_list(tmp_path: Path) -> None:
    fill(tmp_path)
    connector, fetch = made(KIND, folder=str(tmp_path)), Fetched(asked)
    left = connector.page(fetch, connector.begin(NOON, None)).cursor
    [page] = pages(connector, fetch, left)
    assert [chart.key.text for chart in page.charts] == ["sound/7/VN/0"]


def test_files_whose_names_are_not_utf8_are_read_and_named_harmlessly(tmp_path: Path) -> None:
    save(tmp_path, "good \udcff\x1b[31m 1.json", reply({"list": [hashtag("VN", 1)]}))
    (tmp_path / "bad \udcff.json").write_bytes(b"{")
    found = read(tmp_path)
    assert sum(rows(found).values()) == 1
    assert [one.file for page in found for one in page.refused] == ["bad \\xff.json"]
    assert all(str(page.cursor).isprintable() for page in found)
