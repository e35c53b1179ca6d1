"""Files are recognised by content; a bad line is refused, a bad file is reported, rows before it count."""

import bz2
import gzip
import io
import json
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from trendwire.domain.posts import key_of
from trendwire.errors import BadFile
from trendwire.facts.quarantine import Refused
from trendwire.facts.zstd import zstd
from trendwire.sources.base import ROWS_AT_ONCE
from trendwire.sources.fields import decode_json
from trendwire.sources.files import FileSource
from trendwire.sources.records import RecordParser

CREATED = 1_747_820_685
ROWS = [
    {
        "id": str(CREATED << 32 | n),
        "create_time": CREATED,
        "view_count": 10 * n,
        "hashtag_names": ["a", f"tag{n}"],
    }
    for n in range(3)
]


def _ndjson(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _csv(rows: list[dict[str, Any]], delimiter: str = ",") -> bytes:
    cells = [
        [r["id"], str(r["create_time"]), str(r["view_count"]), "|".join(r["hashtag_names"])] for r in rows
    ]
    lines = [["id", "create_time", "view_count", "hashtag_names"], *cells]
    return "".join(delimiter.join(line) + "\r\n" for line in lines).encode()


def _reply(rows: list[dict[str, Any]], indent: int | None = None) -> bytes:
    return json.dumps(
        {"data": {"videos": rows, "cursor": 3}, "error": {"code": "ok"}}, indent=indent
    ).encode()


def _parquet(rows: list[dict[str, Any]], folder: Path) -> bytes:
    (folder / "rows.ndjson").write_bytes(_ndjson(rows))
    values = {"rows": str(folder / "rows.ndjson"), "path": str(folder / "rows.parquet")}
    duckdb.execute("copy (select * from read_json($rows)) to $path (format parquet)", values)
    return (folder / "rows.parquet").read_bytes()


FORMATS: dict[str, Callable[[Path], bytes]] = {
    "ndjson": lambda _: _ndjson(ROWS),
    "ndjson without last newline": lambda _: _ndjson(ROWS).rstrip(),
    "ndjson with blank lines and CRLF": lambda _: b"\r\n" + _ndjson(ROWS).replace(b"\n", b"\r\n\r\n"),
    "ndjson with BOM": lambda _: b"\xef\xbb\xbf" + _ndjson(ROWS),
    "ndjson in UTF-16": lambda _: _ndjson(ROWS).decode().encode("utf-16"),
    "array": lambda _: json.dumps(ROWS).encode(),
    "array over lines": lambda _: b"\n" + json.dumps(ROWS, indent=1).encode(),
    "array with NaN": lambda _: json.dumps([ROWS[0] | {"like_count": float("nan")}, *ROWS[1:]]).encode(),
    "reply": lambda _: _reply(ROWS),
    "reply over lines": lambda _: _reply(ROWS, indent=2),
    "replies a line": lambda _: _reply(ROWS[:1]) + b"\n" + _reply([]) + b"\n" + _reply(ROWS[1:]),
    "replies one after the other": lambda _: _reply(ROWS[:1], 1) + b"\n" + _reply(ROWS[1:], 1),
    "reply with its request": lambda _: json.dumps(
        {"request": {}, "response": json.loads(_reply(ROWS))}
    ).encode(),
    "objects over lines": lambda _: b"\n".join(json.dumps(row, indent=1).encode() for row in ROWS),
    "csv": lambda _: _csv(ROWS),
    "csv with BOM": lambda _: b"\xef\xbb\xbf" + _csv(ROWS),
    "csv with semicolons": lambda _: _csv(ROWS, ";"),
    "csv with tabs in UTF-16": lambda _: _csv(ROWS, "\t").decode().encode("utf-16"),
    "parquet": lambda folder: _parquet(ROWS, folder),
}
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip in members": lambda data: gzip.compress(data[:40]) + gzip.compress(data[40:]),
    "zstd": zstd.compress,
}


def read(path: Path | str) -> tuple[list[Any], list[Refused], str | None]:
    """The decoded rows, the refused ones, and why the file could not be read to its end."""
    rows: list[Any] = []
    refused: list[Refused] = []
    try:
        for batch in FileSource(str(path)).batches():
            rows += [decode_json(row) if isinstance(row, bytes) else row for _, row in batch.rows]
            refused += batch.refused
    except BadFile as error:
        return rows, refused, error.public
    return rows, refused, None


