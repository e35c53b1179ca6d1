"""Regions whose charts a source ranked, in a lean edition: the same answers as in a whole one."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.editions.lean_worlds import (
    KEY,
    Memory,
    World,
    chart,
    editions_of,
    post,
    publish_lean,
    rendered,
)
from tests.editions.told import append, days, rows
from tests.editions.told import chart as told_chart
from tests.editions.worlds import DAY, NOON, text, write_memberships
from trendwire.domain.charts import ChartKey, Kind
from trendwire.domain.provenance import COMPUTED, Provenance
from trendwire.editions import Edition
from trendwire.editions.catalog import Catalog
from trendwire.editions.documents import Section
from trendwire.editions.joined import joined_charts, joined_subjects
from trendwire.editions.lean import continuable
from trendwire.editions.markets import Rule, markets
from trendwire.editions.publish import Content, publishing
from trendwire.editions.recorded import RecordedContent, recorded_content
from trendwire.errors import Conflict
from trendwire.facts.memberships import Standing
from trendwire.facts.recorded import Recorded

NAMES = ("a", "b", "both", "told", "other", "never")
KEYS = [ChartKey(Kind.HASHTAG, 7, region) for region in ("ALL", "VN", "US")]
COMPUTED_ONLY = {region: Provenance(method=COMPUTED, transformation="t") for region in ("ALL", "VN")}


def _world() -> World:
    world = World()
    world.posts = {one.id: one for one in (post("1", "a", "both"), post("2", "b"), post("3", "both"))}
    world.make_facts()
    world.charts = {KEY.text: chart(1, "a", "both"), "hashtag/7/ALL/0": chart(1, "b")}
    return world


def _recorded(home: Path, given: Mapping[str, Rule]) -> RecordedContent:
    found = markets(Recorded(home).filed(), DAY, given, COMPUTED_ONLY)
    return recorded_content(found, DAY, Standing(), "0.1.0")


def _whole(home: Path, world: World, recorded: RecordedContent) -> Edition:
    subjects = [
        (kind, name, text(rendered(Memory(world), kind, name))) for kind, name in sorted(world.counted(DAY))
    ]
    content = Content(
        as_of=DAY,
        charts=joined_charts(sorted(world.charts.items()), recorded),
        subjects=joined_subjects(subjects, recorded),
        memberships=write_memberships(home / "members.parquet", []),
        provenance=COMPUTED_ONLY | recorded.provenance,
    )
    with publishing(home) as publisher:
        publisher.publish(content, NOON, seconds=1.5, engine="0.1.0")
    return editions_of(home).current()


def _lean(home: Path, world: World, recorded: RecordedContent, after: int | None = None) -> Edition:
    complete = {Section.CHART} if after else set()
    made = world.content(home, (), after, recorded=recorded, complete=complete)
    publish_lean(home, made)
    return editions_of(home).current()


def _answers(edition: Edition) -> list[object]:
    found: list[object] = [edition.chart(key) for key in KEYS]
    for name in NAMES:
        found += [edition.detail(Kind.HASHTAG, name, region) for region in (None, "ALL", "VN", "US", "DE")]
    found += [edition.identities(Kind.HASHTAG, beginning, most) for beginning in ("", "b") for most in (2, 9)]
    found += [edition.identities(Kind.SOUND, "", 9), edition.regions]
    return [*found, edition.record.charts, edition.record.subjects, edition.data_source("US")]


@pytest.mark.parametrize(
    "given", [{}, {"VN": Rule.RECORDED}, {"VN": Rule.RECORDED, "US": Rule.COMPUTED}, {"ALL": Rule.RECORDED}]
)
def test_it_answers_as_a_whole_edition(tmp_path: Path, given: Mapping[str, Rule]) -> None:
    """Subjects that have posts, that a source told of, both, or neither; as a base and as an overlay."""
    world = _world()
    _file(tmp_path)
    recorded = _recorded(tmp_path, {"ALL": Rule.COMPUTED, "VN": Rule.COMPUTED, **given})
    whole = _whole(tmp_path, world, recorded)
    assert len(whole.identities(Kind.HASHTAG, "", 9)) > 3
    base = _lean(tmp_path, world, recorded)
    assert _answers(base) == _answers(whole)
    assert base.verify()
    overlay = _lean(tmp_path, world, RecordedContent(), base.number)
    plain = _whole(tmp_path, world, RecordedContent())
    assert _answers(overlay)[:-1] == _answers(plain)[:-1]
    again = _lean(tmp_path, world, recorded, overlay.number)
    assert _answers(again) == _answers(whole)
    assert again.content_hash == base.content_hash
    assert again.verify()


def test_a_region_that_gives_its_charts_up_loses_those_computed(tmp_path: Path) -> None:
    """Also where no chart is handed over; getting them back takes all charts."""
    world = _world()
    _file(tmp_path)
    _lean(tmp_path, world, RecordedContent())
    recorded = _recorded(tmp_path, {"VN": Rule.RECORDED, "ALL": Rule.COMPUTED})
    publish_lean(tmp_path, world.content(tmp_path, (), 1, charts={}, recorded=recorded))
    edition = editions_of(tmp_path).current()
    assert [row.name for row in edition.chart(KEY) or ()] == ["both", "told"]  # type: ignore[union-attr]
    assert _answers(edition) == _answers(_whole(tmp_path, world, recorded))
    catalog = Catalog(tmp_path)
    assert continuable(catalog, recorded) == {1, 2}
    assert continuable(catalog, RecordedContent()) == {1}
    with pytest.raises(Conflict, match="all charts"):
        publish_lean(tmp_path, world.content(tmp_path, (), 2, charts={}))


def _file(home: Path) -> None:
    """What a source told of three markets."""
    append(
        home,
        told_chart(rows("both", "told"), region="VN"),
        told_chart(rows("told", "a", days=days(DAY, 5, 7)), region="US"),
        told_chart(rows("other", "b"), region="ALL"),
    )
