"""Editions of large homes: the same answers as where every detail is written, however the facts came in."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.publishing.conftest import KINDS, ROWS, Home, days_before
from tests.small_world import LAST_DAY, NOON_AFTER, silent
from trendwire import pipeline
from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.editions import Edition, Editions
from trendwire.editions.catalog import Catalog
from trendwire.editions.document import charted
from trendwire.editions.hold import hold
from trendwire.editions.publish import Publisher
from trendwire.editions.removal import holding
from trendwire.errors import Gone, NotReady
from trendwire.facts.memberships import Memberships
from trendwire.facts.store import FactStore
from trendwire.pipeline import Details
from trendwire.publishing import large
from trendwire.publishing.resident import Resident, checkpoint_of

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


def test_batch_by_batch_it_answers_as_where_everything_is_written(tmp_path: Path) -> None:
    large, small = Home(tmp_path / "large"), Home(tmp_path / "small")
    in_batches(large, LAST_DAY)
    small.take(ROWS)
    small.publish(LAST_DAY, Details.WRITTEN)
    one, other = large.current(), small.current()
    assert one.record.state
    assert not other.record.state
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


def test_days_roll_and_each_keeps_the_details_of_its_charts(home: Home, tmp_path: Path) -> None:
    home.take(ROWS)
    small = Home(tmp_path / "small")
    small.take(ROWS)
    for ago in (3, 2, 0):
        home.publish(days_before(ago))
        small.publish(days_before(ago), Details.WRITTEN)
    assert charts_of(home.current()) == charts_of(small.current())
    assert details_of(home.current()) == details_of(small.current())
    for number in (1, 2):
        one, other = home.at(number), small.at(number)
        subjects = charted(Catalog(home.settings.home).edition(number))
        assert subjects
        for kind, identity in subjects:
            assert one.detail(Kind(kind), identity) == other.detail(Kind(kind), identity)
        missing = set(other.identities(Kind.HASHTAG, "", 10**6)) - {name for _, name in subjects}
        with pytest.raises(Gone):
            one.detail(Kind.HASHTAG, missing.pop())


def test_of_a_day_only_its_last_edition_keeps_details(home: Home) -> None:
    home.take(ROWS[:-50])
    home.publish(days_before(1))
    home.take(ROWS[-50:], "more")
    for as_of in (days_before(1), LAST_DAY):
        home.publish(as_of)
    first, second, _ = Editions(home.settings.home).records()
    assert not first.details_sha256
    assert second.details_sha256
    kind, identity = charted(Catalog(home.settings.home).edition(1))[0]
    with pytest.raises(Gone, match="no longer kept"):
        home.at(1).detail(Kind(kind), identity)


def test_an_edition_that_is_held_keeps_its_details(home: Home) -> None:
    home.take(ROWS[:-50])
    home.publish()
    expected = details_of(home.current())
    hold(home.settings.home, 1, NOON_AFTER)
    home.take(ROWS[-50:], "more")
    list(
        pipeline.publish_range(
            home.settings, LAST_DAY, LAST_DAY, silent, details=Details.RENDERED, keep_held=True
        )
    )
    held = home.current()
    assert held.number == 1
    for kind, identity in charted(Catalog(home.settings.home).edition(1)):
        detail = held.detail(Kind(kind), identity)
        assert detail is not None
        assert expected.get((Kind(kind), identity), detail) == detail


def test_an_earlier_day_is_made_anew(home: Home) -> None:
    home.take(ROWS)
    home.publish(days_before(1))
    first = home.current().content_hash
    home.publish()
    assert home.publish(days_before(1)).content_hash == first


def test_pruned_editions_take_their_details_with_them(home: Home) -> None:
    home.take(ROWS)
    for ago in (3, 2, 1, 0):
        home.publish(days_before(ago))
    pipeline.prune(home.settings.model_copy(update={"keep_editions": 2}))
    assert sorted(path.name for path in Catalog(home.settings.home).folder.glob("*.sqlite")) == [
        "3.details.sqlite",
        "3.sqlite",
        "4.sqlite",
    ]


def _lost(checkpoint: Path) -> None:
    (checkpoint / "meta.json").unlink()


def _cut(checkpoint: Path) -> None:
    path = checkpoint / "state.columns.by_name.hot"
    path.write_bytes(path.read_bytes()[:-24])


def _noise(checkpoint: Path) -> None:
    path = checkpoint / "state.columns.by_name.hot"
    path.write_bytes(b"\x55" * path.stat().st_size)


@pytest.mark.parametrize("damage", [_lost, _cut, _noise])
def test_a_state_that_is_lost_is_made_anew(home: Home, damage: Callable[[Path], None]) -> None:
    home.take(ROWS)
    expected = home.publish()
    damage(checkpoint_of(home.settings.home))
    with pytest.raises(NotReady):
        home.current().identities(Kind.HASHTAG, "", 1)
    again = home.publish()
    assert (again.content_hash, again.state) == (expected.content_hash, expected.state)
    assert home.current().identities(Kind.HASHTAG, "", 1)


def test_what_is_forgotten_is_in_no_edition_and_in_no_state(home: Home) -> None:
    home.take(ROWS)
    home.publish(days_before(1))
    before = home.publish().number
    name = str(ROWS[0]["username"])
    forgot = pipeline.forget(home.settings, [name], [], silent, publish_again=True)
    assert forgot.editions == (before - 1, before)
    assert not holding(home.settings.home, {name}, set())
    for path in checkpoint_of(home.settings.home).iterdir():
        assert name.encode() not in path.read_bytes()
    assert home.current().verify()
    assert home.current().identities(Kind.HASHTAG, "", 1)
    files = {path.name for path in Catalog(home.settings.home).folder.glob("*.sqlite")}
    assert files == {f"{before + 1}.sqlite"}


def test_a_region_is_recorded_and_computed_again(home: Home) -> None:
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


def test_by_its_size_a_home_has_its_details_written_or_told(home: Home) -> None:
    home.take(ROWS)
    small = home.settings.model_copy(update={"written_details": 10**6})
    large = home.settings.model_copy(update={"written_details": 100})
    assert not pipeline.publish(small, LAST_DAY, silent).state
    assert pipeline.publish(large, LAST_DAY, silent).state


def test_the_audit_finds_nothing(home: Home) -> None:
    in_batches(home, LAST_DAY, 3)
    found = pipeline.audit(home.settings, silent)
    assert found.same
    assert found.anew == found.content_hash == home.current().content_hash
    assert not found.differences


def test_the_audit_publishes_what_came_since(home: Home) -> None:
    home.take(ROWS[:-200])
    home.publish()
    home.take(ROWS[-200:], "more")
    found = pipeline.audit(home.settings, silent)
    assert found.same
    assert found.edition == 2


def _count_wrong(state: Any) -> None:
    records = state.candidates.records
    records.creators[:] += 1


def _tell_wrong(state: Any) -> None:
    state.columns["promoted"][:] = 1


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [pytest.param(_count_wrong, "chart", id="chart"), pytest.param(_tell_wrong, "detail", id="detail")],
)
def test_the_audit_finds_a_state_that_is_wrong(home: Home, spoil: Callable[[Any], None], kind: str) -> None:
    home.take(ROWS)
    home.publish()
    state = large.opened(home.settings)
    spoil(state.shown.state)
    state._saved = None
    state.save()
    if kind == "chart":
        home.take([{**ROWS[-1], "id": "7999999999999999999"}], "one more")
    found = pipeline.audit(home.settings, silent)
    assert not found.same
    assert found.differences
    assert all(name.startswith(f"{kind} ") for name in found.differences)


def test_the_audit_of_an_edition_with_all_details(home: Home) -> None:
    home.take(ROWS)
    home.publish(LAST_DAY, Details.WRITTEN)
    assert pipeline.audit(home.settings, silent).same


class Killed(BaseException):
    """Like a kill: nothing of ours may catch it."""


STEPS: list[tuple[Any, str]] = [
    (Publisher, "keep_details"),
    (Publisher, "_changed"),
    (Resident, "follow"),
    (Publisher, "publish"),
    (Publisher, "_made_current"),
    (Memberships, "adopt"),
    (Catalog, "replace"),
    (Resident, "save"),
    (os, "fsync"),
]


@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[name for _, name in STEPS])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_between_two_steps_leaves_an_edition_with_its_details(
    home: Home, owner: Any, name: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.take(ROWS[:-100])
    home.publish(days_before(1))
    home.take(ROWS[-100:], "more")
    step = getattr(owner, name)

    def killed(*given: Any, **named: Any) -> Any:
        if after:
            step(*given, **named)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killed)
        with pytest.raises(Killed):
            home.publish()
    edition = home.current()
    assert edition.verify()
    kind, identity = charted(Catalog(home.settings.home).edition(edition.number))[0]
    assert edition.detail(Kind(kind), identity) is not None
    assert home.publish().content_hash == _at_once(home).content_hash
    assert home.current().identities(Kind.HASHTAG, "", 1)
    first = next(one for one in Editions(home.settings.home).records() if one.number == 1)
    assert first.details_sha256
    assert FactStore(home.settings.home).count()


def _at_once(home: Home) -> Any:
    """The same days from the facts alone."""
    other = Home(home.settings.home.with_name("other"))
    other.take(ROWS[:-100])
    other.publish(days_before(1))
    other.take(ROWS[-100:], "more")
    return other.publish()
