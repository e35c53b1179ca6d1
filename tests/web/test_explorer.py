"""The explorer: views show what their edition holds, as pages and in every format, and refuse in words."""

import csv
import io
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest

from tests.small_world import LAST_DAY, linked
from tests.web.conftest import Served, serving
from trendwire.domain.charts import ChartKey, HashtagEntry, Kind, Move, SoundEntry
from trendwire.editions import Edition, Editions, sample_folder
from trendwire.web.explorer import drawings
from trendwire.web.explorer.rows import WORDS
from trendwire.web.explorer.tables import Table

ATOM = "{http://www.w3.org/2005/Atom}"
CHARTS = [path for _, path, _ in WORDS.values()]


def edition_of(served: Served) -> Edition:
    return Editions(served.home).current()


def hashtags(served: Served, region: str = "ALL", period: int = 30) -> list[HashtagEntry]:
    entries = edition_of(served).chart(ChartKey(Kind.HASHTAG, period, region)) or ()
    return [one for one in entries if isinstance(one, HashtagEntry)]


def a_sound(served: Served) -> SoundEntry:
    entries = edition_of(served).chart(ChartKey(Kind.SOUND, 30)) or ()
    return next(one for one in entries if isinstance(one, SoundEntry))


def rows_of(served: Served, address: str) -> list[dict[str, str]]:
    answer = served.client.get(address)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize(
    "path", ["/", *CHARTS, "/search", "/search?q=a", "/compare/hashtags", "/compare/sounds"]
)
def test_every_view_is_a_page(served: Served, path: str) -> None:
    page = served.client.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'self';")
    assert "<h1>" in page.text


@pytest.mark.parametrize("path", CHARTS)
def test_sentences_about_a_chart_do_not_run_together(served: Served, path: str) -> None:
    page = served.client.get(path).text
    assert ". Computed from posts (" in page


def test_a_chart_shows_the_rows_of_its_edition(served: Served) -> None:
    page = served.client.get("/hashtags?period=30").text
    found = hashtags(served)
    assert found
    assert [one.name for one in found if f"#{one.name}</bdi>" not in page] == []


