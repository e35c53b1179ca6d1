"""Lean editions as a job: the same answers as a whole one, however the facts came in."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.publishing.conftest import KINDS, ROWS, Home, days_before
from tests.small_world import LAST_DAY, silent
from trendwire import pipeline
from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.editions import Edition, Editions
from trendwire.editions.removal import holding
from trendwire.errors import NotReady
from trendwire.pipeline import Details
from trendwire.publishing.lean import state_of

BATCHES = 7


def charts_of(edition: Edition) -> dict[str, object]:
    """Every chart without industry."""
    keys = [
        ChartKey(kind, period, region, NO_INDUSTRY)
        for kind in Kind
        for period in CHART_PERIODS
        for region in (WORLD, *edition.regions)
    ]
    return {key.text: edition.chart(key) for key in keys}


def details_of(edition: Edition) -> dict[tuple[str, str], object]:
    """Every fifth subject, whole."""
    named = [(kind, name) for kind in KINDS for name in edition.identities(kind, "", 10**6)]
    return {(kind, name): edition.detail(kind, name) for kind, name in named[::5]}


def in_batches(home: Home, as_of: date, batches: int = BATCHES) -> None:
    """All rows, an edition after each batch; the batches overlap."""
    step = len(ROWS) // batches
    for number in range(batches + 1):
        home.take(ROWS[max(0, number * step - 50) : (number + 1) * step], f"batch {number}")
        home.publish(as_of)


def test_batch_by_batch_it_answers_as_a_whole_one(tmp_path: Path) -> None:
    lean, whole = Home(tmp_path / "lean"), Home(tmp_path / "whole")
    in_batches(lean, LAST_DAY)
    whole.take(ROWS)
    whole.publish(LAST_DAY, Details.WRITTEN)
    one, other = lean.current(), whole.current()
    assert one.record.segments
    assert not other.record.segments
    assert charts_of(one) == charts_of(other)
    assert details_of(one) == details_of(other)
    assert (one.regions, one.record.charts, one.record.subjects) == (
        other.regions,
        other.record.charts,
        other.record.subjects,
    )
    assert one.provenance == other.provenance
    assert one.verify()


def test_the_way_it_came_about_is_not_in_the_hash(tmp_path: Path) -> None:
    followed, at_once = Home(tmp_path / "followed"), Home(tmp_path / "once")
    in_batches(followed, LAST_DAY, 3)
    at_once.take(ROWS)
    assert at_once.publish().content_hash == followed.current().content_hash


def test_days_roll(home: Home, tmp_path: Path) -> None:
    home.take(ROWS)
    for ago in (3, 2, 0):
        home.publish(days_before(ago))
    whole = Home(tmp_path / "whole")
    whole.take(ROWS)
    for ago in (3, 2, 0):
        whole.publish(days_before(ago), Details.WRITTEN)
    assert charts_of(home.current()) == charts_of(whole.current())
    assert details_of(home.current()) == details_of(whole.current())


def test_an_earlier_day_is_made_anew(home: Home) -> None:
    home.take(ROWS)
    home.publish(days_before(1))
    first = home.current().content_hash
    home.publish()
    assert home.publish(days_before(1)).content_hash == first


@pytest.mark.parametrize("damage", ["gone", "cut", "noise", "other"])
def test_a_state_that_is_lost_is_made_anew(home: Home, damage: str) -> None:
    home.take(ROWS)
    expected = home.publish().content_hash
    state = state_of(home.settings.home)
    if damage == "gone":
        state.unlink()
    elif damage == "cut":
        state.write_bytes(state.read_bytes()[:10_000])
    elif damage == "noise":
        state.write_bytes(b"\x00" * 100_000)
    else:
        state.unlink()
        with duckdb.connect(str(state)) as connection:
            connection.execute("CREATE TABLE state (nothing INTEGER)")
    assert home.publish().content_hash == expected


def test_the_newest_edition_may_be_gone(home: Home) -> None:
    """Then everything is told again."""
    home.take(ROWS[:-500])
    home.publish()
    home.take(ROWS[-500:], "late")
    home.publish(LAST_DAY, Details.WRITTEN)
    home.publish(LAST_DAY, Details.WRITTEN)
    record = home.publish()
    assert len(record.segments) == 1
    assert home.current().verify()


def test_what_is_forgotten_is_in_no_edition_and_in_no_state(home: Home) -> None:
    home.take(ROWS)
    before = home.publish().number
    name = str(ROWS[0]["username"])
    forgot = pipeline.forget(home.settings, [name], [], silent, publish_again=True)
    assert forgot.editions == (before,)
    assert not holding(home.settings.home, {name}, set())
    with duckdb.connect(str(state_of(home.settings.home)), read_only=True) as connection:
        assert not connection.execute("FROM posts WHERE username = $name", {"name": name}).fetchall()
    segments = {one.name for one in Editions(home.settings.home).records()[-1].segments}
    kept = (home.settings.home / "editions" / "segments").glob("*.sqlite")
    assert {path.stem for path in kept} == segments
    assert home.current().verify()


def test_a_region_is_recorded_and_computed_again(home: Home) -> None:
    """What was left out of the editions between is told again."""
    home.take(ROWS)
    first = home.publish()
    region = home.current().regions[0]
    rules = {region: "recorded"}
    list(pipeline.publish_range(home.settings, LAST_DAY, LAST_DAY, silent, rules, details=Details.RENDERED))
    assert region not in home.current().regions
    assert home.current().data_source(region) == "recorded:none"
    home.take(ROWS[-5:], "more")
    again = home.publish()
    assert region in home.current().regions
    assert again.content_hash == first.content_hash
    assert home.current().verify()


def test_without_posts_there_is_nothing_to_follow(home: Home) -> None:
    with pytest.raises(NotReady):
        home.publish()


def test_few_files_are_read_after_many_batches(home: Home) -> None:
    step = len(ROWS) // 12
    for number in range(13):
        home.take(ROWS[number * step : (number + 1) * step], f"batch {number}")
        home.publish()
        before, many = home.current(), home.segments()
        absorbed = pipeline.absorb(home.settings)
        after = home.current()
        assert (home.segments() < many) == absorbed
    assert home.segments() < 8
    assert details_of(after) == details_of(before)
    assert after.verify()


def test_a_large_home_gets_lean_editions(home: Home) -> None:
    home.take(ROWS)
    small = home.settings.model_copy(update={"written_details": 10**6})
    large = home.settings.model_copy(update={"written_details": 100})
    assert not pipeline.publish(small, LAST_DAY, silent).segments
    assert pipeline.publish(large, LAST_DAY, silent).segments


def test_the_audit_finds_nothing(home: Home) -> None:
    in_batches(home, LAST_DAY, 3)
    found = pipeline.audit(home.settings, silent)
    assert found.same
    assert found.anew == found.content_hash == home.current().content_hash
    assert not found.differences


def test_the_audit_finds_a_state_that_counts_wrong(home: Home) -> None:
    home.take(ROWS)
    home.publish()
    with duckdb.connect(str(state_of(home.settings.home))) as connection:
        connection.execute("DELETE FROM uses WHERE post % 3 = 0")
    home.take([{**ROWS[-1], "id": "7999999999999999999"}], "one more")
    found = pipeline.audit(home.settings, silent)
    assert not found.same
    assert found.differences
    assert all(name.startswith("chart ") for name in found.differences)


def test_the_audit_of_a_whole_edition(home: Home) -> None:
    home.take(ROWS)
    home.publish(LAST_DAY, Details.WRITTEN)
    assert pipeline.audit(home.settings, silent).same
