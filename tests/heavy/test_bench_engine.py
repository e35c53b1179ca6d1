"""The measurements of the engine run from end to end on a small world, and the world is what it says."""

import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from bench import engine, engine_report, engine_rivals
from bench.engine_world import World, append_day, fill

from trendwire.domain.charts import WORLD, ChartKey, HashtagEntry, Kind
from trendwire.editions import Editions
from trendwire.facts.store import FactStore
from trendwire.pipeline import publish
from trendwire.settings import Settings

LAST_DAY = date(2026, 10, 31)
SMALL = World(8_000, LAST_DAY)
NEEDED = {
    "rebuild_10m_s",
    "rebuild_10m_peak_gb",
    "rebuild_vs_limit",
    "rebuild_vs_pandas",
    "rebuild_vs_spark",
    "batch_day_10m_s",
    "batch_day_1m_s",
    "batch_tenth_10m_s",
    "batch_10min_10m_s",
    "day_roll_10m_s",
    "detail_p99_ms",
    "bytes_per_post",
    "ingest_rows_s",
    "state_gb",
    "old_engine_differs",
}


def test_a_small_run_measures_every_step_and_writes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(shutil.copy(engine.PAGE, tmp_path))
    before = page.read_text()
    monkeypatch.setattr(engine, "PAGE", page)
    monkeypatch.setattr(engine, "DISK", tmp_path)
    monkeypatch.setattr(engine, "SIZES", ("8k",))

    engine.main()

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(figures) >= NEEDED
    assert figures["rebuild_vs_limit"] > 1
    assert figures["rebuild_10m_s"] is None
    assert figures["old_engine_differs"] == 0
    assert "| 8k | full rebuild, published |" in page.read_text()
    assert page.read_text().startswith(before.partition(engine_report.MARKS[0])[0])


def test_the_same_seed_gives_the_same_facts_and_another_gives_others(tmp_path: Path) -> None:
    worlds = (SMALL, SMALL, replace(SMALL, seed=2))
    for number, world in enumerate(worlds):
        fill(tmp_path / str(number), world, threads=number + 1)
    first, second, other = ([p.read_bytes() for p in FactStore(tmp_path / n).parts()] for n in "012")
    assert first == second != other


def test_a_day_is_as_large_as_it_should_be_and_new_to_the_home(tmp_path: Path) -> None:
    fill(tmp_path, SMALL, threads=1)
    known = FactStore(tmp_path).snapshot()
    append_day(tmp_path, SMALL, LAST_DAY, threads=1)
    drained = FactStore(tmp_path).drain()
    assert drained.duplicates == 0
    assert 0.5 < drained.posts_new / (SMALL.posts / SMALL.days) < 2
    assert 3 < drained.observations_new / (SMALL.posts / SMALL.days) < 5
    assert known.observations / known.posts == pytest.approx(3.9, abs=0.2)


def test_other_numbers_than_the_charts_end_the_run(tmp_path: Path) -> None:
    fill(tmp_path, SMALL, threads=1)
    publish(Settings(home=tmp_path, engine_threads=1), LAST_DAY, lambda _stage, _done: None, allow_empty=True)
    edition = Editions(tmp_path).current()
    rows = edition.chart(ChartKey(Kind.HASHTAG, 120, WORLD)) or ()
    assert any(isinstance(row, HashtagEntry) for row in rows)
    with pytest.raises(SystemExit, match="days"):
        engine_rivals.check({}, edition)


def test_days_after_the_last_one_come_in_too(tmp_path: Path) -> None:
    append_day(tmp_path, SMALL, LAST_DAY + timedelta(days=1), threads=1, every=10)
    assert 0 < FactStore(tmp_path).drain().observations_new < SMALL.posts / SMALL.days
