"""Every recognised shape, as its documentation shows it, is read whole: the same posts whatever the tool."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.house.tree import ROOT
from tests.sources.test_fields import JSON
from trendwire.domain.posts import RECORD_FIELDS, Observation
from trendwire.errors import BadFile, InvalidInput
from trendwire.sources.files import FileSource
from trendwire.sources.parsing import Job, parse
from trendwire.sources.reading.table import FIELD_NAMES, table
from trendwire.sources.reading.wrappers import MAX_DEPTH, posts_in
from trendwire.sources.records import RecordParser

EXAMPLES = ROOT / "examples"
SHAPES = {
    "research-api.json": "research-api",
    "tiktok-web.json": "tiktok-web",
    "zeeschuimer.ndjson": "tiktok-web",
    "aweme-list.json": "tiktok-app",
    "tikhub.json": "tiktok-app",
    "ensembledata.json": "tiktok-app",
    "yt-dlp.json": "yt-dlp",
    "apify-clockworks.json": "apify-clockworks",
    "apify-apidojo.json": "apify-apidojo",
    "4cat.csv": "4cat",
    "pyktok.csv": "pyktok-csv",
    "bright-data.json": "bright-data",
}
AT = 1_760_000_000
SEEN = 1_759_039_200
LACKING = {
    "yt-dlp.json": {"music_id", "region"},
    "pyktok.csv": {"music_id", "music_title", "favourites_count"},
    "4cat.csv": {"duration", "favourites_count"},
    "apify-apidojo.json": {"region"},
    "research-api.json": {"music_title", "nickname"},
    "bright-data.json": {"nickname"},
    "spreadsheet.csv": {"music_id", "music_title", "region", "nickname", "favourites_count"},
}
"""What a tool does not tell."""

WITHOUT_SIGHTING = {
    "research-api.json",
    "ensembledata.json",
    "apify-clockworks.json",
    "apify-apidojo.json",
    "4cat.csv",
    "pyktok.csv",
}
"""Files that do not say when they were made."""


def read(path: Path) -> tuple[list[Observation], dict[str, int], list[str]]:
    """The facts of a file, the shapes its rows were recognised as, and why rows were refused."""
    facts: list[Observation] = []
    shapes: dict[str, int] = {}
    reasons: list[str] = []
    for batch in FileSource(str(path)).batches():
        parsed = parse(Job("file", "test", AT, batch))
        facts += [msgspec.json.decode(line, type=Observation) for line in parsed.lines.splitlines()]
        reasons += [refused.reason for refused in parsed.refused]
        for name, count in parsed.counts.shapes.items():
            shapes[name] = shapes.get(name, 0) + count
        assert parsed.counts.unread == {}
    return facts, shapes, reasons


def reference() -> dict[str, dict[str, Any]]:
    """Post -> what every tool says of it, from the app's own shape."""
    facts, _, _ = read(EXAMPLES / "shapes" / "aweme-list.json")
    compared = (
        "create_time",
        "username",
        "nickname",
        "region",
        "tags",
        "view_count",
        "like_count",
        "duration",
    )
    more = ("music_id", "music_title", "favourites_count")
    return {fact.id: {name: getattr(fact, name) for name in (*compared, *more)} for fact in facts}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_tells_the_same_posts(name: str) -> None:
    facts, shapes, reasons = read(EXAMPLES / "shapes" / name)
    assert (shapes, reasons) == ({SHAPES[name]: 20}, [])
    for fact in facts:
        expected = reference()[fact.id]
        lacking = LACKING.get(name, set())
        assert {key: getattr(fact, key) for key in expected if key not in lacking} == {
            key: value for key, value in expected.items() if key not in lacking
        }
    seen = None if name in WITHOUT_SIGHTING else SEEN
    assert {fact.observed_at for fact in facts} == {seen}


def test_every_shape_of_the_table_has_an_example() -> None:
    assert {shape.name for shape in table().shapes} == set(SHAPES.values())
    assert {document.shape for document in table().documents} <= set(SHAPES.values())


