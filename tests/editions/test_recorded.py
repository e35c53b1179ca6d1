"""Editions of regions whose charts a source ranked: made from facts alone, whole regions, never a mix."""

import random
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from tests.editions.told import DAY, append, chart, days, published, row, rows
from tests.small_world import LAST_DAY, linked, settings_of, silent
from trendwire import pipeline
from trendwire.domain.charts import CHART_SIZE, WORLD, ChartKey, HashtagEntry, Kind, Move, SoundEntry
from trendwire.domain.details import Detail, HashtagFacts, SoundFacts
from trendwire.domain.periods import buckets
from trendwire.domain.provenance import Provenance
from trendwire.domain.subjects import own_id
from trendwire.editions import Edition, Editions
from trendwire.editions.catalog import Catalog
from trendwire.editions.document import Hasher
from trendwire.engine.build import build
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources
from trendwire.facts.memberships import Memberships
from trendwire.facts.recorded import RecordedChart
from trendwire.facts.store import FactStore

US = ChartKey(Kind.HASHTAG, 7, "US")


def _tags(edition: Edition, key: ChartKey = US) -> list[HashtagEntry]:
    return [entry for entry in edition.chart(key) or () if isinstance(entry, HashtagEntry)]


def _one(edition: Edition, key: ChartKey = US) -> Any:
    (entry,) = edition.chart(key) or ()
    return entry


def _detail(edition: Edition, name: str, kind: Kind = Kind.HASHTAG) -> Detail:
    found = edition.detail(kind, name)
    assert found is not None
    return found


def _earlier(told: RecordedChart, days_ago: int) -> RecordedChart:
    before = timedelta(days=days_ago)
    return msgspec.structs.replace(
        told, as_of=told.as_of - before, fetched_at=told.fetched_at - days_ago * 86_400
    )


# Rows


def test_rows_keep_the_sources_order_each_subject_once_a_hundred_at_most(tmp_path: Path) -> None:
    told = [row(f"t{number}", number * 2) for number in range(120, 0, -1)]
    append(tmp_path, chart([*told, row("t1", 3)]))
    entries = _tags(published(tmp_path))
    assert [entry.rank for entry in entries] == list(range(1, CHART_SIZE + 1))
    assert [entry.name for entry in entries] == [f"t{number}" for number in range(1, CHART_SIZE + 1)]


def test_what_a_source_did_not_tell_is_empty_never_invented(tmp_path: Path) -> None:
    append(tmp_path, chart(rows("bare")))
    assert _one(published(tmp_path)) == HashtagEntry(
        name="bare",
        hashtag_id=own_id("bare"),
        industry=None,
        promoted=False,
        curve=(0,) * 7,
        creators=(),
        posts=0,
        views=0,
        rank=1,
        move=Move.NEW,
        steps=0,
        first_time=True,
        heat=0.0,
    )


def test_what_a_source_told_is_served_as_it_said_it(tmp_path: Path) -> None:
    told = row(
        "a",
        1,
        upstream_id="77",
        industry=23000000000,
        promoted=True,
        posts=12,
        views=345,
        days=days(DAY, 1, 2),
    )
    append(tmp_path, chart([told]))
    entry = _one(published(tmp_path))
    assert (entry.hashtag_id, entry.industry, entry.promoted) == ("77", 23000000000, True)
    assert (entry.posts, entry.views, entry.curve) == (12, 345, (0, 0, 0, 0, 0, 1, 2))


def test_sounds_too(tmp_path: Path) -> None:
    told = row("9", 1, title="Paper Boats", author="An", song_id="8", duration=30, commercial=True, views=7)
    append(tmp_path, chart([told], kind=Kind.SOUND))
    edition = published(tmp_path)
    entry = _one(edition, ChartKey(Kind.SOUND, 7, "US"))
    assert isinstance(entry, SoundEntry)
    assert (entry.clip_id, entry.title, entry.commercial, entry.days_listed) == ("9", "Paper Boats", True, 1)
    facts = _detail(edition, "9", Kind.SOUND).facts
    assert isinstance(facts, SoundFacts)
    assert (facts.song_id, facts.author, facts.duration) == ("8", "An", 30)