def test_a_page_is_not_sent_again_to_who_has_it(served: Served) -> None:
    first = served.client.get("/hashtags")
    again = served.client.get("/hashtags", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_only_what_rises_is_what_went_up_or_is_new(served: Served) -> None:
    rising = rows_of(served, "/hashtags.csv?period=30&only=rising")
    expected = [one.name for one in hashtags(served) if one.move in (Move.UP, Move.NEW)]
    assert [row["hashtag"] for row in rising] == expected
    fresh = rows_of(served, "/hashtags.csv?period=30&only=new")
    assert [row["hashtag"] for row in fresh] == [one.name for one in hashtags(served) if one.first_time]


def test_words_are_looked_for_in_names(served: Served) -> None:
    name = hashtags(served)[3].name
    found = rows_of(served, f"/hashtags.csv?period=30&q=%23{name.upper()}")
    assert name in [row["hashtag"] for row in found]
    assert len(found) < len(hashtags(served))


def test_a_region_and_a_day_may_be_asked_for(served: Served) -> None:
    region = edition_of(served).regions[0]
    rows = rows_of(served, f"/hashtags.csv?region={region.lower()}&period=30&as_of={LAST_DAY}")
    assert [row["hashtag"] for row in rows] == [one.name for one in hashtags(served, region)]
    assert {(row["region"], row["as_of"]) for row in rows} == {(region, str(LAST_DAY))}


@pytest.mark.parametrize("path", CHARTS)
def test_all_formats_tell_the_same(served: Served, path: str, tmp_path: Path) -> None:
    rows = rows_of(served, f"{path}.csv?period=30")
    told = served.client.get(f"{path}.json?period=30").json()
    (tmp_path / "rows.parquet").write_bytes(served.client.get(f"{path}.parquet?period=30").content)
    with duckdb.connect() as duck:
        columns = duck.read_parquet(str(tmp_path / "rows.parquet"))
        names, views = columns.columns, columns.project("views").fetchall()
    feed = ET.fromstring(served.client.get(f"{path}.atom?period=30").text)
    assert rows
    assert [int(row["rank"]) for row in rows] == [row["rank"] for row in told["rows"]]
    assert names == list(rows[0]) == list(told["rows"][0])
    assert views == [(row["views"],) for row in told["rows"]]
    assert len(feed.findall(f"{ATOM}entry")) == len(rows)
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("address", ["/hashtags.atom?period=30", "/videos.atom", "/compare/sounds.atom"])
def test_a_feed_knows_its_address_and_is_the_same_under_every_other(served: Served, address: str) -> None:
    """RFC 4287: ids never change; readers take an entry with another id for another entry."""
    one, other = (
        ET.fromstring(served.client.get(address, headers={"host": host}).text)
        for host in ("one.example", "two.example:8000")
    )
    ids = [found.text or "" for found in one.iter(f"{ATOM}id")]
    assert ids == [found.text for found in other.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids) >= 1
    assert all(UUID(text.removeprefix("urn:uuid:")).version == 5 for text in ids)
    own = [link.get("href") for link in other.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own == [f"http://two.example:8000{address}"]


def test_feeds_of_two_homes_share_no_id(served: Served, tmp_path: Path) -> None:
    mine = ET.fromstring(served.client.get("/hashtags.atom").text)
    (tmp_path / "other").mkdir()
    shutil.copytree(sample_folder() / "editions", tmp_path / "other" / "editions")
    with serving(tmp_path / "other") as others:
        theirs = ET.fromstring(others.client.get("/hashtags.atom").text)
    ids = [{found.text for found in feed.iter(f"{ATOM}id")} for feed in (mine, theirs)]
    assert ids[0].isdisjoint(ids[1])


def test_a_table_without_rows_is_parquet_too(served: Served, tmp_path: Path) -> None:
    (tmp_path / "none.parquet").write_bytes(served.client.get("/sounds.parquet?q=no-such-words").content)
    with duckdb.connect() as duck:
        assert duck.read_parquet(str(tmp_path / "none.parquet")).fetchall() == []


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        *(
            (text, f"'{text}")
            for text in ("=1+1", "+1", "-1", "@x", "=HYPERLINK(0)", "\uff1d1", " =1", "\u200b=1")
        ),
        ("\t=1", "' =1"),
        ("\r\n=1", "'  =1"),
        ("\x00@SUM(1)", "' @SUM(1)"),
        ("\tx", " x"),
        ("a\nb", "a b"),
        ("a\x1b[31mb\x07\x9bc\x7f", "a [31mb  c "),
        ("fig\u202egpj.exe", "fig gpj.exe"),
        ("a=1", "a=1"),
    ],
)
def test_no_cell_is_a_formula_or_holds_control_characters(text: str, cell: str) -> None:
    written = Table({"name": "VARCHAR"}, [(text,)], {}).csv().decode()
    assert next(iter(csv.DictReader(io.StringIO(written, newline=""))))["name"] == cell


def test_a_subject_says_why_it_ranks(served: Served) -> None:
    row = hashtags(served)[0]
    page = served.client.get("/hashtag", params={"name": row.name, "period": 30})
    assert page.status_code == 200
    assert f"Rank {row.rank} of {len(hashtags(served))}" in page.text
    assert '<svg class="curve"' in page.text
    told = served.client.get("/hashtag.json", params={"name": row.name, "period": 30}).json()
    assert told["rank"] == row.rank
    assert [point["views"] for point in told["rows"]] == list(row.curve)
    assert told["why"]["heat"] == row.heat


@pytest.mark.parametrize("period", [7, 30, 120, 365, 1095])
def test_a_subject_has_every_period(served: Served, period: int) -> None:
    row = hashtags(served)[0]
    params: dict[str, Any] = {"name": f"#{row.name.upper()}", "period": period}
    assert served.client.get("/hashtag", params=params).status_code == 200
    assert served.client.get("/sound", params=params | {"name": a_sound(served).clip_id}).status_code == 200