def test_every_alias_leads_to_a_field_of_the_record() -> None:
    named = [field for shape in table().shapes for field in shape.fields] + list(table().columns)
    assert [field for field in named if field not in FIELD_NAMES] == []


def test_a_spreadsheet_is_read_by_its_columns() -> None:
    facts, shapes, reasons = read(EXAMPLES / "spreadsheet.csv")
    assert (shapes, reasons) == ({"columns": 20}, [])
    for fact in facts:
        expected = reference()[fact.id]
        assert (fact.username, fact.tags, fact.duration) == (
            expected["username"],
            expected["tags"],
            expected["duration"],
        )
        assert fact.create_time == expected["create_time"] // 60 * 60
        assert fact.view_count == pytest.approx(expected["view_count"], rel=0.01)


def test_pages_of_videos_hold_the_item() -> None:
    facts, shapes, _ = read(EXAMPLES / "shapes" / "itemstruct.json")
    assert shapes == {"tiktok-web": 3}
    assert facts[0].tags == ["dailyvlog", "handmade"]


def _item(number: int = 1) -> dict[str, Any]:
    facts = json.loads((EXAMPLES / "shapes" / "tiktok-web.json").read_text())["itemList"]
    item: dict[str, Any] = facts[number]
    return item


@pytest.mark.parametrize(
    ("posts", "document"),
    [
        (2, {"ItemModule": {"7": _item(), "8": _item(2)}, "UserModule": {}}),
        (1, {"__DEFAULT_SCOPE__": {"webapp.video-detail": {"itemInfo": {"itemStruct": _item()}}}}),
        (2, {"status_code": 0, "data": [{"type": 1, "item": _item()}, {"type": 1, "item": _item(2)}]}),
        (2, {"data": {"itemList": [_item(), _item(2)], "hasMore": True}}),
        (1, {"data": {"data": {"aweme_details": [{"aweme_id": "7545042922320757251", "desc": "a"}]}}}),
        (1, {"itemStruct": _item()}),
    ],
)
@pytest.mark.parametrize("written", ["a line", "over lines", "in a list"])
def test_documents_that_wrap_posts(
    posts: int, document: dict[str, Any], written: str, tmp_path: Path
) -> None:
    texts = {
        "a line": json.dumps(document),
        "over lines": json.dumps(document, indent=1),
        "in a list": json.dumps([document]),
    }
    (tmp_path / "file").write_text(texts[written])
    facts, shapes, reasons = read(tmp_path / "file")
    assert (len(facts), sum(shapes.values()), reasons) == (posts, posts, [])


def test_a_document_of_one_long_line_is_read(tmp_path: Path) -> None:
    entry = json.loads((EXAMPLES / "shapes" / "yt-dlp.json").read_text())["entries"][0]
    playlist = {"_type": "playlist", "entries": [entry | {"formats": "x" * (1 << 20)} for _ in range(17)]}
    (tmp_path / "list.json").write_text(json.dumps(playlist))
    facts, shapes, reasons = read(tmp_path / "list.json")
    assert (len(facts), shapes, reasons) == (17, {"yt-dlp": 17}, [])


def test_yt_dlp_writes_one_a_line_too(tmp_path: Path) -> None:
    entries = json.loads((EXAMPLES / "shapes" / "yt-dlp.json").read_text())["entries"]
    (tmp_path / "lines").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    assert read(tmp_path / "lines")[1] == {"yt-dlp": 20}


@pytest.mark.parametrize("separator", [".", "/"])
def test_nested_fields_as_columns(separator: str, tmp_path: Path) -> None:
    items = json.loads((EXAMPLES / "shapes" / "apify-clockworks.json").read_text())
    rows = [_flat(item, separator) for item in items]
    text = io.StringIO()
    writer = csv.DictWriter(text, sorted({name for row in rows for name in row}))
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / "export.csv").write_text(text.getvalue())
    facts, shapes, reasons = read(tmp_path / "export.csv")
    assert (shapes, reasons) == ({"apify-clockworks": 20}, [])
    assert {fact.id: fact.tags for fact in facts} == {
        post: said["tags"] for post, said in reference().items()
    }