def test_weekly_points_sum_the_days(tmp_path: Path) -> None:
    append(tmp_path, chart([row("a", 1, days=days(DAY, *[2] * 120))], period=120))
    entry = _one(published(tmp_path), ChartKey(Kind.HASHTAG, 120, "US"))
    assert entry.curve == (14,) * len(buckets(120, DAY))
    assert entry.views == 240


@pytest.mark.parametrize(
    ("told", "expected"), [((0.18, 0.5, 1.0), (18, 50, 100)), ((3.6, 50, 100), (4, 50, 100))]
)
def test_a_sources_own_curve_keeps_its_shape(
    tmp_path: Path, told: tuple[float, ...], expected: tuple[int, ...]
) -> None:
    """In chart and detail; its values are no views, so nothing counts them as such."""
    points = tuple((DAY - timedelta(days=2 - place), value) for place, value in enumerate(told))
    append(tmp_path, chart([row("a", 1, curve=points, posts=5, views=9)]))
    edition = published(tmp_path)
    region = _detail(edition, "a").region("US")
    assert _one(edition).curve == region.curve(7, DAY) == (0, 0, 0, 0, *expected)
    assert (region.posts_over(7, DAY), region.views_over(7, DAY), region.views_over(30, DAY)) == (5, 9, 0)


def test_a_stale_chart_says_nothing_of_the_days_after_it(tmp_path: Path) -> None:
    append(tmp_path, chart([row("a", 1, days=days(DAY - timedelta(days=3), 5, 6))], DAY - timedelta(days=3)))
    edition = published(tmp_path)
    assert _one(edition).curve == (0, 0, 5, 6, 0, 0, 0)
    assert edition.provenance["US"].stale == ("the newest chart ends 3 days before the edition",)


# Our own history


def test_moves_and_what_is_new_come_from_our_own_history(tmp_path: Path) -> None:
    before = chart(rows("fell", "same", "rose", "gone"), DAY - timedelta(days=7))
    append(tmp_path, before, chart(rows("rose", "same", "fell", "new")))
    published(tmp_path, before.as_of)
    entries = _tags(published(tmp_path))
    assert [(e.move, e.steps, e.first_time) for e in entries] == [
        (Move.UP, 2, False),
        (Move.SAME, 0, False),
        (Move.DOWN, 2, False),
        (Move.NEW, 0, True),
    ]


def test_what_was_published_before_is_not_there_for_the_first_time(tmp_path: Path) -> None:
    append(tmp_path, chart(rows("a"), DAY - timedelta(days=1)), chart(rows("a", "b")))
    published(tmp_path, DAY - timedelta(days=1))
    assert [(e.move, e.first_time) for e in _tags(published(tmp_path))] == [
        (Move.NEW, False),
        (Move.NEW, True),
    ]


def test_what_was_recorded_before_is_not_new_though_it_was_never_published(tmp_path: Path) -> None:
    append(tmp_path, chart(rows("a", "b"), DAY - timedelta(days=7)), chart(rows("b", "a")))
    assert [(e.move, e.first_time) for e in _tags(published(tmp_path))] == [
        (Move.UP, False),
        (Move.DOWN, False),
    ]


def test_days_on_the_chart_are_counted_over_published_days_this_one_included(tmp_path: Path) -> None:
    told = chart(rows("1", "2"), kind=Kind.SOUND)
    append(tmp_path, told, _earlier(told, 2), _earlier(chart(rows("1"), kind=Kind.SOUND), 1))
    append(tmp_path, _earlier(told, 400))
    for ago in (400, 2, 1):
        published(tmp_path, DAY - timedelta(days=ago))
    edition = published(tmp_path)
    entries = edition.chart(ChartKey(Kind.SOUND, 7, "US")) or ()
    assert [e.days_listed for e in entries if isinstance(e, SoundEntry)] == [3, 2]
    assert _detail(edition, "2", Kind.SOUND).region("US").popular_days == 2


