"""Published membership is kept for ever; publishing a day again replaces its rows, whole."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from trendwire.errors import Corrupt
from trendwire.facts.memberships import MEMBERSHIP_COLUMNS, Member, Memberships

DAY = date(2025, 5, 14)


def _member(subject: str, rank: int = 1) -> Member:
    return Member("hashtag/7/VN/0", "hashtag", 7, "VN", 0, subject, rank)


def _subjects(path: Path) -> list[str]:
    return [r[0] for r in duckdb.execute("select subject from read_parquet($p)", {"p": str(path)}).fetchall()]


def test_rows_are_kept_by_day(tmp_path: Path) -> None:
    memberships = Memberships(tmp_path)
    memberships.replace(date(2025, 5, 15), 2, [_member("later")])
    memberships.replace(DAY, 1, [_member("b", 2), _member("a", 1)])
    assert [(r.as_of, r.number) for r in memberships.records()] == [(DAY, 1), (date(2025, 5, 15), 2)]
    (before,) = memberships.paths(before=date(2025, 5, 15))
    assert _subjects(before) == ["a", "b"]
    assert memberships.paths(before=DAY) == []


def test_publishing_a_day_again_replaces_its_rows(tmp_path: Path) -> None:
    memberships = Memberships(tmp_path)
    memberships.replace(DAY, 1, [_member("old")])
    memberships.replace(DAY, 2, [_member("new")])
    (record,) = memberships.records()
    assert record.number == 2
    assert [_subjects(path) for path in memberships.paths(before=date.max)] == [["new"]]
    assert len(list((tmp_path / "facts/memberships").glob("*.parquet"))) == 1


def test_an_empty_day_is_a_record(tmp_path: Path) -> None:
    memberships = Memberships(tmp_path)
    memberships.replace(DAY, 1, [])
    assert [_subjects(path) for path in memberships.paths(before=date.max)] == [[]]


def test_columns_are_the_documented_ones(tmp_path: Path) -> None:
    memberships = Memberships(tmp_path)
    memberships.replace(DAY, 1, [_member("a")])
    (path,) = memberships.paths(before=date.max)
    described = duckdb.execute("describe from read_parquet($p)", {"p": str(path)}).fetchall()
    assert {row[0]: row[1] for row in described} == MEMBERSHIP_COLUMNS


@pytest.mark.parametrize("content", [b"", b"rubbish"])
def test_a_file_that_is_no_membership_is_not_adopted(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(Corrupt):
        Memberships(tmp_path).adopt(DAY, 1, tmp_path / "x.parquet")
    assert Memberships(tmp_path).records() == ()


def test_a_file_with_other_columns_is_not_adopted(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    duckdb.execute("copy (select 1 as rank) to $p (format parquet)", {"p": str(path)})
    with pytest.raises(Corrupt):
        Memberships(tmp_path).adopt(DAY, 1, path)


def test_a_break_before_the_record_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memberships = Memberships(tmp_path)
    memberships.replace(DAY, 1, [_member("old")])
    with monkeypatch.context() as patch:
        patch.setattr(memberships, "_record", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            memberships.replace(DAY, 2, [_member("new")])
    assert [_subjects(path) for path in memberships.paths(before=date.max)] == [["old"]]


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