def keys(rows: list[Any]) -> list[str]:
    parser = RecordParser(1_800_000_000, "test")
    return [key_of(msgspec.structs.asdict(parser.parse(row))) for row in rows]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_in_every_packing_gives_the_same_rows(kind: str, packing: str, tmp_path: Path) -> None:
    path = tmp_path / "misleading.txt"
    path.write_bytes(PACKINGS[packing](FORMATS[kind](tmp_path)))
    rows, refused, failure = read(path)
    assert (refused, failure) == ([], None)
    assert keys(rows) == keys(ROWS)


@pytest.mark.parametrize("kind", ["ndjson", "reply over lines", "csv", "parquet"])
def test_standard_input(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(gzip.compress(FORMATS[kind](tmp_path)))))
    monkeypatch.setattr(sys, "stdin", stream)
    assert keys(read("-")[0]) == keys(ROWS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (gzip.compress(b""), "is empty"),
        (b"[]", "holds no posts"),
        (_reply([]), "holds no posts"),
        (b"id,create_time\n", "holds no posts"),
        (b'{"error":{"code":"access_token_invalid"},"data":{}}', "access_token_invalid"),
        (b"<!doctype html><html>", "web page"),
        (b"\x00\x01\x02\x03" * 50, "neither JSON nor Parquet nor CSV"),
        (bytes(range(256)) * 50, "neither JSON nor Parquet nor CSV"),
        (b"hello\nworld\n", "neither JSON nor Parquet nor CSV"),
        (b"name,views\na,1\n", "neither JSON nor Parquet nor CSV with a column `id`"),
        (b"PAR1" + b"\0" * 100, "is damaged"),
        (b"PK\x03\x04....", "zip"),
        (bz2.compress(b"x"), "bzip2"),
        (b"\x1f\x8brubbish that is no gzip", "is damaged"),
        (b"\x28\xb5\x2f\xfd\x00\x58\xff\xff\xff" + b"rubbish" * 9, "is damaged"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "neither JSON nor Parquet nor CSV"),
        (b"\xff\xfe\x00\xd8\x00", "is no text"),
        (b"[" * 100_000, "is damaged or cut off"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_file_is_named_with_words(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "posts").write_bytes(content)
    rows, _, failure = read(tmp_path / "posts")
    assert rows == []
    assert failure
    assert words in failure


def test_a_line_that_is_too_long_is_refused_and_the_others_come(tmp_path: Path) -> None:
    lines = _ndjson(ROWS).splitlines()
    (tmp_path / "posts").write_bytes(b"\n".join([lines[0], b'{"id":"' + b"x" * (17 << 20), lines[1]]))
    rows, refused, failure = read(tmp_path / "posts")
    assert (keys(rows), failure) == (keys(ROWS[:2]), None)
    assert [(entry.line, entry.reason) for entry in refused] == [
        (2, "the row is longer than 16,777,216 bytes")
    ]
    assert len(refused[0].row) <= 1 << 20


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    assert read(tmp_path / "none")[2] == "cannot be opened: no such file or directory"
    assert read(tmp_path)[2] == "is a folder without files"


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_rows_before_a_truncation_are_kept(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    rows = [ROWS[0] | {"id": str((CREATED << 32) + n * 7919 % 100_003)} for n in range(20_000)]
    packed = pack(_ndjson(rows))
    (tmp_path / "posts").write_bytes(packed[: len(packed) * 3 // 4])
    kept, refused, failure = read(tmp_path / "posts")
    assert failure == "is cut off: the compressed data ends too early"
    assert 5_000 < len(kept) < 20_000
    assert kept == rows[: len(kept)]
    assert [entry.reason for entry in refused] in ([], ["the row is cut off"])


@pytest.mark.parametrize("kind", ["array", "array over lines", "reply over lines", "csv"])
def test_rows_before_a_truncation_of_other_formats(kind: str, tmp_path: Path) -> None:
    many = [ROWS[0] | {"id": str((CREATED << 32) + n * 7919 % 100_003)} for n in range(9_000)]
    makers = {"array": json.dumps(many).encode(), "array over lines": json.dumps(many, indent=1).encode()}
    makers |= {"csv": _csv(many), "reply over lines": json.dumps(many[0], indent=1).encode() + b"\n{"}
    packed = gzip.compress(makers[kind])
    cut = packed if kind == "reply over lines" else packed[: len(packed) * 3 // 4]
    (tmp_path / "posts").write_bytes(cut)
    kept, _, failure = read(tmp_path / "posts")
    assert failure
    assert "cut off" in failure
    assert 0 < len(kept) < 9_000
    assert keys(kept) == keys(many[: len(kept)])


def test_a_bad_line_is_refused_with_its_place_and_text(tmp_path: Path) -> None:
    lines = _ndjson(ROWS).splitlines()
    (tmp_path / "posts").write_bytes(b"\n".join([b"garbage", lines[0], b'{"id":', lines[1]]))
    source = FileSource(str(tmp_path / "posts"))
    numbered = [entry for batch in source.batches() for entry in batch.rows]
    assert numbered == [(1, b"garbage"), (2, lines[0]), (3, b'{"id":'), (4, lines[1])]


def test_csv_rows_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    table = b'id,nickname\n1,a\n2,b,c\n\n3,caf\xe9\n4,"two\nlines"\n5\n'
    (tmp_path / "posts").write_bytes(table)
    rows, refused, failure = read(tmp_path / "posts")
    assert failure is None
    assert rows == [{"id": "1", "nickname": "a"}, {"id": "4", "nickname": "two\nlines"}, {"id": "5"}]
    assert [(r.line, r.reason) for r in refused] == [
        (3, "the row has 3 cells where the header names 2"),
        (5, "the row is not UTF-8: save the file as UTF-8"),
    ]
    assert refused[1].row == "3,caf\\xe9"


def test_csv_reads_lists_and_objects_in_json(tmp_path: Path) -> None:
    tags = json.dumps([{"hashtag_id": "7", "hashtag_name": "a"}]).replace('"', '""')
    (tmp_path / "posts").write_text(
        f'id,hashtag_info_list,audience_ages\n{ROWS[0]["id"]},"{tags}","{{""18-24"":1}}"\n'
    )
    fact = RecordParser(1_800_000_000, "test").parse(read(tmp_path / "posts")[0][0])
    assert (fact.tags, fact.tag_ids, fact.audience_ages) == (["a"], ["7"], {"18-24": 1.0})


def test_parquet_with_times_nested_rows_and_missing_numbers(tmp_path: Path) -> None:
    path = tmp_path / "posts"
    query = f"""copy (select {ROWS[0]["id"]}::bigint id, timestamp '2025-05-29 10:15:00' create_time,
        timestamptz '2025-05-29 17:15:00+07' observed_at, 'nan'::double view_count,
        [{{'hashtag_id': null::varchar, 'hashtag_name': 'a'}}] hashtag_info_list,
        map {{'US': 1.5}} audience_countries) to '{path}' (format parquet)"""
    duckdb.execute(query)
    fact = RecordParser(1_800_000_000, "test").parse(read(path)[0][0])
    assert (fact.id, fact.create_time, fact.observed_at) == (ROWS[0]["id"], 1748513700, 1748513700)
    assert (fact.view_count, fact.tags, fact.audience_countries) == (None, ["a"], {"US": 1.5})


def test_reading_is_in_batches_with_progress(tmp_path: Path) -> None:
    (tmp_path / "posts").write_bytes(_ndjson(ROWS) * ROWS_AT_ONCE)
    batches = list(FileSource(str(tmp_path / "posts")).batches())
    assert [len(batch.rows) for batch in batches] == [ROWS_AT_ONCE] * 3
    assert batches[-1].done == 1.0


def test_a_long_file_is_not_held_in_memory(tmp_path: Path) -> None:
    line = json.dumps(ROWS[0] | {"video_description": "x" * 2000}).encode() + b"\n"
    with gzip.open(tmp_path / "posts", "wb", compresslevel=1) as file:
        for _ in range(40):
            file.write(line * 1000)
    tracemalloc.start()
    try:
        total = sum(len(batch.rows) for batch in FileSource(str(tmp_path / "posts")).batches())
        assert total == 40_000
        assert tracemalloc.get_traced_memory()[1] < 40_000_000 < 40_000 * len(line)
    finally:
        tracemalloc.stop()
