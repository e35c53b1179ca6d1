"""Fields that a user says where they stand: columns, paths, a day and a time in two."""

import json
from pathlib import Path
from typing import Any

import pytest

from trendwire.errors import InvalidInput
from trendwire.sources.files import FileSource
from trendwire.sources.parsing import Job, Parsed, parse
from trendwire.sources.reading.mapping import parse as parse_map

AT = 1_760_000_000
ID = "7506832682593094928"


def read(path: Path, *given: str) -> tuple[list[dict[str, Any]], Parsed]:
    """The facts of a file of one batch under a mapping, and what was told of it."""
    (batch,) = FileSource(str(path), parse_map("--map", given)).batches()
    parsed = parse(Job("file", "test", AT, batch))
    return [json.loads(line) for line in parsed.lines.splitlines()], parsed


def test_columns_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "table").write_text(f"Nr;Gesehen;Tag;Uhr;likes\n{ID};1.234.567;2025/05/29;9:15;7\n")
    given = "id=Nr,view_count=likes,create_time=Tag + Uhr"
    ((fact,), parsed) = read(tmp_path / "table", given)
    assert (fact["id"], fact["view_count"], fact["create_time"]) == (ID, 7, 1748510100)
    assert "like_count" not in fact
    assert parsed.counts.unknown == {"Gesehen": 1}
    assert parsed.counts.mapped == {"id": 1, "view_count": 1, "create_time": 1}


def test_paths_into_rows(tmp_path: Path) -> None:
    row = {"post": {"nr": ID, "who": [{"at": "someone"}]}, "stats": {"seen": "1.2K"}, "words": "#a"}
    (tmp_path / "rows").write_text(json.dumps([row]))
    given = ["id=post.nr,username=post.who.0.at", "view_count=stats.seen,video_description=words"]
    ((fact,), _) = read(tmp_path / "rows", *given)
    assert (fact["id"], fact["username"], fact["view_count"], fact["tags"]) == (ID, "someone", 1200, ["a"])


def test_a_path_into_flat_columns(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text(json.dumps([{"nr": ID, "stats/seen": 5, "a.b": "x"}]))
    ((fact,), _) = read(tmp_path / "rows", "id=nr,view_count=stats.seen,username=a.b")
    assert (fact["view_count"], fact["username"]) == (5, "x")


def test_a_mapped_field_wins_over_what_is_recognised(tmp_path: Path) -> None:
    row = {"aweme_id": ID, "desc": "#a", "statistics": {"play_count": 5, "seen": 9}}
    (tmp_path / "rows").write_text(json.dumps({"aweme_list": [row]}))
    ((fact,), parsed) = read(tmp_path / "rows", "view_count=statistics.seen")
    assert (fact["id"], fact["view_count"], fact["tags"]) == (ID, 9, ["a"])
    assert parsed.counts.shapes == {"tiktok-app": 1}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("id", "must be FIELD=COLUMN"),
        ("id=", "must be FIELD=COLUMN"),
        ("=vid", "must be FIELD=COLUMN"),
        ("id=vid,", "must be FIELD=COLUMN"),
        ("viewcount=vid", "'viewcount', which is no field of the post record; did you mean view_count"),
        ("zzz=vid", "fields are id, create_time"),
    ],
)
def test_a_mapping_that_is_none_is_refused(given: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        parse_map("--map", [given])
