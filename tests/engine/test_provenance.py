"""What a build knows of where its numbers come from."""

from datetime import date, timedelta
from pathlib import Path

from tests.engine.rows import AS_OF, at, fact, write_parts
from trendwire.domain.provenance import Provenance, Sample, SourceSpan
from trendwire.engine.build import build
from trendwire.facts.duck import Resources


def _ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def _known(scratch: Path, *rows: dict[str, object]) -> dict[str, Provenance]:
    with build(
        write_parts(scratch, rows, 2), AS_OF, {}, scratch, lambda _stage, _done: None, Resources(1)
    ) as built:
        return built.provenance("1.2.3")


def test_samples_count_posts_and_creators_of_each_window(tmp_path: Path) -> None:
    known = _known(
        tmp_path,
        fact("1", _ago(0), region="VN", username="a"),
        fact("2", _ago(6), region="VN", username="a"),
        fact("3", _ago(7), region="VN", username="b"),
        fact("4", _ago(29), region="US", username="b"),
        fact("5", _ago(0)),
        fact("6", AS_OF + timedelta(days=1), region="DE", username="c"),
    )
    assert set(known) == {"ALL", "US", "VN"}
    assert known["VN"].samples[7] == Sample(posts=2, creators=1)
    assert known["VN"].samples[30] == known["VN"].samples[1095] == Sample(posts=3, creators=2)
    assert 7 not in known["US"].samples
    assert known["ALL"].samples[7] == Sample(posts=3, creators=1)
    assert known["ALL"].samples[30] == Sample(posts=5, creators=2)
    assert (known["VN"].first_day, known["VN"].last_day) == (_ago(7), AS_OF)
    assert known["VN"].transformation == "trendwire/1.2.3 computed/1"


def test_sources_tell_rows_and_times_but_no_names_of_files(tmp_path: Path) -> None:
    known = _known(
        tmp_path,
        fact("1", _ago(0), region="VN", source="file:customer-x.csv", ingested_at=at("2025-06-01")),
        fact("2", _ago(0), region="VN", source="file:b.ndjson", ingested_at=at("2025-06-03")),
        fact("3", _ago(0), source="research", ingested_at=at("2025-06-02")),
    )
    files = SourceSpan(name="file", rows=2, oldest=at("2025-06-01"), newest=at("2025-06-03"))
    research = SourceSpan(name="research", rows=1, oldest=at("2025-06-02"), newest=at("2025-06-02"))
    assert known["VN"].sources == (files,)
    assert known["ALL"].sources == (files, research)


def test_a_region_whose_posts_end_early_is_said_to_be_stale(tmp_path: Path) -> None:
    known = _known(tmp_path, fact("1", _ago(1), region="VN"), fact("2", _ago(5), region="US"))
    assert known["VN"].stale == ()
    assert known["US"].stale == ("the newest post was created 5 days before the edition's last day",)