def test_who_is_in_a_recorded_chart_is_a_fact(tmp_path: Path) -> None:
    append(tmp_path, chart(rows("a", "b")))
    published(tmp_path)
    (path,) = Memberships(tmp_path).paths(date.max)
    found = duckdb.execute(
        "select chart_key, subject, rank from read_parquet($p)", {"p": str(path)}
    ).fetchall()
    assert found == [("hashtag/7/US/0", "a", 1), ("hashtag/7/US/0", "b", 2)]


# Details


def test_the_detail_remembers_what_was_told_before(tmp_path: Path) -> None:
    """Days of earlier charts stay known, a day told twice counts as told last, who left is still found."""
    week_ago = DAY - timedelta(days=7)
    append(
        tmp_path,
        chart([row("a", 1, days=days(week_ago, 10, 20)), row("left", 2, days=days(week_ago, 3))], week_ago),
        chart([row("a", 1, days=days(DAY, 21, 0, 0, 1, 2, 3, 4, 5))]),
    )
    edition = published(tmp_path)
    region = _detail(edition, "a").region("US")
    assert region.curve(30, DAY)[-9:] == (10, 21, 0, 0, 1, 2, 3, 4, 5)
    assert _detail(edition, "left").region("US").views_over(30, DAY) == 3
    assert len(region.days) == len(region.views) == len(region.posts) == 7


@pytest.mark.parametrize("first", [5, 6])
def test_of_a_day_told_twice_the_word_fetched_last_counts(tmp_path: Path, first: int) -> None:
    """Whatever the names of the files: one of the two cases has them the other way round."""
    for number, views in enumerate((first, 11 - first)):
        append(tmp_path, chart([row("a", 1, days=days(DAY, views))], fetched_at=number))
    assert _detail(published(tmp_path), "a").region("US").views_over(7, DAY) == 11 - first


def test_what_a_subject_is_comes_from_the_newest_word(tmp_path: Path) -> None:
    append(
        tmp_path,
        chart([row("a", 1, upstream_id="new", posts_all=50)], region="VN"),
        chart([row("a", 1, upstream_id="old", posts_all=40, views_all=400)], DAY - timedelta(days=1)),
    )
    detail = _detail(published(tmp_path), "a")
    assert isinstance(detail.facts, HashtagFacts)
    assert (detail.facts.hashtag_id, detail.posts_all, detail.views_all) == ("new", 50, 400)
    assert list(detail.regions) == ["US", "VN"]


# The same facts, the same edition


def _many(chance: random.Random) -> list[RecordedChart]:
    """Charts of several sources, regions, periods and days, fetched more than once."""
    made = []
    for ago in (0, 1, 6, 7, 8):
        for region in ("US", "VN", WORLD):
            for period, kind in ((7, Kind.HASHTAG), (30, Kind.HASHTAG), (7, Kind.SOUND)):
                end = DAY - timedelta(days=ago)
                names = chance.sample([str(number) for number in range(40)], 20)
                told = [
                    row(name, n, posts=n, title=f"{ago}", days=days(end, *range(n, n + 9)))
                    for n, name in enumerate(names, 1)
                ]
                own = chart(told, end, region=region, period=period, kind=kind)
                source = chance.choice(["acme", "acme", "beta"])
                made.append(msgspec.structs.replace(own, source=source, fetched_at=own.fetched_at + ago))
                made.append(msgspec.structs.replace(made[-1], fetched_at=own.fetched_at + 9, complete=False))
    return made


