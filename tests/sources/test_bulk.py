"""Rows read by columns are what the parser of rows makes of each: facts, refusals, lines and counts."""

import random
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.test_fields import JSON
from trendwire.domain.posts import FACT_COLUMNS, RECORD_FIELDS
from trendwire.sources import bulk, parsing
from trendwire.sources.base import RawBatch
from trendwire.sources.parsing import Job, Parsed

AT = 1_800_000_000
CREATED = 1_747_820_685
SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2003\u2028\u3000"
LETTERS = (
    'aZ09_-.,;#@|"\\/\u0000\u0085ßſİıÉéΣςÄ가각ㄱ\u1161\u11a8์ำกｱアか\u3099\u0301\u09be①ﬁ🎉﹟＃\ue000\U0001d400'
    + SPACES
)
TEXTS = st.text(LETTERS, max_size=6) | st.sampled_from(
    [
        "",
        "null",
        "NaN",
        "1",
        "007",
        "1.0",
        "1e3",
        "7.51e+18",
        "7.506832745952218e+18",
        "original sound",
        "-1",
        "1,234",
    ]
)
NUMBERS = st.sampled_from(
    [0, 1, 12, 10**12, 10**12 + 1, 10**18, 2**63, 2**64, 10**30, -1, 0.0, -0.0, 1.0, 1.5, 1e3, 1e-7]
)
TIMES = st.sampled_from(
    [
        CREATED,
        CREATED * 1000,
        str(CREATED),
        f"{CREATED}000",
        float(CREATED),
        20250529,
        "20250529",
        1,
        0,
        AT + 90_000,
        10**11,
        10**11 + 1,
        10**14,
        10**17,
        "2025-05-29T10:15:00Z",
        "2025-05-29 10:15:00",
        "2025-02-30T10:15:00Z",
        "2025-05-29T24:00:00Z",
        "2025-05-29T10:15:60Z",
        "2025-05-29T10:15:00.999Z",
        "2025-05-29T10:15:00+07:00",
        "2025-05-29",
        "2099-01-01T00:00:00Z",
        "0099-01-01T00:00:00Z",
    ]
)
IDS = st.sampled_from(
    [
        str(CREATED << 32),
        CREATED << 32,
        "7",
        0,
        "00123",
        -5,
        "x" * 9,
        str(10**19),
        str(2**64),
        2**64 - 1,
        7.35e18,
        "https://www.tiktok.com/@a/video/7506832682593094928",
        " 7506832682593094928 ",
        "٧٥٠",
        str((AT + 2**20) << 32),
    ]
)
TAGS = st.lists(TEXTS | st.sampled_from(["fyp", "FYP", "#fyp", "a b", "@x", "Ä", "ﬁ", "가나"]), max_size=4)
WEIGHTS = st.dictionaries(
    st.sampled_from(["18-24", "55+", "US", "us", "VN", "ZZ", " x", "é", ""]),
    st.sampled_from([0, 0.0, 1, 0.1, 1e-7, 2.5, 10**12, 10**13, -1, "1", None]),
    max_size=3,
)
BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "id": IDS,
    "time": TIMES,
    "region": st.sampled_from(["US", "VN", "us", " US ", "ZZ", "", "USA", 1]),
    "industry": st.sampled_from([22_000_000_000, 23_000_000_000, 23100000000, "22000000000", "", 7, "Food"]),
    "flag": st.sampled_from([True, False, 0, 1, "true", "no", "", "maybe"]),
    "names": TAGS,
    "tags": st.lists(
        st.fixed_dictionaries({"hashtag_name": TEXTS, "hashtag_id": st.sampled_from(["5", None])}), max_size=2
    ),
    "weights": WEIGHTS,
    "countries": WEIGHTS,
}
ODD: st.SearchStrategy[Any] = st.sampled_from([None, "", [], {}, True]) | TEXTS | NUMBERS | JSON
PLAIN: dict[str, Any] = {
    "id": str(CREATED << 32),
    "create_time": CREATED,
    "hashtag_names": ["fyp"],
    "view_count": 5,
}


def row(chance: random.Random, draw: Any) -> dict[str, Any]:
    """A row of the record, most of whose values fit."""
    fields = chance.sample(RECORD_FIELDS, chance.randint(0, 4))
    return PLAIN | {
        f.name: draw(BY_TYPE.get(f.type, TEXTS | NUMBERS) if chance.random() < 0.8 else ODD) for f in fields
    }


