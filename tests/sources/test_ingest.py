"""An ingest counts every row once: a fact, a duplicate, or a row in quarantine with its reason."""

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from trendwire.facts.quarantine import Refused
from trendwire.facts.store import FactStore
from trendwire.sources.base import ROWS_AT_ONCE, RowSource
from trendwire.sources.files import FileSource
from trendwire.sources.ingest import IngestReport, ingest

AT = 1_790_000_000
CREATED = 1_747_820_685

REAL = {
    "tiktok_vn_2025_05": (10_102, 10_102),
    "tiktok_global_2025_09": (9_045, 3_583),
    "tiktok_2020_12": (1_000, 1_000),
    "tiktok_es_2019_2023": (2_811, 2_811),
}
"""Set -> rows, posts."""


def row(n: int, **fields: Any) -> dict[str, Any]:
    return {"id": str((CREATED << 32) + n), "create_time": CREATED, "view_count": n} | fields


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
    return path


def run(home: Path, *paths: Path, at: int = AT) -> IngestReport:
    return ingest([FileSource(str(path)) for path in paths], home, at, "batch")


SAID = """json_merge_patch(to_json(fact), '{"ingested_at": null, "source": null}')::varchar"""


def kept(home: Path, column: str = SAID) -> list[Any]:
    parts = [str(part) for part in FactStore(home).parts()]
    query = f"select {column} from read_parquet($parts) as fact order by all"
    return [found[0] for found in duckdb.execute(query, {"parts": parts}).fetchall()]


def test_counts_rows_posts_observations_and_duplicates(tmp_path: Path) -> None:
    first = write(tmp_path / "a", [row(1), row(2), row(1, view_count=9), row(2)])
    report = run(tmp_path / "home", first)
    assert (report.rows, report.posts_new, report.observations_new, report.duplicates) == (4, 2, 3, 1)
    for at in (AT, AT + 9):
        again = run(tmp_path / "home", first, at=at)
        assert (again.rows, again.posts_new, again.observations_new, again.duplicates) == (4, 0, 0, 4)
    assert set(kept(tmp_path / "home", "ingested_at")) == {AT}


def test_bad_lines_are_quarantined_and_bad_files_do_not_stop_the_others(tmp_path: Path) -> None:
    lines = write(tmp_path / "lines", [row(1), "garbage", {"id": "x"}, "[1]", row(2, effect_ids=[1])])
    page = write(tmp_path / "page", ["<html>"])
    cut = tmp_path / "cut"
    cut.write_bytes(
        gzip.compress(json.dumps(row(3)).encode() + b"\n" + random.Random(1).randbytes(9000))[:5000]
    )
    report = run(tmp_path / "home", page, tmp_path / "none", cut, lines)
    assert [name for name, _ in report.failed_files] == [str(page), str(tmp_path / "none"), str(cut)]
    assert all(reason for _, reason in report.failed_files)
    assert report.posts_new == 3
    assert report.rows == report.quarantined + 3
    assert report.unknown_fields == {"effect_ids": 1}
    assert report.quarantine_path == str(tmp_path / "home/facts/quarantine/batch.ndjson")
    refused = Path(report.quarantine_path).read_bytes().splitlines()
    entries = [msgspec.json.decode(line, type=Refused) for line in refused]
    of_lines = [(e.line, e.reason, e.row) for e in entries if e.file == str(lines)]
    assert [(line, text) for line, _, text in of_lines] == [(2, "garbage"), (3, '{"id": "x"}'), (4, "[1]")]
    assert of_lines[0][1].startswith("the row is no JSON")
    assert of_lines[1][1].startswith("create_time is missing")
    assert of_lines[2][1] == "the row is not an object with fields"


def test_without_refused_rows_there_is_no_quarantine_file(tmp_path: Path) -> None:
    report = run(tmp_path / "home", write(tmp_path / "a", [row(1)]))
    assert (report.quarantined, report.quarantine_path) == (0, None)
    assert not (tmp_path / "home/facts/quarantine").exists()


def test_a_second_quarantine_of_the_same_name_is_another_file(tmp_path: Path) -> None:
    bad = write(tmp_path / "a", ["{}", row(1)])
    first, second = run(tmp_path / "home", bad), run(tmp_path / "home", bad)
    assert first.quarantine_path
    assert second.quarantine_path
    assert second.quarantine_path.endswith("batch-2.ndjson")