def _flat(value: dict[str, Any], separator: str, before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, list):
            inner = {str(place): entry for place, entry in enumerate(inner)}
        path = before + name
        found |= _flat(inner, separator, path + separator) if isinstance(inner, dict) else {path: inner}
    return found


def test_an_empty_reply_holds_no_posts(tmp_path: Path) -> None:
    (tmp_path / "reply").write_text('{"code": 200, "data": {"aweme_list": [], "has_more": 0}}')
    facts, shapes, reasons = read(tmp_path / "reply")
    assert (facts, shapes, reasons) == ([], {}, [])


def test_wrappers_within_wrappers_end(tmp_path: Path) -> None:
    deep: dict[str, Any] = _item()
    for _ in range(MAX_DEPTH + 1):
        deep = {"data": deep}
    (tmp_path / "deep").write_text(json.dumps(deep))
    facts, _, reasons = read(tmp_path / "deep")
    assert (facts, len(reasons)) == ([], 1)


def test_the_names_of_the_record_come_before_those_of_others(tmp_path: Path) -> None:
    row = {
        "id": "7545042922320757251",
        "view_count": 5,
        "views": 7,
        "title": "so #b",
        "video_description": "#a",
    }
    (tmp_path / "row").write_text(json.dumps(row))
    (fact,) = read(tmp_path / "row")[0]
    assert (fact.view_count, fact.tags) == (5, ["a"])


def test_every_field_of_the_record_is_a_column_in_any_spelling(tmp_path: Path) -> None:
    for field in RECORD_FIELDS:
        header = field.name.replace("_", " ").title()
        row = {"Id": "7506832682593094928"} | {header: msgspec.json.decode(field.example)}
        (tmp_path / "row").write_text(json.dumps([row]))
        (fact,) = read(tmp_path / "row")[0]
        assert getattr(fact, field.column) is not None, field.name


def test_a_table_without_ids_says_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "table").write_text("vidd,Vews,name\n7506832682593094928,3,a\n")
    with pytest.raises(BadFile) as raised:
        list(FileSource(str(tmp_path / "table")).batches())
    assert raised.value.public == (
        "is neither JSON nor Parquet nor CSV with a column `id`: its columns are vidd, Vews, name;"
        " nearest known: vidd (id), Vews (view_count); name the id's with --map id=COLUMN"
    )


NAMES = sorted(
    {name for shape in table().shapes for group in shape.signs for name in group}
    | {name for names in table().columns.values() for name in "+".join(names).split("+")}
    | {*table().wrappers.lists, *table().wrappers.holders, "source_platform", "id", "a.b", "hashtags/0/name"}
    | {"author", "video", "music", "statistics", "challenges", "extra"}
)
INNER = st.dictionaries(st.sampled_from(["duration", "playCount", "0", "url_list", "title", "id"]), JSON)
HUGE = st.just(10**5000) | st.just(float("inf"))


@given(row=st.dictionaries(st.sampled_from(NAMES), JSON | INNER | HUGE, max_size=12))
def test_any_row_of_a_known_shape_gives_facts_or_reasons(row: dict[str, Any]) -> None:
    for post in posts_in(row):
        try:
            fact = RecordParser(AT, "test").parse(post)
        except InvalidInput:
            continue
        assert msgspec.json.decode(msgspec.json.encode(fact), type=Observation) == fact


def test_numbers_too_long_to_print_are_unknown() -> None:
    app = {"aweme_id": "7506832682593094928", "desc": "a", "video": {"duration": 10**5000}}
    days = {"id": "7506832682593094928", "date": 10**5000, "time": "10:15"}
    for row in (app, days):
        fact = RecordParser(AT, "test").parse(row)
        assert (fact.duration, fact.create_time) == (None, None)