HOSTILE = [
    b'{"id":"1","id":"2"}',
    b'{"id":"1",}',
    b'{"id":NaN}',
    b'{"id":"7506832682593094928","view_count":Infinity}',
    b'{"id":"\\ud800"}',
    b'{"id":"7506832682593094928","username":"\\ud83d\\ude00 \\u0000x"}',
    b'{"id":"1"} x',
    b"[1]",
    b'"x"',
    b'{"id":"1"}{"id":"2"}',
    b'{"id":1e999}',
    b'{"id":01}',
    b'{"id":"1" /*c*/}',
    b"{'id':1}",
    b'{"id":"a\tb"}',
    b'{"i\\u0064":"7506832682593094928"}',
    b"null",
    b"{}",
    b'{"id":"7506832682593094928","audience_ages":{"a":1,"a":2}}',
    b'\xef\xbb\xbf{"id":1}',
    b'{"id":"7506832682593094928"}\r',
    b'{"id":"7506832682593094928","username":"\xff"}',
    b'{"id":\n"7506832682593094928",\n"username":"\\n"}',
    b'{"id":"7506832682593094928","Id":"2","odd":1}',
    b'{"data":{"videos":[{"id":"7506832682593094928"}]}}',
    b'{"id":-0}',
    b"{" * 3000,
    b'{"id":' + b"[" * 3000,
    b'{"id":"7506832682593094928","username":"' + b"x" * 300_000 + b'"}',
    b'{"id":"7506832682593094928","username":"\\ud83d\\ude00\\u00e9 \\"q\\" \\\\ \\/ \\t z"}',
    b'{"id":"7506832682593094928","hashtag_names":'
    + msgspec.json.encode([f"t{n}" for n in range(501)])
    + b"}",
]


def facts(parsed: Parsed, folder: Path) -> list[tuple[Any, ...]]:
    """The accepted rows as they are staged."""
    lines, table = folder / "lines", folder / "table"
    lines.write_bytes(parsed.lines)
    staged = "select * from read_json($path, format = 'newline_delimited', columns = $columns)"
    found = duckdb.execute(staged, {"path": str(lines), "columns": FACT_COLUMNS}).fetchall()
    for content in parsed.tables:
        table.write_bytes(content)
        rows = "select * exclude (place) from read_parquet($path)"
        described = duckdb.execute(f"describe {rows}", {"path": str(table)}).fetchall()
        assert [(name, kind) for name, kind, *_ in described] == [*FACT_COLUMNS.items()]
        found += duckdb.execute(rows, {"path": str(table)}).fetchall()
    return sorted(found, key=repr)


def agree(lines: list[bytes | dict[str, Any]], scratch: Path) -> Parsed:
    """Both readings of these lines are the same; that in bulk."""
    made = [
        parse(Job("name", "test", AT, RawBatch(list(enumerate(lines, 7)))))
        for parse in (parsing.parse, in_bulk(scratch))
    ]
    one, many = made
    assert (one.rows, one.refused, one.columns) == (many.rows, many.refused, many.columns)
    for count in ("shapes", "unread", "unknown", "mapped"):
        assert getattr(one.counts, count) == getattr(many.counts, count)
    assert facts(one, scratch) == facts(many, scratch)
    return many


def in_bulk(scratch: Path) -> Any:
    return lambda job: bulk.parse(scratch, job)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few rows are many."""
    monkeypatch.setattr(bulk, "FEWEST", 1)
    monkeypatch.setattr(bulk, "FEWEST_APART", 8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_both_readings_of_any_rows_are_the_same(
    data: st.DataObject, chance: random.Random, tmp_path: Path
) -> None:
    rows = [row(chance, data.draw) for _ in range(60)]
    agree([msgspec.json.encode(one) for one in rows], tmp_path)


def test_both_readings_of_hostile_lines_are_the_same(tmp_path: Path) -> None:
    plain = [msgspec.json.encode(PLAIN | {"view_count": n}) for n in range(len(HOSTILE))]
    mixed = [line for pair in zip(plain, HOSTILE, strict=True) for line in pair]
    parsed = agree([*mixed, {"id": "7506832682593094928"}, {"x": float("nan")}], tmp_path)
    assert parsed.tables


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_each_hostile_line_is_read_as_ever(line: bytes, tmp_path: Path) -> None:
    agree([msgspec.json.encode(PLAIN), line, msgspec.json.encode(PLAIN | {"view_count": 6})], tmp_path)


def test_plain_rows_are_read_by_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = {field.name: msgspec.json.decode(field.example) for field in RECORD_FIELDS}
    rows = [
        {**examples, "hashtag_info_list": None, "share_count": 5},
        PLAIN,
        PLAIN | {"video_description": 'a\n"b" é'},
    ]
    lines: list[bytes | dict[str, Any]] = [msgspec.json.encode(one) for one in rows]
    agree(lines, tmp_path)

    def refuse(job: Job) -> Parsed:
        assert not job.batch.rows
        return read(job)

    read = parsing.parse
    monkeypatch.setattr(parsing, "parse", refuse)
    assert bulk.parse(tmp_path, Job("name", "test", AT, RawBatch(list(enumerate(lines))))).rows == len(rows)