def test_rows_made_in_this_process_go_the_same_way(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [row(1), row(2), {"id": object()}]
    seen: list[tuple[str, float]] = []
    source = RowSource("made", "test", rows, total=3)
    report = ingest([source], tmp_path, AT, "b", lambda stage, done: seen.append((stage, done)))
    assert (report.rows, report.posts_new, report.quarantined) == (3, 2, 1)
    assert seen == [("made", 1.0), ("store", 0.0), ("store", 1.0)]


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    path = write(tmp_path / "a", [row(1)])
    ingest([FileSource(str(path))], tmp_path, AT, "b", lambda stage, done: seen.append((stage, done)))
    assert seen == [(str(path), 1.0), ("store", 0.0), ("store", 1.0)]


def test_schema_drift_inside_one_file(tmp_path: Path) -> None:
    drifting = [
        row(1),
        row(2, view_count="1.4M", hashtag_names="a"),
        row(3, hashtag_info_list=[{"hashtag_name": "b"}]),
    ]
    run(tmp_path / "home", write(tmp_path / "a", drifting))
    assert kept(tmp_path / "home", "[view_count, len(tags)]") == [[1, None], [3, 1], [1_400_000, 1]]


def test_counters_that_fall_and_crawls_out_of_order_are_all_kept(tmp_path: Path) -> None:
    crawls = [
        row(1, view_count=views, observed_at=CREATED + time) for time, views in [(900, 5), (300, 9), (600, 7)]
    ]
    run(tmp_path / "home", write(tmp_path / "a", crawls))
    assert kept(tmp_path / "home", "[observed_at, view_count]") == [
        [CREATED + 300, 9],
        [CREATED + 600, 7],
        [CREATED + 900, 5],
    ]


@pytest.mark.real
@pytest.mark.parametrize("name", REAL)
def test_real_sets_have_the_right_numbers(name: str, real_posts: Path, tmp_path: Path) -> None:
    rows, posts = REAL[name]
    report = run(tmp_path, real_posts / f"{name}.jsonl.gz")
    assert (report.rows, report.observations_new, report.posts_new) == (rows, rows, posts)
    assert (report.duplicates, report.quarantined, report.unknown_fields, report.failed_files) == (
        0,
        0,
        {},
        (),
    )


@pytest.mark.real
def test_order_split_and_repetition_of_real_rows_change_nothing(real_posts: Path, tmp_path: Path) -> None:
    lines = (
        gzip.decompress((real_posts / "tiktok_global_2025_09.jsonl.gz").read_bytes()).decode().splitlines()
    )
    run(tmp_path / "once", write(tmp_path / "whole", lines))
    mixed = random.Random(5).sample(lines + lines[:2000], len(lines) + 2000)
    pieces = [write(tmp_path / f"piece{n}", mixed[n::3]) for n in range(3)]
    counts = [run(tmp_path / "split", piece, at=AT + n) for n, piece in enumerate(pieces)]
    assert kept(tmp_path / "split") == kept(tmp_path / "once")
    assert sum(report.posts_new for report in counts) == 3_583
    assert sum(report.duplicates for report in counts) == 2_000


def test_an_interrupted_ingest_is_finished_by_the_next(tmp_path: Path) -> None:
    def broken() -> Iterator[dict[str, object]]:
        yield from (row(n) for n in range(10))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest([RowSource("made", "test", broken())], tmp_path, AT, "b")
    report = ingest([RowSource("made", "test", [row(n) for n in range(10)])], tmp_path, AT, "b")
    assert len(kept(tmp_path)) == report.posts_new == 10


def test_several_processes_give_what_one_gives(tmp_path: Path) -> None:
    rows = [row(n, view_count="1.4M", odd=1) if n % 7 else "garbage" for n in range(ROWS_AT_ONCE * 6)]
    path, page = write(tmp_path / "a", rows), write(tmp_path / "page", ["<html>"])
    files = [FileSource(str(path)), FileSource(str(page))]
    one = ingest(files, tmp_path / "one", AT, "b", workers=1)
    two = ingest(files, tmp_path / "two", AT, "b", workers=2)
    assert msgspec.structs.replace(two, quarantine_path=one.quarantine_path) == one
    assert two.quarantined == ROWS_AT_ONCE * 6 // 7 + 1
    assert kept(tmp_path / "one") == kept(tmp_path / "two")
    quarantines = [(tmp_path / home / "facts/quarantine/b.ndjson").read_bytes() for home in ("one", "two")]
    assert quarantines[0] == quarantines[1]
