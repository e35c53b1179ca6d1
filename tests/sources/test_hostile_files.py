"""Whatever a file holds: each true row is read as it is, or set aside and named, and no other row comes."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec
import pytest

from tests.sources.hostile import COUNT, Hostile, all_files, ndjson, posts
from trendwire.facts.quarantine import Refused
from trendwire.facts.store import FactStore
from trendwire.sources.files import FileSource
from trendwire.sources.ingest import IngestReport, ingest

AT = 1_790_000_000
LEAST = 100
GOOD = posts(900)

Stored = dict[str, tuple[int, str]]
"""Id -> views and caption."""


class Taken(NamedTuple):
    files: dict[str, Hostile]
    paths: dict[str, str]
    report: IngestReport
    stored: dict[str, Stored]
    refused: dict[str, list[Refused]]


def read_back(home: Path) -> dict[str, Stored]:
    parts = [str(part) for part in FactStore(home).parts()]
    query = "select source, id, view_count, description from read_parquet($parts)"
    stored: dict[str, Stored] = {}
    for source, id_, views, caption in duckdb.execute(query, {"parts": parts}).fetchall():
        assert id_ not in stored.setdefault(source, {})
        stored[source][id_] = (views, caption)
    return stored


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """All of them in one ingest, with a good file in the middle and at the end."""
    folder, home = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("home")
    files = all_files(tmp_path_factory.mktemp("made"))
    for number, file in enumerate(files):
        (folder / f"{number}").write_bytes(file.content)
    (folder / "good").write_bytes(ndjson(GOOD))
    paths = [str(folder / f"{number}") for number in range(len(files))]
    sources = [FileSource(path) for path in [*paths, str(folder / "good")]]
    report = ingest(sources, home, AT, "batch")
    refused: dict[str, list[Refused]] = {}
    for line in Path(report.quarantine_path or "").read_bytes().splitlines():
        one = msgspec.json.decode(line, type=Refused)
        refused.setdefault(one.file, []).append(one)
    named = {file.name: file for file in files}
    return Taken(named, dict(zip(named, paths, strict=True)), report, read_back(home), refused)


def true_rows(rows: Any) -> Stored:
    return {row["id"]: (row["view_count"], row["video_description"]) for row in rows}


def test_there_are_a_hundred(taken: Taken) -> None:
    assert len(taken.files) >= LEAST


def test_no_row_is_changed_and_none_made_up(taken: Taken) -> None:
    wrong = {}
    for name, file in taken.files.items():
        found, true = taken.stored.get(f"file:{Path(taken.paths[name]).name}", {}), true_rows(file.rows)
        if differing := {id_: row for id_, row in found.items() if true.get(id_) != row}:
            wrong[name] = str(differing)[:200]
    assert wrong == {}


def test_no_row_is_lost_without_a_word(taken: Taken) -> None:
    """A row that was not read stands in the quarantine with line and text, or its file is named."""
    failed, silent = dict(taken.report.failed_files), {}
    for name, file in taken.files.items():
        path = taken.paths[name]
        found = taken.stored.get(f"file:{Path(path).name}", {})
        said = "".join(one.row for one in taken.refused.get(path, ()) if one.line and one.reason)
        lost = [id_ for id_ in true_rows(file.rows) if id_ not in found and id_ not in said]
        if lost and path not in failed:
            silent[name] = lost
    assert silent == {}


def test_what_is_wrong_costs_no_other_row(taken: Taken) -> None:
    failed, dear = dict(taken.report.failed_files), {}
    for name, file in taken.files.items():
        path = taken.paths[name]
        found = taken.stored.get(f"file:{Path(path).name}", {})
        lost = {n for n, row in enumerate(file.rows) if row["id"] not in found}
        if (path in failed) != file.broken or (not file.broken and not lost <= file.cost):
            dear[name] = (
                sorted(lost),
                failed.get(path),
                [one.reason for one in taken.refused.get(path, ())][:3],
            )
    assert dear == {}


def test_the_good_file_is_stored_whole(taken: Taken) -> None:
    assert taken.stored["file:good"] == true_rows(GOOD)
    assert len(GOOD) == COUNT


def test_every_broken_file_has_a_reason_in_words(taken: Taken) -> None:
    reasons = dict(taken.report.failed_files)
    assert set(reasons) == {taken.paths[name] for name, file in taken.files.items() if file.broken}
    assert [reason for reason in reasons.values() if not re.match(r"(is|holds|cannot be) \w", reason)] == []
