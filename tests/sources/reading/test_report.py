"""An ingest tells what it did not understand; a check tells the same and stores nothing."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from trendwire.sources.files import FileSource
from trendwire.sources.ingest import IngestReport, ingest
from trendwire.sources.reading.checking import CheckReport, check
from trendwire.sources.reading.mapping import parse as parse_map

AT = 1_790_000_000
CREATED = 1_747_820_685


def identity(number: int) -> str:
    return str((CREATED << 32) + number)


def write(path: Path, rows: Sequence[object]) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def checked(*paths: Path, given: str = "") -> CheckReport:
    columns = parse_map("--map", [given]) if given else None
    return check([FileSource(str(path), columns) for path in paths], AT, lambda *_: None, 1)


def ingested(home: Path, *paths: Path) -> IngestReport:
    return ingest([FileSource(str(path)) for path in paths], home, AT, "batch")


def test_the_commonest_reasons_come_with_their_first_row(tmp_path: Path) -> None:
    bad = [{"id": 7.35e18}] * 3 + ["garbage"] * 2 + [{"id": "5"}] * 4 + [[1]] + [{"id": identity(1)}]
    report = ingested(tmp_path / "home", write(tmp_path / "rows", bad))
    told = [(reason.rows, reason.line, reason.example) for reason in report.reasons]
    assert told == [(4, 6, '{"id": "5"}'), (3, 1, '{"id": 7.35e+18}'), (2, 4, "garbage")]
    assert [reason.file for reason in report.reasons] == [str(tmp_path / "rows")] * 3
    assert report.quarantined == 10


def test_a_file_without_ids_is_told_with_its_fields_and_the_nearest_known(tmp_path: Path) -> None:
    strange = write(tmp_path / "strange", [{"vidd": identity(1), "plais": 5, "x": 1}] * 2)
    good = write(tmp_path / "good", [{"vidd": identity(1)}, {"id": identity(2)}])
    (told,) = ingested(tmp_path / "home", strange, good).not_understood
    assert (told.file, told.columns) == (str(strange), ("vidd", "plais", "x"))
    assert told.nearest == {"vidd": "id", "plais": "view_count"}


def test_shapes_values_and_mapped_fields_are_counted(tmp_path: Path) -> None:
    rows = [
        {"aweme_id": identity(1), "desc": "#a", "statistics": {"play_count": "many"}},
        {"id": identity(2), "hashtag_names": ["a,b"], "seen": 3},
        {"Link": f"https://www.tiktok.com/@a/video/{identity(3)}", "Plays": "1.2K", "seen": 4},
    ]
    report = checked(write(tmp_path / "rows", rows), given="view_count=seen,like_count=nowhere")
    assert report.shapes == {"tiktok-app": 1, "post-record": 1, "columns": 1}
    assert report.unread_values == {"view_count": 1, "hashtag_names": 1}
    assert report.mapped_fields == {"view_count": 2}
    assert report.unknown_fields == {}


def test_a_check_counts_what_an_ingest_would_store(tmp_path: Path) -> None:
    day = 86_400
    rows = [
        {"id": "1", "create_time": CREATED, "view_count": 1, "hashtag_names": ["a"]},
        {"id": "1", "create_time": CREATED, "view_count": 2},
        {"id": "2", "create_time": CREATED + 9 * day, "video_description": "#b"},
        {"id": "3"},
    ]
    path = write(tmp_path / "rows", rows)
    report = checked(path, tmp_path / "none")
    assert (report.rows, report.posts, report.quarantined) == (4, 2, 1)
    assert (report.first, report.last) == (date(2025, 5, 21), date(2025, 5, 30))
    assert report.fields == {
        "id": 3,
        "create_time": 3,
        "hashtag_names": 2,
        "view_count": 2,
        "video_description": 1,
    }
    assert [name for name, _ in report.failed_files] == [str(tmp_path / "none")]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["rows"]


@pytest.mark.parametrize("rows", [[], [{"x": 1}]])
def test_a_check_of_nothing(rows: list[object], tmp_path: Path) -> None:
    report = checked(write(tmp_path / "rows", rows))
    assert (report.posts, report.first, report.fields) == (0, None, {})


def test_many_reasons_and_long_rows_stay_bounded(tmp_path: Path) -> None:
    rows = [{"id": "5", "create_time": 2_000_000_000 + number, "x": "y" * 5000} for number in range(50)]
    report = ingested(tmp_path / "home", write(tmp_path / "rows", rows))
    assert len(report.reasons) == 1
    assert len(report.reasons[0].example) == 200