def test_the_order_of_recording_changes_nothing(tmp_path: Path) -> None:
    charts, hashes, told = _many(random.Random(5)), set(), set()
    for seed in range(3):
        home = tmp_path / str(seed)
        repeated = [*charts, *charts[:10]]
        random.Random(seed).shuffle(repeated)
        append(home, *repeated)
        edition = published(home)
        hashes.add(edition.content_hash)
        told.add(msgspec.json.encode(edition.provenance))
        assert edition.verify()
    assert len(hashes) == len(told) == 1


def test_publishing_again_makes_the_same(tmp_path: Path) -> None:
    append(tmp_path, *_many(random.Random(6)))
    assert published(tmp_path).content_hash == published(tmp_path).content_hash


# Beside what is computed


def _computed(home: Path, scratch: Path) -> str:
    """The hash of what the engine makes, without anything between it and the edition."""
    scratch.mkdir()
    with (
        FactStore(home).reading() as parts,
        build(parts, LAST_DAY, {}, scratch, silent, Resources(1)) as built,
    ):
        hasher = Hasher(LAST_DAY)
        for section, made in (("charts", built.charts()), ("subjects", built.subjects())):
            for _ in hasher.section(section, made):
                pass
    return hasher.hexdigest()


def test_without_recorded_charts_an_edition_is_what_it_was_byte_for_byte(
    demo_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (home / "facts").mkdir(parents=True)
    for name in ("parts", "manifest.json"):
        (home / "facts" / name).symlink_to(demo_home / "facts" / name)
    assert published(home, LAST_DAY).content_hash == _computed(home, tmp_path / "scratch")


def _documents(edition: Edition, regions: tuple[str, ...]) -> dict[str, bytes]:
    keys = [ChartKey(kind, period, region) for kind in Kind for period in (7, 30, 120) for region in regions]
    return {key.text: msgspec.json.encode(edition.chart(key)) for key in keys}


def test_computed_regions_are_unaffected_by_recorded_ones(demo_home: Path, tmp_path: Path) -> None:
    plain = published(linked(demo_home, tmp_path / "plain"), LAST_DAY)
    home = linked(demo_home, tmp_path / "both")
    top = _tags(plain, ChartKey(Kind.HASHTAG, 7))[0].name
    append(
        home,
        chart(rows(top, "told"), LAST_DAY, region="IS"),
        chart(rows("x"), LAST_DAY, region="ALL"),
    )
    both = published(home, LAST_DAY)
    regions = (WORLD, *plain.regions)
    assert "IS" not in plain.regions
    assert both.regions == tuple(sorted((*plain.regions, "IS")))
    assert _documents(both, regions) == _documents(plain, regions)
    assert [entry.name for entry in _tags(both, ChartKey(Kind.HASHTAG, 7, "IS"))] == [top, "told"]
    was, now = _detail(plain, top), _detail(both, top)
    assert now.regions.pop("IS").popular_days == 1
    assert now == was
    assert {r: p.data_source for r, p in both.provenance.items()} == dict.fromkeys(regions, "computed") | {
        "IS": "recorded:acme"
    }


def test_a_region_set_to_recorded_gives_up_all_that_was_computed(demo_home: Path, tmp_path: Path) -> None:
    home = linked(demo_home, tmp_path / "home")
    plain = Editions(home).current()
    region = plain.regions[0]
    key = ChartKey(Kind.HASHTAG, 30, region)
    name = _tags(plain, key)[0].name
    append(home, chart(rows("told"), LAST_DAY, region=region, period=30))
    edition = published(home, LAST_DAY, **{region: "recorded"})
    assert [entry.name for entry in _tags(edition, key)] == ["told"]
    others = [ChartKey(kind, period, region) for kind in Kind for period in (7, 30, 120)]
    assert [other.text for other in others if edition.chart(other)] == [key.text]
    assert region not in _detail(edition, name).regions
    assert _detail(edition, name).region(WORLD) == _detail(plain, name).region(WORLD)
    (path,) = [p for p in Memberships(home).paths(date.max) if LAST_DAY.isoformat() in p.name]
    query = "select chart_key, subject from read_parquet($p) where region = $r"
    assert duckdb.execute(query, {"p": str(path), "r": region}).fetchall() == [(key.text, "told")]


def test_a_computed_region_says_what_it_was_counted_from(demo_home: Path) -> None:
    edition = Editions(demo_home).current()
    with FactStore(demo_home).reading() as parts:
        counted = duckdb.execute(
            "select count(distinct id), count(*), min(ingested_at) from read_parquet($p)",
            {"p": [str(part) for part in parts]},
        ).fetchone()
    assert counted is not None
    world = edition.provenance[WORLD]
    assert world.samples[1095].posts == counted[0]
    assert world.samples[7].posts < world.samples[30].posts < world.samples[120].posts
    assert 0 < world.samples[7].creators <= world.samples[7].posts
    (source,) = world.sources
    assert (source.name, source.rows, source.oldest) == ("simulator", counted[1], counted[2])
    assert set(edition.provenance) == {WORLD, *edition.regions}


# Homes without one or the other, editions without provenance


def test_a_home_without_anything_is_not_ready(tmp_path: Path) -> None:
    with pytest.raises(NotReady):
        published(tmp_path)


def test_the_latest_day_is_that_of_posts_and_charts(demo_home: Path, tmp_path: Path) -> None:
    append(tmp_path / "told", chart(rows("a")))
    assert pipeline.latest_day(settings_of(tmp_path / "told")) == DAY
    home = linked(demo_home, tmp_path / "both")
    assert pipeline.latest_day(settings_of(home)) == LAST_DAY
    append(home, chart(rows("a"), LAST_DAY + timedelta(days=1)))
    assert pipeline.latest_day(settings_of(home)) == LAST_DAY + timedelta(days=1)


def test_an_edition_made_before_provenance_opens(tmp_path: Path) -> None:
    append(tmp_path, chart(rows("a")))
    number = published(tmp_path).number
    path = Catalog(tmp_path).edition(number)
    path.chmod(0o644)
    with closing(sqlite3.connect(path)) as connection:
        meta = msgspec.json.decode(connection.execute("SELECT document FROM meta").fetchone()[0])
        assert meta.pop("provenance")
        connection.execute("UPDATE meta SET document = ?", (msgspec.json.encode(meta),))
        connection.commit()
    listing = Catalog(tmp_path).listing()
    unsealed = tuple(msgspec.structs.replace(record, sha256="") for record in listing.editions)
    Catalog(tmp_path).replace(msgspec.structs.replace(listing, editions=unsealed))
    edition = Editions(tmp_path).current()
    assert (edition.provenance, edition.data_source("US"), edition.verify()) == ({}, "computed", True)
    assert len(_tags(edition)) == 1


def test_provenance_of_recorded_charts(tmp_path: Path) -> None:
    before = DAY - timedelta(days=7)
    append(tmp_path, chart(rows("a", "b")), chart(rows("a"), before), chart(rows("c"), region="VN"))
    edition = published(tmp_path, VN="computed", DE="recorded")
    known = edition.provenance["US"]
    assert isinstance(known, Provenance)
    assert (known.method, known.data_source) == ("recorded", "recorded:acme")
    assert [(s.name, s.connector, s.rows) for s in known.sources] == [("acme", "keyapi", 2)]
    told = known.charts[US.text]
    assert (told.as_of, told.rows, told.complete, told.against) == (DAY, 2, True, before)
    assert (known.first_day, known.last_day, known.stale) == (DAY - timedelta(days=6), DAY, ())
    assert edition.data_source("VN") == "computed"
    assert edition.chart(ChartKey(Kind.HASHTAG, 7, "VN")) is None
    assert edition.data_source("DE") == "recorded:none"
    assert edition.provenance["DE"].stale != ()