def test_subjects_are_compared_on_one_scale(served: Served) -> None:
    names = [one.name for one in hashtags(served)[:5]]
    page = served.client.get("/compare/hashtags", params={"name": names, "period": 30})
    assert [name for name in names if f"#{name}</bdi>" not in page.text] == []
    rows = rows_of(served, str(page.url.copy_with(path="/compare/hashtags.csv")))
    assert {row["name"] for row in rows} == set(names)
    more = served.client.get("/compare/hashtags", params={"name": [*names, hashtags(served)[5].name]})
    assert more.status_code == 400


def test_search_finds_what_is_in_no_chart(served: Served) -> None:
    charted = {one.name for period in (7, 30, 120) for one in hashtags(served, period=period)}
    every = edition_of(served).identities(Kind.HASHTAG, "", 10_000)
    name = next(one for one in every if one not in charted)
    assert f"#{name}</bdi>" in served.client.get("/search", params={"q": name}).text


@pytest.mark.parametrize("address", ["/hashtag.svg", "/hashtag-badge.svg"])
def test_drawings_stand_alone_on_any_page(served: Served, address: str) -> None:
    row = hashtags(served)[0]
    drawn = served.client.get(address, params={"name": row.name, "period": 30})
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.headers["cross-origin-resource-policy"] == "cross-origin"
    assert row.name in "".join(ET.fromstring(drawn.text).itertext())


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/hashtags?period=9", 400, "must be one of 7, 30, 120"),
        ("/hashtags?period=365", 400, "must be one of 7, 30, 120"),
        ("/hashtags?region=XX", 400, "country code"),
        ("/hashtags?industry=1", 400, "industries offered"),
        ("/hashtags?only=worst", 400, "rising, new"),
        ("/hashtags?as_of=yesterday", 400, "2026-05-31"),
        ("/hashtags?as_of=1999-01-01", 404, "1999-01-01"),
        (f"/hashtags?q={'a' * 201}", 400, "at most 200"),
        ("/hashtag", 400, "is missing"),
        ("/hashtag?name=%20", 400, "must be a hashtag"),
        ("/hashtag?name=nobodyusesthis", 404, "not found"),
        ("/sound?name=0", 404, "not found"),
        ("/compare/hashtags?name=nobodyusesthis", 404, "nobodyusesthis"),
        ("/hashtags.csv?period=9", 400, "must be one of"),
        ("/hashtag.svg?name=nobodyusesthis", 404, "not found"),
    ],
)
def test_what_cannot_be_shown_is_said(served: Served, address: str, status: int, words: str) -> None:
    refused = served.client.get(address)
    assert refused.status_code == status
    assert words in refused.text


def test_without_an_edition_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        page = served.client.get("/")
    assert page.status_code == 503
    assert "trendwire publish" in page.text


def test_a_scale_ends_above_its_largest_value_in_whole_quarters() -> None:
    for best in [*range(30), 99, 100, 101, 999, 1001, 12_345, 10**9 + 1]:
        end = drawings._rounded_up(best)
        assert end >= max(best, 4)
        assert end % 4 == 0
        assert end <= max(4, best * 1.4 + 4)


@pytest.mark.parametrize(
    ("told", "is_public"),
    [
        ({}, True),
        ({"host": "localhost"}, True),
        ({"host": "::1"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"host": "0.0.0.0", "explorer_public": True}, True),
        ({"explorer_public": False}, False),
    ],
)
def test_it_is_open_to_all_on_loopback_only(
    demo_home: Path, tmp_path: Path, told: dict[str, Any], is_public: bool
) -> None:
    with serving(linked(demo_home, tmp_path / "home"), **told) as served:
        for path in ("/", "/hashtags.csv", "/search"):
            answer = served.client.get(f"{path}?region=US", follow_redirects=False)
            assert answer.status_code == (200 if is_public else 303)
            if not is_public:
                assert answer.headers["location"].startswith("/console/sign-in?next=%2F")
