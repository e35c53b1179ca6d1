"""The journal of ingests and the quarantine as its readers see them."""

from pathlib import Path

import pytest

from trendwire.errors import NotFound
from trendwire.facts.ingests import FILE, Ingest, Ingests
from trendwire.facts.quarantine import MOST_REASONS, OTHER_REASONS, Quarantine, Quarantined, Refused
from trendwire.sources.base import RowSource
from trendwire.sources.ingest import ingest

AT = 1_700_000_000


def noted(batch: str) -> Ingest:
    return Ingest(
        batch=batch,
        at=1,
        sources=("a",),
        rows=1,
        posts_new=1,
        observations_new=1,
        duplicates=0,
        quarantined=0,
        quarantine=None,
        failed_files=(),
    )


def test_an_ingest_is_noted_with_its_quarantine(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"id": "7550000000000000001", "create_time": AT}, {"id": "nothing"}]
    report = ingest([RowSource("posts", "test", rows)], tmp_path, AT, "monday")
    (one,) = Ingests(tmp_path).newest(10)
    assert (one.batch, one.at, one.sources) == ("monday", AT * 1000, ("posts",))
    assert (one.rows, one.posts_new, one.quarantined) == (2, report.posts_new, 1)
    assert one.quarantine == "monday"
    found = Quarantined(tmp_path)
    assert found.names() == ("monday",)
    assert found.refusals("monday").rows == 1
    (sample,) = found.samples("monday", None, 5)
    assert (sample.file, sample.line) == ("posts", 2)


def test_the_newest_come_first_and_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    journal = Ingests(tmp_path)
    assert journal.newest(5) == ()
    for batch in ("a", "b"):
        journal.note(noted(batch))
    with (tmp_path / "facts" / FILE).open("ab") as file:
        file.write(b'{"batch": "torn"\n')
    journal.note(noted("c"))
    assert [one.batch for one in journal.newest(5)] == ["c", "b", "a"]
    assert [one.batch for one in journal.newest(2)] == ["c", "b"]


def test_reasons_are_counted_and_bounded(tmp_path: Path) -> None:
    with Quarantine(tmp_path, "day") as quarantine:
        for number in range(MOST_REASONS + 10):
            quarantine.add(Refused("f", number + 1, f"reason {number}", "row"))
        for number in range(5):
            quarantine.add(Refused("f", number, "reason 3", "row"))
    found = Quarantined(tmp_path)
    told = found.refusals("day")
    assert (told.rows, told.whole) == (MOST_REASONS + 15, True)
    assert dict(told.reasons)[OTHER_REASONS] == 10
    assert dict(told.reasons)["reason 3"] == 6
    assert [one.line for one in found.samples("day", "reason 3", 3)] == [4, 0, 1]
    assert found.refusals("day") is told


@pytest.mark.parametrize("name", ["..", "../../secret", "none", ""])
def test_only_files_of_the_quarantine_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.ndjson").write_text("{}\n")
    with pytest.raises(NotFound):
        Quarantined(tmp_path).refusals(name)
